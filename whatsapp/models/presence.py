"""Presence: who is online, who is typing; now, and in the past."""

from django.db import models

from whatsapp.models.account import Account
from whatsapp.models.chat import Chat
from whatsapp.models.contact import Contact
from whatsapp.querysets import PresenceChangeQuerySet


class Presence(models.Model):
    """What is known of somebody now."""

    class State(models.TextChoices):
        AVAILABLE = "available"
        UNAVAILABLE = "unavailable"
        COMPOSING = "composing"
        RECORDING = "recording"
        PAUSED = "paused"

    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, primary_key=True)
    is_online = models.BooleanField(null=True)
    online_at = models.BigIntegerField(default=0, help_text="Unix milliseconds of the last news of that.")
    last_seen = models.BigIntegerField(null=True, help_text="Unix seconds, as far as the person shows it.")
    chat_state = models.CharField(max_length=12, choices=State, null=True, help_text="Typing and the like.")
    chat = models.ForeignKey(
        Chat, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False, help_text="Where."
    )
    chat_state_at = models.BigIntegerField(default=0, help_text="Unix milliseconds of the last news of that.")

    class Meta:
        verbose_name_plural = "presence"

    def __str__(self) -> str:
        return f"{self.contact_id}: {'online' if self.is_online else 'away'}"


class PresenceChange(models.Model):
    """One change of somebody's presence."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, null=True, db_index=False)
    state = models.CharField(max_length=12, choices=Presence.State)
    last_seen = models.BigIntegerField(null=True, help_text="Unix seconds.")
    changed_at = models.BigIntegerField(db_index=True, help_text="Unix milliseconds.")

    objects = PresenceChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact", "changed_at", "state"], name="presence_change_once")
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.state}"
