"""Files below MEDIA_DIR that no row names, and rows whose file is not there.

Only what lies and is called as the hub's own files do (`media_files.place_of`) is looked at: whatever else is
in the folder is somebody else's. Symbolic links are not followed. However many files there are, some hundred
paths are in memory at a time.
"""

import logging
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import transaction

from whatsapp import events
from whatsapp.models import Account, InboxEvent, Media
from whatsapp.records import media_news

log = logging.getLogger(__name__)

PATHS_AT_ONCE = 500
PAUSE_SECONDS = 0.005
YOUNG_SECONDS = 86_400  # the row of so new a file may still be to come
BEFORE_ITS_EVENT_SECONDS = 3600  # a sent file is stored before the inbox hears of it
YEAR, MONTH, NAME = re.compile(r"\d{4}"), re.compile(r"\d{2}"), re.compile(r"[0-9a-f]{32}\.\w{1,16}")
MISSING = "Its file is missing below MEDIA_DIR."


class NothingThere(Exception):
    """There are rows of files, but no file at all: MEDIA_DIR is more likely not mounted than lost."""

    def __init__(self) -> None:
        super().__init__(
            f"MEDIA_DIR is {str(settings.MEDIA_DIR)!r}, and holds none of the files that were downloaded: is "
            f"its disk mounted? Nothing was changed."
        )


@dataclass(slots=True)
class Found:
    files: int = 0  # that no row names
    size: int = 0  # their bytes
    rows: int = 0  # whose file is missing


def sweep(*, delete: bool) -> Found:
    """Looks at all files and rows. With `delete`, files that no row names are removed, and rows whose file is
    missing become failed downloads, which are tried again. Raises NothingThere."""
    found = Found()
    if next(own_files(), None) is None:
        if Media.objects.filter(file_path__isnull=False).exists():
            raise NothingThere
        return found
    oldest = oldest_awaited()
    files = own_files()
    while paths := list(islice(files, PATHS_AT_ONCE)):
        for path, size in unnamed(paths, oldest):
            found.files += 1
            found.size += size
            if delete:
                (Path(settings.MEDIA_DIR) / path).unlink(missing_ok=True)
        time.sleep(PAUSE_SECONDS)
    for keys in rows_without_file():
        found.rows += sum(mark_missing(key) for key in keys) if delete else len(keys)
    if delete and (found.files or found.rows):
        log.info("Removed %d files that nothing names; %d rows had lost theirs", found.files, found.rows)
    return found


def oldest_awaited() -> float:
    """Files that were changed after this moment (Unix seconds) may belong to a row that is still to come."""
    moments = [time.time() - YOUNG_SECONDS]
    for account in Account.objects.all():
        waiting = InboxEvent.objects.pending().filter(account=account).first()
        if waiting is not None:
            moments.append(waiting.received_at / 1000 - BEFORE_ITS_EVENT_SECONDS)
    return min(moments)


# Files


def own_files() -> Iterator[str]:
    """The paths from MEDIA_DIR of all files of the hub's, day by day."""
    for year in folders(Path(settings.MEDIA_DIR), YEAR):
        for month in folders(year, MONTH):
            for day in folders(month, MONTH):
                with os.scandir(day) as entries:
                    for entry in entries:
                        if NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                            yield f"{year.name}/{month.name}/{day.name}/{entry.name}"


def folders(path: Path, name: re.Pattern[str]) -> list[Path]:
    """The folders in `path` that are called so, in order; none where there is no such folder."""
    try:
        with os.scandir(path) as entries:
            found = [
                one.name for one in entries if name.fullmatch(one.name) and one.is_dir(follow_symlinks=False)
            ]
    except FileNotFoundError:
        return []
    return [path / one for one in sorted(found)]


def unnamed(paths: list[str], changed_before: float) -> Iterator[tuple[str, int]]:
    """Those of `paths` that no row names and that were changed before that moment, each with its bytes."""
    known = set(Media.objects.filter(file_path__in=paths).values_list("file_path", flat=True))
    for path in paths:
        if path in known:
            continue
        try:
            status = (Path(settings.MEDIA_DIR) / path).lstat()
        except FileNotFoundError:
            continue
        if status.st_mtime < changed_before:
            yield path, status.st_size


def remove_unnamed(paths: list[str], changed_before: float) -> None:
    """Deletes those of `paths` that no row names and that were changed before that moment (Unix seconds)."""
    for path, _ in unnamed(paths, changed_before):
        (Path(settings.MEDIA_DIR) / path).unlink(missing_ok=True)


# Rows


def rows_without_file() -> Iterator[list[int]]:
    """The keys of rows whose file is missing, portion by portion."""
    last = 0
    downloaded = Media.objects.filter(download_status=Media.Status.DOWNLOADED).order_by("pk")
    while rows := list(downloaded.filter(pk__gt=last).values_list("pk", "file_path")[:PATHS_AT_ONCE]):
        last = rows[-1][0]
        yield [key for key, path in rows if is_missing(path)]
        time.sleep(PAUSE_SECONDS)


def is_missing(path: str | None) -> bool:
    """Whether there is no file at that path from MEDIA_DIR. Raises OSError when that can't be known."""
    if path is None:
        return True
    try:
        return not stat.S_ISREG((Path(settings.MEDIA_DIR) / path).stat().st_mode)
    except FileNotFoundError:
        return True


def mark_missing(key: int) -> bool:
    """Makes that file a failed download, and tells listeners. False when it has changed meanwhile."""
    related = ("account", "message__chat", "story")
    with transaction.atomic():
        rows = Media.objects.select_related(*related).select_for_update(of=("self",))
        media = rows.filter(pk=key, download_status=Media.Status.DOWNLOADED).first()
        if media is None or not is_missing(media.file_path):
            return False
        media.failed(MISSING)
        media.file_path, media.attempts, media.next_attempt_at = None, 0, 0
        media.save(
            update_fields=[
                *("download_status", "download_error", "is_gone", "attempts", "next_attempt_at", "file_path")
            ]
        )
        events.append(media.account, events.MEDIA_FAILED, media_news(media))
    return True
