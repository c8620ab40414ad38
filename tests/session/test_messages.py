"""Every kind of message, sent by real clients and decrypted by the real library, as it is stored."""

import json

import pytest

from tests.session import pictures
from tests.session.conftest import SessionProcess
from tests.waiting import eventually
from whatsapp.events import render
from whatsapp.models import Chat, Event, Media, Message
from whatsapp.records import message_record
from whatsapp.simulator import Simulator
from whatsapp.simulator.mail import Sent
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone


def stored(sent: Sent) -> Message:
    """The row of a message that someone sent."""
    found = Message.objects.with_relations()
    return eventually(lambda: found.filter(message_id=sent.id).first(), f"message {sent.id}")


def test_every_kind_of_message_is_stored_with_its_fields(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    """One test for all kinds, since linking takes longer than any of them."""
    text = alice.send_text(olivia, "Olá, Olivia!")
    row = stored(text)
    assert (row.message_type, row.body, row.push_name) == ("text", "Olá, Olivia!", "Alice")
    assert (row.chat.jid, row.sender.jid, row.from_me) == (
        "15550101@s.whatsapp.net",
        "15550101@s.whatsapp.net",
        False,
    )
    assert row.timestamp == text.timestamp
    assert row.id >> 20 == row.timestamp

    row = stored(alice.send_image(olivia, pictures.jpeg(), caption="the sea", width=64, height=48))
    assert (row.message_type, row.body, row.has_media) == ("image", "the sea", True)
    assert (row.media.mime_type, row.media.width, row.media.height) == ("image/jpeg", 64, 48)

    row = stored(alice.send_video(olivia, pictures.film(), caption="a film", seconds=7))
    assert (row.message_type, row.body, row.media.duration) == ("video", "a film", 7)

    row = stored(alice.send_audio(olivia, pictures.sound(), seconds=3, mime_type="audio/wav"))
    assert (row.message_type, row.media.duration) == ("audio", 3)

    row = stored(alice.send_voice_note(olivia, pictures.voice(), seconds=2))
    assert (row.message_type, row.media.mime_type.partition(";")[0], row.media.duration) == (
        "audio",
        "audio/ogg",
        2,
    )

    row = stored(alice.send_document(olivia, pictures.pdf(), "../plan?.pdf", caption="the plan"))
    assert (row.message_type, row.body) == ("document", "the plan")
    assert row.media.original_filename == "../plan?.pdf"

    assert stored(alice.send_sticker(olivia, pictures.webp())).message_type == "sticker"

    row = stored(alice.send_location(olivia, -22.95, -43.21, name="Corcovado", address="Rio"))
    assert (row.message_type, row.latitude, row.longitude) == ("location", -22.95, -43.21)
    assert (row.location_name, row.location_address) == ("Corcovado", "Rio")

    row = stored(alice.send_live_location(olivia, 51.5, -0.12, caption="on my way"))
    assert (row.message_type, row.latitude, row.body) == ("location", 51.5, "on my way")

    row = stored(alice.send_contact(olivia, "Carla Gomes", "15550199"))
    assert row.message_type == "contact"
    assert (row.contacts[0]["name"], row.contacts[0]["phones"][0]["waid"]) == ("Carla Gomes", "15550199")

    row = stored(alice.send_poll(olivia, "Lunch?", ["Soup", "Salad"]))
    assert (row.message_type, row.poll_name, row.poll_options) == ("poll", "Lunch?", ["Soup", "Salad"])
    assert json.loads(message_record(row)["poll_options"]) == ["Soup", "Salad"]

    row = stored(alice.react(text, "👍"))
    assert (row.message_type, row.reaction_emoji, row.reaction_target_id) == ("reaction", "👍", text.id)

    row = stored(alice.send_view_once_image(olivia, pictures.jpeg("red")))
    assert (row.message_type, row.is_view_once, row.has_media) == ("view_once", True, True)

    row = stored(alice.reply(text, "and a reply"))
    assert (row.body, row.quoted_id, row.quoted_body) == ("and a reply", text.id, "Olá, Olivia!")

    row = stored(alice.send_text(olivia, "passed on", forwarded=True))
    assert (row.is_forwarded, row.forward_score > 0) == (True, True)

    row = stored(alice.send_text(olivia, "hello @15550100", mentions=[olivia]))
    assert row.mentions == ["15550100@s.whatsapp.net"]

    row = stored(alice.send_text(olivia, "gone in a day", ephemeral=86400))
    assert (row.is_ephemeral, row.ephemeral_duration) == (True, 86400)

    chat = Chat.objects.get(jid="15550101@s.whatsapp.net")
    assert (chat.name, chat.is_group, chat.last_message_body) == ("Alice", False, "gone in a day")
    assert chat.unread_count == Message.objects.exclude(message_type="reaction").count()


def test_an_edit_changes_the_body_and_keeps_the_old_one(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    sent = alice.send_text(olivia, "see you at five")
    alice.edit(sent, "see you at six")

    row = session.waits_for_message("see you at six")
    assert (row.message_id, row.edit_type) == (sent.id, 1)
    assert [edit.body for edit in row.edits.all()] == ["see you at five", "see you at six"]
    assert Message.objects.count() == 1
    assert Event.objects.filter(event_type="wa.messages.update").count() == 1


def test_a_deleted_message_is_marked_and_its_body_kept(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    sent = alice.send_text(olivia, "I never said this")
    alice.delete(sent)

    row = eventually(lambda: Message.objects.filter(message_id=sent.id, is_deleted=True).first(), "the mark")
    assert row.body == "I never said this"
    assert row.deleted_at is not None
    (event,) = render(Event.objects.filter(event_type="wa.messages.delete"))
    assert event["data"]["keys"][0]["id"] == sent.id


def test_a_message_that_comes_twice_is_stored_once_and_keeps_what_happened_to_it(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    sent = alice.send_text(olivia, "once")
    row = stored(sent)
    Message.objects.filter(pk=row.pk).update(is_starred=True)
    alice.delete(sent)
    eventually(lambda: Message.objects.filter(is_deleted=True).exists(), "the deletion")

    simulator.delivers_twice(sent)
    stored(alice.send_text(olivia, "after it"))

    again = Message.objects.get(message_id=sent.id)
    assert (again.is_starred, again.is_deleted) == (True, True)
    assert Chat.objects.get().unread_count == 2


def test_a_group_message_names_its_sender(
    session: SessionProcess, simulator: Simulator, alice: Person, bob: Person, olivia: Phone
) -> None:
    group = alice.creates_group("Friends", [olivia, bob])
    sent = bob.send_text(group, "hello all")

    row = stored(sent)
    assert row.chat.is_group
    assert row.chat.jid.endswith("@g.us")
    record = message_record(row)
    assert record["participant"] == record["from_jid"]
    assert row.push_name == "Bob"


def test_someone_addressed_by_lid_is_one_person(session: SessionProcess, bob: Person, olivia: Phone) -> None:
    row = stored(bob.send_text(olivia, "hi from a LID"))

    assert row.sender.jid == "15550102@s.whatsapp.net"
    assert row.sender.lid == f"{bob.lid.user}@lid"
    assert row.chat.jid == "15550102@s.whatsapp.net"


def test_what_the_owner_sends_from_the_phone_is_stored_as_ours(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    row = stored(olivia.send_text(alice, "from my phone"))
    assert (row.from_me, row.chat.jid) == (True, "15550101@s.whatsapp.net")
    assert row.sender.jid == "15550100@s.whatsapp.net"
    assert Chat.objects.get().unread_count == 0


def test_a_kind_that_nobody_knows_is_stored_as_unknown_with_its_bytes(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    from whatsapp.protobuf import neonize_pb2, waE2E

    strange = waE2E.Message.FromString(b"\xba\x3e\x03\x0a\x01x")  # field 999, which no version has
    row = stored(alice.send_message(olivia, strange))

    assert (row.message_type, row.body) == ("unknown", None)
    event = neonize_pb2.Message.FromString(bytes(row.raw))
    assert row.message_id == event.Info.ID
    assert b"\xba\x3e\x03\x0a\x01x" in event.Message.SerializeToString()


def test_the_log_tells_of_a_message_in_both_forms(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    sent = alice.send_text(olivia, "for the log")
    stored(sent)

    (event,) = render(Event.objects.filter(event_type="wa.messages.upsert"))
    (message,) = event["data"]["messages"]
    assert message["key"] == {"remoteJid": "15550101@s.whatsapp.net", "fromMe": False, "id": sent.id}
    assert message["message"]["conversation"] == "for the log"
    assert event["data"]["records"][0]["body"] == "for the log"
    assert event["account"] == "default"


@pytest.mark.parametrize("count", [200])
def test_a_stream_of_messages_arrives_whole_and_in_order(
    session: SessionProcess, alice: Person, olivia: Phone, count: int
) -> None:
    for number in range(count):
        alice.send_text(olivia, f"number {number}")

    eventually(lambda: Message.objects.count() == count, f"{count} messages")
    bodies = list(Message.objects.order_by("id").values_list("body", flat=True))
    assert bodies == [f"number {number}" for number in range(count)]
    assert not Media.objects.exists()
