"""What the session asks for, since no event tells it."""

import time

import pytest

from tests.session import pictures
from tests.session.conftest import SessionProcess
from tests.waiting import eventually
from whatsapp.models import Chat, Contact, InboxEvent, Media, Message, Presence
from whatsapp.simulator import Simulator
from whatsapp.simulator.history import History
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone

ALICE = "15550101@s.whatsapp.net"


def is_online(online: bool) -> bool:
    return Presence.objects.filter(contact__jid=ALICE, is_online=online).exists()


def test_presence_is_asked_for_again_on_a_new_connection(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    alice.send_text(olivia, "hello")
    alice.goes_online()
    eventually(lambda: is_online(True), "Alice online")

    simulator.cuts_connection()
    alice.goes_offline()
    eventually(lambda: is_online(False), "Alice offline, heard on the new connection")


def test_presence_is_not_asked_for_when_the_owner_does_not_want_it(
    unlinked_session: SessionProcess, alice: Person, olivia: Phone, bob: Person
) -> None:
    unlinked_session.is_killed()
    unlinked_session.environment["TRACK_PRESENCE"] = "false"
    unlinked_session.start()
    unlinked_session.links_to(olivia)
    alice.send_text(olivia, "hello")
    unlinked_session.waits_for_message("hello")
    alice.goes_online()
    # Profiles are asked for after presence would have been: by then it would be known.
    eventually(lambda: Contact.objects.filter(jid=ALICE, profile_asked_at__isnull=False).exists(), "profiles")
    assert not Presence.objects.exists()


@pytest.mark.parametrize("status", [404, 410])
def test_a_picture_that_is_lost_has_failed_and_can_be_tried_again(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone, status: int
) -> None:
    alice.send_text(olivia, "look at me")
    alice.changes_picture(pictures.jpeg("red"))
    simulator.loses_picture(alice, status=status)

    lost = eventually(
        lambda: Media.objects.filter(kind="profile_picture", download_status="failed").first(), "a failure"
    )
    assert str(status) in lost.download_error
    alice.changes_picture(pictures.jpeg("blue"))
    found = Media.objects.filter(kind="profile_picture", download_status="downloaded")
    eventually(found.exists, "the next picture")
    assert lost.retry()


def test_a_history_goes_on_after_the_process_was_killed(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    blob = History(olivia.jid, "FULL")
    start = int(time.time()) - 1_000_000
    for person in range(20):
        chat = blob.chat(Jid(f"1666000{person:02}"))
        for number in range(300):
            chat.says(olivia.jid, f"message {number} to {person}", at=start + number * 60)
    olivia.hands_over_history(blob.blob())

    eventually(lambda: Message.objects.count() > 500, "the beginning of the history")
    session.is_killed()
    assert Message.objects.count() < 6000
    session.start()
    alice.send_text(olivia, "meanwhile")
    session.waits_for_message("meanwhile")
    eventually(lambda: Message.objects.count() == 6001, "all of the history")
    imported = InboxEvent.objects.filter(state=InboxEvent.State.HANDLED, code=13)
    eventually(imported.exists, "the end of the import")
    assert Chat.objects.filter(jid__startswith="1666000").count() == 20
    assert len(bytes(imported.get().data)) < 10_000
