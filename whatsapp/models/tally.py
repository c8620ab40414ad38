"""Counts of messages and files, so that no list has to count a million rows: triggers keep them
(whatsapp.tallies)."""

from typing import Any

from django.db import models

from whatsapp.models.account import Account
from whatsapp.models.chat import Chat

# To rows whose going is no concern of the counts: a chat's messages go with it.
POINTER: dict[str, Any] = {
    "on_delete": models.DO_NOTHING,
    "related_name": "+",
    "db_index": False,
    "db_constraint": False,
}


class MessageTally(models.Model):
    """How many messages of one chat have the same kind."""

    account = models.ForeignKey(Account, **POINTER)
    chat = models.ForeignKey(Chat, **POINTER)
    message_type = models.CharField(max_length=32)
    from_me = models.BooleanField()
    has_media = models.BooleanField()
    number = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "message tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "chat", "message_type", "from_me", "has_media"], name="message_tally_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.message_type} in {self.chat_id}"


class TotalTally(models.Model):
    """How many messages of the same kind there are in all chats together."""

    account = models.ForeignKey(Account, **POINTER)
    message_type = models.CharField(max_length=32)
    from_me = models.BooleanField()
    has_media = models.BooleanField()
    number = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "total tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "message_type", "from_me", "has_media"], name="total_tally_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.message_type}"


class FileTally(models.Model):
    """How many files of the same type are in the same state, and how large they are together."""

    account = models.ForeignKey(Account, **POINTER)
    kind = models.CharField(max_length=16)
    download_status = models.CharField(max_length=12)
    mime_type = models.CharField(help_text="Empty where it is not known.")
    number = models.BigIntegerField()
    size = models.BigIntegerField(help_text="Bytes, of those whose size is known.")

    class Meta:
        verbose_name_plural = "file tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "download_status", "mime_type"], name="file_tally_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.download_status}"


class DayTally(models.Model):
    """How many messages one chat has of one day in UTC."""

    account = models.ForeignKey(Account, **POINTER)
    day = models.IntegerField(help_text="Days since 1970-01-01.")
    chat = models.ForeignKey(Chat, **POINTER)
    number = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "day tallies"
        constraints = [
            models.UniqueConstraint(fields=["account", "day", "chat"], name="day_tally_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} on {self.day} in {self.chat_id}"
