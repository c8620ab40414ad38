"""The tables, one module for each noun."""

from whatsapp.models.account import Account, Connection
from whatsapp.models.action import Action
from whatsapp.models.chat import Chat
from whatsapp.models.contact import Contact
from whatsapp.models.event import Event
from whatsapp.models.inbox import InboxEvent
from whatsapp.models.media import Media
from whatsapp.models.message import Message, MessageEdit, MessageIndex
from whatsapp.models.receipt import Receipt

__all__ = [
    "Account",
    "Action",
    "Chat",
    "Connection",
    "Contact",
    "Event",
    "InboxEvent",
    "Media",
    "Message",
    "MessageEdit",
    "MessageIndex",
    "Receipt",
]
