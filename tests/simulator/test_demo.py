"""The demo: its story has every kind of message, and its people answer."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import av
import pytest
from PIL import Image

from whatsapp.simulator import demo_media
from whatsapp.simulator.demo import Demo
from whatsapp.simulator.demo_cast import ALICE, BEN, CONTACTS, EMMA, counts, tells_a_fact
from whatsapp.simulator.library import build_jid, e2e_proto, events, neonize_proto

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.server import Simulator


KINDS = {
    "conversation",
    "extendedTextMessage",
    "imageMessage",
    "videoMessage",
    "audioMessage",
    "documentMessage",
    "stickerMessage",
    "locationMessage",
    "liveLocationMessage",
    "contactMessage",
    "reactionMessage",
    "pollCreationMessageV3",
    "pollUpdateMessage",
    "protocolMessage",
}


@pytest.fixture
def demo(simulator: Simulator, unlinked_hub: HubDouble) -> Iterator[Demo]:
    """A demo in a hurry; its phone links the hub by itself."""
    playing = Demo(simulator, lambda: unlinked_hub.qr_codes[-1] if unlinked_hub.qr_codes else None, pace=0.01)
    stop = threading.Event()
    thread = threading.Thread(target=playing.run, args=(stop,))
    thread.start()
    unlinked_hub.start()
    yield playing
    stop.set()
    thread.join(10)


def test_the_story_has_every_kind_of_message_and_the_contacts_answer(
    demo: Demo, unlinked_hub: HubDouble
) -> None:
    hub = unlinked_hub
    assert demo.told.wait(40), "the story did not come to its end"
    hub.waits_for(events.GroupInfoEv, lambda event: event.Topic.Topic)
    hub.waits_for(events.GroupInfoEv, lambda event: event.HasField("Ephemeral"))
    messages = [event.Message for event in hub.of(events.MessageEv)]
    kinds = {field.name for message in messages for field, _value in message.ListFields()}
    assert kinds >= KINDS
    assert {message.audioMessage.PTT for message in messages if message.HasField("audioMessage")} == {
        True,
        False,
    }
    contexts = [message.extendedTextMessage.contextInfo for message in messages]
    assert any(context.mentionedJID for context in contexts)
    assert any(context.isForwarded for context in contexts)
    assert any(context.expiration for context in contexts)
    assert any(context.stanzaID for context in contexts)
    changes = {message.protocolMessage.type for message in messages if message.HasField("protocolMessage")}
    assert changes >= {e2e_proto.ProtocolMessage.REVOKE, e2e_proto.ProtocolMessage.MESSAGE_EDIT}
    assert any(event.IsViewOnceV2 for event in hub.of(events.MessageEv))
    assert any(event.Info.MessageSource.Chat.User == "status" for event in hub.of(events.MessageEv))
    for kind in (
        events.ChatPresenceEv,
        events.CallOfferEv,
        events.CallAcceptEv,
        events.HistorySyncEv,
        events.NewsletterJoinEv,
        events.PictureEv,
    ):
        assert hub.of(kind), kind.__name__
    reasons = {event.reason for event in hub.of(events.CallTerminateEv)}
    assert reasons == {"accepted_elsewhere", "timeout"}
    assert any(event.Info.MessageSource.Chat.Server == "newsletter" for event in hub.of(events.MessageEv))
    changes_of_group = {
        field.name for event in hub.of(events.GroupInfoEv) for field, _value in event.ListFields()
    }
    assert changes_of_group >= {"Name", "Topic", "Promote", "Ephemeral"}
    viewers = {
        event.MessageSource.Sender.User
        for event in hub.of(events.ReceiptEv)
        if event.MessageSource.Chat.User == "status" and event.Type == neonize_proto.Receipt.READ
    }
    assert viewers >= {ALICE.number, EMMA.number}

    hub.api.send_message(build_jid(BEN.number), "The stars are out")
    answer = hub.waits_for_message(lambda event: "Did you know that" in event.Message.extendedTextMessage.text
                                   and event.Message.extendedTextMessage.contextInfo.stanzaID)  # fmt: skip
    quote = answer.Message.extendedTextMessage.contextInfo.quotedMessage
    assert quote.conversation == "The stars are out" or quote.extendedTextMessage.text == "The stars are out"
    hub.waits_for(events.ReceiptEv, lambda event: event.Type == neonize_proto.Receipt.READ)


def test_the_history_has_all_that_a_phone_knows(demo: Demo, unlinked_hub: HubDouble) -> None:
    hub = unlinked_hub
    assert demo.told.wait(40), "the story did not come to its end"
    blobs = [event.Data for event in hub.of(events.HistorySyncEv)]
    chats = [chat for blob in blobs for chat in blob.conversations]
    messages = [entry.message for chat in chats for entry in chat.messages]
    for flag in ("archived", "pinned", "muteEndTime", "unreadCount", "ephemeralExpiration", "description"):
        assert any(getattr(chat, flag) for chat in chats), flag
    for part in ("reactions", "userReceipt", "pollUpdates", "starred", "messageStubType"):
        assert any(getattr(message, part) for message in messages), part
    (picture,) = (message.message for message in messages if message.message.HasField("imageMessage"))
    assert hub.api.download_any(picture)[:2] == b"\xff\xd8"
    calls = [call for blob in blobs for call in blob.callLogRecords]
    assert len({call.callResult for call in calls}) == 3
    assert any(call.groupJID for call in calls)
    assert any(call.duration for call in calls)
    assert any(blob.statusV3Messages for blob in blobs)
    assert any(blob.pastParticipants for blob in blobs)


def test_a_hub_that_was_unlinked_is_linked_again(demo: Demo, unlinked_hub: HubDouble, troubled: None) -> None:
    hub = unlinked_hub
    hub.wait_until_connected()
    demo.told.wait(40)
    demo.owner.unlinks_devices()
    hub.waits_for(events.LoggedOutEv)
    hub.stop()
    hub.qr_codes.clear()
    hub.start()
    hub.wait_until_connected()


def test_the_cast_has_names_and_numbers_of_their_own() -> None:
    assert len({role.number for role in CONTACTS}) == len({role.name for role in CONTACTS}) == len(CONTACTS)


def test_characters_answer_in_their_way() -> None:
    chance = random.Random(1)
    assert tells_a_fact(chance, "x" * 99).startswith("“" + "x" * 39 + "…”? Did you know that")
    assert counts(chance, "one two") == "That's 2 words and 7 characters, if anybody wants to know."
    assert ALICE.answer(chance, "tea?")


def test_pictures_are_pictures() -> None:
    picture = demo_media.landscape(random.Random(1), "hello")
    image = Image.open(io.BytesIO(picture.data))
    assert (image.format, image.size) == ("JPEG", (picture.width, picture.height))
    assert Image.open(io.BytesIO(picture.thumbnail)).width <= 72
    face = Image.open(io.BytesIO(demo_media.sticker(random.Random(1))))
    assert (face.format, face.size, face.mode) == ("WEBP", (512, 512), "RGBA")


@pytest.mark.parametrize(
    ("make", "name", "codec"),
    [
        (demo_media.video, "mp4", "h264"),
        (demo_media.voice_note, "ogg", "opus"),
        (demo_media.song, "mp3", "mp3float"),
    ],
)
def test_recordings_play(make: object, name: str, codec: str) -> None:
    recording = make(random.Random(1))  # type: ignore[operator]
    with av.open(io.BytesIO(recording.data)) as container:
        assert name in container.format.name.split(",")
        assert container.streams[0].codec_context.name == codec
        assert container.duration is not None
        assert container.duration / 1_000_000 == pytest.approx(recording.seconds, abs=0.1)
        assert sum(1 for _ in container.decode(container.streams[0])) > 10


def test_a_voice_note_has_a_waveform_of_64_heights() -> None:
    heights = demo_media.voice_note(random.Random(1)).waveform
    assert len(heights) == 64
    assert 0 < max(heights) <= 100


def test_the_same_seed_draws_the_same() -> None:
    assert demo_media.landscape(random.Random(3)).data == demo_media.landscape(random.Random(3)).data


def test_a_paper_is_a_pdf_that_says_where_its_parts_are() -> None:
    data = demo_media.paper("A (title)", ["a \\ line"])
    start = int(data.rpartition(b"startxref\n")[2].split()[0])
    assert data.startswith(b"%PDF-1.4")
    assert data[start:].startswith(b"xref")
    for row in data[start:].splitlines()[3:8]:
        place = int(row.split()[0])
        assert b" obj" in data[place : place + 8]
