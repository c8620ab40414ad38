"""What becomes of an act when something other than WhatsApp goes wrong. The line is the only stand-in."""

from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from whatsapp import actions
from whatsapp.models import Account, Action, InboxEvent
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.session.acts import Acts

pytestmark = pytest.mark.django_db(transaction=True)

ALICE = "15550101@s.whatsapp.net"


class WillingLine:
    """A line over which every message goes."""

    def __init__(self) -> None:
        self.sent: list[waE2E.Message] = []

    def send(self, jid: str, message: waE2E.Message) -> neonize_pb2.SendResponse:
        self.sent.append(message)
        return neonize_pb2.SendResponse(Timestamp=1_700_000_000, ID=f"SENT{len(self.sent)}", ServerID=0)

    def on_whatsapp(self, jid: str) -> str:
        return jid


@pytest.fixture
def line() -> WillingLine:
    return WillingLine()


@pytest.fixture
def acts(line: WillingLine, tmp_path: Path) -> Acts:
    return Acts(Account.default(), lambda: line, tmp_path / "no-store.db")


def fails_times(count: int, work: Any) -> Any:
    """`work`, but for the first `count` calls, which find the database locked."""
    left = [count]

    def attempt(*args: Any, **kwargs: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise OperationalError("database is locked")
        return work(*args, **kwargs)

    return attempt


def test_what_was_sent_is_written_down_however_long_the_database_takes(
    acts: Acts, line: WillingLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whatsapp.session.acts.AFTER_TROUBLE_SECONDS", 0.01)
    monkeypatch.setattr(InboxEvent.objects, "create", fails_times(2, InboxEvent.objects.create))
    action = actions.send_text(Account.default(), ALICE, "hi")

    acts.step()

    action.refresh_from_db()
    assert (action.status, action.message_id) == ("sent", "SENT1")
    assert InboxEvent.objects.count() == 1
    assert len(line.sent) == 1


def test_an_act_that_the_database_kept_from_going_out_is_done_later(
    acts: Acts, line: WillingLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = actions.send_text(Account.default(), ALICE, "hi", quoted_id="A")
    with monkeypatch.context() as patch:
        patch.setattr("whatsapp.session.deeds.messages.quote", fails_times(1, None))
        acts.step()

    action.refresh_from_db()
    assert action.status == "queued"
    assert line.sent == []


def test_a_mistake_in_the_hub_ends_the_act_and_says_so(
    acts: Acts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    action = Action.objects.create(account=Account.default(), kind=actions.SEND_TEXT, payload={"jid": ALICE})

    acts.step()

    action.refresh_from_db()
    assert action.status == "failed"
    assert "KeyError" in action.error
    assert "Traceback" in caplog.text


def test_a_kind_that_nobody_knows_fails_by_name(acts: Acts) -> None:
    action = actions.queue(Account.default(), "send_smoke")

    acts.step()

    action.refresh_from_db()
    assert (action.status, action.error) == ("failed", "The hub doesn't know how to 'send_smoke'.")
