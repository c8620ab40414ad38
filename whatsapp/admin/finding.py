"""What a search box may hold besides words: the key of a row, or the address of a person."""

from typing import Any

from django.db.models import QuerySet

from whatsapp.jids import InvalidJid, parse_jid
from whatsapp.models import Contact, Message

Rows = QuerySet[Any]

DIGITS_OF_KEYS = 19


def is_key(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) <= DIGITS_OF_KEYS and int(text) < 2**63


def people(text: str) -> list[int]:
    """The contacts with that JID, LID or phone number."""
    try:
        jid = parse_jid(text)
    except InvalidJid:
        return []
    return list(Contact.objects.addressed(jid).values_list("pk", flat=True)[:10])


def messages(message_id: str) -> list[int]:
    """The keys of the messages with WhatsApp's id `message_id`."""
    return list(Message.objects.filter(message_id=message_id).values_list("pk", flat=True)[:10])
