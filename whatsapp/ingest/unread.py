"""How many messages of a chat are unread.

A message that comes is counted at once. When somebody has read (here, on the phone), all that is later than
that moment is counted again, so that the order in which messages and receipts came makes no difference.
"""

from typing import TYPE_CHECKING

from django.db import connection

from whatsapp.ingest.content import MessageType
from whatsapp.models import Chat, Message
from whatsapp.models.message import KEY_BITS

if TYPE_CHECKING:
    from whatsapp.ingest.batch import Batch

# Kinds that say something about another message: no news for the list of chats.
ASIDES = frozenset(
    {
        MessageType.REACTION,
        MessageType.POLL_UPDATE,
        MessageType.PIN,
        MessageType.KEEP,
        MessageType.EVENT_RESPONSE,
        MessageType.EDITED,
        MessageType.NOTIFICATION,
    }
)

# What stands for a message whose content has not come.
PLACEHOLDERS = frozenset({MessageType.UNDECRYPTABLE, MessageType.UNAVAILABLE})

BODY_PREVIEW = 200  # characters of a message that its chat shows
CHATS_PER_QUERY = 50


def preview(body: str | None) -> str | None:
    """The beginning of a message, as its chat shows it."""
    return (body or "")[:BODY_PREVIEW] or None


def note_read(batch: "Batch", chat: Chat, second: int, unread: int = 0) -> None:
    """All of the chat that was there at `second` (Unix seconds) is read, but for `unread` messages."""
    if chat.read_at is None or second > chat.read_at:
        batch.put(chat, read_at=second, is_marked_unread=False)
        batch.read_chats[id(chat)] = chat, unread


def is_unread(chat: Chat, timestamp: int, from_me: bool, message_type: str) -> bool:
    """Whether a message counts as unread there."""
    return not from_me and message_type not in ASIDES and timestamp > (chat.read_at or 0)


def count_again(batch: "Batch") -> None:
    """Counts what the chats that have been read have had since."""
    read = list(batch.read_chats.values())
    for start in range(0, len(read), CHATS_PER_QUERY):
        some = read[start : start + CHATS_PER_QUERY]
        counts = count_later([(chat.pk, chat.read_at or 0) for chat, _ in some])
        for chat, unread in some:
            batch.put(chat, unread_count=unread + counts[chat.pk])


def count_later(moments: list[tuple[int, int]]) -> dict[int, int]:
    """chat → how many messages of others came after that second, for each of these; one query."""
    table = connection.ops.quote_name(Message._meta.db_table)
    marks = ", ".join(["%s"] * len(ASIDES))
    part = (
        f"SELECT %s, count(*) FROM {table} "
        f"WHERE chat_id = %s AND id >= %s AND NOT from_me AND message_type NOT IN ({marks})"
    )
    params: list[int | str] = []
    for chat, second in moments:
        params += [chat, chat, (second + 1) << KEY_BITS, *sorted(ASIDES)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([part] * len(moments)), params)
        return dict(cursor.fetchall())


def find_last_again(batch: "Batch") -> None:
    """Lets chats show their last message, where what they show turned out to be none."""
    for chat in batch.stale_chats.values():
        messages = Message.objects.filter(chat=chat.pk).exclude(message_type__in=ASIDES)
        last = messages.order_by("-id").values_list("timestamp", "body").first()
        timestamp, body = last or (None, None)
        batch.put(chat, last_message_ts=timestamp, last_message_body=preview(body))
