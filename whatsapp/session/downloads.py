"""Downloads the files of messages and stories, and profile pictures. The rows of Media are the queue: what is
pending survives everything."""

import hashlib
import logging
import re
import time
from collections.abc import Callable

from django.db.models import F

from whatsapp import events, leases, media_files, preferences
from whatsapp.ingest.content import find_media_part, parse_content
from whatsapp.media_facts import facts_of
from whatsapp.models import Account, Media
from whatsapp.prepared import Prepared, Slot
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.records import media_news
from whatsapp.session.library import DownloadError, NeonizeError
from whatsapp.session.line import Line
from whatsapp.session.pictures import NotFetched, fetch
from whatsapp.session.worker import Worker

log = logging.getLogger(__name__)

FIRST_DELAY = 5.0  # seconds; each further attempt waits three times as long, an hour at most
LONGEST_DELAY = 3600.0
LEASE_SECONDS = 600  # how long a download may take before another tries
GONE = re.compile(r"status code (403|404|410)")

Status = Media.Status

# Asked after every commit of anybody: mostly there is nothing.
DUE = Prepared(
    lambda: Media.objects.due(Slot("now")).filter(account=Slot("account")).values_list("pk", "attempts")[:10]
)


def free_interrupted(account: Account) -> None:
    """What an earlier session process was fetching when it died is due at once, and was no attempt. Call it
    before any thread fetches something."""
    now = int(time.time())
    claimed = Media.objects.filter(
        account=account,
        download_status=Status.PENDING,
        attempts__gt=0,
        download_error=None,  # one that has failed waits for its time
        next_attempt_at__gt=now,
    )
    with leases.fenced(account):
        claimed.update(attempts=F("attempts") - 1, next_attempt_at=now)


class Downloads(Worker):
    """One of several threads that take pending media, newest message first, while the line is up."""

    name = "downloads"
    pause = 1.0  # an attempt falls due by the clock, not by news

    def __init__(self, account: Account, line: Callable[[], Line | None], proxy: str | None = None) -> None:
        super().__init__()
        self.account = account
        self.line = line
        self.proxy = proxy

    def step(self) -> bool:
        line = self.line()
        media = self._claim() if line is not None else None
        if line is None or media is None:
            return False
        try:
            self._download(line, media)
        except DownloadError as error:
            self._failed(media, str(error), for_good=bool(GONE.search(str(error))))
        except NotFetched as error:
            self._failed(media, str(error), for_good=error.is_gone)
        except NeonizeError as error:
            # The line has ended meanwhile: no fault of the file's.
            self._failed(media, str(error), counts=False)
        except OSError as error:
            # A full disk, say, or a store that is away: no fault of the file's.
            self._failed(media, f"The file can't be stored: {error.strerror or error}", counts=False)
        return True

    def _claim(self) -> Media | None:
        """The next file to fetch, leased to this thread."""
        now = int(time.time())
        for key, attempts in DUE.rows(account=self.account.pk, now=now):
            with leases.fenced(self.account):
                taken = (
                    Media.objects.due(now)
                    .filter(pk=key, attempts=attempts)
                    .update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE_SECONDS)
                )
            if taken:
                mine: Media = Media.objects.select_related("message__chat", "story").get(pk=key)
                return mine
        return None

    def _download(self, line: Line, media: Media) -> None:
        data = self._fetch(line, media)
        if data is None:
            self._failed(media, "The message doesn't say where its file is.", for_good=True)
            return
        limit = preferences.get("maxMediaSizeMB") * 1024 * 1024
        if limit and len(data) > limit:
            self._finish(
                media, Status.SKIPPED, "The file is larger than MAX_MEDIA_SIZE_MB.", events.MEDIA_FAILED
            )
            return
        media.mime_type = media_files.detect_mime_type(data, media.mime_type)
        media.file_path, media.file_hash = self._store(data, media)
        media.file_size = len(data)
        facts = facts_of(data, media.mime_type)
        media.width, media.height = media.width or facts.width, media.height or facts.height
        media.duration = media.duration or facts.duration
        media.thumbnail = media.thumbnail or facts.thumbnail
        self._finish(media, Status.DOWNLOADED, None, events.MEDIA_DOWNLOADED)

    def _fetch(self, line: Line, media: Media) -> bytes | None:
        """The file; None where nothing says where it is."""
        if media.url is not None:
            return fetch(media.url, self.proxy)
        owner = media.message or media.story
        downloadable = downloadable_part(bytes(owner.raw or b"")) if owner is not None else None
        return line.download(downloadable) if downloadable is not None else None

    def _store(self, data: bytes, media: Media) -> tuple[str, str]:
        """Stores the file, unless one with the same content is there. Returns its path and its SHA-256."""
        assert media.mime_type is not None
        digest = hashlib.sha256(data).hexdigest()
        known = media_files.path_of(digest)
        return known or media_files.keep(data, digest, media.mime_type, media.timestamp)[0], digest

    def _failed(self, media: Media, error: str, *, for_good: bool = False, counts: bool = True) -> None:
        """Plans the next attempt, or gives up, for now or for good, and says why."""
        if for_good or (counts and media.attempts >= Media.MOST_ATTEMPTS):
            media.failed(error, is_gone=for_good)
            self._finish(media, Status.FAILED, error, events.MEDIA_FAILED)
            return
        media.attempts -= 0 if counts else 1
        delay = min(LONGEST_DELAY, FIRST_DELAY * 3 ** (media.attempts - 1 if counts else 1))
        media.next_attempt_at, media.download_error = int(time.time() + delay), error
        log.info("File %s can't be fetched, again in %d s: %s", media.pk, delay, error)
        with leases.fenced(self.account):
            media.save(update_fields=["attempts", "next_attempt_at", "download_error"])

    def _finish(self, media: Media, status: Media.Status, error: str | None, event: str) -> None:
        media.download_status, media.download_error = status, error
        with leases.fenced(self.account):
            media.save(
                update_fields=[
                    "download_status",
                    "download_error",
                    "is_gone",
                    "next_attempt_at",
                    "mime_type",
                    "file_path",
                    "file_hash",
                    "file_size",
                    "width",
                    "height",
                    "duration",
                    "thumbnail",
                ]
            )
            events.append(self.account, event, media_news(media))


def downloadable_part(raw: bytes) -> waE2E.Message | None:
    """The part of a stored message that has a file, in a message of its own; None where there is none."""
    content = parse_content(neonize_pb2.Message.FromString(raw).Message)
    part = find_media_part(content.message, content.media) if content.media else None
    if part is None:
        return None
    name = part.DESCRIPTOR.name
    return waE2E.Message(**{name[0].lower() + name[1:]: part})
