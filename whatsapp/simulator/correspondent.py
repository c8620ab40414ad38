"""What people write, and what they do with messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from neonize.utils.enum import ReceiptType

from whatsapp.simulator import compose
from whatsapp.simulator.group_member import GroupMember
from whatsapp.simulator.jid import STATUS, Jid
from whatsapp.simulator.library import MediaType, build_jid, e2e_proto
from whatsapp.simulator.mail import Message, Received, Sent

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Account
    from whatsapp.simulator.group_member import Recipient
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.server import Simulator


#: Why a picture for one look is not for companions.
VIEW_ONCE = "view_once_unavailable_fanout"


class Correspondent(GroupMember):
    """Mixed into Person: sends every kind of message, answers, edits, deletes, reads."""

    simulator: Simulator

    @property
    def account(self) -> Account:
        """What the server knows about this person."""
        raise NotImplementedError

    def shows_stories_to(self, addresses: Iterable[Jid]) -> None:
        """Who gets what is sent to the stories from now on."""
        raise NotImplementedError

    def waits_for_id(self, message_id: str) -> Received:
        """The message with this id as this person received it."""
        raise NotImplementedError

    # Sending

    def send_message(self, to: Recipient, message: Any) -> Sent:
        """Sends any waE2E Message."""
        address = self.address_of(to)
        answer = self.api.send_message(build_jid(address.user, address.server), message)
        return Sent(answer.ID, answer.Timestamp, address, self, message)

    def send_text(
        self,
        to: Recipient,
        text: str,
        *,
        mentions: Iterable[Person] = (),
        forwarded: bool = False,
        ephemeral: int = 0,
    ) -> Sent:
        """Sends text; mentioned people should be in it as ``@number``."""
        info = compose.context(
            mentions=[person.jid for person in mentions], forwarded=forwarded, ephemeral=ephemeral
        )
        return self.send_message(to, compose.text(text, info))

    def send_image(
        self, to: Recipient, data: bytes, *, caption: str = "", mime_type: str = "image/jpeg", **details: Any
    ) -> Sent:
        """Uploads and sends a picture; details are ImageMessage fields (width, height, JPEGThumbnail …)."""
        upload = self._upload(data, MediaType.MediaImage)
        return self.send_message(to, compose.image(upload, caption=caption, mimetype=mime_type, **details))

    def send_view_once_image(self, to: Recipient, data: bytes, *, mime_type: str = "image/jpeg") -> Sent:
        """Sends a picture that can be opened once."""
        message = compose.image(self._upload(data, MediaType.MediaImage), mimetype=mime_type)
        return self.send_message(to, compose.view_once(message))

    def sends_for_the_phone_only(
        self, to: Recipient, message: Any = "for your phone", *, why: str = VIEW_ONCE
    ) -> Sent:
        """Sends text or a waE2E Message that only phones get; companions are told that there is one."""
        content = compose.text(message) if isinstance(message, str) else message
        faults, device = self.simulator.world.faults, self.account.devices[0]
        self.simulator.call(faults.phone_only.__setitem__, device, why)
        return self.send_message(to, content)

    def send_video(
        self,
        to: Recipient,
        data: bytes,
        *,
        caption: str = "",
        seconds: int = 0,
        mime_type: str = "video/mp4",
        **details: Any,
    ) -> Sent:
        """Uploads and sends a video."""
        upload = self._upload(data, MediaType.MediaVideo)
        return self.send_message(
            to, compose.video(upload, caption=caption, seconds=seconds, mimetype=mime_type, **details)
        )

    def send_audio(
        self, to: Recipient, data: bytes, *, seconds: int = 0, mime_type: str = "audio/mpeg"
    ) -> Sent:
        """Uploads and sends a recording."""
        upload = self._upload(data, MediaType.MediaAudio)
        return self.send_message(to, compose.audio(upload, seconds=seconds, mimetype=mime_type))

    def send_voice_note(self, to: Recipient, data: bytes, *, seconds: int = 1, waveform: bytes = b"") -> Sent:
        """Uploads and sends a voice note: Opus in Ogg."""
        upload = self._upload(data, MediaType.MediaAudio)
        mime_type = "audio/ogg; codecs=opus"
        return self.send_message(
            to, compose.audio(upload, seconds=seconds, mimetype=mime_type, PTT=True, waveform=waveform)
        )

    def send_document(
        self,
        to: Recipient,
        data: bytes,
        filename: str,
        *,
        mime_type: str = "application/pdf",
        caption: str = "",
        **details: Any,
    ) -> Sent:
        """Uploads and sends a file."""
        upload = self._upload(data, MediaType.MediaDocument)
        return self.send_message(
            to,
            compose.document(
                upload, fileName=filename, title=filename, mimetype=mime_type, caption=caption, **details
            ),
        )

    def send_sticker(self, to: Recipient, data: bytes, **details: Any) -> Sent:
        """Uploads and sends a WebP sticker. It is encrypted as an image is."""
        upload = self._upload(data, MediaType.MediaImage)
        return self.send_message(to, compose.sticker(upload, mimetype="image/webp", **details))

    def send_location(
        self, to: Recipient, latitude: float, longitude: float, *, name: str = "", address: str = ""
    ) -> Sent:
        """Sends a place."""
        return self.send_message(to, compose.location(latitude, longitude, name, address))

    def send_live_location(
        self, to: Recipient, latitude: float, longitude: float, *, caption: str = "", sequence: int = 1
    ) -> Sent:
        """Sends where one is; send again with a higher sequence number to move."""
        return self.send_message(to, compose.live_location(latitude, longitude, caption, sequence))

    def send_contact(self, to: Recipient, name: str, number: str) -> Sent:
        """Sends somebody's card."""
        return self.send_message(to, compose.contact(name, number))

    def send_poll(self, to: Recipient, name: str, options: Iterable[str], *, selectable: int = 1) -> Sent:
        """Asks a question with options."""
        return self.send_message(to, compose.poll(name, options, selectable))

    def votes(self, poll: Message, options: list[str]) -> Sent:
        """Votes in a poll that this person has received."""
        received = self.waits_for_id(poll.id)
        return self.send_message(received.chat, self.api.build_poll_vote(received.event.Info, options))

    # What people do with a message

    def react(self, message: Message, emoji: str) -> Sent:
        """Reacts; an empty emoji takes the reaction back. Of a reaction to a story only its author hears."""
        if message.chat_of(self) == STATUS:
            self.shows_stories_to([message.sender])
        return self.send_message(message.chat_of(self), compose.reaction(self._key(message), emoji))

    def reply(self, message: Message, text: str) -> Sent:
        """Answers, quoting the message; a story is answered in the chat with who posted it."""
        info = compose.context(quoted=message.message, quoted_id=message.id, quoted_sender=message.sender)
        chat = message.chat_of(self)
        if chat == STATUS:
            info.remoteJID = str(chat)
            chat = message.sender
        return self.send_message(chat, compose.text(text, info))

    def edit(self, message: Sent, text: str) -> Sent:
        """Changes the text of an own message."""
        return self.send_message(message.to, compose.edit(self._key(message), compose.text(text)))

    def delete(self, message: Message) -> Sent:
        """Deletes a message for everyone: an own one, or as a group's admin somebody's."""
        return self.send_message(message.chat_of(self), compose.revoke(self._key(message)))

    def forward(self, message: Message, to: Recipient) -> Sent:
        """Sends a message on."""
        copy = e2e_proto.Message()
        copy.CopyFrom(message.message)
        copy.ClearField("messageContextInfo")
        return self.send_message(to, compose.with_context(copy, compose.context(forwarded=True)))

    def reads(self, message: Message, *more: Message) -> None:
        """Opens the chat and sees the message, and more of the same author. Of a story: views it."""
        self._mark((message, *more), ReceiptType.READ)

    def plays(self, message: Message) -> None:
        """Listens to a voice note, watches a video."""
        # For read receipts whatsmeow sees to that itself.
        private = self.account.privacy.get("readreceipts") == "none"
        self._mark((message,), ReceiptType.PLAYED_SELF if private else ReceiptType.PLAYED)

    def _mark(self, messages: tuple[Message, ...], kind: ReceiptType) -> None:
        chat, sender = messages[0].chat_of(self), messages[0].sender
        self.api.mark_read(
            *(message.id for message in messages),
            chat=build_jid(chat.user, chat.server),
            sender=build_jid(sender.user, sender.server),
            receipt=kind,
        )

    def _key(self, message: Message) -> Any:
        chat = message.chat_of(self)
        participant = None if chat.is_person else message.sender
        return compose.key(chat, message.id, message.is_from(self), participant)

    def _upload(self, data: bytes, kind: MediaType) -> Any:
        return self.api.upload(data, kind)
