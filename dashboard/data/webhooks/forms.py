"""The form of a webhook: what was typed becomes a body as the API takes it, whose serializer checks it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from api.resources.webhooks import NewWebhookBody, WebhookBody
from dashboard.acting import errors_of
from dashboard.data.webhooks.webhooks import Family, families
from whatsapp.models import Webhook

GENERATED, OWN, NONE = "generated", "own", "none"  # where the secret of a new webhook comes from
ALL_ACCOUNTS = "all"


@dataclass(slots=True)
class Form:
    """What stands in the fields, and why it was refused: field → sentences."""

    url: str = ""
    everything: bool = True
    events: list[str] = field(default_factory=list)
    chats: str = ""
    headers: str = ""
    drops_headers: bool = False
    signs: str = GENERATED
    of_all: bool = False  # whether it gets the events of all accounts
    errors: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, webhook: Webhook) -> "Form":
        """The values of header fields are secrets and stay behind."""
        return cls(
            url=webhook.url,
            everything=not webhook.events,
            events=list(webhook.events),
            chats="\n".join(webhook.chats or ()),
        )

    @classmethod
    def typed(cls, data: QueryDict) -> "Form":
        return cls(
            url=data.get("url", "").strip(),
            everything=data.get("which") != "some",
            events=data.getlist("events"),
            chats=data.get("chats", ""),
            headers=data.get("headers", ""),
            drops_headers="drop_headers" in data,
            signs=data.get("signs", GENERATED),
            of_all=data.get("accounts") == ALL_ACCOUNTS,
        )

    @property
    def families(self) -> list[Family]:
        return families(self.events)

    def values(self) -> dict[str, Any]:
        """The body. Fills `errors` with what can't become one."""
        chats = [line.strip() for line in self.chats.splitlines() if line.strip()]
        values: dict[str, Any] = {
            "url": self.url,
            "events": None if self.everything else self.events,
            "chats": chats or None,
        }
        if self.headers.strip():
            values["headers"] = self._headers()
        if not self.everything and not self.events:
            self.errors["events"] = ["Choose at least one kind of event, or all of them."]
        return values

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for number, line in enumerate(self.headers.splitlines(), 1):
            if not line.strip():
                continue
            name, colon, value = line.partition(":")
            if not colon:
                self.errors["headers"] = [f"Line {number} is not of the form Name: value."]
            elif name.strip() in headers:
                self.errors["headers"] = [f"{name.strip()} is there twice."]
            headers[name.strip()] = value.strip()
        return headers


def new_values(form: Form, secret: str) -> Mapping[str, Any] | None:
    """What a new webhook is to be, checked; None when the form's errors say why not. `secret` is what was
    typed, empty for one that is generated."""
    values = form.values()
    if form.signs == OWN:
        values["secret"] = secret
        if not secret:
            form.errors["secret"] = ["Type the secret, or let the hub make one."]
    return checked(form, NewWebhookBody(data=values))


def changed_values(form: Form) -> Mapping[str, Any] | None:
    """The same of a webhook that there is. Headers that were not typed stay."""
    values = form.values()
    if form.drops_headers:
        values["headers"] = {}
    return checked(form, WebhookBody(data=values))


def checked(form: Form, body: WebhookBody) -> Mapping[str, Any] | None:
    if not body.is_valid():
        for name, sentences in errors_of(body.errors).items():
            # An item of a list is named `chats.0`: the field is told, and which line.
            outer, _, place = name.partition(".")
            which = f"Line {int(place) + 1}: " if outer == "chats" and place.isdecimal() else ""
            form.errors.setdefault(outer, []).extend(which + sentence for sentence in sentences)
    return None if form.errors else body.validated_data
