"""Calls. Nobody talks through the hub: it keeps what WhatsApp signals of them."""

from django.db import models

from whatsapp.models.account import Account
from whatsapp.models.chat import Chat
from whatsapp.models.contact import Contact
from whatsapp.querysets import CallQuerySet


class Call(models.Model):
    """One call. Its status follows from the times of its signals, in whatever order they came."""

    class Status(models.TextChoices):
        RINGING = "ringing"
        ACCEPTED = "accepted"  # taken: by us or, of a call that we made, by the other
        ACCEPTED_ELSEWHERE = "accepted_elsewhere"  # taken on another of our devices
        REJECTED = "rejected"
        MISSED = "missed"
        ENDED = "ended"  # taken, and over
        FAILED = "failed"
        UNKNOWN = "unknown"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    call_id = models.CharField()
    chat = models.ForeignKey(Chat, on_delete=models.SET_NULL, null=True, db_index=False)
    caller = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, related_name="calls", db_index=False
    )
    from_me = models.BooleanField(default=False)
    is_group = models.BooleanField(default=False)
    is_video = models.BooleanField(default=False)
    status = models.CharField(max_length=20, choices=Status, default=Status.UNKNOWN)
    started_at = models.BigIntegerField(help_text="Unix seconds: the first signal of it.")
    offered_at = models.BigIntegerField(null=True, help_text="Unix seconds: when it began to ring.")
    accepted_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    rejected_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    ended_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    end_reason = models.CharField(null=True, help_text="In WhatsApp's own word.")
    logged_result = models.CharField(null=True, help_text="As the phone's call log has it.")
    duration = models.IntegerField(null=True, help_text="Seconds.")
    participants = models.JSONField(null=True, help_text="JIDs of a group call's participants.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = CallQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "call_id"], name="call_once")]
        indexes = [
            models.Index(fields=["account", "-started_at", "-id"], name="call_newest"),
            models.Index(fields=["chat", "-started_at", "-id"], name="call_of_chat"),
            models.Index(fields=["caller", "-started_at", "-id"], name="call_of_caller"),
        ]

    def __str__(self) -> str:
        return self.call_id
