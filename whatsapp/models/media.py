"""The file of a message."""

from django.db import models
from django.db.models import Q

from whatsapp.models.message import Message
from whatsapp.querysets import MediaQuerySet


class Media(models.Model):
    """A message's file and the state of its download. The row is the durable queue of downloads."""

    class Status(models.TextChoices):
        PENDING = "pending"
        DOWNLOADED = "downloaded"
        FAILED = "failed"
        SKIPPED = "skipped"

    # A message has one file at most, so the file's key is the message's.
    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True)
    kind = models.CharField(max_length=16, help_text="image, video, audio, document or sticker.")
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
    thumbnail = models.BinaryField(null=True, help_text="The small JPEG that came with the message.")
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
                fields=["next_attempt_at", "-message"],
                name="media_pending",
                condition=Q(download_status="pending"),
            ),
            models.Index(fields=["file_hash"], name="media_hash", condition=Q(file_hash__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.original_filename or f"{self.kind} of {self.message_id}"

    def retry(self) -> bool:
        """Makes the download due now, as if it had not been tried. False when the file is there already."""
        changed = (
            type(self)
            .objects.filter(pk=self.pk)
            .exclude(download_status=self.Status.DOWNLOADED)
            .update(download_status=self.Status.PENDING, download_error=None, attempts=0, next_attempt_at=0)
        )
        return bool(changed)
