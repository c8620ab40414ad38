"""The contract's calls as data: what is asked, and the shape of the answer.

A path names things of the live hub in braces: see `LiveHub.known`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from tests.contract import shapes
from tests.contract.shapes import Shape, data, page, record


@dataclass(frozen=True)
class Row:
    """One call. `body` is sent as JSON; in it, too, names in braces are filled in."""

    method: str
    path: str
    shape: Shape
    body: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def get(path: str, shape: Shape) -> Row:
    return Row("GET", path, shape)


def post(path: str, shape: Shape, **body: Any) -> Row:
    return Row("POST", path, shape, body)


def put(path: str, shape: Shape, **body: Any) -> Row:
    return Row("PUT", path, shape, body)


# A picture of one pixel, and a file of any kind.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PAPER = base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()

READS = [
    get("/health", shapes.HEALTH),
    get("/api", shapes.SUMMARY),
    get("/api/openapi.json", record({"openapi": {"const": "3.1.0"}, "paths": shapes.OBJECT})),
    get("/api/connection/status", shapes.CONNECTION),
    get("/api/messages", page(shapes.MESSAGE)),
    get(
        "/api/messages?limit=2",
        record({"data": {**shapes.many(shapes.MESSAGE), "maxItems": 2}, "next": shapes.FILLED}),
    ),
    get("/api/messages/search?q=map", page(shapes.FOUND_MESSAGE)),
    get("/api/messages/stats", shapes.MESSAGE_STATS),
    get("/api/messages/{message}", shapes.MESSAGE_DETAIL),
    get("/api/messages/{mine}/receipts", data(shapes.RECEIPT)),
    get("/api/messages/{edited}/edits", data(shapes.EDIT)),
    get("/api/chats", page(shapes.CHAT)),
    get("/api/chats?search=Alice", page(shapes.CHAT)),
    get("/api/chats/{alice}", shapes.CHAT_DETAIL),
    get("/api/contacts", page(shapes.CONTACT)),
    get("/api/contacts?search=Alice", page(shapes.CONTACT)),
    get("/api/contacts?limit=1&offset=1", page(shapes.CONTACT)),
    get("/api/contacts/{alice}", shapes.CONTACT),
    get("/api/contacts/{alice}/profile-pic", record({"url": shapes.maybe(shapes.FILLED)})),
    get("/api/groups", page(shapes.GROUP)),
    get("/api/groups?search=hike", page(shapes.GROUP)),
    get("/api/groups/{group}", shapes.GROUP_DETAIL),
    get("/api/groups/{group}/metadata", shapes.OBJECT),
    get("/api/groups/{group}/invite-code", record({"code": shapes.FILLED})),
    get("/api/actions", page(shapes.ACTION)),
    get("/api/actions/{action}", shapes.ACTION),
    get("/api/media/stats", shapes.MEDIA_STATS),
    get("/api/media/{media}", shapes.MEDIA),
    get("/api/media/by-message/{picture}", shapes.MEDIA),
    get("/api/stats", shapes.STATS),
    get("/api/stats/events", data(shapes.EVENT)),
    get("/api/stats/events?type=wa.messages&limit=3", data(shapes.EVENT)),
    get("/api/stats/events/types", data(shapes.EVENT_TYPE)),
    get("/api/settings", data(shapes.SETTING)),
    get("/api/calls", page(shapes.OBJECT)),
    get("/api/presence", page(shapes.OBJECT)),
    get("/api/receipts", page(shapes.OBJECT)),
    get("/api/stories", page(shapes.OBJECT)),
    get("/api/labels", page(shapes.OBJECT)),
    get("/api/accounts", data(shapes.OBJECT)),
    get("/api/keys", data(shapes.OBJECT, least=0)),
]

ALICE = "{alice}"
SENDS = [
    post("/api/actions/send/text", shapes.SENT, jid=ALICE, text="Hello, Alice!"),
    post("/api/actions/send/text", shapes.SENT, jid="12025550161", text="By your number"),
    post("/api/actions/send/text", shapes.SENT, jid=ALICE, text="Yes", quoted_id="{message}"),
    post(
        "/api/actions/send/image",
        shapes.SENT,
        jid=ALICE,
        base64=PNG,
        caption="A pixel",
        mime_type="image/png",
    ),
    post("/api/actions/send/video", shapes.SENT, jid=ALICE, base64="{video}", caption="A film"),
    post("/api/actions/send/audio", shapes.SENT, jid=ALICE, base64="{audio}", ptt=True),
    post(
        "/api/actions/send/document",
        shapes.SENT,
        jid=ALICE,
        base64=PAPER,
        filename="a.pdf",
        mime_type="application/pdf",
        caption="A paper",
    ),
    post("/api/actions/send/sticker", shapes.SENT, jid=ALICE, base64=PNG),
    post(
        "/api/actions/send/location",
        shapes.SENT,
        jid=ALICE,
        latitude=46.79,
        longitude=10.29,
        name="Hut",
        address="Zernez",
    ),
    post("/api/actions/send/contact", shapes.SENT, jid=ALICE, contact_jid="12025550172", name="Ben"),
    post("/api/actions/send/poll", shapes.SENT, jid=ALICE, name="Tea?", options=["Yes", "No"]),
    post("/api/actions/react", shapes.SENT, jid=ALICE, message_id="{message}", emoji="👍"),
    post("/api/actions/edit", shapes.SENT, jid=ALICE, message_id="{sent}", text="Hello again, Alice!"),
    post("/api/actions/revoke", shapes.SENT, jid=ALICE, message_id="{sent}"),
]

ACTS = [
    post("/api/actions/read", shapes.SUCCESS, jid=ALICE, message_ids=["{message}"]),
    post("/api/actions/presence", shapes.SUCCESS, type="available"),
    post("/api/actions/presence", shapes.SUCCESS, type="composing", jid=ALICE),
    post("/api/actions/presence", shapes.SUCCESS, type="recording", jid=ALICE),
    post("/api/actions/presence", shapes.SUCCESS, type="paused", jid=ALICE),
    post("/api/actions/star", shapes.SUCCESS, jid=ALICE, message_id="{message}", starred=True),
    post("/api/actions/star", shapes.SUCCESS, jid=ALICE, message_id="{message}", starred=False),
    post("/api/actions/chat", shapes.SUCCESS, jid=ALICE, archive=True, pin=False),
    post("/api/actions/chat", shapes.SUCCESS, jid=ALICE, archive=False, mute=True),
    post("/api/actions/chat", shapes.SUCCESS, jid=ALICE, mute=False, mark_unread=True),
    put("/api/actions/profile-status", shapes.SUCCESS, status="Out hiking, too"),
    put("/api/groups/{group}/subject", shapes.SUCCESS, subject="Saturday hike"),
    put("/api/groups/{group}/description", shapes.SUCCESS, description="At noon"),
    post(
        "/api/groups/{group}/participants",
        shapes.PARTICIPANTS_CHANGED,
        participants=["{ben}"],
        action="promote",
    ),
    post("/api/groups/sync", shapes.GROUPS_SYNCED),
]

ON_THE_HUB = [
    put("/api/settings", shapes.ANYTHING, maxMediaSizeMB=50),
    post(
        "/api/webhooks",
        record({"success": shapes.TRUE, "id": shapes.FILLED}),
        url="https://nobody.example/hook",
        secret="hush-hush",
        events="wa.messages",
    ),
    get("/api/webhooks", data(shapes.WEBHOOK)),
    get("/api/webhooks/deliveries", page(shapes.DELIVERY, least=0)),
    post(
        "/api/webhooks/deliveries/replay",
        record({"success": shapes.TRUE, "queued": shapes.COUNT}),
        status="exhausted",
    ),
    Row("DELETE", "/api/webhooks/999999", record({"success": shapes.TRUE, "deleted": shapes.BOOLEAN})),
    Row(
        "DELETE",
        "/api/stats/events/prune?days=365",
        record({"success": shapes.TRUE, "deleted": shapes.COUNT}),
    ),
]

# Each parameter of a list, and what is true of every row that it leaves. Rows are found by all of them.
FILTERS: list[tuple[str, Any]] = [
    ("chat={alice}", lambda row, known: row["remote_jid"] == known["alice"]),
    ("chat=12025550161", lambda row, known: row["remote_jid"] == known["alice"]),
    ("from={alice}", lambda row, known: row["from_jid"] == known["alice"]),
    ("from_me=true", lambda row, known: row["from_me"]),
    ("from_me=false", lambda row, known: not row["from_me"]),
    ("type=image", lambda row, known: row["message_type"] == "image"),
    ("search=map", lambda row, known: "map" in row["body"].lower()),
    ("before={moment}", lambda row, known: row["timestamp"] < int(known["moment"])),
    ("after={moment}", lambda row, known: row["timestamp"] > int(known["moment"])),
    ("has_media=true", lambda row, known: row["has_media"]),
    ("has_media=false", lambda row, known: not row["has_media"]),
    ("starred=true", lambda row, known: row["is_starred"]),
    ("has_reactions=true", lambda row, known: True),
]
SEARCH_FILTERS = [
    "chat={group}",
    "from={ben}",
    "type=text",
    "before=9999999999",
    "after=1",
    "order=time",
    "order=rank",
]

# What is wrong with a request, and the field that the answer has to name ("" where no field is at fault).
BAD_REQUESTS: list[tuple[Row, str]] = [
    (get("/api/messages?from_me=perhaps", shapes.INVALID), "from_me"),
    (get("/api/messages?before=yesterday", shapes.INVALID), "before"),
    (get("/api/messages?chat=nobody", shapes.INVALID), "chat"),
    (get("/api/messages?order=sideways", shapes.INVALID), "order"),
    (get("/api/messages?limit=many", shapes.INVALID), "limit"),
    (get("/api/messages?cursor=nonsense", shapes.INVALID), "cursor"),
    (get("/api/messages?colour=red", shapes.INVALID), "colour"),
    (get("/api/messages/search", shapes.ERROR), ""),
    (get("/api/messages/search?q=map&order=sideways", shapes.INVALID), "order"),
    (get("/api/chats?account=nobody", shapes.INVALID), "account"),
    (post("/api/actions/send/text", shapes.INVALID, text="To whom?"), "jid"),
    (post("/api/actions/send/text", shapes.INVALID, jid="nobody", text="Hello"), "jid"),
    (post("/api/actions/send/text", shapes.INVALID, jid=ALICE), "text"),
    (post("/api/actions/send/text", shapes.INVALID, jid=ALICE, text=5), "text"),
    (post("/api/actions/send/text", shapes.INVALID, jid=12025550161, text="Hello"), "jid"),
    (post("/api/actions/send/text", shapes.INVALID, jid=ALICE, text="No", quoted_id="3EB0NONE"), "quoted_id"),
    (post("/api/actions/send/image", shapes.ERROR, jid=ALICE), ""),
    (post("/api/actions/send/image", shapes.INVALID, jid=ALICE, base64="%%%"), "base64"),
    (post("/api/actions/send/document", shapes.INVALID, jid=ALICE, base64=PAPER), "filename"),
    (post("/api/actions/send/location", shapes.INVALID, jid=ALICE, latitude=91, longitude=0), "latitude"),
    (post("/api/actions/send/contact", shapes.INVALID, jid=ALICE, name="Ben"), "contact_jid"),
    (post("/api/actions/send/poll", shapes.INVALID, jid=ALICE, name="Tea?"), "options"),
    (post("/api/actions/react", shapes.INVALID, jid=ALICE, emoji="👍"), "message_id"),
    (post("/api/actions/read", shapes.INVALID, jid=ALICE), "message_ids"),
    (post("/api/actions/presence", shapes.INVALID, type="asleep"), "type"),
    (post("/api/actions/call/reject", shapes.INVALID, call_id="none"), "call_id"),
    (put("/api/actions/profile-status", shapes.INVALID), "status"),
    (put("/api/groups/{group}/subject", shapes.INVALID, subject="x" * 101), "subject"),
    (put("/api/groups/{group}/description", shapes.INVALID, description="x" * 2049), "description"),
    (
        post("/api/groups/{group}/participants", shapes.INVALID, participants=["{ben}"], action="hug"),
        "action",
    ),
    (put("/api/settings", shapes.INVALID, maxMediaSizeMB="much"), "maxMediaSizeMB"),
    (put("/api/settings", shapes.INVALID, colour="red"), "colour"),
    (Row("DELETE", "/api/stats/events/prune?days=none", shapes.INVALID), "days"),
    (post("/api/webhooks", shapes.INVALID, url="nowhere"), "url"),
    (post("/api/webhooks", shapes.INVALID, url="http://127.0.0.1/"), "url"),
    (post("/api/webhooks", shapes.INVALID, url="https://nobody.example/", events="wa.none"), "events"),
    (post("/api/connection/pair", shapes.INVALID, phone="none"), "phone"),
]

MISSING = [
    get("/api/nothing-here", shapes.ERROR),
    get("/api/v1/nothing-here", shapes.ERROR),
    post("/api/nothing-here", shapes.ERROR),
    get("/api/messages/3EB0NONE", shapes.ERROR),
    get("/api/messages/3EB0NONE/receipts", shapes.ERROR),
    get("/api/messages/3EB0NONE/edits", shapes.ERROR),
    get("/api/chats/15550100", shapes.ERROR),
    get("/api/contacts/15550100", shapes.ERROR),
    get("/api/groups/120363999999999999@g.us", shapes.ERROR),
    get("/api/media/999999999", shapes.ERROR),
    get("/api/media/none", shapes.ERROR),
    get("/api/media/999999999/download", shapes.ERROR),
    get("/api/media/by-message/3EB0NONE", shapes.ERROR),
    post("/api/media/999999999/retry", shapes.ERROR),
    get("/api/actions/999999999", shapes.ERROR),
    get("/api/webhooks/999999999", shapes.ERROR),
    put("/api/webhooks/999999999/toggle", shapes.ERROR),
    post("/api/webhooks/deliveries/999999999/retry", shapes.ERROR),
]
