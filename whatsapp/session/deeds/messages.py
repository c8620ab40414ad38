"""New messages, and what is done with messages that are there: reactions, edits, deletions, stars.

What they look like on the wire is WhatsApp's own apps' way, as whatsmeow's send.go and Baileys build it.
"""

import re
import time
from typing import TYPE_CHECKING

from django.db.models import Q

from whatsapp import actions
from whatsapp.ingest import codes
from whatsapp.ingest.content import MessageType
from whatsapp.ingest.handlers.storing import EDIT_BY_SENDER, REVOKE_BY_ADMIN, REVOKE_BY_SENDER
from whatsapp.jids import LID_SERVER, USER_SERVER, is_group, is_lid, phone_number
from whatsapp.models import Account, Action, Contact, GroupParticipant, Message
from whatsapp.protobuf import waE2E
from whatsapp.session.deeds.forwarding import content_of, copy_of, fields_of
from whatsapp.session.deeds.registry import Lane, Refused, performs
from whatsapp.session.deeds.stored import find_message, key_of, quote
from whatsapp.session.line import Line

if TYPE_CHECKING:
    from whatsapp.session.acts import Acts

EDIT_SECONDS = 20 * 60  # how long WhatsApp lets a message be edited (whatsmeow, EditWindow)

MENTION = re.compile(r"(?<![\w@])@(\d{5,16})\b")

# Kinds of message whose text can be changed.
EDITABLE = (MessageType.TEXT, MessageType.IMAGE, MessageType.VIDEO, MessageType.DOCUMENT)


@performs(actions.SEND_TEXT)
def send_text(acts: "Acts", line: Line, action: Action) -> None:
    payload = action.payload
    text, quoted_id = payload["text"], payload.get("quoted_id")
    context = waE2E.ContextInfo()
    if quoted_id is not None:
        context = quote(acts.account, payload["jid"], quoted_id)
    context.mentionedJID.extend(mentions_in(acts.account, text, payload.get("mentions") or ()))
    acts.send(line, action, text_message(text, context))


def text_message(text: str, context: waE2E.ContextInfo | None = None) -> waE2E.Message:
    """Plain text; or text with what surrounds it."""
    if context is None or not context.ListFields():
        return waE2E.Message(conversation=text)
    return waE2E.Message(extendedTextMessage=waE2E.ExtendedTextMessage(text=text, contextInfo=context))


def mentions_in(account: Account, text: str, given: list[str] | tuple[str, ...]) -> list[str]:
    """The JIDs of who is mentioned: those in `given`, and the known people whose number or LID is in the text
    after an @."""
    found = dict.fromkeys(given)
    numbers = set(MENTION.findall(text))
    if numbers:
        named = [f"{number}@{server}" for number in sorted(numbers) for server in (USER_SERVER, LID_SERVER)]
        known = Contact.objects.filter(account=account).filter(Q(jid__in=named) | Q(lid__in=named))
        for pair in known.values_list("jid", "lid"):
            found |= dict.fromkeys(jid for jid in pair if jid in named)
    return list(found)


@performs(actions.SEND_LOCATION)
def send_location(acts: "Acts", line: Line, action: Action) -> None:
    payload = action.payload
    place = waE2E.LocationMessage(
        degreesLatitude=payload["latitude"],
        degreesLongitude=payload["longitude"],
        name=payload.get("name") or None,
        address=payload.get("address") or None,
    )
    acts.send(line, action, waE2E.Message(locationMessage=place))


@performs(actions.SEND_CONTACT)
def send_contact(acts: "Acts", line: Line, action: Action) -> None:
    name, jid = action.payload["name"], action.payload["contact_jid"]
    number = phone_number(phone_jid(acts.account, jid))
    if number is None:
        raise Refused(f"contact_jid: The phone number of {jid} is not known.")
    card = waE2E.ContactMessage(displayName=name, vcard=vcard(name, number))
    acts.send(line, action, waE2E.Message(contactMessage=card))


def phone_jid(account: Account, jid: str) -> str:
    """The person's phone JID where it is known, else what was given."""
    if not is_lid(jid):
        return jid
    known = Contact.objects.filter(account=account, lid=jid).values_list("jid", flat=True).first()
    return known or jid


def vcard(name: str, number: str) -> str:
    """A card with a name and the number of somebody on WhatsApp (RFC 2426; `waid` is WhatsApp's own)."""
    escaped = re.sub(r"([\\,;])", r"\\\1", name).replace("\r", "").replace("\n", "\\n")
    lines = ("BEGIN:VCARD", "VERSION:3.0", f"N:;{escaped};;;", f"FN:{escaped}")
    return "\n".join((*lines, f"TEL;type=CELL;type=VOICE;waid={number}:+{number}", "END:VCARD"))


@performs(actions.SEND_POLL)
def send_poll(acts: "Acts", line: Line, action: Action) -> None:
    payload = action.payload
    selectable = payload.get("selectable", 1)
    poll = waE2E.PollCreationMessage(name=payload["name"], selectableOptionsCount=selectable)
    for option in payload["options"]:
        poll.options.add(optionName=option)
    message = waE2E.Message()
    # The apps send a question with one choice as version 3, one with several as version 1.
    (message.pollCreationMessageV3 if selectable == 1 else message.pollCreationMessage).CopyFrom(poll)
    acts.send(line, action, message)


@performs(actions.FORWARD, Lane.MESSAGES)
def forward(acts: "Acts", line: Line, action: Action) -> None:
    payload = action.payload
    message = find_message(acts.account, payload["jid"], payload["message_id"])
    to = acts.recipients.address(line, payload["to"], "to")
    acts.send(line, action, copy_of(message, line), to)


@performs(actions.REACT)
def react(acts: "Acts", line: Line, action: Action) -> None:
    message, jid = _aimed_at(acts, action)
    reaction = waE2E.ReactionMessage(
        key=key_of(message, jid),
        text=action.payload["emoji"],
        senderTimestampMS=int(time.time() * 1000),
    )
    acts.transmit(line, action, waE2E.Message(reactionMessage=reaction), jid)


@performs(actions.EDIT)
def edit(acts: "Acts", line: Line, action: Action) -> None:
    message, jid = _aimed_at(acts, action)
    if not message.from_me:
        raise Refused("message_id: Only your own messages can be edited.")
    if message.is_deleted:
        raise Refused("message_id: This message is deleted.")
    if message.message_type not in EDITABLE:
        raise Refused(f"message_id: A message of the type {message.message_type} has no text to edit.")
    if time.time() > message.timestamp + EDIT_SECONDS:
        raise Refused("message_id: WhatsApp lets a message be edited for 20 minutes, and this one is older.")
    change = waE2E.ProtocolMessage(
        key=key_of(message, jid),
        type=waE2E.ProtocolMessage.MESSAGE_EDIT,
        editedMessage=with_text(acts.account, message, action.payload["text"]),
        timestampMS=int(time.time() * 1000),
    )
    inner = waE2E.Message(protocolMessage=change)
    wrapped = waE2E.Message(editedMessage=waE2E.FutureProofMessage(message=inner))
    acts.transmit(line, action, wrapped, jid, str(EDIT_BY_SENDER))


def with_text(account: Account, message: Message, text: str) -> waE2E.Message:
    """The message's content with another text or caption."""
    if message.message_type == MessageType.TEXT:
        context = waE2E.ContextInfo(mentionedJID=mentions_in(account, text, ()))
        return text_message(text, context)
    content = content_of(message)
    for _, part in content.ListFields():
        if "caption" in fields_of(part):
            part.caption = text
            return content
    raise Refused("message_id: This message has no caption to edit.")


@performs(actions.REVOKE)
def revoke(acts: "Acts", line: Line, action: Action) -> None:
    message, jid = _aimed_at(acts, action)
    if message.is_deleted:
        raise Refused("message_id: This message is deleted already.")
    if not message.from_me and not _is_admin(acts.account, jid):
        raise Refused("message_id: Only a group's admins may delete what others have written.")
    change = waE2E.ProtocolMessage(key=key_of(message, jid), type=waE2E.ProtocolMessage.REVOKE)
    kind = REVOKE_BY_SENDER if message.from_me else REVOKE_BY_ADMIN
    acts.transmit(line, action, waE2E.Message(protocolMessage=change), jid, str(kind))


@performs(actions.STAR)
def star(acts: "Acts", line: Line, action: Action) -> None:
    """The library can't tell the phone of a star, so it is the hub's own."""
    message, _ = _aimed_at(acts, action)
    news = {"jid": message.chat.jid, "message_id": message.message_id, "starred": action.payload["starred"]}
    acts.write_down(action, [(codes.STAR, news)], at=int(time.time() * 1000), result={"synced": False})


def _aimed_at(acts: "Acts", action: Action) -> tuple[Message, str]:
    """The message that an act is about, and the JID of its chat. Raises Refused."""
    message = find_message(acts.account, action.payload["jid"], action.payload["message_id"])
    return message, message.chat.jid


def _is_admin(account: Account, jid: str) -> bool:
    mine = [address for address in (account.jid, account.lid) if address]
    admins = GroupParticipant.objects.filter(
        group__account=account,
        group__jid=jid,
        is_present=True,
        role__in=[GroupParticipant.Role.ADMIN, GroupParticipant.Role.SUPERADMIN],
    )
    return is_group(jid) and admins.filter(contact__jid__in=mine).exists()
