"""Messages between people and the hub, with everything they do to messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from whatsapp.simulator import compose
from whatsapp.simulator.client import wait_until
from whatsapp.simulator.library import MediaType, build_jid, e2e_proto, events, neonize_proto

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone


def test_text_reaches_the_hub_and_its_receipt_the_sender(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    sent = alice.send_text(olivia, "hello")
    event = hub.waits_for_message(sent.id)
    source = event.Info.MessageSource
    assert (event.Message.conversation, event.Info.Pushname) == ("hello", "Alice")
    assert (source.Chat.User, source.Sender.User, source.SenderAlt.User) == (
        "15550101",
        "15550101",
        alice.lid.user,
    )
    assert not source.IsFromMe
    assert not source.IsGroup
    alice.waits_for_receipt("delivered", sent.id)


def test_the_hubs_text_reaches_the_contact_and_the_phone(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    answer = hub.send_text(alice, "from the hub")
    received = alice.waits_for("from the hub")
    assert (received.id, received.sender, received.chat) == (answer.ID, olivia.jid, olivia.jid)
    copy = olivia.waits_for("from the hub")
    assert copy.from_me
    assert copy.chat.user == "15550101"


def test_what_the_phone_sends_is_seen_by_the_hub_as_the_owners(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    sent = olivia.send_text(alice, "from the phone")
    source = hub.waits_for_message(sent.id).Info.MessageSource
    assert source.IsFromMe
    assert (source.Chat.User, source.RecipientAlt.User) == ("15550101", alice.lid.user)


def test_a_note_to_oneself_stays_with_the_owner(hub: HubDouble, olivia: Phone) -> None:
    hub.api.send_message(build_jid("15550100"), "remember")
    assert olivia.waits_for("remember").from_me
    sent = olivia.send_text(olivia, "remembered")
    assert hub.waits_for_message(sent.id).Info.MessageSource.Chat.User == "15550100"


def test_a_person_addressed_by_lid_is_seen_by_lid(hub: HubDouble, olivia: Phone, bob: Person) -> None:
    sent = bob.send_text(olivia, "hello")
    source = hub.waits_for_message(sent.id).Info.MessageSource
    assert (source.Sender.Server, source.Sender.User) == ("lid", bob.lid.user)
    assert (source.SenderAlt.Server, source.SenderAlt.User) == ("s.whatsapp.net", "15550102")
    assert hub.api.get_pn_from_lid(build_jid(bob.lid.user, "lid")).User == "15550102"


def test_read_and_played_receipts_reach_the_hub(hub: HubDouble, alice: Person) -> None:
    answer = hub.send_text(alice, "read me")
    message = alice.waits_for("read me")
    kinds = neonize_proto.Receipt.ReceiptType
    for act, kind in ((alice.reads, kinds.READ), (alice.plays, kinds.PLAYED)):
        act(message)
        hub.waits_for(
            events.ReceiptEv, lambda event, kind=kind: event.Type == kind and answer.ID in event.MessageIDs
        )


def test_what_the_hub_reads_is_told_to_the_sender_and_the_phone(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    from neonize.utils.enum import ReceiptType

    sent = alice.send_text(olivia, "seen?")
    hub.waits_for_message(sent.id)
    jid = build_jid("15550101")
    hub.api.mark_read(sent.id, chat=jid, sender=jid, receipt=ReceiptType.READ)
    assert alice.waits_for_receipt("read", sent.id).sender == olivia.jid
    assert olivia.waits_for_receipt("read", sent.id).chat == alice.jid


def test_what_the_phone_reads_is_told_to_the_hub(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    sent = alice.send_text(olivia, "seen?")
    hub.waits_for_message(sent.id)
    olivia.reads(olivia.waits_for("seen?"))
    event = hub.waits_for(events.ReceiptEv, lambda event: sent.id in event.MessageIDs)
    assert event.MessageSource.IsFromMe
    assert event.MessageSource.Chat.User == "15550101"


def test_a_hub_that_is_not_online_sends_inactive_receipts(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    sent = alice.send_text(olivia, "anybody there?")
    alice.waits_for_receipt("inactive", sent.id)


def test_mail_from_the_time_away_comes_in_order(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    hub.stop()
    # More than the server keeps on the wire at once.
    sent = [alice.send_text(olivia, f"number {number}").id for number in range(300)]
    hub.forget()
    hub.start()
    end = hub.waits_for(events.OfflineSyncCompletedEv)
    assert end.Count >= 300
    hub.waits_for_message(sent[-1])
    assert [event.Info.ID for event in hub.of(events.MessageEv)] == sent


def test_nothing_is_undelivered_after_the_hub_has_it(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    (companion,) = olivia.companions
    hub.waits_for_message(alice.send_text(olivia, "hello").id)
    wait_until(lambda: companion.undelivered == 0, 5, "the hub's receipts")


def test_a_number_without_whatsapp_can_not_be_written_to(hub: HubDouble) -> None:
    with pytest.raises(Exception, match=r"no LID found for 15559999@s\.whatsapp\.net from server"):
        hub.api.send_message(build_jid("15559999"), "hello?")


MEDIA = [
    ("image", lambda alice, to: alice.send_image(to, b"jpeg" * 99, caption="look", width=2), "imageMessage"),
    (
        "video",
        lambda alice, to: alice.send_video(to, b"mp4" * 99, caption="watch", seconds=3),
        "videoMessage",
    ),
    ("audio", lambda alice, to: alice.send_audio(to, b"mp3" * 99, seconds=4), "audioMessage"),
    ("ptt", lambda alice, to: alice.send_voice_note(to, b"ogg" * 99, seconds=5), "audioMessage"),
    ("document", lambda alice, to: alice.send_document(to, b"pdf" * 99, "plan.pdf"), "documentMessage"),
    ("sticker", lambda alice, to: alice.send_sticker(to, b"webp" * 99), "stickerMessage"),
]


@pytest.mark.parametrize(("kind", "send", "field"), MEDIA, ids=[row[0] for row in MEDIA])
def test_media_is_downloaded_by_the_hub(
    hub: HubDouble, olivia: Phone, alice: Person, kind: str, send: object, field: str
) -> None:
    sent = send(alice, olivia)  # type: ignore[operator]
    event = hub.waits_for_message(sent.id)
    assert event.Message.HasField(field)
    assert event.Info.MediaType == kind
    data = hub.api.download_any(event.Message)
    assert len(data) == getattr(event.Message, field).fileLength
    assert hub.api.download_any(sent.message) == data


def test_a_document_with_a_caption_is_wrapped(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    sent = alice.send_document(olivia, b"pdf", "plan.pdf", caption="the plan")
    event = hub.waits_for_message(sent.id)
    assert event.IsDocumentWithCaption
    assert event.Message.documentMessage.caption == "the plan"


def test_a_picture_for_one_look_says_so(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    event = hub.waits_for_message(alice.send_view_once_image(olivia, b"secret" * 9).id)
    assert event.IsViewOnceV2
    assert event.Message.imageMessage.viewOnce


def test_the_hub_uploads_what_the_contact_downloads(hub: HubDouble, alice: Person) -> None:
    data = bytes(range(256)) * 4000
    message = compose.image(
        hub.api.upload(data, MediaType.MediaImage), caption="from the hub", mimetype="image/jpeg"
    )
    hub.api.send_message(build_jid("15550101"), message)
    assert alice.api.download_any(alice.waits_for("from the hub").message) == data


def test_places_cards_and_questions_arrive(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    place = hub.waits_for_message(
        alice.send_location(olivia, 41.9, 12.5, name="Rome").id
    ).Message.locationMessage
    assert (place.degreesLatitude, place.name) == (41.9, "Rome")
    moving = hub.waits_for_message(
        alice.send_live_location(olivia, 1.5, 2.5, caption="on my way", sequence=7).id
    )
    assert moving.Message.liveLocationMessage.sequenceNumber == 7
    card = hub.waits_for_message(alice.send_contact(olivia, "Bob", "15550102").id).Message.contactMessage
    assert card.displayName == "Bob"
    assert "waid=15550102" in card.vcard
    single = hub.waits_for_message(alice.send_poll(olivia, "Tea?", ["yes", "no"]).id).Message
    assert [option.optionName for option in single.pollCreationMessageV3.options] == ["yes", "no"]
    several = hub.waits_for_message(
        alice.send_poll(olivia, "Cake?", ["a", "b", "c"], selectable=2).id
    ).Message
    assert several.pollCreationMessage.selectableOptionsCount == 2


def test_a_vote_can_be_decrypted_by_the_hub(
    hub: HubDouble, friends: GroupChat, alice: Person, bob: Person
) -> None:
    from neonize._binder import gocode

    poll = alice.send_poll(friends, "Tea?", ["yes", "no"])
    hub.waits_for_message(poll.id)
    bob.votes(poll, ["yes"])
    vote = hub.waits_for_message(lambda event: event.Message.HasField("pollUpdateMessage"))
    raw = vote.SerializeToString()
    answer = gocode.DecryptPollVote(hub.api.uuid, raw, len(raw)).contents.get_bytes()
    assert neonize_proto.ReturnFunctionWithError.FromString(answer).PollVoteMessage.selectedOptions


def test_a_message_is_edited_reacted_to_and_deleted(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    sent = alice.send_text(olivia, "firts")
    hub.waits_for_message(sent.id)
    alice.edit(sent, "first")
    edited = hub.waits_for_message(lambda event: event.IsEdit).Message.protocolMessage
    assert (edited.key.ID, edited.editedMessage.conversation) == (sent.id, "first")
    alice.react(sent, "🎉")
    reaction = hub.waits_for_message("🎉").Message.reactionMessage
    assert (reaction.key.ID, reaction.key.fromMe) == (sent.id, True)
    olivia.react(olivia.waits_for("firts"), "👍")
    own = hub.waits_for_message("👍").Message.reactionMessage
    assert (own.key.ID, own.key.fromMe) == (sent.id, False)
    alice.delete(sent)
    revoke = hub.waits_for_message(
        lambda event: (
            event.Message.HasField("protocolMessage")
            and event.Message.protocolMessage.type == e2e_proto.ProtocolMessage.REVOKE
        )
    )
    assert sent.id == revoke.Message.protocolMessage.key.ID


def test_a_reply_quotes_and_a_forward_says_so(
    hub: HubDouble, olivia: Phone, alice: Person, bob: Person
) -> None:
    first = alice.send_text(olivia, "question")
    reply = hub.waits_for_message(alice.reply(first, "answer").id).Message.extendedTextMessage
    assert reply.contextInfo.stanzaID == first.id
    assert reply.contextInfo.quotedMessage.conversation == "question"
    assert reply.contextInfo.participant == "15550101@s.whatsapp.net"
    forwarded = hub.waits_for_message(alice.forward(first, olivia).id).Message.extendedTextMessage
    assert forwarded.contextInfo.isForwarded
    assert forwarded.text == "question"


def test_mentions_and_disappearing_messages_carry_their_context(
    hub: HubDouble, friends: GroupChat, alice: Person, bob: Person
) -> None:
    sent = alice.send_text(friends, "@15550102 look", mentions=[bob], ephemeral=86_400)
    info = hub.waits_for_message(sent.id).Message.extendedTextMessage.contextInfo
    assert list(info.mentionedJID) == ["15550102@s.whatsapp.net"]
    assert info.expiration == 86_400


def test_any_message_can_be_sent(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    raw = e2e_proto.Message(eventMessage=e2e_proto.EventMessage(name="Picnic", startTime=1))
    assert hub.waits_for_message(alice.send_message(olivia, raw).id).Message.eventMessage.name == "Picnic"


def test_a_story_reaches_those_it_is_for(hub: HubDouble, olivia: Phone, alice: Person, bob: Person) -> None:
    sent = alice.posts_story("at the beach", [olivia])
    source = hub.waits_for_message(sent.id).Info.MessageSource
    assert (source.Chat.User, source.Chat.Server, source.Sender.User) == ("status", "broadcast", "15550101")
    hub.waits_for_message(alice.posts_story(b"jpeg" * 9, [olivia], caption="sunset").id)
    assert all(message.chat.user != "status" for message in bob.received)


def test_a_thousand_texts_arrive_once_and_in_order(
    hub: HubDouble, olivia: Phone, alice: Person, record_property: pytest.RecordProperty
) -> None:
    import time

    begin = time.monotonic()
    sent = [alice.send_text(olivia, f"number {number}").id for number in range(1000)]
    hub.waits_for_message(sent[-1])
    seconds = time.monotonic() - begin
    record_property("messages_per_second", 1000 / seconds)
    print(f"1,000 texts in {seconds:.2f} s")
    assert [event.Info.ID for event in hub.of(events.MessageEv) if event.Info.ID in set(sent)] == sent
