"""A message, and the bodies that it has had."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import Q

from whatsapp.models.account import Account
from whatsapp.models.chat import Chat
from whatsapp.models.contact import Contact
from whatsapp.querysets import MessageQuerySet
from whatsapp.search.questions import MessageIndexQuerySet

KEY_BITS = 20  # how many low bits of a message's key tell messages of one second apart


class Message(models.Model):
    """One message of a chat.

    The key sorts by time: the message's second in the high bits, the order of arrival within that second
    in the low ones. So newest first, pages and search hits by time are all walks along one index.
    WhatsApp's own id is only unique for one sender in one chat.
    """

    class Status(models.TextChoices):
        """What is known of a message that we sent; no step goes back."""

        SENT = "sent"
        DELIVERED = "delivered"
        READ = "read"
        PLAYED = "played"
        FAILED = "failed"

    # Always given by us; an auto field because only that is SQLite's own row id, and not one more index.
    id = models.BigAutoField(primary_key=True, help_text="seconds << 20 | order of arrival.")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, db_index=False)
    sender = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    message_id = models.CharField(help_text="WhatsApp's id of the message.")
    from_me = models.BooleanField()
    timestamp = models.BigIntegerField(help_text="Unix seconds.")
    push_name = models.TextField(null=True)
    message_type = models.CharField(max_length=32)
    body = models.TextField(null=True, help_text="The text that a person sees; captions included.")
    quoted_id = models.CharField(null=True)
    quoted_body = models.TextField(null=True)
    is_forwarded = models.BooleanField(default=False)
    forward_score = models.IntegerField(default=0)
    is_starred = models.BooleanField(default=False)
    is_broadcast = models.BooleanField(default=False)
    is_ephemeral = models.BooleanField(default=False)
    ephemeral_duration = models.IntegerField(null=True, help_text="Seconds.")
    is_view_once = models.BooleanField(default=False)
    edit_type = models.SmallIntegerField(default=0, help_text="WhatsApp's number of the last change.")
    edited_at = models.DateTimeField(null=True)
    is_deleted = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    has_media = models.BooleanField(default=False)
    reaction_emoji = models.TextField(null=True)
    reaction_target_id = models.CharField(null=True)
    poll_name = models.TextField(null=True)
    poll_options = models.JSONField(null=True, help_text="A list of texts.")
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    location_name = models.TextField(null=True)
    location_address = models.TextField(null=True)
    mentions = models.JSONField(null=True, help_text="A list of JIDs.")
    contacts = models.JSONField(null=True, help_text="The vCards that it carries, parsed.")
    target_id = models.CharField(
        null=True,
        help_text="The id of the message that this one pins, comments on, votes in …",
    )
    details = models.JSONField(
        null=True, help_text="What only some kinds have: event, invite, call, selected_id, album, …"
    )
    pinned_until = models.BigIntegerField(null=True, help_text="Unix seconds; null: not pinned.")
    pinned_at = models.BigIntegerField(null=True, help_text="Unix seconds of the last pin or unpin.")
    server_id = models.BigIntegerField(null=True, help_text="A newsletter message's number.")
    views = models.BigIntegerField(null=True, help_text="How often a newsletter message was seen.")
    reaction_counts = models.JSONField(null=True, help_text="emoji → how many, of a newsletter message.")
    status = models.CharField(max_length=12, choices=Status, null=True, help_text="Of our own messages.")
    created_at = models.DateTimeField(help_text="When the hub stored it.")
    # Last, as SQLite reads a long row up to the columns that are asked for.
    raw = models.BinaryField(null=True, help_text="neonize's Message event, without its doubled part.")

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message_id", "chat", "sender"], name="message_natural_key")
        ]
        indexes = [
            # What follows the key is read from the index, so that no row with its raw bytes is touched to
            # be counted or passed over.
            models.Index(
                fields=["chat", "id", "sender", "message_type", "from_me", "has_media"], name="message_chat"
            ),
            models.Index(
                fields=["sender", "id", "chat", "message_type", "from_me", "has_media"], name="message_sender"
            ),
            models.Index(fields=["message_type", "id", "from_me", "has_media"], name="message_type"),
            models.Index(fields=["id", "from_me", "message_type", "account"], name="message_walk"),
            models.Index(
                fields=["id", "from_me", "message_type", "account"],
                name="message_with_media",
                condition=Q(has_media=True),
            ),
            models.Index(fields=["id"], name="message_starred", condition=Q(is_starred=True)),
            models.Index(
                fields=["reaction_target_id"],
                name="message_reaction_target",
                condition=Q(reaction_target_id__isnull=False),
            ),
            models.Index(
                fields=["chat", "server_id"],
                name="message_server_id",
                condition=Q(server_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.message_id

    @property
    def sent_at(self) -> datetime:
        """The message's time as a moment."""
        return datetime.fromtimestamp(self.timestamp, UTC)


class MessageEdit(models.Model):
    """One of the bodies of a message that was edited, the first and the newest among them.

    Edits may arrive in any order, so each is kept with the time from which it holds; the newest is the
    message's own body too.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="edits")
    body = models.TextField(null=True)
    edited_at = models.DateTimeField(help_text="Since when the message had this body, by its sender's clock.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "edited_at"], name="message_edit_once")]
        ordering = ["edited_at"]

    def __str__(self) -> str:
        return f"{self.message_id} from {self.edited_at}"


class MessageIndex(models.Model):
    """The full-text index's table as the ORM sees it. `whatsapp.search` makes and asks it."""

    message = models.OneToOneField(
        Message, on_delete=models.DO_NOTHING, primary_key=True, db_column="rowid", related_name="index"
    )
    body = models.TextField(null=True)
    filename = models.TextField(null=True)
    other = models.TextField(null=True, help_text="Options of a poll, a place, names of shared contacts.")
    scope = models.TextField(help_text="Words for what a search can be narrowed by.")
    MOST_COUNTED = 5_000  # hits: to count all messages with a common word takes longer than to show some

    # FTS5's name for all columns together, PostgreSQL's column of all words; it is asked, never read.
    row = models.TextField(db_column="whatsapp_message_fts")

    objects = MessageIndexQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "whatsapp_message_fts"

    def __str__(self) -> str:
        return str(self.pk)
