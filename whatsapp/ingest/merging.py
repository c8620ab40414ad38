"""One person is one contact and one chat, whichever address came first.

When it turns out late that a phone JID and a LID are the same person's, the LID's rows move to the phone's.
Where both have a row for the same thing, one row takes up what the other knew: nothing is lost.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Exists, Model, OuterRef

from whatsapp import events
from whatsapp.ingest.bulk import chunks
from whatsapp.jids import phone_number
from whatsapp.models import (
    Account,
    Call,
    Chat,
    Contact,
    Group,
    GroupChange,
    GroupParticipant,
    LabelAssociation,
    Media,
    Message,
    PollVote,
    Presence,
    PresenceChange,
    Reaction,
    Receipt,
    Story,
    StoryView,
)
from whatsapp.receipts import status_after
from whatsapp.records import chat_record, contact_record

log = logging.getLogger(__name__)

Combine = Callable[[Any, Any], None]


def fill(*fields: str) -> Combine:
    """What the row that stays does not know, it learns from the other."""

    def combine(stays: Any, goes: Any) -> None:
        for field in fields:
            if getattr(stays, field) is None:
                setattr(stays, field, getattr(goes, field))

    return combine


def newest(moment: str, *fields: str) -> Combine:
    """The later of both counts."""

    def combine(stays: Any, goes: Any) -> None:
        if (getattr(goes, moment) or 0) > (getattr(stays, moment) or 0):
            for field in (moment, *fields):
                setattr(stays, field, getattr(goes, field))

    return combine


def both(*rules: Combine) -> Combine:
    def combine(stays: Any, goes: Any) -> None:
        for rule in rules:
            rule(stays, goes)

    return combine


RECEIPT = fill("delivered_at", "read_at", "played_at")
REACTION = newest("reacted_at", "emoji")
VOTE = newest("voted_at", "options")
VIEW = fill("delivered_at", "viewed_at", "reaction_emoji")
PARTICIPANT = both(
    newest("membership_at", "is_present", "left_at"), newest("role_at", "role"), fill("added_at")
)
PRESENCE = both(
    newest("online_at", "is_online"), newest("chat_state_at", "chat_state", "chat"), fill("last_seen")
)
MESSAGE = fill("raw", "body", "edited_at", "deleted_at", "status")


def nothing(stays: Any, goes: Any) -> None:
    """The same thing twice."""


# What points to a chat or a contact: by which field, beside which others it is unique, and how two such rows
# become one.
OF_CHATS: tuple[tuple[type[Model], str, tuple[str, ...], Combine], ...] = (
    (Message, "chat", ("message_id", "sender"), MESSAGE),
    (Receipt, "chat", ("message_id", "contact"), RECEIPT),
    (Reaction, "chat", ("target_id", "sender"), REACTION),
    (PollVote, "chat", ("poll_id", "voter"), VOTE),
    (LabelAssociation, "chat", ("label", "message_id"), nothing),
    (Call, "chat", (), nothing),
    (Presence, "chat", (), nothing),
    (PresenceChange, "chat", (), nothing),
)
OF_CONTACTS: tuple[tuple[type[Model], str, tuple[str, ...], Combine], ...] = (
    (Message, "sender", ("message_id", "chat"), MESSAGE),
    (Message, "deleted_by", (), nothing),
    (Story, "sender", ("message_id",), fill("raw", "body")),
    (StoryView, "contact", ("message_id",), VIEW),
    (Receipt, "contact", ("message_id", "chat"), RECEIPT),
    (Reaction, "sender", ("target_id", "chat"), REACTION),
    (PollVote, "voter", ("poll_id", "chat"), VOTE),
    (GroupParticipant, "contact", ("group",), PARTICIPANT),
    (GroupChange, "actor", (), nothing),
    (GroupChange, "contact", (), nothing),
    (Group, "owner", (), nothing),
    (Call, "caller", (), nothing),
    (PresenceChange, "contact", ("changed_at", "state"), nothing),
    (Media, "contact", (), nothing),
)
CONTACT = fill(
    "name",
    "short_name",
    "business_name",
    "profile_pic_url",
    "profile_pic_id",
    "profile_pic_changed_at",
    "status_text",
    "profile_asked_at",
    "identity_changed_at",
)


def merge_all(account: Account, pairs: Iterable[tuple[str, str]]) -> None:
    """Makes one person of each pair of phone JID and LID. Call it in a transaction, with nothing unsaved."""
    for phone, lid in sorted(pairs):
        merge(account, phone, lid)


def merge(account: Account, phone: str, lid: str) -> None:
    merge_chats(account, phone, lid)
    stays = Contact.objects.filter(account=account, jid=phone).first()
    goes = Contact.objects.filter(account=account, jid=lid).first()
    if goes is None:
        if stays is not None and stays.lid is None:
            Contact.objects.filter(pk=stays.pk).update(lid=lid)
        return
    if stays is None:
        Contact.objects.filter(pk=goes.pk).update(jid=phone, lid=lid, phone_number=phone_number(phone))
        return
    log.info("A contact and a contact known by LID are the same person: merging them")
    for model, field, beside, combine in OF_CONTACTS:
        move(model, field, goes, stays, beside, combine)
    merge_presence(goes, stays)
    both(CONTACT, newest("notify_name_at", "notify_name"))(stays, goes)
    stays.is_business |= goes.is_business
    stays.is_verified |= goes.is_verified
    stays.is_blocked |= goes.is_blocked
    stays.first_seen_at = min(stays.first_seen_at, goes.first_seen_at)
    goes.delete()
    stays.lid = lid
    stays.save()
    events.append(account, events.CONTACTS_UPDATE, [{"id": stays.jid, **contact_record(stays)}])


def merge_chats(account: Account, jid: str, other_jid: str) -> None:
    """Moves all of the chat `other_jid` into the chat `jid`."""
    stays = Chat.objects.filter(account=account, jid=jid).first()
    goes = Chat.objects.filter(account=account, jid=other_jid).first()
    if goes is None:
        return
    if stays is None:
        Chat.objects.filter(pk=goes.pk).update(jid=jid)
        return
    told = list(Receipt.objects.filter(chat=goes).values_list("message_id", flat=True).distinct())
    for model, field, beside, combine in OF_CHATS:
        move(model, field, goes, stays, beside, combine)
    follow_receipts(stays, told)
    newest("last_message_ts", "last_message_body")(stays, goes)
    newest("ephemeral_set_at", "ephemeral_duration")(stays, goes)
    fill("name", "mute_expiry")(stays, goes)
    for flag in ("is_archived", "is_pinned", "is_muted", "is_marked_unread"):
        setattr(stays, flag, getattr(stays, flag) or getattr(goes, flag))
    stays.unread_count += goes.unread_count
    stays.undecryptable_count += goes.undecryptable_count
    if goes.read_at is not None:
        stays.read_at = max(stays.read_at or 0, goes.read_at)
    goes.delete()
    stays.save()
    events.append(account, events.CHATS_DELETE, [other_jid])
    events.append(account, events.CHATS_UPDATE, [{"id": jid, **chat_record(stays)}])


def follow_receipts(chat: Chat, message_ids: list[str]) -> None:
    """Brings the status of our messages in line with receipts that have come to their chat."""
    for some in chunks(message_ids):
        receipts = Receipt.objects.filter(chat=chat, message_id__in=some)
        mine = {
            message.message_id: message
            for message in Message.objects.filter(chat=chat, message_id__in=some, from_me=True).defer("raw")
        }
        for receipt in receipts:
            if (message := mine.get(receipt.message_id)) is not None:
                message.status = status_after(message.status, receipt)
        Message.objects.bulk_update(mine.values(), ["status"])


def merge_presence(goes: Contact, stays: Contact) -> None:
    old = Presence.objects.filter(contact=goes).first()
    if old is None:
        return
    known = Presence.objects.filter(contact=stays).first()
    if known is None:
        Presence.objects.filter(contact=goes).update(contact=stays)
        return
    PRESENCE(known, old)
    known.save()
    old.delete()


def move(
    model: Any, field: str, goes: Model, stays: Model, beside: tuple[str, ...], combine: Combine
) -> None:
    """Points the rows of `goes` to `stays`. One that `stays` has already is combined with it."""
    manager = model._default_manager
    if beside:
        same = manager.filter(**{field: stays}, **{name: OuterRef(name) for name in beside})
        for row in manager.filter(Exists(same), **{field: goes}):
            twin = manager.get(**{field: stays}, **{name: getattr(row, name) for name in beside})
            combine(twin, row)
            row.delete()
            twin.save()
    manager.filter(**{field: goes}).update(**{field: stays})
