"""What is done with messages and chats, through the real library, and what the other side has of it."""

import time

from tests.session.conftest import SessionProcess, done, failed
from tests.waiting import eventually
from whatsapp import actions
from whatsapp.message_details import detail_record
from whatsapp.models import Account, Call, Chat, Contact, Event, Message
from whatsapp.simulator import Simulator
from whatsapp.simulator.library import events
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone

ALICE = "15550101@s.whatsapp.net"
BOB = "15550102@s.whatsapp.net"
OLIVIA = "15550100@s.whatsapp.net"


def message_of(action_id: str | None) -> Message:
    return eventually(lambda: Message.objects.filter(message_id=action_id).first(), "the message's row")


def test_a_place_a_card_and_a_poll_reach_their_recipient_and_become_rows(
    session: SessionProcess, alice: Person, bob: Person, olivia: Phone
) -> None:
    account = Account.default()
    place = done(actions.send_location(account, ALICE, 52.5163, 13.3777, "Gate", "Pariser Platz"))
    card = done(actions.send_contact(account, ALICE, BOB, "Bob; the builder"))
    poll = done(actions.send_poll(account, ALICE, "Lunch?", ["Soup", "Salad", "Cake"], 2))

    received = alice.waits_for_id(place.message_id or "").message.locationMessage
    assert (received.degreesLatitude, received.name, received.address) == (52.5163, "Gate", "Pariser Platz")
    sent = alice.waits_for_id(card.message_id or "").message.contactMessage
    assert sent.displayName == "Bob; the builder"
    assert "waid=15550102:+15550102" in sent.vcard
    asked = alice.waits_for_id(poll.message_id or "").message.pollCreationMessage
    assert [option.optionName for option in asked.options] == ["Soup", "Salad", "Cake"]
    assert asked.selectableOptionsCount == 2

    row = message_of(place.message_id)
    assert (row.message_type, row.latitude, row.location_name) == ("location", 52.5163, "Gate")
    contacts = message_of(card.message_id).contacts
    assert contacts[0]["name"] == "Bob; the builder"
    alice.votes(alice.waits_for_id(poll.message_id or ""), ["Cake", "Soup"])

    def votes() -> dict[str, int]:
        counted = detail_record(message_of(poll.message_id))["poll_results"]
        return {one["option"]: one["count"] for one in counted}

    eventually(lambda: votes() == {"Soup": 1, "Salad": 0, "Cake": 1}, "Alice's votes")


def test_a_reaction_an_edit_and_a_deletion_change_the_message_on_both_sides(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    account = Account.default()
    question = alice.send_text(olivia, "Coming?")
    session.waits_for_message("Coming?")

    liked = done(actions.react(account, ALICE, question.id, "👍"))
    assert alice.waits_for_id(liked.message_id or "").message.reactionMessage.text == "👍"
    row = session.waits_for_message("Coming?")
    eventually(
        lambda: [one["emoji"] for one in detail_record(row)["reactions"]] == ["👍"], "the reaction's row"
    )
    assert Event.objects.filter(event_type="wa.messages.reaction").count() == 1
    done(actions.react(account, ALICE, question.id, ""))
    eventually(lambda: detail_record(row)["reactions"] == [], "the reaction to be gone")

    sent = done(actions.send_text(account, ALICE, "At nune"))
    assert sent.message_id is not None
    session.waits_for_message("At nune")
    changed = done(actions.edit(account, ALICE, sent.message_id, "At noon"))
    edited = alice.waits_for_id(changed.message_id or "").message
    assert sent.message_id == edited.protocolMessage.key.ID
    assert edited.protocolMessage.editedMessage.conversation == "At noon"
    row = session.waits_for_message("At noon")
    assert (row.message_id, [one["body"] for one in detail_record(row)["edits"]]) == (
        sent.message_id,
        ["At nune"],
    )

    taken_back = done(actions.revoke(account, ALICE, sent.message_id))
    assert sent.message_id == alice.waits_for_id(taken_back.message_id or "").message.protocolMessage.key.ID
    eventually(lambda: message_of(sent.message_id).is_deleted, "the deletion's row")
    assert olivia.waits_for_id(taken_back.message_id or "").from_me
    assert "is deleted already" in failed(actions.revoke(account, ALICE, sent.message_id))
    assert "is deleted" in failed(actions.edit(account, ALICE, sent.message_id, "At one"))
    assert "Only your own" in failed(actions.edit(account, ALICE, question.id, "Going?"))
    assert "admins" in failed(actions.revoke(account, ALICE, question.id))
    assert failed(actions.react(account, ALICE, "NONE", "👍")).startswith("message_id: ")


def test_a_groups_admin_deletes_what_others_wrote_and_mentions_them(
    session: SessionProcess, alice: Person, bob: Person, olivia: Phone
) -> None:
    account = Account.default()
    group = olivia.creates_group("Friends", [alice, bob])
    spam = alice.send_text(group, "Buy now")
    session.waits_for_message("Buy now")
    jid = str(group.jid)

    done(actions.react(account, jid, spam.id, "👎"))
    reaction = bob.waits_for(lambda message: message.message.reactionMessage.text == "👎")
    assert reaction.message.reactionMessage.key.participant == ALICE
    warned = done(
        actions.send_text(account, jid, "@15550101 please stop, me@15550102.example", mentions=[BOB])
    )
    text = bob.waits_for_id(warned.message_id or "").message.extendedTextMessage
    assert sorted(text.contextInfo.mentionedJID) == [ALICE, BOB]
    assert sorted(message_of(warned.message_id).mentions) == [ALICE, BOB]

    deleted = done(actions.revoke(account, jid, spam.id))
    seen = bob.waits_for_id(deleted.message_id or "")
    assert spam.id == seen.message.protocolMessage.key.ID
    assert seen.event.Info.Edit == "8"
    row = eventually(lambda: Message.objects.filter(message_id=spam.id, is_deleted=True).first(), "no spam")
    assert (row.edit_type, row.body) == (8, "Buy now")


def test_a_message_is_forwarded_with_its_file_and_counted(
    session: SessionProcess, alice: Person, bob: Person, olivia: Phone
) -> None:
    account = Account.default()
    picture = alice.send_image(olivia, b"\xff\xd8 a picture", caption="Look", width=3, height=2)
    session.waits_for_message("Look")
    own = done(actions.send_text(account, ALICE, "Mine"))
    message_of(own.message_id)

    passed_on = done(actions.forward(account, ALICE, picture.id, BOB))
    again = done(actions.forward(account, BOB, message_of(passed_on.message_id).message_id, ALICE))
    mine = done(actions.forward(account, ALICE, own.message_id or "", BOB))

    received = bob.waits_for_id(passed_on.message_id or "")
    image = received.message.imageMessage
    assert (image.caption, image.contextInfo.isForwarded, image.contextInfo.forwardingScore) == (
        "Look",
        True,
        1,
    )
    assert bytes(bob.api.download_any(received.message)) == b"\xff\xd8 a picture"
    # What we send is ours, however often it was passed on before.
    assert alice.waits_for_id(again.message_id or "").message.imageMessage.contextInfo.forwardingScore == 1
    assert not bob.waits_for_id(mine.message_id or "").message.extendedTextMessage.contextInfo.isForwarded
    row = message_of(passed_on.message_id)
    assert (row.chat.jid, row.is_forwarded, row.forward_score, row.has_media) == (BOB, True, 1, True)
    assert passed_on.result is not None
    assert passed_on.result["key"]["remoteJid"] == BOB

    poll = done(actions.send_poll(account, ALICE, "Tea?", ["Yes", "No"]))
    message_of(poll.message_id)
    assert "can't be forwarded" in failed(actions.forward(account, ALICE, poll.message_id or "", BOB))


def test_only_numbers_on_whatsapp_are_written_to_and_by_whatsapps_own_address(
    session: SessionProcess, simulator: Simulator, olivia: Phone
) -> None:
    account = Account.default()
    diego = simulator.person("Diego", "551187654321")
    directory = simulator.world.directory
    simulator.call(directory.also_dialled, "5511987654321", diego.account)

    sent = done(actions.send_text(account, "5511987654321@s.whatsapp.net", "Oi"))

    assert sent.result is not None
    assert sent.result["key"]["remoteJid"] == str(diego.jid)
    assert diego.waits_for("Oi").id == sent.message_id
    assert session.waits_for_message("Oi").chat.jid == str(diego.jid)
    nobody = "15559999@s.whatsapp.net"
    assert failed(actions.send_text(account, nobody, "?")) == "jid: The number +15559999 is not on WhatsApp."
    assert not Contact.objects.filter(jid=nobody).exists()
    # Whoever is known isn't asked about again.
    known = directory.dialled
    try:
        simulator.call(setattr, directory, "dialled", lambda number: None)
        done(actions.send_text(account, str(diego.jid), "Tudo bem?"))
        done(actions.send_text(account, "5511987654321@s.whatsapp.net", "?"))
    finally:
        simulator.call(setattr, directory, "dialled", known)


def test_what_a_chat_is_set_to_stays_so_until_the_phone_says_otherwise(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    account = Account.default()
    message = alice.send_text(olivia, "hello")
    session.waits_for_message("hello")
    olivia.pins(alice)
    eventually(Chat.objects.filter(jid=ALICE, is_pinned=True).exists, "what the phone has set")

    until = int(time.time()) + 3600
    settings = {"archive": True, "mute": True, "mute_expiry": until, "mark_unread": True}
    assert done(actions.set_chat(account, ALICE, **settings)).result == {"synced": False}
    starred = done(actions.star(account, ALICE, message.id))
    assert starred.result == {"synced": False}
    eventually(Message.objects.filter(message_id=message.id, is_starred=True).exists, "the star")

    archived = Chat.objects.filter(jid=ALICE, is_archived=True, is_pinned=True, is_muted=True)
    chat = eventually(archived.first, "an archived chat")
    assert until <= chat.mute_expiry < until + 256
    eventually(Chat.objects.filter(jid=ALICE, is_marked_unread=True).exists, "the mark")
    # The session looks at the library's store twice a second here: what it finds there changes nothing.
    asked = Event.objects.filter(event_type="wa.chats.update").count()
    olivia.archives(alice)
    alice.send_text(olivia, "anyone there?")
    session.waits_for_message("anyone there?")
    time.sleep(1.2)
    assert archived.exists()
    assert Event.objects.filter(event_type="wa.chats.update").count() <= asked + 1

    olivia.archives(alice, False)
    eventually(Chat.objects.filter(jid=ALICE, is_archived=False, is_muted=True).exists, "the phone's word")
    done(actions.set_chat(account, ALICE, mute=False, pin=False))
    eventually(Chat.objects.filter(jid=ALICE, is_muted=False, is_pinned=False).exists, "an open chat")
    assert failed(actions.set_chat(account, BOB, pin=True)).startswith("jid: There is no chat")


def test_presence_typing_about_and_a_declined_call_reach_the_others(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    account = Account.default()
    alice.send_text(olivia, "hello")
    session.waits_for_message("hello")

    done(actions.set_presence(account, "unavailable"))
    eventually(lambda: not olivia.account.companions[0].available, "nobody online")
    done(actions.set_presence(account, "available"))
    eventually(lambda: olivia.account.companions[0].available, "the hub online")
    for kind in ("composing", "recording", "paused"):
        done(actions.set_presence(account, kind, ALICE))

    def shown() -> list[tuple[int, int]]:
        mine = [event for event in alice.events if isinstance(event, events.ChatPresenceEv)]
        return [(event.State, event.Media) for event in mine]

    eventually(lambda: len(shown()) == 3, "typing, recording and the end of it")
    assert len(set(shown())) == 3

    done(actions.set_profile_status(account, "At sea"))
    assert olivia.account.about == "At sea"
    eventually(Contact.objects.filter(jid=OLIVIA, status_text="At sea").exists, "our own about text")

    call = alice.calls(olivia)
    row = eventually(lambda: Call.objects.filter(call_id=call.id, status="ringing").first(), "a ringing call")
    done(actions.reject_call(account, row.call_id))
    eventually(lambda: call.rejected_by, "the refusal at WhatsApp")
    eventually(Call.objects.filter(call_id=call.id, status="rejected").exists, "a declined call")
    assert "this one is rejected" in failed(actions.reject_call(account, row.call_id))
    assert failed(actions.reject_call(account, "NONE")).startswith("call_id: There is no call")
