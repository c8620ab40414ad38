"""Stored files that no row names, and rows whose file is not there.

Only what lies and is called as the hub's own files do (`media_files.place_of`) is looked at: whatever else is
in the store is somebody else's. Symbolic links are not followed. However many files there are, the names of
some days and some hundred paths are in memory at a time.
"""

import logging
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.core.exceptions import SuspiciousOperation

from whatsapp import events, storage
from whatsapp.changes import changes_of
from whatsapp.models import Account, InboxEvent, Media
from whatsapp.records import media_news

log = logging.getLogger(__name__)

PATHS_AT_ONCE = 500
PAUSE_SECONDS = 0.005
YOUNG_SECONDS = 86_400  # the row of so new a file may still be to come
BEFORE_ITS_EVENT_SECONDS = 3600  # a sent file is stored before the inbox hears of it
YEAR, MONTH, NAME = re.compile(r"\d{4}"), re.compile(r"\d{2}"), re.compile(r"[0-9a-f]{32}\.\w{1,16}")
WORTH_A_LISTING = 10  # files of one day: with fewer, each is asked for by its name
MISSING = "Its file is missing from where files are stored."


class NothingThere(Exception):
    """There are rows of files, but no file at all: the store is more likely another than lost."""

    def __init__(self) -> None:
        super().__init__(f"{storage.media().why_empty()} Nothing was changed.")


@dataclass(slots=True)
class Found:
    files: int = 0  # that no row names
    size: int = 0  # their bytes
    rows: int = 0  # whose file is missing


def sweep(*, delete: bool) -> Found:
    """Looks at all files and rows. With `delete`, files that no row names are removed, and rows whose file is
    missing become failed downloads, which are tried again. Raises NothingThere, and OSError when the store
    can't be looked through."""
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
                storage.media().delete(path)
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
    """The paths in the store of all files of the hub's, day by day."""
    for year in folders("", YEAR):
        for month in folders(year, MONTH):
            for day in folders(f"{year}/{month}", MONTH):
                path = f"{year}/{month}/{day}"
                for name in storage.media().listdir(path)[1]:
                    if NAME.fullmatch(name):
                        yield f"{path}/{name}"


def folders(path: str, name: re.Pattern[str]) -> list[str]:
    """The names of the folders in `path` that are called so, in order."""
    return sorted(one for one in storage.media().listdir(path)[0] if name.fullmatch(one))


def unnamed(paths: list[str], changed_before: float) -> Iterator[tuple[str, int]]:
    """Those of `paths` that no row names and that were changed before that moment, each with its bytes."""
    known = set(Media.objects.filter(file_path__in=paths).values_list("file_path", flat=True))
    for path in paths:
        if path in known:
            continue
        try:
            if storage.media().get_modified_time(path).timestamp() < changed_before:
                yield path, storage.media().size(path)
        except FileNotFoundError:
            continue


def remove_unnamed(paths: list[str], changed_before: float) -> None:
    """Deletes those of `paths` that no row names and that were changed before that moment (Unix seconds)."""
    for path, _ in unnamed(paths, changed_before):
        storage.media().delete(path)


# Rows


def rows_without_file() -> Iterator[list[int]]:
    """The keys of rows whose file is missing, portion by portion."""
    last = 0
    days: dict[str, set[str]] = {}
    downloaded = Media.objects.filter(download_status=Media.Status.DOWNLOADED).order_by("pk")
    while rows := list(downloaded.filter(pk__gt=last).values_list("pk", "file_path")[:PATHS_AT_ONCE]):
        last = rows[-1][0]
        days = days_of([path for _, path in rows if path], days)
        yield [key for key, path in rows if not is_listed(path, days) and is_missing(path)]
        time.sleep(PAUSE_SECONDS)


def days_of(paths: list[str], listed: dict[str, set[str]]) -> dict[str, set[str]]:
    """Folder → the names of its files, for those that have several of `paths`; `listed` is the same of the
    last portion. A store that is no disk takes longer to be asked a thousand times than to list a thousand.
    """
    numbers = Counter(path.rpartition("/")[0] for path in paths)
    worth_it = [folder for folder, number in numbers.items() if number >= WORTH_A_LISTING]
    return {folder: listed.get(folder) or set(storage.media().listdir(folder)[1]) for folder in worth_it}


def is_listed(path: str | None, days: dict[str, set[str]]) -> bool:
    folder, _, name = (path or "").rpartition("/")
    return name in days.get(folder, ())


def is_missing(path: str | None) -> bool:
    """Whether there is no file at that path: neither in the store, nor in the folder that its files may have
    yet to be moved from. Raises OSError when that can't be known."""
    if path is None:
        return True
    try:
        return not (storage.media().exists(path) or storage.media_folder().exists(path))
    except SuspiciousOperation:
        return False  # whatever is there, it is not ours to look at


def mark_missing(key: int) -> bool:
    """Makes that file a failed download, and tells listeners. False when it has changed meanwhile."""
    related = ("account", "message__chat", "story")
    media = Media.objects.select_related("account").filter(pk=key).first()
    if media is None:
        return False
    with changes_of(media.account):
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
