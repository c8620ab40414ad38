"""Messages that a request speaks of."""

import time
from collections.abc import Sequence

from rest_framework.exceptions import ValidationError

from whatsapp import wakeup
from whatsapp.models import Account, Action, Message

STORING_SECONDS = 3.0  # that a message which the hub has just sent may take to be stored


def require_messages(account: Account, jid: str, message_ids: Sequence[str], field: str) -> None:
    """Raises ValidationError, naming `field`, unless all these messages are in the chat `jid`. One that the
    hub has just sent is waited for: its sender was told of it the moment that WhatsApp had it."""
    until = time.monotonic() + STORING_SECONDS
    while True:
        seen = wakeup.now()
        missing = first_missing(account, jid, message_ids)
        if missing is None:
            return
        left = until - time.monotonic()
        if left <= 0 or not Action.objects.filter(account=account, message_id=missing).exists():
            raise ValidationError({field: [f"There is no message {missing!r} in the chat {jid}."]})
        wakeup.wait(seen, min(left, 0.5))


def first_missing(account: Account, jid: str, message_ids: Sequence[str]) -> str | None:
    found = Message.objects.in_chat(jid).filter(account=account, message_id__in=message_ids)
    known = set(found.values_list("message_id", flat=True))
    return next((message_id for message_id in message_ids if message_id not in known), None)
