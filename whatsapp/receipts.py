"""What receipts say of a message that we sent."""

from whatsapp.models import Message, Receipt

ORDER = [
    Message.Status.FAILED,
    Message.Status.SENT,
    Message.Status.DELIVERED,
    Message.Status.READ,
    Message.Status.PLAYED,
]


def status_after(status: str | None, receipt: Receipt) -> str:
    """The message's status once `receipt` is known: the furthest step that any recipient has reached."""
    reached = Message.Status.SENT
    if receipt.played_at:
        reached = Message.Status.PLAYED
    elif receipt.read_at:
        reached = Message.Status.READ
    elif receipt.delivered_at:
        reached = Message.Status.DELIVERED
    if status is None or ORDER.index(reached) > ORDER.index(Message.Status(status)):
        return reached
    return status
