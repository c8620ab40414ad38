"""Who got, read or played a message that we sent."""

from django.db import models

from whatsapp.models.chat import Chat
from whatsapp.models.contact import Contact
from whatsapp.querysets import OfChatsQuerySet


class Receipt(models.Model):
    """One recipient's times for one message of ours.

    It points to WhatsApp's id and not to a row, because a receipt can overtake its message.
    """

    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, db_index=False)
    message_id = models.CharField()
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE)
    delivered_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    read_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    played_at = models.BigIntegerField(null=True, help_text="Unix seconds.")

    objects = OfChatsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message_id", "chat", "contact"], name="receipt_recipient")
        ]
        indexes = [models.Index(fields=["chat", "id"], name="receipt_of_chat")]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.contact_id}"
