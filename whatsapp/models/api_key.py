"""Keys that programs show, besides the owner's."""

from datetime import datetime

from django.db import models


class Scope(models.TextChoices):
    """What a key is for. None includes another."""

    READ = "read"
    SEND = "send"
    MANAGE = "manage"


class ApiKey(models.Model):
    """A key, known by its digest alone: whoever made it was shown it once (`whatsapp.api_keys`)."""

    name = models.CharField(max_length=100, help_text="What it is for, or who has it.")
    prefix = models.CharField(max_length=16, editable=False, help_text="Its first characters.")
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256, hexadecimal.")
    scopes = models.JSONField(help_text="Which of read, send and manage.")
    accounts = models.JSONField(
        null=True, blank=True, help_text="Numbers of the only accounts it is for; null: all."
    )
    chats = models.JSONField(null=True, blank=True, help_text="JIDs of the only chats it is for; null: all.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When it stops to work; null: never.")
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_good(self, now: datetime) -> bool:
        """Whether it opens anything at `now`."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
