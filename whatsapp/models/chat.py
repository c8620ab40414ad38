"""A chat is a conversation with one person, a group, a broadcast list or a channel."""

from django.db import models

from whatsapp.models.account import Account
from whatsapp.querysets import ChatQuerySet


class Chat(models.Model):
    """A conversation. In a direct chat, `jid` is the person's phone JID where it is known, else the LID."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    jid = models.CharField()
    name = models.TextField(null=True)
    is_group = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)
    is_pinned = models.BooleanField(default=False)
    is_muted = models.BooleanField(default=False)
    mute_expiry = models.BigIntegerField(null=True, help_text="Unix seconds.")
    unread_count = models.IntegerField(default=0)
    is_marked_unread = models.BooleanField(default=False)
    read_at = models.BigIntegerField(
        null=True, help_text="Unix seconds: later messages are unread; earlier ones have been counted."
    )
    undecryptable_count = models.IntegerField(
        default=0, help_text="Messages whose content has not reached this device."
    )
    ephemeral_duration = models.IntegerField(null=True, help_text="Seconds; null: messages stay.")
    ephemeral_set_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    keep_days = models.PositiveIntegerField(
        null=True, help_text="Messages of more than so many days ago are deleted; null: they stay."
    )
    last_message_ts = models.BigIntegerField(null=True, help_text="Unix seconds.")
    last_message_body = models.TextField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ChatQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "jid"], name="chat_jid")]
        indexes = [models.Index(fields=["account", "-last_message_ts", "-id"], name="chat_newest")]

    def __str__(self) -> str:
        return self.name or self.jid
