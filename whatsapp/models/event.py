"""The event log: the one way out of the hub."""

from django.db import models

from whatsapp.models.account import Account
from whatsapp.models.message import Message
from whatsapp.querysets import EventQuerySet


class Event(models.Model):
    """One thing that happened. Ids grow without a gap, in the order of commits.

    `payload` is the event's data without the raw protobuf JSON of its message; that is rendered from the
    message's own bytes when the event is read (`whatsapp.events.render`).
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    event_type = models.CharField(max_length=64)
    payload = models.TextField(help_text="JSON.")
    # Only a hint for rendering: no row has to be touched when a message goes.
    message = models.ForeignKey(
        Message, on_delete=models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    logged_at = models.BigIntegerField(help_text="Unix milliseconds.")

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["event_type", "id"], name="event_type"),
            models.Index(fields=["logged_at", "id"], name="event_logged"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.event_type}"
