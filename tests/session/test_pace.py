"""How fast messages go out. The clock and the dice are the tests' own."""

from pathlib import Path

import pytest

from tests.session.test_acts import ALICE, WillingLine
from whatsapp import actions
from whatsapp.models import Account, Action
from whatsapp.session.acts import Acts, Lane
from whatsapp.session.credentials import InFile
from whatsapp.session.pace import BURST, Pace


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Limits:
    def __init__(self, rate: float = 20, jitter: float = 0) -> None:
        self.rate, self.jitter = rate, jitter

    def __call__(self) -> tuple[float, float]:
        return self.rate, self.jitter


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pace_at(clock: Clock, limits: Limits, luck: float = 0.0) -> Pace:
    return Pace(limits, clock, lambda: luck)


def times_of(pace: Pace, clock: Clock, messages: int) -> list[float]:
    """When each of so many messages goes that are all there now; seconds from now."""
    start, times = clock.now, []
    for _ in range(messages):
        clock.now += pace.wait()
        assert pace.wait() == pytest.approx(0, abs=1e-6)
        times.append(clock.now - start)
        pace.went()
    return times


def test_the_first_of_a_burst_go_at_once_and_the_others_at_the_rate(clock: Clock) -> None:
    times = times_of(pace_at(clock, Limits(rate=20)), clock, BURST + 3)
    assert times == pytest.approx([0] * BURST + [3, 6, 9])


def test_chance_delays_single_messages_but_not_the_rate(clock: Clock) -> None:
    luck = iter([0.0] * BURST + [0.5, 0.0] * 100)
    pace = Pace(Limits(rate=20, jitter=4), clock, lambda: next(luck))
    times = times_of(pace, clock, BURST + 40)
    waits = [later - earlier for earlier, later in zip(times[BURST:], times[BURST + 1 :], strict=False)]
    assert max(waits) > 3.9
    assert min(waits) >= 0
    assert times[-1] / 40 == pytest.approx(3, rel=0.2)


def test_a_silence_gives_a_burst_back(clock: Clock) -> None:
    pace = pace_at(clock, Limits(rate=20))
    times_of(pace, clock, BURST + 2)
    clock.now += BURST * 3
    assert times_of(pace, clock, BURST) == pytest.approx([0] * BURST)


def test_a_rate_that_is_changed_holds_from_then_on(clock: Clock) -> None:
    limits = Limits(rate=20)
    pace = pace_at(clock, limits)
    times_of(pace, clock, BURST)
    assert pace.wait() == pytest.approx(3)
    limits.rate = 60
    assert pace.wait() == pytest.approx(1)
    limits.rate = 0
    assert pace.wait() == 0


def test_without_a_rate_nobody_waits(clock: Clock) -> None:
    assert times_of(pace_at(clock, Limits(rate=0, jitter=9)), clock, 100) == [0] * 100


def test_a_clock_that_is_put_back_makes_nobody_wait_for_ever(clock: Clock) -> None:
    pace = pace_at(clock, Limits(rate=20))
    times_of(pace, clock, BURST)
    clock.now -= 86_400
    assert pace.wait() <= 3


def test_what_an_earlier_process_has_sent_counts(clock: Clock) -> None:
    pace = pace_at(clock, Limits(rate=20))
    pace.remember(clock.now - ago for ago in (1, 0.8, 0.6, 0.4, 0.2))
    waiting = times_of(pace, clock, 2)
    assert 0 < waiting[0] < 3
    assert waiting[1] == pytest.approx(waiting[0] + 3)


# In the session


pytestmark = pytest.mark.django_db(transaction=True)


def all_sent(line: WillingLine) -> list[str]:
    return [message.conversation for message in line.sent]


def test_messages_wait_for_their_turn_in_order_and_nothing_else_waits(tmp_path: Path, clock: Clock) -> None:
    account, line = Account.default(), WillingLine()
    acts = Acts(account, lambda: line, InFile(tmp_path / "none.db"), pace=pace_at(clock, Limits(rate=20)))  # type: ignore[arg-type, return-value]  # all that it asks of a line
    for number in range(BURST + 2):
        actions.send_text(account, ALICE, f"{number}")
    star = actions.star(account, ALICE, "NONE")

    while acts.step():
        pass
    assert all_sent(line) == [f"{number}" for number in range(BURST)]
    assert acts.pause == pytest.approx(3)
    assert Action.objects.get(pk=star.pk).status == "failed"  # it was tried: no turn was awaited
    clock.now += 3
    assert acts.step()
    assert not acts.step()
    assert all_sent(line)[-1] == str(BURST)
    clock.now += 60
    assert acts.step()
    assert all_sent(line)[-1] == str(BURST + 1)


def test_a_message_that_was_cancelled_in_the_queue_is_never_sent(tmp_path: Path, clock: Clock) -> None:
    account, line = Account.default(), WillingLine()
    acts = Acts(account, lambda: line, InFile(tmp_path / "none.db"), pace=pace_at(clock, Limits(rate=20)))  # type: ignore[arg-type, return-value]
    queued = [actions.send_text(account, ALICE, f"{number}") for number in range(BURST + 2)]
    while acts.step():
        pass
    actions.cancel(queued[BURST])
    with pytest.raises(actions.NotNow):
        actions.cancel(queued[0])
    clock.now += 60
    while acts.step():
        pass
    assert all_sent(line) == [f"{number}" for number in range(BURST + 2) if number != BURST]


def test_the_pace_survives_a_restart(tmp_path: Path, clock: Clock) -> None:
    account, line = Account.default(), WillingLine()
    pace = Pace(Limits(rate=20), chance=lambda: 0)
    first = Acts(account, lambda: line, InFile(tmp_path / "none.db"), pace=pace)  # type: ignore[arg-type, return-value]
    for number in range(BURST + 1):
        actions.send_text(account, ALICE, f"{number}")
    while first.step():
        pass

    again = Acts(
        account, lambda: line, InFile(tmp_path / "none.db"), pace=Pace(Limits(rate=20), chance=lambda: 0)
    )  # type: ignore[arg-type, return-value]
    again.begin()
    assert not again.step()
    assert len(line.sent) == BURST


def test_each_lane_has_a_worker_of_its_own_and_one_pace(tmp_path: Path, clock: Clock) -> None:
    account, line = Account.default(), WillingLine()
    pace = pace_at(clock, Limits(rate=20))
    workers = {
        lane: Acts(account, lambda: line, InFile(tmp_path / "none.db"), lane, pace)  # type: ignore[arg-type, return-value]
        for lane in Lane
    }
    star = actions.star(account, ALICE, "NONE")
    text = actions.send_text(account, ALICE, "hi")
    unknown = actions.queue(account, "send_smoke")

    assert not workers[Lane.FILES].step()
    assert workers[Lane.MESSAGES].step()
    assert not workers[Lane.MESSAGES].step()
    assert [status_of(act) for act in (star, text, unknown)] == ["queued", "sent", "queued"]
    assert workers[Lane.OTHERS].step()
    assert workers[Lane.OTHERS].step()
    assert not workers[Lane.OTHERS].step()
    assert [status_of(act) for act in (star, text, unknown)] == ["failed", "sent", "failed"]

    for number in range(BURST):
        actions.send_text(account, ALICE, f"{number}")
    while workers[Lane.MESSAGES].step():
        pass
    assert workers[Lane.FILES].pace.wait() > 0  # what one lane sends, the other waits for


def test_each_lane_settles_what_it_had_begun(tmp_path: Path, clock: Clock) -> None:
    account, line = Account.default(), WillingLine()
    begun = [actions.star(account, ALICE, "NONE"), actions.send_text(account, ALICE, "hi")]
    Action.objects.update(status="sending")
    Acts(account, lambda: line, InFile(tmp_path / "none.db"), Lane.OTHERS).begin()  # type: ignore[arg-type, return-value]
    assert [status_of(act) for act in begun] == ["queued", "sending"]
    Acts(account, lambda: line, InFile(tmp_path / "none.db"), Lane.MESSAGES).begin()  # type: ignore[arg-type, return-value]
    assert [status_of(act) for act in begun] == ["queued", "queued"]


def status_of(action: Action) -> str:
    return Action.objects.get(pk=action.pk).status
