"""The line to WhatsApp as its page shows it: how it is and why, which phone is linked, what can be done."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache

import segno
from django.utils.safestring import SafeString, mark_safe

from dashboard.acting import Outcome
from dashboard.data.faces import Face, faces, unnamed
from whatsapp import actions, events, processes, stats
from whatsapp.models import Account, Action, Chat, Connection, Contact, Event, HistorySync

Status = Connection.Status

SILENT = "silent"  # what the line is shown as when its session process gives no sign of life
STARTING = "starting"  # and while that of a new account starts
STARTING_SECONDS = 30
# State → what it is called, and how good it is (a class of parts.css).
STATES = {
    Status.CONNECTED: ("Connected", "good"),
    Status.QR: ("Waiting for your phone", "warn"),
    Status.CONNECTING: ("Connecting", "warn"),
    Status.DISCONNECTED: ("Not connected", "bad"),
    SILENT: ("The session process is not running", "bad"),
    STARTING: ("Starting", "warn"),
}
# Words of a reason (whatsapp/session/verdicts.py) → what the owner can do about it.
ADVICE = {
    "stream replaced": "Look for a second hub, or a copy of this one's data folder, that uses the same "
    "session. Stop it, then restart the connection here.",
    "banned this number": "Nothing can be sent or received until then. The hub connects by itself when the "
    "ban is over. Send less afterwards, and only to people who expect it.",
    "client outdated": "Install the newest version of the hub. The phone stays linked, and what is stored "
    "stays.",
    "refused the connection": "The hub goes on trying. If WhatsApp goes on refusing, ask for a new code and "
    "link the phone again.",
    "can't be reached": "The hub goes on trying. Look whether this machine is online, and whether a firewall "
    "or proxy keeps it from web.whatsapp.com, port 443.",
}
SCANNED = "scanned; logging in"  # of the reason while that is so (whatsapp/session/runner.py)
QUIET_ZONE = 4  # modules of white that the standard wants on each side


@dataclass(frozen=True, slots=True)
class Unlinking:
    """When this account lost its phone, and why."""

    at: datetime
    reason: str


@dataclass(frozen=True)
class Line:
    """An account's line to WhatsApp at one moment."""

    account: Account
    now: int

    @property
    def connection(self) -> Connection:
        return self.account.connection

    @property
    def is_alive(self) -> bool:
        """Whether the session process gives signs of life."""
        return processes.is_alive(self.connection.heartbeat_at, self.now)

    @property
    def state(self) -> str:
        if self.is_alive:
            return self.connection.status
        return STARTING if self.is_new else SILENT

    @property
    def is_new(self) -> bool:
        """Whether the account was made just now, and its session has not had the time to start."""
        age = self.now - self.account.created_at.timestamp()
        return self.connection.heartbeat_at is None and not self.account.is_default and age < STARTING_SECONDS

    @property
    def title(self) -> str:
        return STATES[self.state][0]

    @property
    def mood(self) -> str:
        return STATES[self.state][1]

    @property
    def is_connected(self) -> bool:
        return self.state == Status.CONNECTED

    @property
    def is_linked(self) -> bool:
        """Whether a phone knows this hub as a linked device, however the line is now."""
        return bool(self.account.device) or self.connection.status == Status.CONNECTED

    @property
    def shape(self) -> str:
        """Which of its two forms the page has; a live page is drawn anew when this changes."""
        return "linked" if self.is_linked else "unlinked"

    @property
    def advice(self) -> str:
        """What to do about the reason; nothing where the hub needs no help."""
        reason = self.connection.reason or ""
        if self.state in (Status.CONNECTED, Status.QR, SILENT, STARTING):
            return ""
        return next((advice for words, advice in ADVICE.items() if words in reason), "")

    @property
    def next_try(self) -> int | None:
        """Seconds until the hub tries again; None when it isn't waiting."""
        at = self.connection.retry_at if self.is_alive else None
        return max(0, at - self.now) if at else None

    @property
    def qr(self) -> str | None:
        """The text to scan now: that of a session which is gone links nothing."""
        return self.connection.qr if self.is_alive else None

    @property
    def drawing(self) -> SafeString | None:
        return drawing_of(self.qr) if self.qr else None

    @cached_property
    def me(self) -> Face:
        """The linked phone's owner, under the name that WhatsApp shows of them."""
        jid = self.account.jid or ""
        known = faces(self.account, [jid]).get(jid)
        return Face(
            jid, self.account.push_name or unnamed(jid) or "A phone", known.picture if known else None
        )

    @cached_property
    def history(self) -> HistorySync | None:
        """The import that is under way."""
        return HistorySync.objects.under_way().filter(account=self.account).first()

    @cached_property
    def unlinking(self) -> Unlinking | None:
        """How the phone was lost that was linked before; None when none was, or when that is long ago."""
        if self.is_linked or not self.account.jid:
            return None
        event = (
            Event.objects.filter(account=self.account, event_type=events.CONNECTION_LOGGED_OUT)
            .order_by("-id")
            .first()
        )
        if event is None:
            return None
        reason = json.loads(event.payload).get("reason") or ""
        return Unlinking(datetime.fromtimestamp(event.logged_at / 1000, UTC), reason)

    @property
    def is_scanned(self) -> bool:
        """Whether a phone has just scanned the code, and the login is under way."""
        return self.state == Status.CONNECTING and SCANNED in (self.connection.reason or "")


def line_of(account: Account) -> Line:
    return Line(account, int(time.time()))


@lru_cache(maxsize=4)
def drawing_of(text: str) -> SafeString:
    """The QR code as an SVG; its colours are the style sheet's, the same in every theme."""
    code = segno.make(text, error="m", micro=False)
    drawn = code.svg_inline(border=QUIET_ZONE, omitsize=True, svgclass=None, lineclass=None)
    return mark_safe(drawn)  # noqa: S308  # nosec B308 B703  # segno draws numbers only: the text is in which squares are dark, never in the markup


# Linking by a code that is typed into the phone


@dataclass(frozen=True, slots=True)
class Pairing:
    """The form for a pairing code, or what came of it. `code` is None when there is none that is good now."""

    code: str | None = None
    action: Action | None = None
    phone: str = ""
    errors: list[str] = field(default_factory=list)


def pairing_of(line: Line, key: str | None) -> Pairing:
    """The code that the act with that key has got, as long as a phone takes it: until WhatsApp has given the
    line other ones."""
    action = act_of(line.account, actions.PAIR, key)
    if action is None:
        return Pairing()
    phone = action.payload.get("phone", "")
    if action.status in actions.UNFINISHED:
        return Pairing(action=action, phone=phone)
    if action.status == Action.Status.FAILED:
        return Pairing(phone=phone, errors=[action.error or "WhatsApp gave no code."])
    since = line.connection.since or 0
    if action.finished_at is None or action.finished_at.timestamp() < since or not line.is_alive:
        return Pairing(phone=phone, errors=["That code is no longer good. Ask for another one."])
    return Pairing((action.result or {}).get("code"), action, phone)


# The first message

SO_FAR: dict[str, str] = {
    Action.Status.QUEUED: "Queued for",
    Action.Status.SENDING: "On its way to",
    Action.Status.SENT: "Sent to",
    Action.Status.DELIVERED: "Delivered to",
    Action.Status.READ: "Read by",
    Action.Status.PLAYED: "Read by",
}


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """The form for a message, or what has become of it."""

    action: Action | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.action)

    @property
    def general(self) -> list[str]:
        """What is wrong with no field of the form."""
        return self.errors.get("", [])

    @property
    def has_failed(self) -> bool:
        return self.action is not None and self.action.status in (
            Action.Status.FAILED,
            Action.Status.CANCELLED,
        )

    @property
    def so_far(self) -> str:
        """What has become of it, up to the person's name."""
        return SO_FAR.get(Action.Status(self.action.status), "") if self.action is not None else ""

    @property
    def to(self) -> str:
        return unnamed(self.action.jid) if self.action is not None and self.action.jid else ""


def message_of(account: Account, key: str | None) -> FirstMessage:
    return FirstMessage(act_of(account, actions.SEND_TEXT, key))


def act_of(account: Account, kind: str, key: str | None) -> Action | None:
    """The account's act of that kind with that key; None when there is none."""
    if key is None or not key.isdecimal() or len(key) > 18:
        return None
    found: Action | None = Action.objects.filter(account=account, kind=kind, pk=int(key)).first()
    return found


# The accounts of this hub


def lines(accounts: Iterable[Account]) -> list[Line]:
    """The line of each account, the default one's first."""
    now = int(time.time())
    found = [Line(account, now) for account in accounts]
    return sorted(found, key=lambda line: (not line.account.is_default, line.account.name))


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What was typed into the form for another account, and why it was refused."""

    name: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """How much of an account is lost when it is removed."""

    messages: int
    chats: int
    contacts: int
    files: int


def stored_of(account: Account) -> Stored:
    return Stored(
        sum(kind.number for kind in stats.by_kind(stats.counts_of_account(account))),
        Chat.objects.filter(account=account).count(),
        Contact.objects.filter(account=account).count(),
        sum(files.number for files in stats.files_of_account(account)),
    )
