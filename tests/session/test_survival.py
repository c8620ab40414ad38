"""Nothing that reached the hub is lost or doubled when its process dies."""

import random
import threading
import time
from collections import Counter
from pathlib import Path

from tests.session.conftest import SessionProcess
from tests.waiting import eventually
from whatsapp.models import Event, Message
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone

STREAM = 1000
KILLS = 3


def test_every_message_that_reached_the_callback_is_stored_once(
    unlinked_session: SessionProcess, alice: Person, olivia: Phone, tmp_path: Path
) -> None:
    """kill -9 at random moments, under a stream of incoming messages."""
    session, reached = unlinked_session, tmp_path / "reached"
    session.is_killed()
    session.environment["REACHED"] = str(reached)
    session.start()
    session.links_to(olivia)
    sent: list[str] = []
    stream = threading.Thread(
        target=lambda: sent.extend(alice.send_text(olivia, f"number {number}").id for number in range(STREAM))
    )
    moments = random.Random(7)

    stream.start()
    for _ in range(KILLS):
        so_far = Message.objects.count()
        eventually(
            lambda enough=so_far + 30: Message.objects.count() >= enough or not stream.is_alive(), "a few"
        )
        time.sleep(moments.uniform(0, 0.3))
        session.is_killed()
        session.start()
    stream.join()
    eventually(lambda: Message.objects.filter(message_id=sent[-1]).exists(), "the last message", timeout=60)
    session.ends()

    ids = Counter(Message.objects.values_list("message_id", flat=True))
    reached_ids = set(reached.read_text().split()) & set(
        sent
    )  # the phone's own messages to its devices aside
    print(f"{STREAM} sent, {len(reached_ids)} reached the callback, {len(ids)} stored")
    assert len(reached_ids) > STREAM / 2
    assert [number for number, count in ids.items() if count > 1] == []
    assert reached_ids - set(ids) == set()
    # What was in the library's own queue when it was killed is beyond anyone's reach: 100 events at most.
    assert STREAM - len(ids) <= 100 * KILLS
    log_ids = list(Event.objects.order_by("id").values_list("id", flat=True))
    assert log_ids == list(range(log_ids[0], log_ids[0] + len(log_ids)))
    assert Event.objects.filter(event_type="wa.messages.upsert").count() == len(ids)


def test_what_arrived_while_the_process_was_dead_comes_in(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    session.is_killed()
    for number in range(20):
        alice.send_text(olivia, f"away {number}")

    session.start()

    eventually(lambda: Message.objects.filter(body__startswith="away").count() == 20, "all twenty")
    assert session.waits_for_status("connected").account.jid == "15550100@s.whatsapp.net"
