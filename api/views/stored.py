"""Messages that a request speaks of."""

from collections.abc import Sequence

from rest_framework.exceptions import ValidationError

from whatsapp.models import Account, Message


def require_messages(account: Account, jid: str, message_ids: Sequence[str], field: str) -> None:
    """Raises ValidationError, naming `field`, unless all these messages are in the chat `jid`."""
    found = Message.objects.in_chat(jid).filter(account=account, message_id__in=message_ids)
    known = set(found.values_list("message_id", flat=True))
    missing = next((message_id for message_id in message_ids if message_id not in known), None)
    if missing is not None:
        raise ValidationError({field: [f"There is no message {missing!r} in the chat {jid}."]})
