"""Files that nothing names, and rows without their file: real files below MEDIA_DIR."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.builders import NOON, build_inbox_event, build_media, stored_file
from whatsapp import media_files, orphans, tasks, upkeep
from whatsapp.models import Event, Media

pytestmark = pytest.mark.django_db

DAY = 86_400


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """A MEDIA_DIR of the test's own."""
    settings.MEDIA_DIR = tmp_path / "media"
    settings.MEDIA_DIR.mkdir()
    return tmp_path / "media"


def age(path: Path, seconds: float = 2 * DAY) -> Path:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))
    return path


def store(folder: Path, content: bytes, seconds: float = 2 * DAY) -> Path:
    """A file of that age, as a download leaves it."""
    path, _ = media_files.store(content, "image/jpeg", NOON)
    return age(folder / path, seconds)


def test_a_file_that_no_row_names_is_removed_and_others_stay(folder: Path) -> None:
    orphan = store(folder, b"nobody's")
    media = build_media(b"a picture")
    age(stored_file(media))
    found = orphans.sweep(delete=True)
    assert (found.files, found.size, found.rows) == (1, 8, 0)
    assert not orphan.exists()
    assert stored_file(media).exists()


def test_without_delete_nothing_is_changed(folder: Path) -> None:
    orphan, media = store(folder, b"nobody's"), build_media(b"gone")
    stored_file(media).unlink()
    found = orphans.sweep(delete=False)
    assert (found.files, found.rows) == (1, 1)
    assert orphan.exists()
    assert Media.objects.get().download_status == Media.Status.DOWNLOADED


def test_a_file_of_today_stays_for_its_row_may_still_come(folder: Path) -> None:
    young = store(folder, b"new", seconds=DAY - 60)
    assert orphans.sweep(delete=True).files == 0
    assert young.exists()


def test_a_file_that_the_inbox_may_still_name_stays(folder: Path) -> None:
    sent = store(folder, b"sent", seconds=3 * DAY)
    older = store(folder, b"older", seconds=5 * DAY)
    build_inbox_event(received_at=int((time.time() - 3 * DAY) * 1000))
    assert orphans.sweep(delete=True).files == 1
    assert sent.exists()
    assert not older.exists()


def test_a_file_that_comes_again_is_new_again(folder: Path) -> None:
    path = store(folder, b"sent twice")
    media_files.store(b"sent twice", "image/jpeg", NOON)
    assert orphans.sweep(delete=True).files == 0
    assert path.exists()


def test_a_file_that_serves_several_rows_stays_while_one_names_it(folder: Path) -> None:
    first = build_media(b"a picture")
    second = build_media(None, download_status="downloaded", file_path=first.file_path)
    path = age(stored_file(first))
    first.delete()
    assert orphans.sweep(delete=True).files == 0
    second.delete()
    assert orphans.sweep(delete=True).files == 1
    assert not path.exists()


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "2024/05/01/holiday.jpg",
        "2024/05/01/.0123456789abcdef0123456789abcdef.jpg.77.part",
        "2024/05/0123456789abcdef0123456789abcdef.jpg",
        "albums/05/01/0123456789abcdef0123456789abcdef.jpg",
        "2024/05/01/0123456789abcdef0123456789abcdef.jpg/inner",
    ],
)
def test_what_is_not_called_as_the_hub_calls_its_files_is_left_alone(folder: Path, name: str) -> None:
    foreign = folder / name
    foreign.parent.mkdir(parents=True, exist_ok=True)
    foreign.write_bytes(b"somebody else's")
    age(foreign)
    store(folder, b"nobody's")
    assert orphans.sweep(delete=True).files == 1
    assert foreign.exists()


def test_no_link_is_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere" / "05" / "01" / ("0" * 32 + ".jpg")
    outside.parent.mkdir(parents=True)
    outside.write_bytes(b"outside")
    age(outside)
    (folder / "2023").symlink_to(tmp_path / "elsewhere")
    inside = store(folder, b"nobody's")
    link = inside.with_name("1" * 32 + ".jpg")
    link.symlink_to(outside)
    assert orphans.sweep(delete=True).files == 1
    assert outside.exists()
    assert link.is_symlink()


def test_a_row_whose_file_is_missing_is_fetched_again(folder: Path) -> None:
    lost, here = build_media(b"lost", attempts=3), build_media(b"here")
    stored_file(lost).unlink()

    tasks.weekly.call_local()

    lost.refresh_from_db()
    assert (lost.download_status, lost.download_error) == ("failed", orphans.MISSING)
    assert (lost.file_path, lost.is_gone, lost.attempts) == (None, None, 0)
    assert Media.objects.get(pk=here.pk).download_status == "downloaded"
    assert list(Event.objects.values_list("event_type", flat=True)) == ["media.failed"]
    assert upkeep.retry_media(now=int(time.time()), most=10) == 1


def test_a_row_that_has_got_its_file_meanwhile_stays(folder: Path) -> None:
    media = build_media(b"back")
    assert orphans.mark_missing(media.pk) is False
    assert Media.objects.get().download_status == "downloaded"


def test_a_disk_that_is_not_mounted_costs_no_row_its_file(folder: Path, caplog: Any) -> None:
    media = build_media(b"on another disk")
    stored_file(media).unlink()
    with pytest.raises(CommandError, match=r"MEDIA_DIR is .* is its disk mounted"):
        call_command("orphans", delete=True)
    tasks.weekly.call_local()
    assert "is its disk mounted" in caplog.text
    assert Media.objects.get().download_status == "downloaded"


def test_an_empty_hub_has_no_orphans(folder: Path) -> None:
    folder.rmdir()
    assert orphans.sweep(delete=True) == orphans.Found()


def test_queries_and_memory_are_bounded_by_the_portion(
    folder: Path, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for number in range(7):
        store(folder, b"%d" % number)
    for number in range(100, 105):
        build_media(b"%d" % number)
    monkeypatch.setattr(orphans, "PATHS_AT_ONCE", 4)
    asked: list[int] = []
    unnamed = orphans.unnamed

    def noting(paths: list[str], before: float) -> Iterator[tuple[str, int]]:
        asked.append(len(paths))
        return unnamed(paths, before)

    monkeypatch.setattr(orphans, "unnamed", noting)
    # The accounts and the inbox of the only one; three portions of files; three of rows, the last one empty.
    with django_assert_num_queries(8):
        assert orphans.sweep(delete=False).files == 7
    assert asked == [4, 4, 4]
