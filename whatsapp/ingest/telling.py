"""What a batch tells listeners of chats, contacts, groups and newsletters: once for each row, however many
events of the batch have changed it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from whatsapp import events
from whatsapp.models import Chat, Contact, Group, Newsletter
from whatsapp.records import chat_record, contact_record, group_record, newsletter_record

if TYPE_CHECKING:
    from whatsapp.ingest.batch import Batch

# What the hub keeps for itself: a change of these alone is no news.
PRIVATE = {
    "notify_name_at",
    "profile_asked_at",
    "profile_pic_changed_at",
    "ephemeral_set_at",
    "read_at",
    "set_at",
    "synced_at",
    "picture_asked_at",
    "updated_at",
}

Record = Callable[[Any], dict[str, Any]]

TOLD: tuple[tuple[Any, str, str, Record], ...] = (
    (Contact, events.CONTACTS_UPSERT, events.CONTACTS_UPDATE, contact_record),
    (Chat, events.CHATS_UPSERT, events.CHATS_UPDATE, chat_record),
    (Group, events.GROUPS_UPSERT, events.GROUPS_UPDATE, group_record),
    (Newsletter, events.NEWSLETTERS_UPDATE, events.NEWSLETTERS_UPDATE, newsletter_record),
)


def tell(batch: "Batch") -> None:
    """Logs what is new and what has changed; both with the whole resource and its JID as `id`."""
    if batch.quiet:
        return
    for model, upsert, update, record in TOLD:
        _log(batch, upsert, batch.new_rows(model), record)
        changed = (row for row, fields in batch.changed_rows(model) if fields - PRIVATE)
        _log(batch, update, (row for row in changed if not batch.is_new(row)), record)


def _log(batch: "Batch", event_type: str, rows: Iterable[Any], record: Record) -> None:
    if payload := [{"id": row.jid, **record(row)} for row in rows]:
        batch.log(event_type, payload)
