"""Sending files: the correspondent can open each, and the hub has it without downloading it."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests import recordings
from tests.session import pictures
from tests.session.conftest import SessionProcess
from tests.waiting import eventually
from whatsapp import actions, media_files, outbox
from whatsapp.models import Account, Action, Event, Media, Message
from whatsapp.preparation import Prepared, prepare
from whatsapp.simulator import Simulator
from whatsapp.simulator.mail import Received
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone

ALICE = "15550101@s.whatsapp.net"


def queue(kind: str, data: bytes, as_what: str | None = None, jid: str = ALICE, **details: Any) -> Action:
    """Queues a file as the API does; a document is sent as it is, all else is prepared."""
    draft = outbox.Draft()
    draft.write(data)
    draft.close()
    if kind == actions.SEND_DOCUMENT:
        prepared = Prepared(str(draft.path), "application/pdf")
    else:
        prepared = prepare(as_what or kind.removeprefix("send_"), draft.path)
    file = outbox.file_of(draft, prepared)
    return actions.queue(Account.default(), kind, {"jid": jid, "file": file, **details})


def send(kind: str, data: bytes, as_what: str | None = None, **details: Any) -> Action:
    action = actions.wait_for(queue(kind, data, as_what, **details), 15)
    assert action.status in ("sent", "delivered"), action.error
    return action


def received_by(person: Person, action: Action) -> Received:
    return person._received.wait_for(lambda one: one.id == action.message_id, 15, action.kind)


def opened_by(person: Person, received: Received) -> bytes:
    """The file as the person's own client fetches and decrypts it."""
    return bytes(person.api.download_any(received.message))


def row_of(action: Action) -> Media:
    """The hub's row of the file that was sent."""
    rows = Media.objects.filter(message__message_id=action.message_id).select_related("message")
    return eventually(rows.first, "the row of the file")


def stored(media: Media) -> bytes:
    assert media.download_status == "downloaded"
    return media_files.full_path(media.file_path).read_bytes()


def files() -> set[Path]:
    """All that is below MEDIA_DIR."""
    return {path for path in Path(settings.MEDIA_DIR).rglob("*") if path.is_file()}


def is_in_outbox(action: Action) -> bool:
    return outbox.folder_of(action.payload["file"]["name"]).exists()


def test_an_image_arrives_with_its_caption_size_and_thumbnail(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    picture = pictures.jpeg("navy", (640, 480))
    action = send(actions.SEND_IMAGE, picture, caption="The sea")

    received = received_by(alice, action)
    part = received.message.imageMessage
    assert opened_by(alice, received) == picture
    assert (part.caption, part.mimetype, part.width, part.height) == ("The sea", "image/jpeg", 640, 480)
    assert part.fileLength == len(picture)
    assert part.fileSHA256 == hashlib.sha256(picture).digest()
    assert part.JPEGThumbnail.startswith(b"\xff\xd8")
    assert action.result == {"key": {"remoteJid": ALICE, "fromMe": True, "id": received.id}}


def test_the_hub_has_what_it_sent_without_downloading_it(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    picture = pictures.jpeg("maroon")
    before = simulator.world.media.requests
    action = send(actions.SEND_IMAGE, picture, caption="mine")

    media = row_of(action)
    assert stored(media) == picture
    assert media.file_hash == hashlib.sha256(picture).hexdigest()
    assert (media.file_size, media.mime_type, media.width) == (len(picture), "image/jpeg", 64)
    message = Message.objects.get(message_id=action.message_id)
    assert (message.from_me, message.message_type, message.body) == (True, "image", "mine")
    assert Event.objects.filter(event_type="media.downloaded").count() == 1
    eventually(lambda: not is_in_outbox(action), "the outbox to be empty")
    assert simulator.world.media.requests == before + 1  # the upload


def test_a_picture_that_clients_do_not_show_arrives_as_jpeg(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    action = send(actions.SEND_IMAGE, pictures._image("red", (40, 30), "BMP"))

    received = received_by(alice, action)
    assert received.message.imageMessage.mimetype == "image/jpeg"
    assert opened_by(alice, received).startswith(b"\xff\xd8")
    assert stored(row_of(action)) == opened_by(alice, received)


def test_a_video_arrives_with_its_size_and_length(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    film = recordings.film(seconds=2, sound="aac")
    action = send(actions.SEND_VIDEO, film, caption="Look")

    received = received_by(alice, action)
    part = received.message.videoMessage
    assert opened_by(alice, received) == film
    assert (part.caption, part.mimetype, part.seconds) == ("Look", "video/mp4", 2)
    assert (part.width, part.height, part.gifPlayback) == (320, 180, False)
    assert part.JPEGThumbnail.startswith(b"\xff\xd8")
    assert (row_of(action).duration, row_of(action).kind) == (2, "video")


def test_a_gif_arrives_as_a_video_that_plays_by_itself(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    action = send(actions.SEND_VIDEO, recordings.film("gif", "gif", pix_fmt="rgb8"))

    received = received_by(alice, action)
    assert received.message.videoMessage.gifPlayback
    assert recordings.codecs(opened_by(alice, received)) == ("h264", None)


def test_a_song_arrives_as_it_is(session: SessionProcess, alice: Person, olivia: Phone) -> None:
    song = recordings.sound("mp3", "libmp3lame")
    action = send(actions.SEND_AUDIO, song, ptt=False)

    received = received_by(alice, action)
    part = received.message.audioMessage
    assert opened_by(alice, received) == song
    assert (part.mimetype, part.seconds, part.PTT) == ("audio/mpeg", 1, False)
    assert stored(row_of(action)) == song


def test_a_voice_note_arrives_as_opus_with_its_waveform(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    action = send(actions.SEND_AUDIO, recordings.sound("mp3", "libmp3lame", seconds=2), "voice", ptt=True)

    received = received_by(alice, action)
    part = received.message.audioMessage
    assert (part.mimetype, part.seconds, part.PTT) == ("audio/ogg; codecs=opus", 2, True)
    assert len(part.waveform) == 64
    assert max(part.waveform) == 100
    assert recordings.codecs(opened_by(alice, received)) == (None, "opus")
    assert row_of(action).message.details == {"is_voice_note": True}


@pytest.mark.parametrize("caption", [None, "As agreed"])
def test_a_document_arrives_under_its_name(
    session: SessionProcess, alice: Person, olivia: Phone, caption: str | None
) -> None:
    paper = pictures.pdf()
    action = send(actions.SEND_DOCUMENT, paper, filename="offer.pdf", caption=caption)

    received = received_by(alice, action)
    part = received.message.documentMessage  # neonize has taken the wrapper off
    assert received.event.IsDocumentWithCaption is (caption is not None)
    assert opened_by(alice, received) == paper
    assert (part.fileName, part.title, part.caption) == ("offer.pdf", "offer.pdf", caption or "")
    assert part.mimetype == "application/pdf"
    media = row_of(action)
    assert (media.original_filename, media.message.body) == ("offer.pdf", caption)
    assert stored(media) == paper


def test_a_sticker_arrives_as_webp(session: SessionProcess, alice: Person, olivia: Phone) -> None:
    action = send(actions.SEND_STICKER, pictures.jpeg("gold", (300, 200)))

    received = received_by(alice, action)
    part = received.message.stickerMessage
    assert (part.mimetype, part.width, part.height, part.isAnimated) == ("image/webp", 512, 512, False)
    assert opened_by(alice, received)[8:12] == b"WEBP"
    assert row_of(action).kind == "sticker"


def test_a_moving_sticker_says_so(session: SessionProcess, alice: Person, olivia: Phone) -> None:
    action = send(actions.SEND_STICKER, recordings.film())

    assert received_by(alice, action).message.stickerMessage.isAnimated


def test_a_file_answers_a_message(session: SessionProcess, alice: Person, olivia: Phone) -> None:
    question = alice.send_text(olivia, "What does it look like?")
    session.waits_for_message("What does it look like?")

    action = send(actions.SEND_IMAGE, pictures.jpeg(), quoted_id=question.id)

    context = received_by(alice, action).message.imageMessage.contextInfo
    assert context.stanzaID == question.id
    assert context.quotedMessage.conversation == "What does it look like?"
    assert row_of(action).message.quoted_id == question.id


def test_the_same_file_twice_is_stored_once(session: SessionProcess, alice: Person, olivia: Phone) -> None:
    picture = pictures.jpeg("olive")
    first, second = (row_of(send(actions.SEND_IMAGE, picture)) for _ in range(2))

    assert first.pk != second.pk
    assert first.file_path == second.file_path


def test_a_file_reaches_a_group(session: SessionProcess, alice: Person, bob: Person, olivia: Phone) -> None:
    group = alice.creates_group("Friends", [olivia, bob])
    alice.send_text(group, "welcome")
    chat = session.waits_for_message("welcome").chat

    picture = pictures.jpeg("plum")
    action = send(actions.SEND_IMAGE, picture, jid=chat.jid)

    assert opened_by(bob, received_by(bob, action)) == picture


def test_what_waits_in_the_outbox_is_sent_after_a_crash(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    session.is_killed()
    picture = pictures.jpeg("teal")
    queued = queue(actions.SEND_IMAGE, picture)
    interrupted = queue(actions.SEND_IMAGE, pictures.jpeg("pink"))
    Action.objects.filter(pk=interrupted.pk).update(status="sending")  # its upload had begun

    session.start()

    for action in (queued, interrupted):
        action = actions.wait_for(action, 15)
        eventually(lambda a=action: a.refresh_from_db() or a.message_id, "it to be sent")  # type: ignore[misc]
        assert received_by(alice, action)
        eventually(lambda a=action: not is_in_outbox(a), "the outbox to be empty")  # type: ignore[misc]
    assert stored(row_of(queued)) == picture


def test_what_is_queued_offline_is_sent_when_the_line_is_back(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    simulator.unreachable()
    session.waits_for_status("disconnected")
    action = queue(actions.SEND_IMAGE, pictures.jpeg())
    assert actions.wait_for(action, 1).status == "queued"
    assert is_in_outbox(action)

    simulator.recovers()

    eventually(lambda: action.refresh_from_db() or action.message_id, "it to be sent")
    assert received_by(alice, action)


def test_a_file_that_is_lost_fails_with_its_reason(session: SessionProcess, alice: Person) -> None:
    session.is_killed()
    action = queue(actions.SEND_IMAGE, pictures.jpeg())
    outbox.remove(action.payload["file"]["name"])
    session.start()

    eventually(lambda: action.refresh_from_db() or action.status == "failed", "it to fail")
    assert action.error == "The file is not in the outbox any more."


def test_a_failed_send_leaves_its_file_in_the_outbox_alone(session: SessionProcess, alice: Person) -> None:
    before = files()
    action = actions.wait_for(queue(actions.SEND_IMAGE, pictures.jpeg("lime"), quoted_id="NONE"), 10)

    assert action.status == "failed"
    assert is_in_outbox(action)
    assert files() == before


def test_texts_do_not_wait_for_a_file(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    size = 60 * 1024 * 1024
    large = queue(actions.SEND_DOCUMENT, b"%PDF-" + bytes(size), filename="large.pdf", caption=None)
    text = actions.wait_for(actions.send_text(Account.default(), ALICE, "meanwhile"), 10)

    assert text.status in ("sent", "delivered")
    large = actions.wait_for(large, 30)
    assert large.status in ("sent", "delivered"), large.error
    assert large.finished_at > text.finished_at
    assert len(opened_by(alice, received_by(alice, large))) == size + 5
