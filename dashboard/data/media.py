"""Files: what a list of them is narrowed by, how many there are, and what is to be said of each."""

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db.models import BooleanField, ExpressionWrapper, Q

from api.files import PDF, safe_name
from dashboard.data.choosing import CHATS, GROUPS
from dashboard.data.faces import Face, faces, file_address
from dashboard.data.narrowing import Narrowed, day, first_key, key_after, somebody
from whatsapp import stats, storage
from whatsapp.models import Account, Media

log = logging.getLogger(__name__)

Status = Media.Status

# kind → what people call one and several, and the drawing in static/icons.svg
KINDS: Mapping[str, tuple[str, str, str]] = {
    "image": ("Image", "Images", "image"),
    "video": ("Video", "Videos", "video"),
    "audio": ("Audio", "Audio", "mic"),
    "document": ("Document", "Documents", "file"),
    "sticker": ("Sticker", "Stickers", "sticker"),
    "profile_picture": ("Profile picture", "Profile pictures", "person"),
}
STATUSES: Mapping[str, tuple[str, str]] = {  # what people call it, and the class of its badge
    Status.DOWNLOADED: ("Downloaded", "good"),
    Status.PENDING: ("Pending", "info"),
    Status.FAILED: ("Failed", "bad"),
    Status.SKIPPED: ("Skipped", "warn"),
}
NOT_TO_COME = (Status.FAILED, Status.SKIPPED)
# What a row of a list needs; thumbnails and raw bytes stay behind.
SHOWN = (
    *("id", "kind", "mime_type", "file_size", "original_filename", "file_path", "width", "height"),
    *("duration", "download_status"),
    *("message__message_id", "message__from_me", "message__chat__jid", "message__sender__jid"),
    *("story__sender__jid", "contact__jid", "group__jid"),
)
RELATED = ("message__chat", "message__sender", "story__sender", "contact", "group")
DETAILS = ("account", "file_hash", "download_error", "attempts", "next_attempt_at", "is_gone")
MOST_REASONS_READ, MOST_REASONS = 100, 3


class Asked(Narrowed):
    """What a list of files is narrowed by."""

    def read(self) -> None:
        self.kind = self.values.get("kind") if self.values.get("kind") in KINDS else None
        self.status = self.values.get("status") if self.values.get("status") in STATUSES else None
        self.chat = somebody(self.account, self.values, "chat", (CHATS, GROUPS), self.errors)
        self.since = day(self.values, "since", self.errors)
        self.until = day(self.values, "until", self.errors)

    @property
    def is_narrowed(self) -> bool:
        return any((self.kind, self.status, self.chat, self.since, self.until, self.errors))

    @property
    def is_table(self) -> bool:
        return self.values.get("view") == "table"

    @cached_property
    def chat_shown(self) -> str:
        """What the field of the chat shows: a name."""
        return faces(self.account, [self.chat])[self.chat].name if self.chat else ""

    def files(self) -> Any:
        """The keys of the files that are asked for, newest first: for `shown`."""
        files = Media.objects.none() if self.errors else files_of(self.account)
        if self.chat:
            files = files.in_chat(self.chat)
        if self.kind:
            files = files.filter(kind=self.kind)
        if self.status:
            files = files.filter(download_status=self.status)
        if self.since:
            files = files.filter(id__gte=first_key(self.since))
        if self.until:
            files = files.filter(id__lt=key_after(self.until))
        return files.only("pk").order_by("-id")


def files_of(account: Account) -> Any:
    """The account's files. No list's index knows whose they are: where there is no other account, all are."""
    files: Any = Media.objects.all()
    return files.filter(account=account) if Account.objects.count() > 1 else files


@dataclass(frozen=True, slots=True)
class Count:
    """How many files have one kind or state, and how many bytes these are."""

    value: str
    title: str
    icon: str
    number: int
    size: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What there is in all, whatever the list is narrowed by."""

    kinds: list[Count]
    statuses: list[Count]
    retryable: int
    reasons: dict[str, list[tuple[str, int]]]  # of what is not downloaded: by the title of its state

    @property
    def number(self) -> int:
        return sum(count.number for count in self.statuses)

    @property
    def size(self) -> int:
        """Bytes of what is stored."""
        return sum(count.size for count in self.statuses if count.value == Status.DOWNLOADED)


def summary(account: Account) -> Summary:
    files = files_of(account)
    groups = stats.files_of_account(account)

    def count(column: str, value: str, title: str, icon: str) -> Count:
        own = [group for group in groups if getattr(group, column) == value]
        number, size = sum(group.number for group in own), sum(group.size for group in own)
        return Count(value, title, icon, number, size)

    statuses = [count("download_status", status, *about) for status, about in STATUSES.items()]
    absent = {one.value: one.title for one in statuses if one.number and one.value in NOT_TO_COME}
    return Summary(
        kinds=[count("kind", kind, several, icon) for kind, (_, several, icon) in KINDS.items()],
        statuses=statuses,
        retryable=files.failed_for_now().count() if Status.FAILED in absent else 0,
        reasons={title: reasons(files, status) for status, title in absent.items()},
    )


def reasons(files: Any, status: str) -> list[tuple[str, int]]:
    """Why the newest files of that state aren't here: (sentence, how many), the most frequent first."""
    newest = files.filter(download_status=status).order_by("-id")[:MOST_REASONS_READ]
    found = Counter(newest.values_list("download_error", flat=True))
    return [(error or "Nobody said why.", number) for error, number in found.most_common(MOST_REASONS)]


@dataclass(frozen=True, slots=True)
class File:
    """A file as pages show it."""

    media: Media
    owner: Face | None  # the chat that it is in; whose story or picture it is
    sender: Face | None
    has_thumbnail: bool

    @property
    def name(self) -> str:
        """What to call it: as the sender did, made safe to show, else by its kind."""
        given = self.media.original_filename
        return safe_name(given) if given else self.kind_name

    @property
    def kind_name(self) -> str:
        return KINDS[self.media.kind][0] if self.media.kind in KINDS else self.media.kind

    @property
    def icon(self) -> str:
        return KINDS[self.media.kind][2] if self.media.kind in KINDS else "file"

    @property
    def status_name(self) -> str:
        return STATUSES[self.media.download_status][0]

    @property
    def badge(self) -> str:
        return STATUSES[self.media.download_status][1]

    @property
    def is_there(self) -> bool:
        return bool(self.media.download_status == Status.DOWNLOADED and self.media.file_path)

    @property
    def is_on_disk(self) -> bool:
        """Whether its bytes can be shown: looks where files are stored. Taken to be so when that can't be
        looked at now."""
        try:
            return self.is_there and storage.media().exists(str(self.media.file_path))
        except SuspiciousOperation:
            return False
        except OSError as error:
            log.warning("The file %s can't be looked for: %s", self.media.pk, error)
            return True

    @property
    def address(self) -> str:
        return file_address(self.media.pk)

    @property
    def origin(self) -> str:
        """What it came with: `message`, `story` or `picture`."""
        media = self.media
        return "message" if media.message_id else "story" if media.story_id else "picture"

    @property
    def shown_as(self) -> str | None:
        """How a browser may show it: image, video, audio, pdf; None: it is only downloaded."""
        base = (self.media.mime_type or "").partition(";")[0].strip().lower()
        family = base.partition("/")[0]
        if base == PDF:
            return "pdf"
        is_shown = family in ("image", "video", "audio") and base != "image/svg+xml"
        return family if is_shown else None

    @property
    def next_attempt(self) -> datetime | None:
        """When the hub fetches it again by itself; None when it doesn't."""
        media = self.media
        waits = media.download_status == Status.PENDING or (
            media.download_status == Status.FAILED
            and media.is_gone is None
            and media.attempts < Media.LAST_ATTEMPT
        )
        return datetime.fromtimestamp(media.next_attempt_at, UTC) if waits and media.next_attempt_at else None


def owner_of(media: Media) -> str | None:
    """The JID of the chat, or of the person or group that it is about."""
    if media.message:
        return str(media.message.chat.jid)
    if media.story:
        return str(media.story.sender.jid)
    of_whom = media.contact or media.group
    return str(of_whom.jid) if of_whom else None


def sender_of(media: Media) -> str | None:
    source = media.message or media.story
    return str(source.sender.jid) if source else None


def shown(account: Account, keys: Collection[int]) -> list[File]:
    """The files with these keys, newest first; six queries at the most, however many they are."""
    # Apart from finding the keys: SQLite may sort all files before it joins the rest to a few.
    return sorted(files_in(account, Media.objects.filter(pk__in=keys)), key=lambda file: -file.media.pk)


def file_of(account: Account, media_id: int) -> File | None:
    """All of one file; None when the account has no such file."""
    return next(iter(files_in(account, Media.objects.filter(pk=media_id, account=account), *DETAILS)), None)


def files_in(account: Account, rows: Any, *more: str) -> list[File]:
    """The files of a query set of a few, with what is shown of them and the columns `more`."""
    has_thumbnail = ExpressionWrapper(Q(thumbnail__isnull=False), output_field=BooleanField())
    with_relations = rows.select_related(*RELATED).only(*SHOWN, *more)
    files = list(with_relations.annotate(has_thumbnail=has_thumbnail))
    known = faces(account, {jid for media in files for jid in (owner_of(media), sender_of(media))})
    return [
        File(
            media=media,
            owner=known.get(owner_of(media) or ""),
            sender=known.get(sender_of(media) or ""),
            has_thumbnail=media.has_thumbnail,
        )
        for media in files
    ]
