"""What surrounds every page: where one can go, how the line to WhatsApp is, and what needs the owner."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest

from dashboard.access import theme_of
from dashboard.naming import ACCOUNT
from whatsapp.models import Account, Event, Webhook


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu. `icon` is the id of a drawing in static/icons.svg."""

    title: str
    path: str
    icon: str

    def holds(self, path: str) -> bool:
        """Whether the page at `path` belongs here."""
        return path == self.path or (self.path != "/" and path.startswith(self.path + "/"))


PAGES = (
    Place("Overview", "/", "gauge"),
    Place("Messages", "/messages", "chat"),
    Place("Contacts", "/contacts", "person"),
    Place("Groups", "/groups", "people"),
    Place("Media", "/media", "image"),
    Place("Webhooks", "/webhooks", "hook"),
    Place("Events", "/events", "pulse"),
    Place("Actions", "/actions", "send"),
    Place("Connection", "/connection", "link"),
    Place("API docs", "/docs", "code"),
)
MORE = (
    Place("Settings", "/settings", "sliders"),
    Place("Keys", "/keys", "key"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """An account that the pages may be about; `path` leads to this section's page of it."""

    account: Account
    path: str
    is_here: bool

    @classmethod
    def of(cls, account: Account, request: Any) -> "Choice":
        here = next((place.path for place in (*PAGES, *MORE) if place.holds(request.path)), "/")
        return cls(account, f"{here}?{ACCOUNT}={quote(account.name)}", account.pk == request.account.pk)

    @property
    def title(self) -> str:
        return self.account.push_name or self.account.name


def shell(request: HttpRequest) -> dict[str, Any]:
    """A context processor: `shell` is there for the owner's pages alone, and asks the database only when a
    template shows it."""
    if not hasattr(request, "account"):
        return {"theme": theme_of(request)}
    return {"theme": theme_of(request), "shell": Shell(request)}


class Shell:
    def __init__(self, request: Any) -> None:
        self.account = request.account
        self.connection = request.account.connection
        self.accounts = [Choice.of(one, request) for one in request.accounts]
        self.pages = [(place, place.holds(request.path)) for place in PAGES]
        self.more = [(place, place.holds(request.path)) for place in MORE]

    def newest_event(self) -> int:
        """After which event the page listens: asked before anything of it is rendered, so that nothing is
        missed between the two."""
        return Event.objects.newest_id()

    def paused_webhooks(self) -> int:
        rows = Webhook.objects.told_of(self.account)
        return rows.filter(is_active=True, paused_at__isnull=False).count()
