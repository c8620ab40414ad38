"""The admin: every table to look at, and nothing to change but what may be tried again."""

from whatsapp.admin import (
    accounts,
    calls,
    chats,
    groups,
    inbox,
    log,
    media,
    messages,
    people,
    receipts,
    stories,
)

__all__ = [
    "accounts",
    "calls",
    "chats",
    "groups",
    "inbox",
    "log",
    "media",
    "messages",
    "people",
    "receipts",
    "stories",
]
