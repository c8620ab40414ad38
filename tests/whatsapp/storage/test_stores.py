"""What holds of files wherever they are: in a folder, and in a bucket of an S3 store."""

import io
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile, File

from tests.builders import build_media
from tests.waiting import eventually
from whatsapp import storage
from whatsapp.media_files import path_of
from whatsapp.storage import FileStore

NAME = "2024/05/01/0123456789abcdef0123456789abcdef.jpg"
CONTENT = bytes(range(256)) * 5000  # more than a piece


@pytest.fixture(params=["folder", "bucket"])
def files(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> FileStore:
    """An empty store."""
    if request.param == "folder":
        settings.MEDIA_DIR = tmp_path / "media"
    else:
        request.getfixturevalue("bucket")
    return storage.media()


def save(files: FileStore, content: bytes = CONTENT, name: str = NAME) -> None:
    assert files.save(name, ContentFile(content)) == name


def part_of(files: FileStore, start: int, length: int) -> list[bytes]:
    with closing(files.find(NAME).part(start, length)) as part:
        return list(part)


def test_a_file_is_read_as_it_was_saved(files: FileStore) -> None:
    save(files)
    assert files.exists(NAME)
    assert files.size(NAME) == files.find(NAME).size == len(CONTENT)
    assert files.read(NAME) == CONTENT


def test_an_empty_file_is_a_file(files: FileStore) -> None:
    save(files, b"")
    assert (files.exists(NAME), files.size(NAME), files.read(NAME), part_of(files, 0, 0)) == (
        True,
        0,
        b"",
        [],
    )


@pytest.mark.parametrize(
    ("start", "length"), [(0, 1), (0, len(CONTENT)), (7, 1_200_000), (len(CONTENT) - 1, 1)]
)
def test_a_part_has_those_bytes_in_pieces(files: FileStore, start: int, length: int) -> None:
    save(files)
    pieces = part_of(files, start, length)
    assert b"".join(pieces) == CONTENT[start : start + length]
    assert max(map(len, pieces)) <= 1024 * 1024


def test_a_file_that_is_not_there_is_missing(files: FileStore) -> None:
    assert not files.exists(NAME)
    for ask in (files.size, files.read, files.get_modified_time, files.find):
        with pytest.raises(FileNotFoundError):
            ask(NAME)


def test_a_file_can_be_deleted_twice(files: FileStore) -> None:
    save(files)
    files.delete(NAME)
    assert not files.exists(NAME)
    files.delete(NAME)


def test_another_file_of_that_name_takes_its_place(files: FileStore) -> None:
    save(files, b"the first")
    save(files, b"the second")
    assert files.read(NAME) == b"the second"
    assert files.listdir("2024/05/01") == ([], [NAME.rpartition("/")[2]])


def test_a_folder_tells_its_folders_and_its_files(files: FileStore) -> None:
    for name in ("2024/05/01/a.jpg", "2024/05/01/b.jpg", "2024/06/01/c.jpg"):
        save(files, b"x", name)
    assert files.listdir("") == (["2024"], [])
    assert sorted(files.listdir("2024")[0]) == ["05", "06"]
    assert sorted(files.listdir("2024/05/01")[1]) == ["a.jpg", "b.jpg"]
    assert files.listdir("1999") == ([], [])


@pytest.mark.parametrize("name", ["../secret", "2024/../../secret", "/etc/passwd"])
def test_no_name_leads_out_of_the_store(files: FileStore, name: str) -> None:
    for ask in (files.exists, files.size, files.read, files.find, files.delete):
        with pytest.raises(SuspiciousOperation):
            ask(name)


def test_a_part_of_a_file_that_has_gone_meanwhile_breaks_off(files: FileStore) -> None:
    save(files)
    found = files.find(NAME)
    files.delete(NAME)
    with pytest.raises(FileNotFoundError):
        list(found.part(0, found.size))


def test_a_file_that_is_renewed_is_new_and_the_same(files: FileStore) -> None:
    save(files)
    if isinstance(files, storage.FolderStorage):
        os.utime(files.path(NAME), (0, 0))
    before = files.get_modified_time(NAME)

    def is_newer() -> bool:
        files.renew(NAME)
        return files.get_modified_time(NAME) > before

    eventually(is_newer, "a later moment")
    assert files.read(NAME) == CONTENT


@pytest.mark.django_db
def test_a_file_that_is_there_already_counts_as_new_once_it_is_found(files: FileStore) -> None:
    media = build_media(CONTENT)
    if isinstance(files, storage.FolderStorage):
        os.utime(files.path(media.file_path), (0, 0))
    before = files.get_modified_time(media.file_path)

    def is_newer() -> bool:
        assert path_of(media.file_hash) == media.file_path
        return files.get_modified_time(media.file_path) > before

    eventually(is_newer, "a later moment")
    files.delete(media.file_path)
    assert path_of(media.file_hash) is None


class Broken(io.BytesIO):
    """A file that can't be read to its end."""

    def read(self, amount: int | None = -1) -> bytes:
        if self.tell() > len(self.getbuffer()) // 2:
            raise OSError("broken")
        return super().read(amount)


def test_a_file_that_breaks_off_is_not_there(files: FileStore) -> None:
    with pytest.raises(OSError, match="broken"):
        files.save(NAME, File(Broken(CONTENT * 20), NAME))
    assert not files.exists(NAME)
    assert files.listdir("2024/05/01")[1] == []
