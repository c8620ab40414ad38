"""The form that selects what is sent again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from api.resources.webhooks import ReplayBody
from api.views.deliveries import selection_of
from dashboard.acting import errors_of
from whatsapp.models import Account, Webhook
from whatsapp.webhooks.replaying import Selection

FIELDS = ("webhook", "status", "event_type", "after", "before")
MOMENTS = ("after", "before")


@dataclass(slots=True)
class Form:
    """What stands in the fields; times are the reader's, as `datetime-local` fields have them."""

    webhook: str = ""
    status: str = ""
    event_type: str = ""
    after: str = ""
    before: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def typed(cls, data: Mapping[str, str]) -> "Form":
        webhook, status, event_type, after, before = (data.get(name, "").strip() for name in FIELDS)
        return cls(webhook, status, event_type, after, before)

    @property
    def nothing_said(self) -> list[str]:
        """What is wrong with no field of its own."""
        return self.errors.get("", [])

    def values(self) -> dict[str, Any]:
        """The body of the API's call. Fills `errors` with what can't become one."""
        values: dict[str, Any] = {}
        if self.webhook:
            values["subscription_id"] = self.webhook
        for name in ("status", "event_type"):
            if text := getattr(self, name):
                values[name] = text
        for name in MOMENTS:
            if text := getattr(self, name):
                moment = moment_of(text)
                if moment is None:
                    self.errors[name] = ["It must be a day and a time."]
                else:
                    values[name] = moment
        if not values and not self.errors:
            self.errors[""] = ["Say what to send again: choose a webhook, a status, a type or a time."]
        return values


def moment_of(text: str) -> int | None:
    """Unix seconds of a time of the reader's; None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else timezone.make_aware(moment)).timestamp())
    except (ValueError, OverflowError):
        return None


def selection(account: Account, form: Form) -> Selection | None:
    """What is to be sent again; None when the form's errors say why not."""
    values = form.values()
    body = ReplayBody(data=values)
    if not body.is_valid():
        for name, sentences in errors_of(body.errors).items():
            form.errors.setdefault("webhook" if name == "subscription_id" else name, []).extend(sentences)
    webhook = None
    if form.webhook:
        is_key = form.webhook.isascii() and form.webhook.isdecimal() and len(form.webhook) < 19
        rows = Webhook.objects.told_of(account)
        webhook = rows.filter(pk=int(form.webhook)).first() if is_key else None
        if webhook is None:
            form.errors["webhook"] = ["There is no such webhook."]
    return None if form.errors else selection_of(body.validated_data, webhook)
