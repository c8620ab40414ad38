"""Whom a message goes to, and what their chat asks of it."""

from whatsapp.ingest.content.wrapping import unwrap
from whatsapp.jids import is_phone, phone_number
from whatsapp.models import Account, Chat, Contact
from whatsapp.protobuf import waE2E
from whatsapp.session.deeds.registry import Refused
from whatsapp.session.line import Line

REMEMBERED = 10_000


class Recipients:
    """Finds the address that WhatsApp has for a number, and asks about each number once."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._asked: dict[str, str] = {}

    def address(self, line: Line, jid: str, field: str = "jid") -> str:
        """The JID that WhatsApp has for `jid`: with some numbers, such as Brazil's, it is another. People who
        are known already are not asked about. Raises Refused for a number that isn't on WhatsApp, naming
        `field`."""
        if not is_phone(jid) or self._is_known(jid):
            return jid
        if jid not in self._asked:
            found = line.on_whatsapp(jid)
            if found is None:
                raise Refused(f"{field}: The number +{phone_number(jid)} is not on WhatsApp.")
            if len(self._asked) >= REMEMBERED:
                self._asked.clear()
            self._asked[jid] = found
        return self._asked[jid]

    def _is_known(self, jid: str) -> bool:
        mine = {"account": self.account, "jid": jid}
        return Contact.objects.filter(**mine).exists() or Chat.objects.filter(**mine).exists()


def as_the_chat_wants(account: Account, jid: str, message: waE2E.Message) -> waE2E.Message:
    """The message, marked to disappear after the time that its chat is set to; as it was where there is no
    such time, or the message has no place for it."""
    chat = Chat.objects.addressed(jid).filter(account=account).first()
    if chat is None or not chat.ephemeral_duration:
        return message
    if message.conversation:
        text = message.conversation
        message.ClearField("conversation")
        message.extendedTextMessage.text = text
    context = context_of(message)
    if context is not None:
        context.expiration = chat.ephemeral_duration
        context.ephemeralSettingTimestamp = chat.ephemeral_set_at or 0
    return message


def context_of(message: waE2E.Message) -> waE2E.ContextInfo | None:
    """The part of a message that says what surrounds it: what it answers, whom it mentions. None where its
    kind has none."""
    for _, part in unwrap(message).message.ListFields():
        descriptor = getattr(part, "DESCRIPTOR", None)
        if descriptor is not None and "contextInfo" in descriptor.fields_by_name:
            context: waE2E.ContextInfo = part.contextInfo
            return context
    return None
