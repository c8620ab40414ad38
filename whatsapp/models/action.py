"""An act that the hub was asked for: sending a message, restarting the connection, …"""

from django.db import models
from django.db.models import Q

from whatsapp.models.account import Account
from whatsapp.querysets import ActionQuerySet


class Action(models.Model):
    """One act. The row is written before WhatsApp is spoken to, and tells the truth ever after."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"  # of a message: WhatsApp has taken it
        DELIVERED = "delivered"
        READ = "read"
        PLAYED = "played"
        DONE = "done"  # of any other act
        FAILED = "failed"
        CANCELLED = "cancelled"  # taken back while it was queued

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=32, help_text="For example send_text or restart.")
    jid = models.CharField(null=True, help_text="The chat or group that it is about.")
    payload = models.JSONField(default=dict, help_text="What the act needs.")
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    error = models.TextField(null=True, help_text="Why it failed, in one sentence.")
    result = models.JSONField(null=True, help_text="What WhatsApp answered; for a message its key.")
    message_id = models.CharField(null=True, help_text="WhatsApp's id of the message sent.")
    attempts = models.IntegerField(default=0)
    idempotency_key = models.CharField(max_length=255, null=True)
    idempotency_digest = models.CharField(
        max_length=64, null=True, help_text="Of the request that came with the key, so that another is known."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)

    objects = ActionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "idempotency_key"],
                name="action_idempotency_key",
                condition=Q(idempotency_key__isnull=False),
            )
        ]
        indexes = [
            models.Index(
                fields=["account", "id"], name="action_open", condition=Q(status__in=["queued", "sending"])
            ),
            models.Index(fields=["account", "jid", "-id"], name="action_jid"),
            models.Index(fields=["account", "-id"], name="action_newest"),
            models.Index(fields=["account", "kind", "-id"], name="action_kind"),
            models.Index(fields=["account", "status", "-id"], name="action_status"),
            models.Index(
                fields=["finished_at", "id"],
                name="action_finished",
                condition=Q(finished_at__isnull=False),
            ),
            models.Index(fields=["message_id"], name="action_message", condition=Q(message_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.status}"
