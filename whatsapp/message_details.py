"""What belongs to one message: its reactions, receipts, earlier bodies and protobuf."""

from typing import Any

from whatsapp.models import Message, MessageEdit, PollVote, Reaction, Receipt
from whatsapp.records import message_json, message_record, second_text, time_text


def detail_record(message: Message) -> dict[str, Any]:
    """The Message resource and what belongs to it; four queries. `raw` must be loaded."""
    return {
        **message_record(message),
        "reactions": reaction_records(message),
        "poll_results": poll_results(message),
        "receipts": receipt_records(message),
        "edits": edit_records(message),
        "raw": message_json(bytes(message.raw)) if message.raw else None,
    }


def reaction_records(message: Message) -> list[dict[str, Any]]:
    """The reaction that each person has given and not taken back, the oldest first."""
    reactions = Reaction.objects.filter(
        target_id=message.message_id, chat_id=message.chat_id, emoji__isnull=False
    )
    rows = reactions.order_by("reacted_at", "id").values_list("sender__jid", "emoji", "reacted_at")
    return [{"emoji": emoji, "from_jid": jid, "timestamp": moment // 1000} for jid, emoji, moment in rows]


def poll_results(message: Message) -> list[dict[str, Any]] | None:
    """For each option of a poll who has chosen it now, as JIDs; None for what is no poll."""
    if message.poll_options is None or message.message_type != "poll":
        return None
    votes = PollVote.objects.filter(poll_id=message.message_id, chat_id=message.chat_id)
    voters: dict[str, list[str]] = {option: [] for option in message.poll_options}
    for options, jid in votes.order_by("voted_at", "id").values_list("options", "voter__jid"):
        for option in options:
            voters.setdefault(option, []).append(jid)
    return [{"option": option, "count": len(jids), "voters": jids} for option, jids in voters.items()]


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
    """The bodies that the message had before, with since when and whose; the oldest first."""
    rows = MessageEdit.objects.filter(message=message).order_by("edited_at").values_list("body", "edited_at")
    return [
        {"body": body, "edited_at": time_text(edited_at), "from_jid": message.sender.jid}
        for body, edited_at in list(rows)[:-1]
    ]
