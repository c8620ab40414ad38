"""Deletes messages, with all that belongs to them and what others did to them; and those that are too old."""

import time
from collections import defaultdict
from collections.abc import Sequence

from django.db.models import QuerySet

from whatsapp import events
from whatsapp.accounts import delete_some
from whatsapp.changes import changes_of
from whatsapp.ingest.unread import preview
from whatsapp.models import (
    Account,
    Chat,
    LabelAssociation,
    Media,
    Message,
    MessageEdit,
    PollVote,
    Reaction,
    Receipt,
)
from whatsapp.models.message import KEY_BITS
from whatsapp.records import chat_record
from whatsapp.upkeep import DAY, ROWS_AT_ONCE, in_portions


def delete_messages(account: Account, keys: Sequence[int]) -> None:
    """Deletes these messages of the account."""
    named = defaultdict(list)
    for chat, message_id in Message.objects.filter(pk__in=keys).values_list("chat", "message_id"):
        named[chat].append(message_id)
    with changes_of(account):
        for chat, names in named.items():
            Receipt.objects.filter(chat=chat, message_id__in=names).delete()
            Reaction.objects.filter(chat=chat, target_id__in=names).delete()
            PollVote.objects.filter(chat=chat, poll_id__in=names).delete()
            LabelAssociation.objects.filter(chat=chat, message_id__in=names).delete()
    for model in (MessageEdit, Media):
        theirs = model._base_manager.filter(message__in=keys).values_list("pk", flat=True)
        delete_some(account, model, list(theirs))
    delete_some(account, Message, list(keys))


def show_newest(chats: Sequence[int]) -> None:
    """Lets lists of chats show the newest message that there is now."""
    for chat in chats:
        newest = Message.objects.filter(chat=chat).order_by("-pk").values_list("body", flat=True).first()
        Chat.objects.filter(pk=chat).update(last_message_body=preview(newest))


def keep_for(chat: Chat, days: int | None) -> None:
    """Lets the chat's messages stay for so many days; for ever with None. What is older goes within the
    hour."""
    with changes_of(chat.account_id):
        chat.keep_days = days
        chat.save(update_fields=["keep_days", "updated_at"])
        events.append(chat.account, events.CHATS_UPDATE, [{"id": chat.jid, **chat_record(chat)}])


def forget_old_messages() -> int:
    """Deletes messages that are older than their chats keep them. Returns how many."""
    now, deleted = time.time(), 0
    for chat in Chat.objects.exclude(keep_days=None).select_related("account"):
        oldest = int(now - chat.keep_days * DAY) << KEY_BITS
        old = Message.objects.filter(chat=chat, pk__lt=oldest).order_by("pk").values_list("pk", flat=True)

        def some(old: QuerySet[Message, int] = old, account: Account = chat.account) -> int:
            keys = list(old[:ROWS_AT_ONCE])
            delete_messages(account, keys)
            return len(keys)

        if gone := in_portions(some):
            with changes_of(chat.account):
                show_newest([chat.pk])
        deleted += gone
    return deleted
