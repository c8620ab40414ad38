"""What people answer to a message without writing: reactions and votes."""

from django.db import models

from whatsapp.models.chat import Chat
from whatsapp.models.contact import Contact


class Reaction(models.Model):
    """A person's newest reaction to a message; without an emoji, one that was taken back.

    It points to WhatsApp's id and not to a row, because a reaction can overtake its message.
    """

    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, db_index=False)
    target_id = models.CharField()
    sender = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    emoji = models.TextField(null=True)
    reacted_at = models.BigIntegerField(help_text="Unix milliseconds.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target_id", "chat", "sender"], name="reaction_once")]

    def __str__(self) -> str:
        return f"{self.emoji} on {self.target_id}"


class PollVote(models.Model):
    """What a person has chosen in a poll, the last time that they voted."""

    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, db_index=False)
    poll_id = models.CharField(help_text="WhatsApp's id of the poll's message.")
    voter = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    options = models.JSONField(help_text="A list of texts; empty: the vote was taken back.")
    voted_at = models.BigIntegerField(help_text="Unix milliseconds.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["poll_id", "chat", "voter"], name="poll_vote_once")]

    def __str__(self) -> str:
        return f"vote in {self.poll_id}"
