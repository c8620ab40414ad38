"""Messages: each becomes a row, once. What it does to other messages is in `changes` and `answers`, what is
posted as a story in `stories`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content import Content, MessageType, parse_content
from whatsapp.ingest.content.values import LAST_SECOND
from whatsapp.ingest.handlers import answers, changes, stories
from whatsapp.ingest.handlers.envelope import Envelope
from whatsapp.ingest.handlers.storing import (
    EDIT_BY_ADMIN,
    PLACEHOLDER_TEXTS,
    details_of,
    follow_status,
    forget_placeholder,
    keep_edit,
    keep_first_body,
    keep_later_body,
)
from whatsapp.ingest.media import media_of
from whatsapp.ingest.registry import Arrival, Outcome, Touched, WaitsFor, handles
from whatsapp.ingest.unread import ASIDES, PLACEHOLDERS, is_unread, preview
from whatsapp.ingest.webmessage import StubType, stub_text
from whatsapp.jids import STATUS_JID, is_broadcast
from whatsapp.models import Chat, Contact, Media, Message, PollVote, Reaction, Receipt, Story, StoryView
from whatsapp.protobuf import neonize_pb2, waWeb
from whatsapp.receipts import status_after
from whatsapp.records import media_news, message_key, message_record, short_record
from whatsapp.rows import made

WITH_KEYS = frozenset({"app_state_sync_key_share"})

# What of a content goes to the message's column of the same name, as it is.
SAME_NAME = (
    "body",
    "quoted_id",
    "quoted_body",
    "is_forwarded",
    "forward_score",
    "is_ephemeral",
    "ephemeral_duration",
    "is_view_once",
    "reaction_emoji",
    "poll_name",
    "latitude",
    "longitude",
    "location_name",
    "location_address",
)

_same = attrgetter(*SAME_NAME)

Change = Callable[["IncomingMessage", Batch, Chat, Contact], Outcome | WaitsFor | None]
Effect = Callable[["IncomingMessage", Batch, Message], WaitsFor | None]

# What is no message of its own but changes another. None: it can't be read, and is stored as a message.
CHANGES: dict[MessageType, Change] = {
    MessageType.PROTOCOL: changes.set_chat_timer,
    MessageType.EDITED: changes.edit_message,
    MessageType.REVOKED: changes.delete_message,
}

# What a stored message does besides.
EFFECTS: dict[MessageType, Effect] = {
    MessageType.REACTION: answers.react,
    MessageType.POLL_UPDATE: answers.vote,
    MessageType.COMMENT: answers.read_secret_text,
    MessageType.EVENT_RESPONSE: answers.read_event_response,
    MessageType.PIN: changes.pin_message,
}


@handles(codes.MESSAGE, neonize_pb2.Message)
@dataclass(slots=True)
class IncomingMessage:
    """A message that came, or that we or another of our devices sent."""

    envelope: Envelope
    content: Content
    raw: bytes | None
    newsletter_edit: int | None = None  # Unix seconds: when the newsletter's admin edited it

    @classmethod
    def parse(cls, event: neonize_pb2.Message, arrival: Arrival) -> "IncomingMessage":
        envelope = Envelope.of(event.Info)
        content = read_content(event)
        # neonize sends the message twice: what its wrappers say is in `Raw`, where the two differ.
        if event.HasField("Raw"):
            event.Message.CopyFrom(event.Raw)
            event.ClearField("Raw")
        edited = event.NewsLetterMeta.EditTS if event.HasField("NewsLetterMeta") else 0
        edited = min(edited, LAST_SECOND)
        return cls(envelope, content, event.SerializePartialToString(), edited if edited > 0 else None)

    @property
    def is_story(self) -> bool:
        return self.envelope.chat_jid == STATUS_JID

    def touches(self) -> Touched:
        content, message_id = self.content, self.envelope.message_id
        touched = self.envelope.touches()
        targets = [target.id for target in (content.target, content.reaction_target) if target is not None]
        touched.message_ids.update(targets)
        if self.envelope.from_me:
            touched.rows(Receipt, message_id)
        if content.message_type is MessageType.REACTION:
            touched.rows(Reaction, *targets)
        if content.message_type in (MessageType.POLL_UPDATE, MessageType.POLL):
            touched.rows(PollVote, message_id, *targets)
        if self.is_story or (content.reaction_target and content.reaction_target.remote_jid == STATUS_JID):
            touched.rows(Story, message_id, *targets).rows(StoryView, message_id, *targets)
        return touched

    def apply(self, batch: Batch) -> Outcome | WaitsFor:
        if self.is_story:
            return stories.take(self, batch)
        if self.content.is_protocol and self.content.ephemeral_setting is None:
            return self._ignore(batch)
        sender = batch.contact(self.envelope.sender)
        chat = self.envelope.chat(batch)
        self.envelope.learn_names(batch, sender)
        known = batch.message(self.envelope.message_id, chat, sender)
        change = CHANGES.get(self.content.message_type)
        outcome = change(self, batch, chat, sender) if change is not None else None
        if outcome is not None:
            if known is not None and known.message_type in PLACEHOLDERS:
                forget_placeholder(batch, known)
            return outcome
        message = self._store(batch, chat, sender, known)
        act = EFFECTS.get(self.content.message_type)
        return (act(self, batch, message) if act is not None else None) or Outcome.STORED

    def _ignore(self, batch: Batch) -> Outcome:
        """Talk between devices: no chat and no contact comes of it, and no placeholder stays for it."""
        for known in batch.messages_called(self.envelope.message_id):
            if known.message_type in PLACEHOLDERS:
                forget_placeholder(batch, known)
        # The library has taken the keys: they must not lie about here.
        has_keys = self.content.protocol_type in WITH_KEYS
        return Outcome.STORED if has_keys else Outcome.HANDLED

    def _store(self, batch: Batch, chat: Chat, sender: Contact, known: Message | None) -> Message:
        """Adds the message; one that is there already only gives what it did not have."""
        if known is None:
            message = made(
                Message,
                account=batch.account,
                chat=chat,
                sender=sender,
                message_id=self.envelope.message_id,
                from_me=self.envelope.from_me,
                timestamp=self.envelope.timestamp,
                is_broadcast=is_broadcast(chat.jid),
                created_at=batch.now,
                **self.columns(),
            )
            self._follow_receipts(batch, message)
            batch.add_message(message)
            if self.newsletter_edit is not None:
                keep_later_body(batch, message, datetime.fromtimestamp(self.newsletter_edit, UTC))
            self._update_chat(batch, chat)
        elif known.message_type in PLACEHOLDERS and self.content.message_type not in PLACEHOLDERS:
            message = known
            self._fill_placeholder(batch, message)
        else:
            if known.raw is None and self.raw is not None:
                batch.put(known, raw=self.raw)
            if self.newsletter_edit is not None:
                moment = datetime.fromtimestamp(self.newsletter_edit, UTC)
                keep_edit(batch, known, self.content, moment, EDIT_BY_ADMIN)
            elif known.edit_type == EDIT_BY_ADMIN:
                keep_first_body(batch, known, self.content)
            return known
        media = media_of(batch, self.content.media, message=message) if self.content.media else None
        self._tell(batch, message, media)
        if media is not None and media.download_status == Media.Status.DOWNLOADED:
            batch.log(events.MEDIA_DOWNLOADED, media_news(media))
        return message

    def columns(self) -> dict[str, Any]:
        """The message's columns that come from its content."""
        content = self.content
        return {
            **dict(zip(SAME_NAME, _same(content), strict=True)),
            "push_name": self.envelope.push_name,
            "message_type": content.message_type.value,
            "has_media": content.media is not None,
            "reaction_target_id": content.reaction_target.id if content.reaction_target else None,
            "target_id": content.target.id if content.target else None,
            "poll_options": list(content.poll_options) or None,
            "mentions": list(content.mentions) or None,
            "contacts": [asdict(card) for card in content.contacts] or None,
            "details": details_of(content),
            "server_id": self.envelope.server_id,
            "raw": self.raw,
        }

    def _follow_receipts(self, batch: Batch, message: Message) -> None:
        """Takes up the receipts that came before the message itself."""
        if not self.envelope.from_me:
            return
        message.status = Message.Status.SENT
        for receipt in batch.receipts_of(message):
            message.status = status_after(message.status, receipt)
        follow_status(batch, message.message_id, message.status)

    def _fill_placeholder(self, batch: Batch, message: Message) -> None:
        """The content of a message has come after all."""
        chat = message.chat
        aside = self.content.message_type in ASIDES
        if aside and is_unread(chat, message.timestamp, message.from_me, message.message_type):
            batch.put(chat, unread_count=max(0, chat.unread_count - 1))
        if aside and message.timestamp == chat.last_message_ts:
            batch.stale_chats[id(chat)] = chat
        batch.put(message, **self.columns())
        batch.put(chat, undecryptable_count=max(0, chat.undecryptable_count - 1))
        if message.timestamp == chat.last_message_ts and not aside:
            batch.put(chat, last_message_body=preview(message.body))
        batch.changes_of.add(message.message_id)

    def _update_chat(self, batch: Batch, chat: Chat) -> None:
        kind, timestamp = self.content.message_type, self.envelope.timestamp
        if kind in PLACEHOLDERS:
            batch.put(chat, undecryptable_count=chat.undecryptable_count + 1)
        if kind in ASIDES:
            return
        if is_unread(chat, timestamp, self.envelope.from_me, kind):
            batch.put(chat, unread_count=chat.unread_count + 1)
        if timestamp >= (chat.last_message_ts or 0):
            batch.put(chat, last_message_ts=timestamp, last_message_body=preview(self.content.body))

    def _tell(self, batch: Batch, message: Message, media: Media | None) -> None:
        if batch.quiet:
            return
        record = short_record(message_record(message, media))
        payload = {"key": message_key(message), "record": record, "type": "notify"}
        batch.log(events.MESSAGES_UPSERT, payload, message)

    def time_of_change(self) -> datetime:
        edit = self.content.edit
        if edit is not None and edit.timestamp_ms:
            return datetime.fromtimestamp(edit.timestamp_ms / 1000, UTC)
        return datetime.fromtimestamp(self.envelope.timestamp, UTC)


def read_content(event: neonize_pb2.Message) -> Content:
    """The event's content, with what neonize says of wrappers that it has taken off."""
    if event.HasField("SourceWebMsg") and not event.Message.ListFields():
        return read_stub(event.SourceWebMsg)
    content = parse_content(event.Raw if event.HasField("Raw") else event.Message)
    if event.IsEphemeral and not content.is_ephemeral:
        content = replace(content, is_ephemeral=True)
    if (event.IsViewOnce or event.IsViewOnceV2 or event.IsViewOnceV2Extension) and not content.is_view_once:
        kind = MessageType.VIEW_ONCE if content.media else content.message_type
        content = replace(content, is_view_once=True, message_type=kind)
    return content


def read_stub(web: waWeb.WebMessageInfo) -> Content:
    """What a history has without a content: a note of WhatsApp's own, or a message that never came."""
    if web.messageStubType == StubType.CIPHERTEXT:
        return Content(MessageType.UNDECRYPTABLE, PLACEHOLDER_TEXTS[MessageType.UNDECRYPTABLE])
    if web.messageStubType in (StubType.UNKNOWN, StubType.REVOKE):
        return Content(MessageType.UNKNOWN)
    return Content(MessageType.NOTIFICATION, stub_text(web))
