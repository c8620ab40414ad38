"""Files: downloaded in the background, as they were sent, through every failure."""

import hashlib
import time

from django.conf import settings

from tests.session import pictures
from tests.session.conftest import SessionProcess
from tests.waiting import eventually
from whatsapp import media_files, upkeep
from whatsapp.models import Event, Media
from whatsapp.simulator import Simulator
from whatsapp.simulator.mail import Sent
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone


def file_of(sent: Sent, status: str = Media.Status.DOWNLOADED) -> Media:
    """The row of a message's file, once it has that status."""
    rows = Media.objects.filter(message__message_id=sent.id, download_status=status)
    return eventually(rows.select_related("message").first, f"the file of {sent.id} to be {status}")


def test_a_file_is_byte_for_byte_what_was_sent(session: SessionProcess, alice: Person, olivia: Phone) -> None:
    picture = pictures.jpeg("navy", (640, 480))
    sent = alice.send_image(olivia, picture)

    media = file_of(sent)
    day = time.strftime("%Y/%m/%d", time.gmtime(sent.timestamp))
    assert media.file_path.startswith(f"{day}/")
    assert media_files.full_path(media.file_path).read_bytes() == picture
    assert media.file_hash == hashlib.sha256(picture).hexdigest()
    assert media.file_size == len(picture)
    assert Event.objects.filter(event_type="media.downloaded").count() == 1


def test_the_type_comes_from_the_content_and_not_from_the_sender(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    sent = alice.send_image(olivia, b"<html><script>alert(1)</script></html>", mime_type="image/png")

    assert file_of(sent).mime_type == "text/html"


def test_no_part_of_a_path_comes_from_the_sender(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    sent = alice.send_document(olivia, pictures.pdf(), "../../etc/passwd\n.pdf")

    media = file_of(sent)
    assert ".." not in media.file_path
    assert media.file_path.endswith(".pdf")
    assert media_files.full_path(media.file_path).is_relative_to(settings.MEDIA_DIR)


def test_the_same_file_is_stored_once(session: SessionProcess, alice: Person, olivia: Phone) -> None:
    picture = pictures.jpeg("olive")
    first = file_of(alice.send_image(olivia, picture))
    second = file_of(alice.send_image(olivia, picture))

    assert first.pk != second.pk
    assert first.file_path == second.file_path


def test_no_unfinished_file_is_left_behind(session: SessionProcess, alice: Person, olivia: Phone) -> None:
    file_of(alice.send_image(olivia, pictures.jpeg("gold")))

    assert list(settings.MEDIA_DIR.rglob("*.part")) == []


def test_a_lost_file_has_failed_and_says_so(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    simulator.holds_back()
    sent = alice.send_image(olivia, pictures.jpeg("black"))
    simulator.loses_media(sent)
    simulator.lets_through()

    media = file_of(sent, Media.Status.FAILED)
    assert "410" in media.download_error
    assert media.is_gone is True
    assert upkeep.retry_media() == 0
    assert Event.objects.filter(event_type="media.failed").count() == 1


def test_a_failed_download_is_tried_again(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    simulator.holds_back()
    sent = alice.send_image(olivia, pictures.jpeg("pink"))
    # The library itself tries a few times; the hub takes over after that.
    simulator.fails_media(sent, times=1000)
    simulator.lets_through()
    media = eventually(
        lambda: Media.objects.filter(message__message_id=sent.id, download_error__isnull=False).first(),
        "the first failure",
        timeout=40,
    )
    assert media.download_status == Media.Status.PENDING
    assert media.next_attempt_at > time.time() - 2

    # As if it had been tried for long: it has failed for now, until upkeep makes it due again.
    Media.objects.update(next_attempt_at=0, attempts=Media.MOST_ATTEMPTS)
    failed = file_of(sent, Media.Status.FAILED)
    assert failed.is_gone is None
    assert failed.next_attempt_at > time.time() + 3600

    simulator.fails_media(sent, times=0)
    assert upkeep.retry_media(now=failed.next_attempt_at, most=1) == 1
    assert file_of(sent).download_error is None


def test_pending_files_are_fetched_after_a_restart(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    simulator.holds_back()
    sent = alice.send_image(olivia, pictures.jpeg("cyan"))
    simulator.fails_media(sent, times=1000)
    simulator.lets_through()
    eventually(lambda: Media.objects.filter(attempts__gte=1).exists(), "an attempt under way")
    session.is_killed()

    simulator.fails_media(sent, times=0)
    Media.objects.update(next_attempt_at=0)
    session.start()
    file_of(sent)


def test_a_file_above_the_limit_is_skipped(
    unlinked_session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    unlinked_session.ends()
    unlinked_session.environment["MAX_MEDIA_SIZE_MB"] = "1"
    unlinked_session.start()
    unlinked_session.links_to(olivia)

    small = alice.send_document(olivia, b"x" * 1000, "small.bin", mime_type="application/octet-stream")
    large = alice.send_document(olivia, b"x" * 1_100_000, "large.bin", mime_type="application/octet-stream")

    assert "MAX_MEDIA_SIZE_MB" in file_of(large, Media.Status.SKIPPED).download_error
    file_of(small)


def test_nothing_is_fetched_when_the_owner_does_not_want_it(
    unlinked_session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    unlinked_session.ends()
    unlinked_session.environment["AUTO_DOWNLOAD_MEDIA"] = "false"
    unlinked_session.start()
    unlinked_session.links_to(olivia)

    sent = alice.send_image(olivia, pictures.jpeg())

    assert "AUTO_DOWNLOAD_MEDIA" in file_of(sent, Media.Status.SKIPPED).download_error


def test_a_voice_note_keeps_the_codec_that_its_sender_named(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    media = file_of(alice.send_voice_note(olivia, pictures.voice()))

    assert media.mime_type == "audio/ogg; codecs=opus"
    assert media.file_path.endswith((".ogg", ".oga"))
