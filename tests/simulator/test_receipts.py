"""Who has had, read, played and viewed what, as the hub is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whatsapp.simulator.library import events, neonize_proto

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone

Kinds = neonize_proto.Receipt.ReceiptType


def receipt(hub: HubDouble, kind: int, message_id: str, sender: str = "") -> Any:
    """The first receipt of this kind for the message (from this person)."""
    return hub.waits_for(
        events.ReceiptEv,
        lambda event: (
            event.Type == kind
            and message_id in event.MessageIDs
            and sender in (event.MessageSource.Sender.User, "")
        ),
    )


def test_each_member_of_a_group_reads_the_owners_message(
    hub: HubDouble, olivia: Phone, alice: Person, bob: Person, friends: GroupChat
) -> None:
    sent = olivia.send_text(friends, "read this, all of you")
    hub.waits_for_message(sent.id)
    for person in (alice, bob):
        person.reads(person.waits_for_id(sent.id))
        source = receipt(hub, Kinds.READ, sent.id, person.number).MessageSource
        assert (source.Chat.User, source.IsGroup, source.IsFromMe) == (friends.jid.user, True, False)


def test_the_phone_plays_a_voice_note(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    sent = alice.send_voice_note(olivia, b"ogg" * 9)
    hub.waits_for_message(sent.id)
    olivia.plays(olivia.waits_for_id(sent.id))
    source = receipt(hub, Kinds.PLAYED, sent.id).MessageSource
    assert (source.IsFromMe, source.Chat.User) == (True, "15550101")


def test_who_sends_no_read_receipts_still_tells_the_own_devices(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    olivia.sets_privacy("readreceipts", "none")
    sent = alice.send_voice_note(olivia, b"ogg" * 9)
    hub.waits_for_message(sent.id)
    olivia.reads(olivia.waits_for_id(sent.id))
    assert receipt(hub, Kinds.READ_SELF, sent.id).MessageSource.Chat.User == "15550101"
    olivia.plays(olivia.waits_for_id(sent.id))
    # neonize gives whatsmeow's "played-self" another name.
    assert receipt(hub, Kinds.SERVER_ERROR, sent.id).MessageSource.IsFromMe
    hub.waits_for_message(alice.send_text(olivia, "did you hear it?").id)
    assert not [receipt for receipt in alice.receipts if receipt.kind in ("read", "played")]


def test_several_messages_are_read_at_once(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    sent = [olivia.send_text(alice, f"number {number}") for number in range(3)]
    alice.reads(*(alice.waits_for_id(message.id) for message in sent))
    event = receipt(hub, Kinds.READ, sent[0].id)
    assert list(event.MessageIDs) == [message.id for message in sent]


def test_a_story_of_the_phone_has_viewers(hub: HubDouble, olivia: Phone, alice: Person, bob: Person) -> None:
    sent = olivia.posts_story("on the ridge", [alice, bob])
    source = hub.waits_for_message(sent.id).Info.MessageSource
    assert (source.Chat.User, source.Chat.Server, source.IsFromMe) == ("status", "broadcast", True)
    for person in (alice, bob):
        person.reads(person.waits_for_id(sent.id))
        source = receipt(hub, Kinds.READ, sent.id, person.number).MessageSource
        assert (source.Chat.User, source.Chat.Server, source.IsFromMe) == ("status", "broadcast", False)


def test_the_phone_views_a_story(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    sent = alice.posts_story("at the beach", [olivia])
    hub.waits_for_message(sent.id)
    olivia.reads(olivia.waits_for_id(sent.id))
    source = receipt(hub, Kinds.READ, sent.id).MessageSource
    assert (source.Chat.User, source.IsFromMe) == ("status", True)
    alice.waits_for_receipt("read", sent.id)


def test_a_story_is_deleted(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    sent = alice.posts_story("at the beach", [olivia])
    hub.waits_for_message(sent.id)
    alice.delete(sent)
    event = hub.waits_for_message(lambda event: sent.id == event.Message.protocolMessage.key.ID)
    source = event.Info.MessageSource
    assert (source.Chat.User, source.Sender.User) == ("status", "15550101")


def test_a_story_is_reacted_to_and_answered(
    hub: HubDouble, olivia: Phone, alice: Person, bob: Person
) -> None:
    sent = olivia.posts_story("on the ridge", [alice, bob])
    story = alice.waits_for_id(sent.id)
    reaction = hub.waits_for_message(alice.react(story, "😍").id)
    assert sent.id == reaction.Message.reactionMessage.key.ID
    assert (reaction.Info.MessageSource.Chat.User, reaction.Info.MessageSource.Sender.User) == (
        "status",
        "15550101",
    )
    answer = hub.waits_for_message(alice.reply(story, "wow").id)
    assert answer.Info.MessageSource.Chat.User == "15550101"
    context = answer.Message.extendedTextMessage.contextInfo
    assert (context.stanzaID, context.remoteJID) == (sent.id, "status@broadcast")
    bob.waits_for_id(sent.id)
    assert all(message.text != "😍" for message in bob.received)


def test_a_message_goes_to_one_that_is_away(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    alice.client.stop()
    sent = olivia.send_text(alice, "call me")
    hub.waits_for_message(sent.id)
    assert not [event for event in hub.of(events.ReceiptEv) if sent.id in event.MessageIDs]
    alice.client.start()
    # neonize forgets at a new start that this client shows as looked at.
    receipt(hub, Kinds.INACTIVE, sent.id)
