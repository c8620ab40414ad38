"""Snippets for programs that use the hub: those of docs/integrating.md, which tests run, with this hub's
address."""

from dataclasses import dataclass

DOCUMENTED = "localhost:3100"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Some code. `id` is its place on the page."""

    id: str
    title: str
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    text: str
    snippets: tuple[Snippet, ...]


TYPESCRIPT = "npx openapi-typescript http://localhost:3100/api/openapi.json --output hub.d.ts"
PYTHON_CLIENT = (
    "openapi-python-client generate --url http://localhost:3100/api/openapi.json "
    "--meta none --output-path hub_client"
)
USE = """\
import os
from hub_client import AuthenticatedClient
from hub_client.api.actions import actions_send_text
from hub_client.api.messages import messages_search
from hub_client.models import SendTextBody

hub = AuthenticatedClient(base_url="http://localhost:3100", token=os.environ["API_KEY"])
found = messages_search.sync(client=hub, q="map")
sent = actions_send_text.sync(client=hub, body=SendTextBody(jid="12025550161", text="Hello, typed!"))
print(found.total, sent.key.id)"""
WEBSOCKET = """\
import json
import os
from websockets.sync.client import connect

last = "0"  # where to go on: keep it somewhere; 0 is everything that there is
with connect(
    f"ws://localhost:3100/ws?events=wa.messages.upsert&since={last}",
    additional_headers={"x-api-key": os.environ["API_KEY"]},
    max_size=None,
) as hub:
    for event in map(json.loads, hub):
        if "id" not in event:  # the hub's greeting
            continue
        message = event["data"]["records"][0]
        print(event["id"], message["push_name"], message["body"])
        last = event["id"]"""
EVENT_STREAM = (
    """curl -N -H "x-api-key: $API_KEY" 'http://localhost:3100/api/events/stream?events=wa.messages'"""
)
WEBHOOK = r"""curl -H "x-api-key: $API_KEY" -H 'content-type: application/json' \
     -d '{"url": "https://bot.example.org/whatsapp", "events": ["wa.messages", "connection"]}' \
     http://localhost:3100/api/webhooks"""
VERIFY = """\
import hashlib, hmac, os

SECRET = os.environ["WEBHOOK_SECRET"]


def by_hand(body: bytes, headers) -> bool:
    wanted = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, headers["x-hub-signature"])"""

SECTIONS = (
    Section(
        "Generate a client",
        "The description is OpenAPI 3.1, so clients that know every type can be generated from it.",
        (
            Snippet(
                "typescript",
                "TypeScript",
                "openapi-typescript writes the types; openapi-fetch calls the hub with them.",
                TYPESCRIPT,
            ),
            Snippet("python-client", "Python", "openapi-python-client writes a package.", PYTHON_CLIENT),
            Snippet("use", "Use it", "Functions are named as the description names the calls.", USE),
        ),
    ),
    Section(
        "Listen",
        "Whatever happens is written to a log under an id that grows without a gap. All ways to listen tell "
        "the same events; whoever remembers the last id misses nothing, however long they were away.",
        (
            Snippet(
                "websocket",
                "WebSocket",
                "In Python, with the package websockets. since= replays all after that id, then goes on.",
                WEBSOCKET,
            ),
            Snippet(
                "event-stream",
                "Server-sent events",
                "The same events over plain HTTP. Browsers resume by themselves.",
                EVENT_STREAM,
            ),
            Snippet(
                "webhook",
                "Webhooks",
                "The hub posts each event to a URL of yours, and tries again for a day.",
                WEBHOOK,
            ),
            Snippet(
                "verify",
                "Verify a webhook",
                "Check the signature against the bytes of the body, before parsing them.",
                VERIFY,
            ),
        ),
    ),
)


def sections(base: str) -> list[Section]:
    """All of them, with this hub's own address (`http://host:port/`)."""
    return [
        Section(
            section.title,
            section.text,
            tuple(
                Snippet(one.id, one.title, one.text, with_address(one.code, base)) for one in section.snippets
            ),
        )
        for section in SECTIONS
    ]


def with_address(code: str, base: str) -> str:
    scheme, _, host = base.rstrip("/").partition("://")
    is_safe = scheme == "https"
    code = code.replace(f"ws://{DOCUMENTED}", f"{'wss' if is_safe else 'ws'}://{host}")
    return code.replace(f"http://{DOCUMENTED}", f"{scheme}://{host}")
