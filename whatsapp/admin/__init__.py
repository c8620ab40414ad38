"""The admin: every table to look at, and nothing to change but keys, settings and what may be tried again."""

from whatsapp.admin import (
    accounts,
    calls,
    chats,
    editing,
    groups,
    inbox,
    log,
    media,
    messages,
    people,
    processes,
    receipts,
    stories,
    webhooks,
)

__all__ = [
    "accounts",
    "calls",
    "chats",
    "editing",
    "groups",
    "inbox",
    "log",
    "media",
    "messages",
    "people",
    "processes",
    "receipts",
    "stories",
    "webhooks",
]
