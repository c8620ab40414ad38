"""The queue outlives the process: what was asked for is done once, and what was cancelled never."""

from tests.session.conftest import SessionProcess, done
from tests.waiting import eventually
from whatsapp import actions
from whatsapp.models import Account, Action, Chat, Connection, Message
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone

ALICE = "15550101@s.whatsapp.net"


def test_acts_of_all_kinds_that_were_queued_or_begun_are_done_after_a_restart(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    account = Account.default()
    question = alice.send_text(olivia, "Are you there?")
    session.waits_for_message("Are you there?")
    session.is_killed()
    begun = [
        actions.mark_read(account, ALICE, [question.id]),
        actions.react(account, ALICE, question.id, "👍"),
        actions.send_text(account, ALICE, "Yes"),
    ]
    # As the process leaves them that dies in the middle: nothing of them has gone out.
    Action.objects.filter(pk__in=[act.pk for act in begun]).update(status="sending", attempts=1)
    queued = [actions.send_text(account, ALICE, "I am"), actions.star(account, ALICE, question.id)]
    cancelled = actions.cancel(actions.send_text(account, ALICE, "Never mind"))

    session.start()

    for act in (*begun, *queued):
        done(act)
    alice.waits_for("I am")
    texts = [message.text for message in alice.received]
    assert (texts.count("Yes"), texts.count("I am"), texts.count("Never mind")) == (1, 1, 0)
    assert texts.index("Yes") < texts.index("I am")
    assert Action.objects.get(pk=cancelled.pk).status == "cancelled"
    eventually(Chat.objects.filter(jid=ALICE, unread_count=0).exists, "a chat that is read")
    eventually(Message.objects.filter(message_id=question.id, is_starred=True).exists, "a star")
    assert Action.objects.get(pk=begun[2].pk).attempts == 2


def test_a_message_is_tried_again_by_hand_when_its_recipient_has_come_to_whatsapp(
    session: SessionProcess, olivia: Phone
) -> None:
    newcomer = "15550777@s.whatsapp.net"
    action = actions.send_text(Account.default(), newcomer, "Welcome")
    eventually(lambda: Action.objects.get(pk=action.pk).status == "failed", "a refusal")

    person = olivia.simulator.person("Nina", "15550777")
    again = done(actions.retry(Action.objects.get(pk=action.pk)))

    assert person.waits_for("Welcome").id == again.message_id


def test_what_is_queued_too_fast_is_sent_at_the_pace(
    unlinked_session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    session = unlinked_session
    session.is_killed()
    Connection.objects.update(qr=None)  # it leads nowhere any more
    session.environment |= {"SEND_RATE_PER_MINUTE": "1", "SEND_JITTER_SECONDS": "0"}
    session.start()
    session.links_to(olivia)
    account = Account.default()
    sent = [actions.send_text(account, ALICE, f"{number}") for number in range(6)]
    for act in sent[:5]:
        done(act)
    reaction = actions.react(account, ALICE, done(sent[0]).message_id or "", "👍")
    done(reaction)  # nothing but new messages waits
    assert Action.objects.get(pk=sent[5].pk).status == "queued"
    session.is_killed()
    session.start()
    session.waits_for_status("connected")
    done(actions.react(account, ALICE, sent[0].message_id or "", "🎉"))
    assert Action.objects.get(pk=sent[5].pk).status == "queued"
