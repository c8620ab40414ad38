"""`manage.py movemedia`: files of folders go into a bucket."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.buckets import Bucket
from tests.builders import build_media, stored_file
from whatsapp import moving, storage
from whatsapp.models import Media

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> list[Media]:
    """What a hub without a bucket has downloaded: two files, and a row that shares the first."""
    settings.MEDIA_DIR = tmp_path
    first, second = build_media(b"the first"), build_media(b"the second", mime_type="application/pdf")
    again = build_media(
        None, download_status="downloaded", file_path=first.file_path, file_hash=first.file_hash
    )
    return [first, second, again]


@pytest.fixture
def chosen(files: list[Media], bucket: Bucket) -> Bucket:
    """The bucket that its settings name from now on."""
    return bucket


def move(*words: str) -> list[str]:
    out = StringIO()
    call_command("movemedia", *words, stdout=out, stderr=StringIO())
    return out.getvalue().splitlines()


def key_of(media: Media) -> str:
    return f"hub/media/{media.file_path}"


def test_each_file_is_copied_once_and_stays_here(files: list[Media], chosen: Bucket) -> None:
    assert move() == ["2 files copied (19 bytes), 0 were there."]
    assert sorted(chosen.names()) == sorted({key_of(media) for media in files})
    assert chosen.content(key_of(files[0])) == b"the first"
    assert all(stored_file(media).exists() for media in files)


def test_it_goes_on_where_it_was_stopped(files: list[Media], chosen: Bucket) -> None:
    move()
    chosen.loses(key_of(files[1]))
    assert move() == ["1 files copied (10 bytes), 1 were there."]


def test_half_a_file_in_the_bucket_is_replaced(files: list[Media], chosen: Bucket) -> None:
    chosen.client.put_object(Bucket=chosen.name, Key=key_of(files[0]), Body=b"the")
    assert move() == ["2 files copied (19 bytes), 0 were there."]
    assert chosen.content(key_of(files[0])) == b"the first"


def test_files_here_go_only_when_asked_for(files: list[Media], chosen: Bucket) -> None:
    move()
    assert move("--delete") == ["0 files copied (0 bytes), 2 were there.", "2 files removed from MEDIA_DIR."]
    assert not any(stored_file(media).exists() for media in files)
    assert move("--delete") == ["0 files copied (0 bytes), 2 were there.", "0 files removed from MEDIA_DIR."]
    assert storage.media().read(str(files[1].file_path)) == b"the second"


def test_before_a_file_here_goes_the_one_in_the_bucket_is_read(files: list[Media], chosen: Bucket) -> None:
    move()
    chosen.client.put_object(Bucket=chosen.name, Key=key_of(files[0]), Body=b"THE FIRST")
    assert move("--delete") == ["1 files copied (9 bytes), 1 were there.", "2 files removed from MEDIA_DIR."]
    assert chosen.content(key_of(files[0])) == b"the first"


def test_a_file_here_stays_when_the_bucket_gives_back_something_else(
    files: list[Media], chosen: Bucket
) -> None:
    """A store that spoils what it is given: here each upload goes into another object."""

    def misplace(params: dict[str, Any], **_: Any) -> None:
        params["Key"] += ".elsewhere"

    client = storage.media().connection.meta.client  # type: ignore[attr-defined]  # boto3's
    client.meta.events.register("before-parameter-build.s3.PutObject", misplace)
    for media in files[:2]:
        spoilt = bytes(media.file_size or 0)
        chosen.client.put_object(Bucket=chosen.name, Key=key_of(media), Body=spoilt)
    with pytest.raises(CommandError, match="gives back other bytes"):
        move("--delete")
    assert stored_file(files[0]).read_bytes() == b"the first"


def test_a_file_that_is_not_what_was_downloaded_is_left_and_told(files: list[Media], chosen: Bucket) -> None:
    stored_file(files[0]).write_bytes(b"changed")
    with pytest.raises(CommandError, match="1 files in MEDIA_DIR are not what was downloaded"):
        move("--delete")
    assert chosen.names() == [key_of(files[1])]
    assert stored_file(files[0]).read_bytes() == b"changed"


def test_a_file_that_is_in_neither_place_is_told(files: list[Media], chosen: Bucket) -> None:
    stored_file(files[1]).unlink()
    assert move()[-1] == "1 files are in neither place: see manage.py orphans."


def test_a_store_that_is_away_ends_it_with_a_sentence(files: list[Media], chosen: Bucket) -> None:
    chosen.client.delete_bucket(Bucket=chosen.name)
    with pytest.raises(
        CommandError, match=r"^The S3 store refuses it \(NoSuchBucket\)\. 0 files were copied"
    ):
        move()


def test_all_portions_are_moved(files: list[Media], chosen: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "PATHS_AT_ONCE", 1)
    assert move() == ["2 files copied (19 bytes), 0 were there."]


def test_without_a_bucket_there_is_nowhere_to_go(files: list[Media]) -> None:
    with pytest.raises(CommandError, match="S3_BUCKET is not set"):
        move()
