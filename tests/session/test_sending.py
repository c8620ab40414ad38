"""Sending: a row first, then WhatsApp, then what came of it, and receipts after that."""

import time

import pytest

from tests.session.conftest import SessionProcess
from tests.waiting import eventually
from whatsapp import actions
from whatsapp.models import Account, Action, Event, InboxEvent, Message, Receipt
from whatsapp.simulator import Simulator
from whatsapp.simulator.binary import Node
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone

ALICE = "15550101@s.whatsapp.net"


def status_of(action: Action) -> str:
    return Action.objects.get(pk=action.pk).status


def waits_for_status(action: Action, status: str) -> None:
    eventually(lambda: status_of(action) == status, f"the act to be {status}")
    eventually(lambda: Message.objects.filter(status=status).exists(), f"the message to be {status}")


def test_a_text_reaches_its_recipient_and_its_status_follows_the_receipts(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    action = actions.wait_for(actions.send_text(Account.default(), ALICE, "hi Alice"), 10)

    assert action.status in ("sent", "delivered"), action.error
    received = alice.waits_for("hi Alice")
    assert action.result == {"key": {"remoteJid": ALICE, "fromMe": True, "id": received.id}}
    waits_for_status(action, "delivered")

    alice.reads(received)
    waits_for_status(action, "read")
    alice.plays(received)
    waits_for_status(action, "played")

    message = session.waits_for_message("hi Alice")
    assert (message.from_me, message.message_id, message.chat.jid) == (True, received.id, ALICE)
    assert abs(message.timestamp - time.time()) < 60
    assert message.sender.jid == "15550100@s.whatsapp.net"
    receipt = Receipt.objects.get(message_id=received.id, contact__jid=ALICE)
    assert receipt.delivered_at <= receipt.read_at <= receipt.played_at
    assert Event.objects.filter(event_type="wa.message-receipt.update").count() >= 2
    assert Event.objects.filter(event_type="action.updated").count() >= 2


def test_the_owners_phone_sees_what_the_hub_sends(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    actions.wait_for(actions.send_text(Account.default(), ALICE, "from the hub"), 10)

    assert olivia.waits_for("from the hub").from_me


def test_it_quotes_the_message_it_answers(session: SessionProcess, alice: Person, olivia: Phone) -> None:
    question = alice.send_text(olivia, "Tea or coffee?")
    session.waits_for_message("Tea or coffee?")

    actions.wait_for(actions.send_text(Account.default(), ALICE, "Tea", quoted_id=question.id), 10)

    answer = alice.waits_for("Tea").message.extendedTextMessage
    assert answer.contextInfo.stanzaID == question.id
    assert answer.contextInfo.quotedMessage.conversation == "Tea or coffee?"
    assert session.waits_for_message("Tea").quoted_id == question.id


def test_a_quote_of_a_message_that_is_not_there_fails_with_its_reason(session: SessionProcess) -> None:
    action = actions.wait_for(actions.send_text(Account.default(), ALICE, "?", quoted_id="NONE"), 10)

    assert action.status == "failed"
    assert "quoted_id" in action.error


def test_a_message_to_a_group_is_delivered_when_anyone_has_it(
    session: SessionProcess, alice: Person, bob: Person, olivia: Phone
) -> None:
    group = alice.creates_group("Friends", [olivia, bob])
    alice.send_text(group, "welcome")
    chat = session.waits_for_message("welcome").chat

    action = actions.wait_for(actions.send_text(Account.default(), chat.jid, "hello group"), 10)

    assert bob.waits_for("hello group").sender.user in ("15550100", olivia.lid.user)
    waits_for_status(action, "delivered")
    eventually(lambda: Receipt.objects.filter(message_id=action.message_id).count() >= 2, "both receipts")


def test_what_is_queued_offline_is_sent_when_the_line_is_back(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    simulator.unreachable()
    session.waits_for_status("disconnected")
    action = actions.send_text(Account.default(), ALICE, "later")
    assert actions.wait_for(action, 1).status == "queued"

    simulator.recovers()

    alice.waits_for("later")
    eventually(lambda: status_of(action) in ("sent", "delivered"), "the act to be sent")


def test_what_is_queued_survives_the_death_of_the_process(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    session.is_killed()
    action = actions.send_text(Account.default(), ALICE, "after the crash")

    session.start()

    alice.waits_for("after the crash")
    eventually(lambda: status_of(action) in ("sent", "delivered"), "the act to be sent")


@pytest.mark.parametrize("went_out", [False, True])
def test_a_send_that_the_process_died_in_is_sent_once(
    session: SessionProcess, alice: Person, olivia: Phone, went_out: bool
) -> None:
    """What had not gone out is sent; what may have gone out is not sent again, and a receipt clears it up."""
    action = actions.wait_for(actions.send_text(Account.default(), ALICE, "exactly once"), 10)
    alice.waits_for("exactly once")
    session.is_killed()
    # As if the process had died before it could write anything down.
    for model in (Message, Receipt, InboxEvent):
        model.objects.all().delete()
    if went_out:
        # As it was when the message was on its way.
        Action.objects.filter(pk=action.pk).update(status="sending", message_id=None, result=None)
    else:
        action = actions.send_text(Account.default(), ALICE, "exactly twice")
        Action.objects.filter(pk=action.pk).update(status="sending")
    session.start()

    if went_out:
        eventually(lambda: status_of(action) == "failed", "the act to be settled")
        settled = Action.objects.get(pk=action.pk)
        assert "may have arrived" in settled.error
        received = alice.waits_for("exactly once")
        assert settled.message_id == received.id
        session.waits_for_status("connected")
        alice.reads(received)
        eventually(lambda: status_of(action) == "read", "the receipt to tell the truth")
        assert Action.objects.get(pk=action.pk).error is None
        assert [message.text for message in alice.received].count("exactly once") == 1
    else:
        alice.waits_for("exactly twice")
        eventually(lambda: status_of(action) in ("sent", "delivered"), "the act to be sent")


def test_people_are_not_told_that_a_bot_writes(
    unlinked_session: SessionProcess, alice: Person, olivia: Phone, sent_stanzas: list[Node]
) -> None:
    """neonize marks messages as a business bot's unless Go finds NEONIZE_BOT_TAG=off where it looks."""
    session = unlinked_session
    session.is_killed()
    for name in ("NEONIZE_BOT_TAG", "SSL_CERT_FILE"):
        del session.environment[name]
    session.start()
    session.links_to(olivia)
    actions.wait_for(actions.send_text(Account.default(), ALICE, "as a person"), 10)
    alice.waits_for("as a person")

    assert sent_stanzas
    assert [child.tag for stanza in sent_stanzas for child in stanza.children if child.tag == "bot"] == []
