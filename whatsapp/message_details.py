"""What belongs to one message: its reactions, receipts, earlier bodies and protobuf."""

from datetime import UTC, datetime
from typing import Any

from whatsapp.models import Message, MessageEdit, Receipt
from whatsapp.records import message_json, message_record, time_text


def detail_record(message: Message) -> dict[str, Any]:
    """The Message resource and what belongs to it; three queries. `raw` must be loaded."""
    return {
        **message_record(message),
        "reactions": reaction_records(message),
        "receipts": receipt_records(message),
        "edits": edit_records(message),
        "raw": message_json(bytes(message.raw)) if message.raw else None,
    }


def reaction_records(message: Message) -> list[dict[str, Any]]:
    """The reaction that each person has given and not taken back, the oldest first."""
    reactions = Message.objects.filter(
        reaction_target_id=message.message_id, chat_id=message.chat_id, is_deleted=False
    )
    standing: dict[int, dict[str, Any]] = {}
    rows = reactions.order_by("id").values_list("sender_id", "sender__jid", "reaction_emoji", "timestamp")
    for sender, jid, emoji, timestamp in rows:
        standing.pop(sender, None)
        if emoji:  # without an emoji, a reaction takes the earlier one back
            standing[sender] = {"emoji": emoji, "from_jid": jid, "timestamp": timestamp}
    return list(standing.values())


def receipt_records(message: Message) -> list[dict[str, Any]]:
    """How far the message has come with each recipient."""
    receipts = Receipt.objects.filter(message_id=message.message_id, chat_id=message.chat_id)
    rows = receipts.order_by("id").values_list("contact__jid", "delivered_at", "read_at", "played_at")
    return [
        {
            "jid": jid,
            "delivered_at": second_text(delivered),
            "read_at": second_text(read),
            "played_at": second_text(played),
        }
        for jid, delivered, read, played in rows
    ]


def edit_records(message: Message) -> list[dict[str, Any]]:
    """The bodies that the message had before the one it has now, the oldest first, and since when."""
    rows = MessageEdit.objects.filter(message=message).order_by("edited_at").values_list("body", "edited_at")
    return [{"body": body, "edited_at": time_text(edited_at)} for body, edited_at in list(rows)[:-1]]


def second_text(second: int | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` of Unix seconds."""
    return time_text(datetime.fromtimestamp(second, UTC)) if second else None
