"""The file of a message or story, or somebody's profile picture."""

import time
from collections.abc import Iterable

from django.db import models
from django.db.models import Q

from whatsapp.changes import change_each
from whatsapp.models.account import Account
from whatsapp.models.contact import Contact
from whatsapp.models.group import Group
from whatsapp.models.message import Message
from whatsapp.models.story import Story
from whatsapp.querysets import MediaQuerySet

HOUR, DAY = 3600, 86_400  # seconds


class Media(models.Model):
    """A file and the state of its download. The row is the durable queue of downloads.

    It belongs to one of message, story, contact (a profile picture) or group (likewise).
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        DOWNLOADED = "downloaded"
        FAILED = "failed"
        SKIPPED = "skipped"

    # Always given by us: the key of the message or story; a profile picture gets one of its own in between.
    id = models.BigAutoField(primary_key=True, help_text="Sorts by the time of what it belongs to.")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, null=True)
    story = models.OneToOneField(Story, on_delete=models.CASCADE, null=True)
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, null=True, related_name="pictures", db_index=False
    )
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, related_name="pictures", db_index=False
    )
    kind = models.CharField(
        max_length=16, help_text="image, video, audio, document, sticker or profile_picture."
    )
    picture_id = models.CharField(null=True, help_text="WhatsApp's id of a profile picture.")
    url = models.TextField(null=True, help_text="Where a profile picture is fetched; it expires.")
    mime_type = models.CharField(null=True)
    file_size = models.BigIntegerField(null=True, help_text="Bytes.")
    original_filename = models.TextField(
        null=True, help_text="As the sender named it: show it, don't open it."
    )
    file_path = models.TextField(null=True, help_text="Below MEDIA_DIR; null until downloaded.")
    file_hash = models.CharField(max_length=64, null=True, help_text="SHA-256, hex.")
    width = models.IntegerField(null=True, help_text="Pixels.")
    height = models.IntegerField(null=True, help_text="Pixels.")
    duration = models.IntegerField(null=True, help_text="Seconds.")
    thumbnail = models.BinaryField(null=True, help_text="A small JPEG: the sender's, else of our own making.")
    download_status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    download_error = models.TextField(null=True)
    attempts = models.IntegerField(default=0)
    next_attempt_at = models.BigIntegerField(default=0, help_text="Unix seconds.")
    is_gone = models.BooleanField(
        null=True, help_text="Of a failed download: true when the file won't be there later, either."
    )
    created_at = models.DateTimeField()

    objects = MediaQuerySet.as_manager()

    MOST_ATTEMPTS = 8  # in a row; about an hour and a half
    # Then it has failed, and is tried once after each of these times; WhatsApp keeps files for some weeks.
    LATER_ATTEMPTS = (6 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY)  # seconds
    LAST_ATTEMPT = MOST_ATTEMPTS + len(LATER_ATTEMPTS)

    class Meta:
        verbose_name_plural = "media"
        indexes = [
            models.Index(
                fields=["account", "next_attempt_at", "-id"],
                name="media_due",
                condition=Q(download_status="pending"),
            ),
            # Files are counted by it: none has to be read with its thumbnail.
            models.Index(
                fields=["download_status", "mime_type", "file_size", "account"], name="media_counts"
            ),
            models.Index(fields=["download_status", "id"], name="media_status"),
            models.Index(fields=["kind", "id"], name="media_kind"),
            # Lists of one kind in one state; and the counts of both, with what follows the key. Not with the
            # account: SQLite would walk it for all files of one, and sort them.
            models.Index(fields=["kind", "download_status", "id", "file_size"], name="media_kind_status"),
            models.Index(
                fields=["download_status", "next_attempt_at", "-id"],
                name="media_failed_for_now",
                condition=Q(download_status="failed", is_gone__isnull=True),
            ),
            models.Index(fields=["file_path"], name="media_path", condition=Q(file_path__isnull=False)),
            models.Index(fields=["file_hash"], name="media_file", condition=Q(file_hash__isnull=False)),
            models.Index(fields=["picture_id"], name="media_picture", condition=Q(picture_id__isnull=False)),
            models.Index(fields=["contact", "-id"], name="media_contact", condition=Q(contact__isnull=False)),
            models.Index(fields=["group", "-id"], name="media_group", condition=Q(group__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.original_filename or f"{self.kind} {self.pk}"

    @property
    def timestamp(self) -> int:
        """Unix seconds: the time of what it belongs to."""
        from whatsapp.models.message import KEY_BITS

        return int(self.pk) >> KEY_BITS

    def failed(self, error: str, *, is_gone: bool = False) -> None:
        """Notes that the download has failed, and when upkeep tries again; the caller saves the row."""
        self.download_status, self.download_error = self.Status.FAILED, error
        self.is_gone = True if is_gone else None
        step = min(max(self.attempts - self.MOST_ATTEMPTS, 0), len(self.LATER_ATTEMPTS) - 1)
        self.next_attempt_at = int(time.time()) + self.LATER_ATTEMPTS[step]

    def retry(self) -> bool:
        """Makes the download due now, as if it had not been tried. False when the file is there already."""
        return bool(self.retry_all([(self.account_id, self.pk)]))

    @classmethod
    def retry_all(cls, rows: Iterable[tuple[int, int]]) -> int:
        """The same of many: pairs of an account's key and a file's. Returns how many are due now."""

        def retry(keys: list[int]) -> int:
            undone = cls.objects.filter(pk__in=keys).exclude(download_status=cls.Status.DOWNLOADED)
            return undone.update(
                download_status=cls.Status.PENDING,
                download_error=None,
                is_gone=None,
                attempts=0,
                next_attempt_at=0,
            )

        return change_each(rows, retry)
