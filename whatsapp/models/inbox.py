"""The inbox: every event of WhatsApp's, as raw bytes, before anything is thought about it."""

from django.db import models

from whatsapp.models.account import Account
from whatsapp.querysets import InboxQuerySet


class InboxEvent(models.Model):
    """One event as neonize delivered it.

    A message's bytes go to its own row; other events stay here once handled, so that they can be handled
    again when parsing improves. What comes by the spool gets a row here when it has to stay.
    """

    class State(models.IntegerChoices):
        PENDING = 0
        HANDLED = 1
        WAITING = 2  # nothing handles this kind yet, or the message that it changes has not come
        QUARANTINED = 3
        IMPORTING = 4  # a history, whose messages become rows slice by slice

    sequence = 0  # in the spool, of an event that has no row yet

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    code = models.PositiveSmallIntegerField(
        help_text="neonize's number for the kind of event, or the hub's own."
    )
    data = models.BinaryField(help_text="The event's protobuf bytes; of the hub's own kinds, JSON.")
    received_at = models.BigIntegerField(help_text="Unix milliseconds.")
    state = models.PositiveSmallIntegerField(choices=State, default=State.PENDING)
    waits_for = models.CharField(null=True, help_text="The id of the message it changes.")
    error = models.TextField(null=True, help_text="Why it was quarantined.")

    objects = InboxQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["account", "id"], name="inbox_pending", condition=models.Q(state=0)),
            models.Index(fields=["state", "code", "id"], name="inbox_state"),
            models.Index(
                fields=["waits_for"], name="inbox_waits_for", condition=models.Q(waits_for__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.id} of kind {self.code}"
