"""One person is one contact and one chat, whichever address came first.

When it turns out late that a phone JID and a LID are the same person's, the LID's rows move to the phone's.
Where both have a row for the same thing, one row takes up what the other knew: nothing is lost.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, Model, OuterRef, TextField
from django.db.models.functions import Cast

from whatsapp import events
from whatsapp.ingest import twins, unread
from whatsapp.ingest.bulk import chunks
from whatsapp.jids import LID_SERVER, phone_number
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

# What points to a chat or a contact: by which field, beside which others it is unique, and how two such rows
# become one.
OF_CHATS: tuple[tuple[type[Model], str, tuple[str, ...], twins.Combine], ...] = (
    (Message, "chat", ("message_id", "sender"), twins.message),
    (Receipt, "chat", ("message_id", "contact"), twins.RECEIPT),
    (Reaction, "chat", ("target_id", "sender"), twins.REACTION),
    (PollVote, "chat", ("poll_id", "voter"), twins.VOTE),
    (LabelAssociation, "chat", ("label", "message_id"), twins.nothing),
    (Call, "chat", (), twins.nothing),
    (Presence, "chat", (), twins.nothing),
    (PresenceChange, "chat", (), twins.nothing),
)
OF_CONTACTS: tuple[tuple[type[Model], str, tuple[str, ...], twins.Combine], ...] = (
    (Message, "sender", ("message_id", "chat"), twins.message),
    (Message, "deleted_by", (), twins.nothing),
    (Story, "sender", ("message_id",), twins.story),
    (StoryView, "contact", ("message_id",), twins.VIEW),
    (Receipt, "contact", ("message_id", "chat"), twins.RECEIPT),
    (Reaction, "sender", ("target_id", "chat"), twins.REACTION),
    (PollVote, "voter", ("poll_id", "chat"), twins.VOTE),
    (GroupParticipant, "contact", ("group",), twins.seat),
    (GroupChange, "actor", (), twins.nothing),
    (GroupChange, "contact", (), twins.nothing),
    (Group, "owner", (), twins.nothing),
    (Call, "caller", (), twins.nothing),
    (PresenceChange, "contact", ("changed_at", "state"), twins.nothing),
    (Media, "contact", ("picture_id",), twins.nothing),
)


def merge_all(account: Account, pairs: Iterable[tuple[str, str]]) -> None:
    """Makes one person of each pair of phone JID and LID. Call it in a transaction, with nothing unsaved."""
    pairs = sorted(pairs)
    for phone, lid in pairs:
        merge(account, phone, lid)
    readdress(account, {lid: phone for phone, lid in pairs})


def merge(account: Account, phone: str, lid: str) -> None:
    # Who changes their number keeps their LID: it is the newer number's.
    Contact.objects.filter(account=account, lid=lid).exclude(jid__in=[phone, lid]).update(lid=None)
    stays = Contact.objects.filter(account=account, jid=phone).first()
    goes = Contact.objects.filter(account=account, jid=lid).first()
    if stays is None and goes is not None:
        Contact.objects.filter(pk=goes.pk).update(jid=phone, lid=lid, phone_number=phone_number(phone))
    elif stays is not None and goes is not None:
        merge_contacts(account, stays, goes)
    elif stays is not None and stays.lid is None:
        Contact.objects.filter(pk=stays.pk).update(lid=lid)
    merge_chats(account, phone, lid)


def merge_contacts(account: Account, stays: Contact, goes: Contact) -> None:
    """Moves all of the contact `goes`, who is known by LID alone, to the contact `stays`."""
    log.info("A contact and a contact known by LID are the same person: merging them")
    for model, field, beside, combine in OF_CONTACTS:
        move(model, field, goes, stays, beside, combine)
    merge_presence(goes, stays)
    twins.CONTACT(stays, goes)
    goes.delete()
    stays.lid = goes.jid
    stays.save()
    events.append(account, events.CONTACTS_UPDATE, [{"id": stays.jid, **contact_record(stays)}])


def merge_chats(account: Account, jid: str, other_jid: str) -> None:
    """Moves all of the chat `other_jid` into the chat `jid`. Their people have been merged before."""
    stays = Chat.objects.filter(account=account, jid=jid).first()
    goes = Chat.objects.filter(account=account, jid=other_jid).first()
    if goes is None:
        return
    if stays is None:
        Chat.objects.filter(pk=goes.pk).update(jid=jid)
        return
    told = list(Receipt.objects.filter(chat=goes).values_list("message_id", flat=True).distinct())
    unread_count = unread_of_both(stays, goes)
    for model, field, beside, combine in OF_CHATS:
        move(model, field, goes, stays, beside, combine)
    follow_receipts(stays, told)
    twins.CHAT(stays, goes)
    person = Contact.objects.filter(account=account, jid=jid).first()
    if person is not None and person.display_name is not None:
        stays.name = person.display_name
    stays.unread_count = unread_count
    if stays.undecryptable_count or goes.undecryptable_count:
        placeholders = Message.objects.filter(chat=stays, message_type__in=unread.PLACEHOLDERS)
        stays.undecryptable_count = placeholders.count()
    goes.delete()
    stays.save()
    events.append(account, events.CHATS_DELETE, [other_jid])
    events.append(account, events.CHATS_UPDATE, [{"id": jid, **chat_record(stays)}])


def unread_of_both(stays: Chat, goes: Chat) -> int:
    """How many messages of both chats are unread: what was read under one address is read under the other,
    and what came under both counts once."""
    read_at = max(stays.read_at or 0, goes.read_at or 0)
    behind = [(chat.pk, read_at) for chat in (stays, goes) if (chat.read_at or 0) < read_at]
    counts = unread.count_later(behind) if behind else {}
    total = sum(counts.get(chat.pk, chat.unread_count) for chat in (stays, goes))
    theirs = Message.objects.filter(chat=goes, from_me=False, timestamp__gt=read_at)
    same = Message.objects.filter(chat=stays, message_id=OuterRef("message_id"), sender=OuterRef("sender"))
    doubled = theirs.exclude(message_type__in=unread.ASIDES).filter(Exists(same)).count()
    return max(0, total - doubled)


def readdress(account: Account, phones: Mapping[str, str]) -> None:
    """Lets the lists of calls' participants name people by phone JID; `phones` is LID → phone JID."""
    if not phones:
        return
    calls = Call.objects.filter(account=account, participants__isnull=False)
    by_lid = calls.annotate(text=Cast("participants", TextField())).filter(text__contains=f"@{LID_SERVER}")
    for call in by_lid:
        call.participants = [phones.get(jid, jid) for jid in call.participants]
        call.save(update_fields=["participants"])


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
    twins.PRESENCE(known, old)
    known.save()
    old.delete()


def move(
    model: Any, field: str, goes: Model, stays: Model, beside: tuple[str, ...], combine: twins.Combine
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
