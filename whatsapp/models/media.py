"""The file of a message or story, or somebody's profile picture."""

from django.db import models
from django.db.models import Q

from whatsapp.models.account import Account
from whatsapp.models.contact import Contact
from whatsapp.models.group import Group
from whatsapp.models.message import Message
from whatsapp.models.story import Story
from whatsapp.querysets import MediaQuerySet


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
    picture_id = models.CharField(max_length=64, null=True, help_text="WhatsApp's id of a profile picture.")
    url = models.TextField(null=True, help_text="Where a profile picture is fetched; it expires.")
    mime_type = models.CharField(max_length=255, null=True)
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
    created_at = models.DateTimeField()

    objects = MediaQuerySet.as_manager()

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
            models.Index(fields=["file_hash"], name="media_file", condition=Q(file_hash__isnull=False)),
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

    def retry(self) -> bool:
        """Makes the download due now, as if it had not been tried. False when the file is there already."""
        changed = (
            type(self)
            .objects.filter(pk=self.pk)
            .exclude(download_status=self.Status.DOWNLOADED)
            .update(download_status=self.Status.PENDING, download_error=None, attempts=0, next_attempt_at=0)
        )
        return bool(changed)
