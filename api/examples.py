"""What the OpenAPI document shows as examples."""

from whatsapp.records import complete_record

MESSAGE = complete_record(
    {
        "id": "3EB0C431C26A1916E07E",
        "remote_jid": "15550100@s.whatsapp.net",
        "from_jid": "15550100@s.whatsapp.net",
        "from_me": False,
        "timestamp": 1714564800,
        "push_name": "Alice",
        "message_type": "text",
        "body": "Shall we meet at noon?",
        "edit_type": 1,
        "edited_at": "2024-05-01 12:01:30",
        "created_at": "2024-05-01 12:00:01",
        "account": "default",
    }
)

MESSAGE_DETAIL = {
    **MESSAGE,
    "reactions": [{"emoji": "👍", "from_jid": "15550111@s.whatsapp.net", "timestamp": 1714564860}],
    "receipts": [],
    "poll_results": None,
    "edits": [
        {
            "body": "Shall we meet?",
            "edited_at": "2024-05-01 12:00:00",
            "from_jid": "15550100@s.whatsapp.net",
        }
    ],
    "raw": {"conversation": "Shall we meet at noon?"},
}

CHAT = {
    "jid": "15550100@s.whatsapp.net",
    "name": "Alice",
    "is_group": False,
    "is_archived": False,
    "is_pinned": True,
    "is_muted": False,
    "mute_expiry": None,
    "unread_count": 2,
    "last_message_ts": 1714564800,
    "last_message_body": "Shall we meet at noon?",
    "updated_at": "2024-05-01 12:00:01",
}
CHAT_DETAIL = {**CHAT, "recent_messages": [MESSAGE]}

MEDIA = {
    "id": "1797851591966720000",
    "message_id": "3EB0C431C26A1916E07E",
    "kind": "image",
    "mime_type": "image/jpeg",
    "file_size": 48213,
    "filename": "9f86d081884c7d659a2feaa0c55ad015.jpg",
    "original_filename": None,
    "file_path": "2024/05/01/9f86d081884c7d659a2feaa0c55ad015.jpg",
    "file_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "width": 1280,
    "height": 960,
    "duration": None,
    "download_status": "downloaded",
    "download_error": None,
    "created_at": "2024-05-01 12:00:01",
}
MEDIA_STATS = {
    "total": 3,
    "downloaded": 2,
    "pending": 1,
    "failed": 0,
    "totalSize": 96426,
    "byType": [{"mime_type": "image/jpeg", "count": 3}],
}

CONNECTION = {
    "status": "connected",
    "jid": "15550199@s.whatsapp.net",
    "hasQR": False,
    "since": 1714564700,
    "reason": None,
    "retry_in": None,
    "last_event_at": 1714564800,
    "history": None,
}
QR = {"qr": "data:image/png;base64,iVBORw0KGgo…", "raw": "2@Zm9v…"}

SEND_TEXT = {"jid": "15550100", "text": "At noon, yes.", "quoted_id": "3EB0C431C26A1916E07E"}
SENT = {
    "success": True,
    "key": {"remoteJid": "15550100@s.whatsapp.net", "fromMe": True, "id": "3EB09B1E1B1A0C0D0E0F"},
    "action_id": 42,
}
ACTION = {
    "id": 42,
    "kind": "send_text",
    "status": "delivered",
    "error": None,
    "attempts": 1,
    "created_at": "2024-05-01 12:02:00",
    "updated_at": "2024-05-01 12:02:02",
    "finished_at": "2024-05-01 12:02:01",
    "payload": {"jid": "15550100@s.whatsapp.net", "text": "At noon, yes.", "quoted_id": None},
    "result": {"key": SENT["key"]},
    "message_id": "3EB09B1E1B1A0C0D0E0F",
}

EVENT = {
    "id": 7,
    "event_type": "connection.status",
    "payload": '{"status":"connected","jid":"15550199@s.whatsapp.net"}',
    "logged_at": "2024-05-01 11:58:20",
}
EVENT_TYPES = {"data": [{"event_type": "wa.messages.upsert", "count": 1204}]}

HEALTH = {
    "status": "ok",
    "version": "0.1.0",
    "connection": "connected",
    "processes": {
        "web": {"alive": True, "last_seen": 1714564800},
        "session": {"alive": True, "last_seen": 1714564797},
    },
    "inbox": {"pending": 0, "more": False},
}
SUMMARY = {
    "name": "WhatsApp Hub API",
    "version": "0.1.0",
    "endpoints": {"messages": {"GET /api/messages": "List messages"}},
}
