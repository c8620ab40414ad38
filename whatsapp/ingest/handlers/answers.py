"""What people answer to a message without writing one: reactions, votes, and the like."""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from whatsapp import events
from whatsapp.ingest import secrets
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content import Content, MessageKey, parse_content
from whatsapp.ingest.content.values import text
from whatsapp.ingest.registry import WaitsFor
from whatsapp.ingest.unread import PLACEHOLDERS
from whatsapp.jids import STATUS_JID
from whatsapp.models import Chat, Contact, Message, PollVote, Reaction, StoryView
from whatsapp.protobuf import waE2E
from whatsapp.records import message_key
from whatsapp.rows import made

if TYPE_CHECKING:
    from whatsapp.ingest.handlers.messages import IncomingMessage


def react(event: "IncomingMessage", batch: Batch, message: Message) -> WaitsFor | None:
    """Puts the reaction on its target; without an emoji it takes the sender's earlier one back."""
    content = event.content
    target = content.reaction_target
    if target is None:
        return None
    emoji, moment = content.reaction_emoji, content.reaction_timestamp_ms
    if content.is_encrypted:
        aim = find_target(batch, target.id, message.chat)
        if aim is None:
            return WaitsFor(target.id)
        plain = secrets.open_for(aim, content, secrets.REACTION, event.envelope.sender, message.sender)
        if plain is None:
            return None
        inner = waE2E.ReactionMessage.FromString(plain)
        emoji, moment = text(inner.text), inner.senderTimestampMS
        batch.put(message, reaction_emoji=emoji)
    moment = moment or event.envelope.timestamp * 1000
    if target.remote_jid == STATUS_JID:
        react_to_story(batch, target.id, message.sender, emoji, moment)
        return None
    if put_reaction(batch, message, target.id, emoji, moment):
        batch.log(events.MESSAGES_REACTION, reaction_payload(message, target))
    return None


def find_target(batch: Batch, message_id: str, chat: Chat) -> Message | None:
    """The message that an answer is about, once its content is here: that holds the secret."""
    found = batch.messages_with_id(message_id, chat)
    return next((one for one in found if one.message_type not in PLACEHOLDERS), None)


def put_reaction(batch: Batch, message: Message, target_id: str, emoji: str | None, moment: int) -> bool:
    """The newest reaction of a person counts; `moment` in Unix milliseconds. Returns whether this is it."""
    fresh = made(
        Reaction,
        chat=message.chat,
        target_id=target_id,
        sender=message.sender,
        emoji=emoji,
        reacted_at=moment,
    )
    reaction = batch.row(fresh)
    if (moment, emoji or "") > (reaction.reacted_at, reaction.emoji or ""):
        batch.put(reaction, emoji=emoji, reacted_at=moment)
        return True
    return reaction is fresh


def react_to_story(batch: Batch, story_id: str, contact: Contact, emoji: str | None, moment: int) -> None:
    """The newest reaction of a person counts; `moment` in Unix milliseconds."""
    view = batch.row(StoryView(account=batch.account, message_id=story_id, contact=contact))
    if moment >= (view.reacted_at or 0):
        batch.put(view, reaction_emoji=emoji, reacted_at=moment)


def reaction_payload(message: Message, target: MessageKey) -> list[dict[str, Any]]:
    key = {"remoteJid": message.chat.jid, "fromMe": target.from_me, "id": target.id}
    if target.participant:
        key["participant"] = target.participant
    return [{"key": key, "reaction": {"key": message_key(message), "text": message.reaction_emoji or ""}}]


def vote(event: "IncomingMessage", batch: Batch, message: Message) -> WaitsFor | None:
    """Opens a vote with its poll's secret; the newest vote of a person counts."""
    content = event.content
    if content.poll_vote is None:
        return None
    target = content.poll_vote.target
    poll = find_target(batch, target.id, message.chat)
    if poll is None:
        return WaitsFor(target.id)
    plain = secrets.open_for(poll, content, secrets.POLL_VOTE, event.envelope.sender, message.sender)
    if plain is None:
        return None
    chosen = options_of(poll, waE2E.PollVoteMessage.FromString(plain).selectedOptions)
    batch.put(message, body=", ".join(chosen) or None, target_id=poll.message_id)
    moment = content.poll_vote.timestamp_ms or message.timestamp * 1000
    put_vote(batch, poll, message.sender, chosen, moment)
    return None


def put_vote(batch: Batch, poll: Message, voter: Contact, chosen: list[str], moment: int) -> None:
    """The newest vote of a person counts; `moment` in Unix milliseconds."""
    fresh = PollVote(chat=poll.chat, poll_id=poll.message_id, voter=voter, options=chosen, voted_at=moment)
    known = batch.row(fresh)
    if known is not fresh:
        if (moment, chosen) <= (known.voted_at, known.options):
            return
        batch.put(known, options=chosen, voted_at=moment)
    payload = {
        "key": message_key(poll),
        "voter": voter.jid,
        "options": chosen,
        "timestamp": moment // 1000,
    }
    batch.log(events.POLL_VOTE, payload)


def options_of(poll: Message, digests: Iterable[bytes]) -> list[str]:
    """The options that a vote names by their hashes; one that the poll doesn't have, by the hash in hex."""
    names = {hashlib.sha256(option.encode()).digest(): option for option in poll.poll_options or ()}
    return [names.get(digest, digest.hex()) for digest in digests]


def read_secret_text(event: "IncomingMessage", batch: Batch, message: Message) -> WaitsFor | None:
    """Opens a comment that only the message that it is about can open."""
    plain = _opened(event, batch, message, secrets.COMMENT)
    if isinstance(plain, bytes):
        batch.put(message, body=parse_content(waE2E.Message.FromString(plain)).body)
        return None
    return plain


def read_event_response(event: "IncomingMessage", batch: Batch, message: Message) -> WaitsFor | None:
    """Opens the answer to an event: going, not going or maybe."""
    plain = _opened(event, batch, message, secrets.EVENT_RESPONSE)
    if isinstance(plain, bytes):
        answer = waE2E.EventResponseMessage.FromString(plain)
        kind = waE2E.EventResponseMessage.EventResponseType.Name(answer.response)
        batch.put(message, body=kind.lower().replace("_", " "))
        return None
    return plain


def _opened(event: "IncomingMessage", batch: Batch, message: Message, use: str) -> bytes | WaitsFor | None:
    content: Content = event.content
    if content.target is None or not content.is_encrypted:
        return None
    about = find_target(batch, content.target.id, message.chat)
    if about is None:
        return WaitsFor(content.target.id)
    return secrets.open_for(about, content, use, event.envelope.sender, message.sender)
