"""What the session does over the line: one function for each kind of act, in one module for each noun.
Importing this package fills the registry."""

from whatsapp.session.deeds import chats, groups, media, messages, ourselves

__all__ = ["chats", "groups", "media", "messages", "ourselves"]
