"""One module for each family of events. Importing this package fills the registry."""

from whatsapp.ingest.handlers import (
    account,
    calls,
    chats,
    contacts,
    group_notices,
    groups,
    history,
    messages,
    newsletters,
    nothing,
    presence,
    receipts,
    undecryptable,
)

__all__ = [
    "account",
    "calls",
    "chats",
    "contacts",
    "group_notices",
    "groups",
    "history",
    "messages",
    "newsletters",
    "nothing",
    "presence",
    "receipts",
    "undecryptable",
]
