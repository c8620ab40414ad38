"""Stories: what people post for a day to all who may see it. They are no part of any chat."""

from datetime import UTC, datetime

from django.db import models

from whatsapp.models.account import Account
from whatsapp.models.contact import Contact
from whatsapp.querysets import StoryQuerySet

LIFETIME_SECONDS = 24 * 3600


class Story(models.Model):
    """One post. The key sorts by time, as a message's does."""

    id = models.BigAutoField(primary_key=True, help_text="seconds << 20 | order of arrival.")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    sender = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    message_id = models.CharField(help_text="WhatsApp's id of the post.")
    from_me = models.BooleanField()
    timestamp = models.BigIntegerField(help_text="Unix seconds.")
    expires_at = models.BigIntegerField(help_text="Unix seconds: when WhatsApp stops showing it.")
    story_type = models.CharField(max_length=32, help_text="text, image, video, …")
    body = models.TextField(null=True, help_text="The text, or the caption.")
    has_media = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(help_text="When the hub stored it.")
    raw = models.BinaryField(null=True, help_text="neonize's Message event, without its doubled part.")

    objects = StoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "stories"
        constraints = [
            models.UniqueConstraint(fields=["message_id", "sender"], name="story_natural_key"),
        ]
        indexes = [models.Index(fields=["sender", "id"], name="story_sender")]

    def __str__(self) -> str:
        return self.message_id

    @property
    def sent_at(self) -> datetime:
        """The post's time as a moment."""
        return datetime.fromtimestamp(self.timestamp, UTC)


class StoryView(models.Model):
    """Somebody saw a story of ours, or reacted to it.

    It points to WhatsApp's id and not to a row, because a receipt can overtake the story.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    message_id = models.CharField()
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    delivered_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    viewed_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    reaction_emoji = models.TextField(null=True)
    reacted_at = models.BigIntegerField(null=True, help_text="Unix milliseconds.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message_id", "contact"], name="story_view_once"),
        ]
        indexes = [models.Index(fields=["contact", "id"], name="story_view_contact")]

    def __str__(self) -> str:
        return f"{self.message_id} by {self.contact_id}"
