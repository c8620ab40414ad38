"""Files in a bucket: downloaded into it, sent from it, whichever machine has taken them in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.buckets import Bucket
from tests.session import pictures
from tests.session.conftest import SessionProcess
from tests.session.test_media import file_of
from tests.session.test_sending_media import opened_by, queue, received_by, row_of, send
from tests.waiting import eventually
from whatsapp import actions
from whatsapp.models import Media
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone


@pytest.fixture
def bucket(settings: Any) -> Iterator[Bucket]:
    """In a store of its own, which can go away."""
    made = Bucket(servers.start_s3())
    settings.STORAGES = made.storages
    yield made
    made.server.remove()


@pytest.fixture
def session(
    unlinked_session: SessionProcess, olivia: Phone, bucket: Bucket, tmp_path: Path
) -> SessionProcess:
    """A linked session process on another machine: it has no folder in common with this one but the
    database's."""
    unlinked_session.ends()
    unlinked_session.environment |= {
        **bucket.environment,
        "MEDIA_DIR": str(tmp_path / "media"),
        "OUTBOX_DIR": str(tmp_path / "outbox"),
    }
    unlinked_session.start()
    unlinked_session.links_to(olivia)
    return unlinked_session


def test_what_comes_is_stored_in_the_bucket(
    session: SessionProcess, alice: Person, olivia: Phone, bucket: Bucket, tmp_path: Path
) -> None:
    picture = pictures.jpeg("navy", (640, 480))

    media = file_of(alice.send_image(olivia, picture))

    assert bucket.content(f"hub/media/{media.file_path}") == picture
    assert media.file_size == len(picture)
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


def test_the_same_file_is_stored_once(
    session: SessionProcess, alice: Person, olivia: Phone, bucket: Bucket
) -> None:
    first = file_of(alice.send_image(olivia, pictures.jpeg("olive")))
    second = file_of(alice.send_image(olivia, pictures.jpeg("olive")))
    assert first.file_path == second.file_path
    assert bucket.names() == [f"hub/media/{first.file_path}"]


def test_what_another_machine_has_taken_in_is_sent(
    session: SessionProcess, alice: Person, bucket: Bucket
) -> None:
    picture = pictures.jpeg("teal", (320, 240))
    action = send(actions.SEND_IMAGE, picture, caption=None)

    received = received_by(alice, action)
    assert opened_by(alice, received) == picture
    assert received.message.imageMessage.JPEGThumbnail
    media = row_of(action)
    assert media.download_status == "downloaded"
    kept = [f"hub/media/{media.file_path}"]
    eventually(lambda: bucket.names() == kept, "nothing to be left in the outbox")


def test_a_store_that_is_away_costs_no_file(
    session: SessionProcess, alice: Person, olivia: Phone, bucket: Bucket
) -> None:
    bucket.server.stop()
    sent = alice.send_image(olivia, pictures.jpeg("pink"))
    waiting = eventually(
        lambda: Media.objects.filter(message__message_id=sent.id, download_error__isnull=False).first(),
        "the failure",
        40,
    )
    assert waiting.download_status == "pending"
    assert (
        waiting.download_error
        == "The file can't be stored: The S3 store can't be used (EndpointConnectionError)"
    )
    assert waiting.attempts == 0

    bucket.server.start()
    bucket.make()
    Media.objects.update(next_attempt_at=0)

    assert bucket.content(f"hub/media/{file_of(sent).file_path}") == pictures.jpeg("pink")


def test_a_file_of_the_outbox_that_can_not_be_read_fails_with_its_reason_and_can_be_sent_again(
    session: SessionProcess, alice: Person, bucket: Bucket
) -> None:
    session.ends()
    action = queue(actions.SEND_IMAGE, pictures.jpeg("lime"), caption=None)
    key = f"hub/outbox/{action.payload['file']['name']}/{action.payload['file']['path']}"
    content = bucket.content(key)
    bucket.server.stop()
    session.start()

    failed = eventually(lambda: action.refresh_from_db() or (action.error and action), "it to fail", 60)
    assert failed.error == "The file can't be read: The S3 store can't be used (EndpointConnectionError)."

    bucket.server.start()
    bucket.make()
    bucket.client.put_object(Bucket=bucket.name, Key=key, Body=content)
    action = actions.wait_for(actions.retry(action), 20)
    assert action.status in ("sent", "delivered"), action.error
