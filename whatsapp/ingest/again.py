"""Derives rows again from the bytes that they came from, after parsing has improved.

What happened to a message later (edits, deletion, receipts, a star) is in rows of its own or in no bytes at
all, and stays. Events that made no message lie in the inbox and are put back in line.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from whatsapp.changes import changes_of
from whatsapp.ingest import codes
from whatsapp.ingest.applying import apply_all
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.handlers.messages import EFFECTS, IncomingMessage
from whatsapp.ingest.media import media_of
from whatsapp.ingest.registry import Arrival, Outcome, Touched, WaitsFor
from whatsapp.ingest.unread import ASIDES, PLACEHOLDERS, preview
from whatsapp.ingest.verdicts import Verdicts
from whatsapp.models import Account, InboxEvent, Media, Message, MessageEdit, Story
from whatsapp.models.message import KEY_BITS
from whatsapp.protobuf import neonize_pb2

ROWS_PER_TRANSACTION = 500

# Columns that an edit or an effect of another message may have changed since.
CHANGED_BY_EDITS = ("body", "mentions")


class StoredMessage:
    """A stored message, read again."""

    def __init__(self, message: Message, incoming: IncomingMessage, has_media_row: bool) -> None:
        self.message = message
        self.incoming = incoming
        self.has_media_row = has_media_row
        self.raw = incoming.raw

    def touches(self) -> Touched:
        return self.incoming.touches()

    def apply(self, batch: Batch) -> Outcome | WaitsFor:
        message = batch.known_message(self.message)
        values = self.incoming.columns()
        del values["raw"]
        if message.edited_at is not None:
            first = MessageEdit.objects.filter(message=message, edited_at=message.sent_at)
            first.update(body=values["body"])
            for name in CHANGED_BY_EDITS:
                del values[name]
        # What an effect has read out of a secret is read again by that effect.
        effect = EFFECTS.get(self.incoming.content.message_type)
        if effect is not None and self.incoming.content.is_encrypted:
            values = {name: value for name, value in values.items() if value is not None}
        batch.put(message, **values)
        self._describe_media(batch, message)
        chat = message.chat
        is_newest = message.timestamp == chat.last_message_ts and message.message_type not in ASIDES
        if is_newest and "body" in values:
            batch.put(chat, last_message_body=preview(message.body))
        return (effect(self.incoming, batch, message) if effect is not None else None) or Outcome.STORED

    def _describe_media(self, batch: Batch, message: Message) -> None:
        """A file that was not seen before is queued; one that was keeps what its download has shown."""
        content = self.incoming.content.media
        if content is not None and not self.has_media_row:
            media_of(batch, content, message=message)


def reingest_messages(account: Account, since: int = 0) -> Iterator[int]:
    """Derives the messages from `since` on (Unix seconds) again, and yields how many are done so far."""
    done, last = 0, (since << KEY_BITS) - 1
    while True:
        found = Message.objects.filter(account=account, pk__gt=last, raw__isnull=False)
        rows = list(found.select_related("chat", "sender").order_by("pk")[:ROWS_PER_TRANSACTION])
        if not rows:
            return
        last = rows[-1].pk
        with changes_of(account):
            batch, verdicts = Batch(account, quiet=True), Verdicts(account)
            with_media = set(Media.objects.filter(message__in=rows).values_list("message", flat=True))
            read = ((row, read_again(row)) for row in rows)
            again = (StoredMessage(row, one, row.pk in with_media) for row, one in read if one is not None)
            apply_all(batch, verdicts, [(None, one) for one in again])
            batch.save()
            verdicts.save()
        done += len(rows)
        yield done


def read_again(row: Message) -> IncomingMessage | None:
    """The row's bytes, parsed; None where they are now understood as no message: the row stays as it is."""
    event = neonize_pb2.Message.FromString(bytes(row.raw or b""))
    incoming = IncomingMessage.parse(event, Arrival(b"", 0))
    content = incoming.content
    return None if content.is_protocol or content.message_type in PLACEHOLDERS else incoming


def reingest_stories(account: Account, since: int = 0) -> int:
    """Derives type and text of the stories from `since` on (Unix seconds) again, and says how many."""
    count = 0
    found = Story.objects.filter(account=account, pk__gte=since << KEY_BITS, raw__isnull=False)
    for story in found.order_by("pk").iterator(ROWS_PER_TRANSACTION):
        event = neonize_pb2.Message.FromString(bytes(story.raw or b""))
        content = IncomingMessage.parse(event, Arrival(b"", 0)).content
        Story.objects.filter(pk=story.pk).update(
            story_type=content.message_type.value, body=content.body, has_media=content.media is not None
        )
        count += 1
    return count


def replay_events(account: Account, kinds: Iterable[int] | None = None, since: int = 0) -> int:
    """Puts handled events from `since` on (Unix seconds) back in line, and says how many."""
    rows = InboxEvent.objects.filter(
        account=account, state=InboxEvent.State.HANDLED, received_at__gte=since * 1000
    )
    if kinds is not None:
        rows = rows.filter(code__in=list(kinds))
    with changes_of(account):
        return rows.update(state=InboxEvent.State.PENDING)


def event_kinds() -> dict[str, int]:
    """name → number of the kinds of event, as the command line names them."""
    found: dict[str, Any] = {
        name.lower(): value for name, value in vars(codes).items() if isinstance(value, int)
    }
    return {name: value for name, value in found.items() if codes.DISCONNECTED < value < codes.FIRST_ANSWER}
