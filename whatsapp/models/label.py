"""Labels that WhatsApp Business puts on chats and messages, as far as the hub learns of them."""

from django.db import models

from whatsapp.models.account import Account
from whatsapp.models.chat import Chat
from whatsapp.querysets import OfChatsQuerySet


class Label(models.Model):
    """A label. The phone's history tells its id; its name and colour are not handed over by neonize."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    label_id = models.CharField()
    name = models.TextField(null=True)
    color = models.IntegerField(null=True, help_text="WhatsApp's number of the colour.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "label_id"], name="label_once")]

    def __str__(self) -> str:
        return self.name or self.label_id


class LabelAssociation(models.Model):
    """A label on a message."""

    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="associations", db_index=False)
    chat = models.ForeignKey(Chat, on_delete=models.CASCADE)
    message_id = models.CharField()

    objects = OfChatsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["label", "chat", "message_id"], name="label_association_once")
        ]
        indexes = [models.Index(fields=["label", "id"], name="label_association_newest")]

    def __str__(self) -> str:
        return f"{self.label_id} on {self.message_id}"
