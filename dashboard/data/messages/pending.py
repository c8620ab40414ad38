"""What was sent from here and is not there yet: queued, under way, or failed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from dashboard.data.messages.talks import Talk
from whatsapp import actions
from whatsapp.models import Action, Message

Status = Action.Status

SENDING = {
    actions.SEND_TEXT: "Text",
    actions.SEND_IMAGE: "Photo",
    actions.SEND_VIDEO: "Video",
    actions.SEND_AUDIO: "Audio",
    actions.SEND_DOCUMENT: "Document",
    actions.SEND_STICKER: "Sticker",
    actions.SEND_LOCATION: "Location",
    actions.SEND_CONTACT: "Contact",
    actions.SEND_POLL: "Poll",
    actions.FORWARD: "Forwarded message",
}
MOST = 100  # acts of all chats that are looked at
FAILURES_STAY = timedelta(days=1)
STORED_AFTER = timedelta(seconds=20)  # at the latest WhatsApp's copy of a message that was sent is stored


@dataclass(frozen=True, slots=True)
class Pending:
    """An act that has not become a message yet."""

    action: Action

    @property
    def has_failed(self) -> bool:
        return bool(self.action.status == Status.FAILED)

    @property
    def is_queued(self) -> bool:
        return bool(self.action.status == Status.QUEUED)

    @property
    def text(self) -> str:
        payload = self.action.payload
        return str(payload.get("text") or payload.get("caption") or payload.get("name") or "")

    @property
    def kind(self) -> str:
        """What it is, where that is no text."""
        if self.action.kind == actions.SEND_TEXT:
            return ""
        return str(self.action.payload.get("filename") or SENDING[self.action.kind])

    @property
    def may_be_retried(self) -> bool:
        error = self.action.error or ""
        return self.action.message_id is None or error.startswith(actions.REFUSED)


def pending_in(talk: Talk, hidden: Iterable[int] = ()) -> list[Pending]:
    """The chat's acts of sending that are not messages yet, the oldest first; without the failed ones that
    somebody has put away (`hidden`). Three queries of limited size, however many acts there were."""
    now = timezone.now()
    ours = Action.objects.filter(account=talk.account)
    rows = {action.pk: action for action in ours.filter(status__in=actions.UNFINISHED).order_by("id")[:MOST]}
    for status, since in ((Status.FAILED, now - FAILURES_STAY), (Status.SENT, now - STORED_AFTER)):
        newest = ours.filter(status=status).order_by("-id")[: MOST // 4]
        rows |= {action.pk: action for action in newest if action.updated_at > since}
    here = [action for action in rows.values() if action.kind in SENDING and action.jid == talk.jid]
    stored = stored_ids(talk, [action for action in here if action.status == Status.SENT])
    away = set(hidden)
    return [
        Pending(action)
        for action in sorted(here, key=lambda action: int(action.pk))
        if action.pk not in away and action.message_id not in stored
    ]


def stored_ids(talk: Talk, sent: list[Any]) -> set[str]:
    """Of what WhatsApp has taken, the ids that are stored as messages."""
    if not sent or talk.chat is None:
        return set()
    ids = [action.message_id for action in sent]
    found = Message.objects.filter(message_id__in=ids, chat=talk.chat).order_by()
    return set(found.values_list("message_id", flat=True))
