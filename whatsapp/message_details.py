"""What belongs to messages and comes after them: reactions, receipts, votes, earlier bodies; and their bytes.

Of any number of messages each is one query; what no message of them can have is not asked for.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import itemgetter

import orjson

from whatsapp.models import Message, MessageEdit, PollVote, Reaction, Receipt
from whatsapp.prepared import Prepared, Slots
from whatsapp.records import message_json, message_record, second_text, time_text
from whatsapp.shapes import Record

# (chat's key, WhatsApp's id) → the records of messages that have both: several only by mistake of a sender's.
Owners = dict[tuple[int, str], list[Record]]

REACTIONS = Prepared(
    lambda: (
        Reaction.objects.filter(target_id__in=Slots("ids"), emoji__isnull=False)
        .order_by()
        .values_list("reacted_at", "id", "chat_id", "target_id", "emoji", "sender__jid")
    )
)
RECEIPTS = Prepared(
    lambda: (
        Receipt.objects.filter(message_id__in=Slots("ids"))
        .order_by()
        .values_list("id", "chat_id", "message_id", "contact__jid", "delivered_at", "read_at", "played_at")
    )
)
VOTES = Prepared(
    lambda: (
        PollVote.objects.filter(poll_id__in=Slots("ids"))
        .order_by()
        .values_list("voted_at", "id", "chat_id", "poll_id", "options", "voter__jid")
    )
)
EDITS = Prepared(
    lambda: (
        MessageEdit.objects.filter(message__in=Slots("keys"))
        .order_by()
        .values_list("message_id", "edited_at", "body")
    )
)


def detail_record(message: Message) -> Record:
    """The Message resource with all that belongs to it, and `raw`, its protobuf; four queries at the most.
    `chat`, `sender`, `account` and, if it has one, `media` must be loaded."""
    record = message_record(message)
    complete([record], [(message.pk, message.chat_id)])
    return {**record, "raw": message_json(bytes(message.raw)) if message.raw else None}


def complete(records: list[Record], besides: Sequence[tuple[int, int]]) -> None:
    """Fills what belongs to them into the Message resources `records`; `besides` are their keys and their
    chats' (`MESSAGE.beside`)."""
    owners: Owners = defaultdict(list)
    for record, (_, chat) in zip(records, besides, strict=True):
        owners[chat, record["id"]].append(record)
    fill_reactions(owners)
    fill_receipts(owners)
    fill_poll_results(owners)
    fill_edits({key: record for record, (key, _) in zip(records, besides, strict=True)})


def fill_reactions(owners: Owners) -> None:
    """The reaction that each person has given and not taken back, the oldest first."""
    ids = [message_id for _, message_id in owners]
    found: dict[tuple[int, str], list[Record]] = defaultdict(list)
    for moment, _, chat, target, emoji, jid in sorted(REACTIONS.rows(ids=ids)) if ids else ():
        found[chat, target].append({"emoji": emoji, "from_jid": jid, "timestamp": moment // 1000})
    fill(owners, "reactions", found)


def fill_receipts(owners: Owners) -> None:
    """How far each message that we sent has come with each recipient."""
    ids = [message_id for (_, message_id), record in each(owners) if record["from_me"]]
    if not ids:
        return
    found: dict[tuple[int, str], list[Record]] = defaultdict(list)
    for _, chat, message_id, *values in sorted(RECEIPTS.rows(ids=ids), key=itemgetter(0)):
        found[chat, message_id].append(receipt_of_message(*values))
    fill(owners, "receipts", found)


def receipt_of_message(
    jid: str, delivered: int | None, read: int | None, played: int | None
) -> dict[str, str | None]:
    return {
        "jid": jid,
        "delivered_at": second_text(delivered),
        "read_at": second_text(read),
        "played_at": second_text(played),
    }


def fill_poll_results(owners: Owners) -> None:
    """For each option of a poll who has chosen it now, as JIDs; None for what is no poll."""
    polls = {key: record for key, record in each(owners) if is_poll(record)}
    if not polls:
        return
    votes = VOTES.rows(ids=[poll_id for _, poll_id in polls])
    results = {key: empty_results(record) for key, record in polls.items()}
    for _, _, chat, poll_id, options, jid in sorted(votes, key=lambda vote: vote[:2]):
        voters = results.get((chat, poll_id), {})
        for option in options:
            voters.setdefault(option, []).append(jid)
    for key, record in polls.items():
        record["poll_results"] = [
            {"option": option, "count": len(jids), "voters": jids} for option, jids in results[key].items()
        ]


def is_poll(record: Record) -> bool:
    return record["message_type"] == "poll" and record["poll_options"] is not None


def empty_results(poll: Record) -> dict[str, list[str]]:
    return {option: [] for option in orjson.loads(poll["poll_options"])}


def fill_edits(records: dict[int, Record]) -> None:
    """The bodies that each message had before, with since when and whose; the oldest first."""
    edited = [key for key, record in records.items() if record["edited_at"]]
    if not edited:
        return
    found: dict[int, list[Record]] = defaultdict(list)
    for key, edited_at, body in sorted(EDITS.rows(keys=edited), key=lambda row: row[:2]):
        found[key].append(
            {"body": body, "edited_at": time_text(edited_at), "from_jid": records[key]["from_jid"]}
        )
    for key, bodies in found.items():
        records[key]["edits"] = bodies[:-1]  # the last is the message's own


def each(owners: Owners) -> Iterator[tuple[tuple[int, str], Record]]:
    return ((key, record) for key, records in owners.items() for record in records)


def fill(owners: Owners, name: str, found: dict[tuple[int, str], list[Record]]) -> None:
    for key, values in found.items():
        for record in owners.get(key, ()):
            record[name] = values
