"""The import of a history that the phone handed over."""

from django.db import models

from whatsapp.models.account import Account
from whatsapp.models.inbox import InboxEvent
from whatsapp.querysets import HistorySyncQuerySet


class HistorySync(models.Model):
    """One blob of history and how far its import has come. It goes on where it stopped, after any restart."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    event = models.OneToOneField(
        InboxEvent, on_delete=models.SET_NULL, null=True, related_name="history", help_text="The blob."
    )
    sync_type = models.CharField(help_text="initial_bootstrap, recent, full, push_name, …")
    chunk_order = models.IntegerField(null=True)
    progress = models.IntegerField(null=True, help_text="Percent of the whole, as the phone counts.")
    step = models.IntegerField(default=0, help_text="How many slices of the blob are done.")
    message_total = models.IntegerField(default=0, help_text="How many messages the blob has.")
    messages = models.IntegerField(default=0, help_text="How many have been handled.")
    chats = models.IntegerField(default=0)
    contacts = models.IntegerField(default=0)
    calls = models.IntegerField(default=0)
    failures = models.IntegerField(default=0, help_text="Messages that could not be handled: see the inbox.")
    started_at = models.BigIntegerField(help_text="Unix milliseconds.")
    finished_at = models.BigIntegerField(null=True, help_text="Unix milliseconds.")

    objects = HistorySyncQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "history syncs"
        indexes = [
            models.Index(
                fields=["account", "id"],
                name="history_unfinished",
                condition=models.Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.sync_type} {self.chunk_order or ''}".strip()
