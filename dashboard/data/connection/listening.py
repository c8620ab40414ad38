"""Trying the event stream out: which events there are, and how a program follows the same ones."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

from whatsapp import events
from whatsapp.models import Account

SHORT_FAMILIES = ("wa.",)  # whose types have a family each: wa.messages, wa.chats

# Close code → what it means to a client.
CLOSE_CODES = {
    1001: "The hub goes away, for a restart. Connect anew with the id of the last event as since.",
    1011: "The hub has failed; its log says why.",
    4001: "Unauthorized: no key, a wrong one, or a key that was revoked meanwhile.",
    4003: "Forbidden: the page's origin, or the key, may not listen to this.",
    4029: "Too many listeners, or too many messages from the client.",
    4400: "The address asks for something that isn't there: since, or a kind of event.",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events somebody wants: `prefixes` of types (none: all of them), after the event `since`."""

    prefixes: tuple[str, ...] = ()
    since: str = ""


@dataclass(frozen=True, slots=True)
class Snippet:
    name: str
    id: str
    text: str


def families() -> list[str]:
    """The prefixes that stand for events of one kind each."""
    return sorted({family_of(event_type) for event_type in events.TYPES})


def family_of(event_type: str) -> str:
    parts = event_type.split(".")
    return ".".join(parts[:2]) if event_type.startswith(SHORT_FAMILIES) else parts[0]


def query_of(account: Account, wanted: Wanted) -> str:
    """The query of the address, with its question mark; empty for all events of the hub's own account."""
    query = {
        "events": ",".join(wanted.prefixes),
        "since": wanted.since,
        "account": "" if account.name == settings.SESSION_NAME else account.name,
    }
    text = urlencode({name: value for name, value in query.items() if value}, safe=",")
    return "?" + text if text else ""


def snippets(account: Account, wanted: Wanted, host: str, is_secure: bool) -> list[Snippet]:
    """The same in a terminal, and in a program's own page. The key stays out of them."""
    query = query_of(account, wanted)
    secure = "s" if is_secure else ""
    joiner = "&" if query else "?"
    http, ws = f"http{secure}://{host}", f"ws{secure}://{host}"
    return [
        Snippet(
            "WebSocket, in a terminal", "websocat", f"websocat -H \"x-api-key: $API_KEY\" '{ws}/ws{query}'"
        ),
        Snippet(
            "WebSocket, in JavaScript",
            "javascript",
            f'const asked = await fetch("{http}/api/ws/ticket", {{\n'
            '  method: "POST",\n  headers: { "x-api-key": API_KEY },\n});\n'
            "const { ticket } = await asked.json();\n"
            f"const socket = new WebSocket(`{ws}/ws{query}{joiner}ticket=${{ticket}}`);\n"
            "socket.onmessage = ({ data }) => console.log(JSON.parse(data));\n"
            "socket.onclose = ({ code, reason }) => console.log(code, reason);",
        ),
        Snippet(
            "Server-sent events, with curl",
            "curl",
            f"curl -N -H \"x-api-key: $API_KEY\" '{http}/api/events/stream{query}'",
        ),
    ]
