"""Invented conversations, always the same ones.

A corpus is a file of records, one JSON object a line, told apart by `t`; what they say of people, chats and
messages belongs to no program:

    contact  jid, lid, name, push_name
    group    jid, subject, owner, created, participants: [{jid, admin: null, "admin" or "superadmin"}]
    chat     jid, lid or null, name, group, unread
    message  id, chat, chat_lid or null, from_me, sender or null, push_name or null, ts, kind, text or null,
             quoted: {id, sender, text} or null, forwarded, media: {mime, size, filename, seconds, width,
             height, thumb_bytes} or null, reaction: {emoji, target_id, target_from_me, target_sender} or null
    receipt  message_id, chat, user, status: "delivered" or "read", ts

Times are Unix seconds. Chats and people are named by phone JID; a chat with a `chat_lid` is one that WhatsApp
addresses by LID. Reactions count as messages; receipts come after their message. The same seed gives the same
bytes, and a shorter corpus is the beginning of a longer one.
"""

from typing import Any

Record = dict[str, Any]

SEED = 7
