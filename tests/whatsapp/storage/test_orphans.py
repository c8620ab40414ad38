"""Files of a bucket that nothing names, and rows without their object."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from tests.buckets import Bucket
from tests.builders import NOON, build_media, build_message
from whatsapp import media_files, orphans, storage, tasks
from whatsapp.models import Media

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bucket")]


@pytest.fixture(autouse=True)
def everything_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object's age can't be made up."""
    monkeypatch.setattr(orphans, "YOUNG_SECONDS", -60)


def key_of(media: Media) -> str:
    return f"hub/media/{media.file_path}"


def test_an_object_that_no_row_names_is_removed_and_others_stay(bucket: Bucket) -> None:
    media_files.store(b"nobody's", "image/jpeg", NOON)
    media = build_media(b"a picture")
    storage.outbox().save("draft/received", ContentFile(b"on its way"))
    bucket.client.put_object(Bucket=bucket.name, Key="hub/media/notes.txt", Body=b"somebody else's")

    found = orphans.sweep(delete=True)

    assert (found.files, found.size, found.rows) == (1, 8, 0)
    assert sorted(bucket.names()) == [key_of(media), "hub/media/notes.txt", "hub/outbox/draft/received"]


def test_a_young_object_stays(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "YOUNG_SECONDS", 60)
    media_files.store(b"new", "image/jpeg", NOON)
    assert orphans.sweep(delete=True).files == 0


def test_a_row_whose_object_is_missing_is_fetched_again(bucket: Bucket) -> None:
    lost, here = build_media(b"lost"), build_media(b"here")
    bucket.loses(key_of(lost))

    tasks.weekly.call_local()

    lost.refresh_from_db()
    assert (lost.download_status, lost.download_error, lost.file_path) == ("failed", orphans.MISSING, None)
    assert Media.objects.get(pk=here.pk).download_status == "downloaded"


def test_a_row_whose_file_has_yet_to_be_moved_keeps_it(settings: Any, tmp_path: Path, bucket: Bucket) -> None:
    settings.MEDIA_DIR = tmp_path
    build_media(b"in the bucket")
    waiting = build_media(b"still here")
    bucket.loses(key_of(waiting))
    path = tmp_path / str(waiting.file_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"still here")

    assert orphans.sweep(delete=True).rows == 0


def test_another_bucket_costs_no_row_its_file(settings: Any, bucket: Bucket, caplog: Any) -> None:
    build_media(b"in the other one")
    settings.STORAGES = Bucket().storages
    with pytest.raises(CommandError, match=r"The bucket .* is it the right one"):
        call_command("orphans", delete=True)
    tasks.weekly.call_local()
    assert "is it the right one" in caplog.text
    assert Media.objects.get().download_status == "downloaded"


def test_a_store_that_is_away_costs_no_row_its_file(bucket: Bucket, caplog: Any) -> None:
    build_media(b"a picture")
    bucket.loses(bucket.names()[0])
    bucket.client.delete_bucket(Bucket=bucket.name)
    with pytest.raises(CommandError, match="NoSuchBucket"):
        call_command("orphans", delete=True)
    tasks.weekly.call_local()
    assert "can't be looked through" in caplog.text
    assert Media.objects.get().download_status == "downloaded"


def test_the_files_of_a_day_are_listed_and_not_asked_for_one_by_one(bucket: Bucket) -> None:
    for number in range(30):
        build_media(b"%d" % number, message=build_message(f"{number}", has_media=True))
    asked: list[str] = []
    client = storage.media().connection.meta.client  # type: ignore[attr-defined]  # boto3's, whose requests are counted
    client.meta.events.register("before-send.s3", lambda request, **_: asked.append(request.method))

    assert orphans.sweep(delete=True) == orphans.Found()

    assert asked.count("HEAD") == 0
    assert 0 < len(asked) < 12
