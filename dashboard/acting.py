"""Acts from pages: what a form says is checked as the API checks it, queued, and waited for.

An act is queued whether WhatsApp is connected or not: it is done when the line is up, as people expect of a
messenger. Commands to the line and questions are for their moment, and fail instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rest_framework.serializers import Serializer

from api import acts
from api.errors import messages_in
from whatsapp import actions
from whatsapp.models import Account, Action, Connection

SECONDS = 10.0  # how long a page waits for what comes of an act
Status = Action.Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of an act. `errors` is field → sentences ("" is about no field); then nothing was
    queued, or nothing came of it."""

    action: Action | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return self.action is not None and self.action.status in actions.DONE

    @property
    def is_waiting(self) -> bool:
        """Whether it may still be done: it is queued or under way."""
        return self.action is not None and self.action.status in actions.UNFINISHED

    @property
    def result(self) -> dict[str, Any]:
        return (self.action.result if self.action is not None else None) or {}

    @property
    def sentence(self) -> str:
        """The first error; why it waits; nothing when it is done."""
        for name, sentences in self.errors.items():
            return f"{name}: {sentences[0]}" if name else sentences[0]
        if self.is_waiting:
            return "It is queued, and will be done as soon as WhatsApp takes it."
        return ""


def perform(
    account: Account,
    kind: str,
    values: Mapping[str, Any] | None = None,
    shape: type[Serializer[Any]] | None = None,
    *,
    defaults: Mapping[str, Any] | None = None,
    seconds: float = SECONDS,
) -> Outcome:
    """Queues an act of `kind` and waits for it, `seconds` at most.

    `shape` is the serializer that the API's call has (`api.resources.acts`, `groups`, …): it checks `values`
    and makes the payload, over `defaults`. Without one `values` are the payload.
    """
    payload = dict(values or {})
    if shape is not None:
        body = shape(data=payload)
        if not body.is_valid():
            return Outcome(errors=errors_of(body.errors))
        payload = {**(defaults or {}), **body.validated_data}
    if kind in actions.QUESTIONS and account.connection.status != Connection.Status.CONNECTED:
        return Outcome(errors={"": ["WhatsApp is not connected."]})
    action = acts.wait_for(actions.queue(account, kind, payload), seconds)
    return outcome_of(action, payload)


def outcome_of(action: Action, fields: Mapping[str, Any]) -> Outcome:
    """What has become of the act; an error that begins with the name of one of `fields` is that field's."""
    if action.status == Status.CANCELLED:
        return Outcome(action, {"": ["It was cancelled."]})
    if action.status != Status.FAILED:
        return Outcome(action)
    error = action.error or "It failed, and WhatsApp did not say why."
    name, colon, sentence = error.partition(": ")
    return Outcome(action, {name: [sentence]} if colon and name in fields else {"": [error]})


def errors_of(detail: Any) -> dict[str, list[str]]:
    """A serializer's errors: field → sentences."""
    found: dict[str, list[str]] = {}
    for name, sentence in messages_in(detail):
        found.setdefault("" if name == "non_field_errors" else name, []).append(sentence)
    return found
