"""Files in a folder, which several machines may share."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from whatsapp import upkeep
from whatsapp.storage import FolderStorage

NAME = "2024/05/01/file.jpg"


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> FolderStorage:
    settings.MEDIA_DIR = tmp_path / "media"
    return FolderStorage("MEDIA_DIR")


class SlowContent(ContentFile):
    """In the middle of it, another machine saves the same file, whose process has the same number there."""

    def __init__(self, files: FolderStorage) -> None:
        super().__init__(b"the file")
        self.files = files

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"the "
        self.files.save(NAME, ContentFile(b"the file"))
        assert self.files.read(NAME) == b"the file"
        yield b"file"


def test_two_machines_that_save_one_file_do_not_disturb_each_other(files: FolderStorage) -> None:
    files.save(NAME, SlowContent(files))
    assert files.read(NAME) == b"the file"
    assert [path.name for path in files.folder.rglob("*") if path.is_file()] == ["file.jpg"]


def test_what_a_killed_process_has_left_goes_after_an_hour(files: FolderStorage) -> None:
    files.save(NAME, ContentFile(b"whole"))
    young, old = (files.folder / f"2024/05/01/.x.jpg.{name}.part" for name in ("young", "old"))
    for path in (young, old):
        path.write_bytes(b"half")
    hours_ago = time.time() - 2 * 3600
    os.utime(old, (hours_ago, hours_ago))

    assert upkeep.remove_drafts() == 1

    assert (young.exists(), old.exists(), files.exists(NAME)) == (True, False, True)


def test_links_are_neither_folders_nor_files(files: FolderStorage, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    files.save("real.jpg", ContentFile(b"x"))
    (files.folder / "folder").symlink_to(tmp_path / "elsewhere")
    (files.folder / "link.jpg").symlink_to(files.folder / "real.jpg")
    assert files.listdir("") == ([], ["real.jpg"])
