"""Somebody on WhatsApp: a real client, and what people do with it."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from neonize.utils.enum import ChatPresence, ChatPresenceMedia, Presence, ReceiptType

from whatsapp.simulator import compose, database, pairing
from whatsapp.simulator.calls import CallRecord
from whatsapp.simulator.certificates import SigningKey
from whatsapp.simulator.client import Client
from whatsapp.simulator.group_member import GroupMember
from whatsapp.simulator.jid import STATUS, Jid
from whatsapp.simulator.library import MediaType, build_jid, e2e_proto, events
from whatsapp.simulator.mail import Received, ReceivedReceipt, Sent

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Account, Device
    from whatsapp.simulator.server import Simulator

Recipient = "Person | GroupMember | Jid | str"
Message = Sent | Received

PATIENCE = 15.0


class Call:
    """A call that rings at the other end until somebody ends or refuses it."""

    def __init__(self, simulator: Simulator, record: CallRecord) -> None:
        self._simulator = simulator
        self._record = record
        self.id = record.id

    @property
    def rejected_by(self) -> str:
        """The address of the device that refused it, empty while nobody has."""
        return self._record.rejected_by

    def is_accepted(self) -> None:
        """Somebody picks up, at the phone."""
        self._signal("accept")

    def ends(self, reason: str = "") -> None:
        """The caller hangs up."""
        self._signal("terminate", reason=reason or None)

    def _signal(self, tag: str, **attrs: str | None) -> None:
        world = self._simulator.world
        self._simulator.call(world.calls.signal, world, self._record, tag, dict(attrs))


class Person(GroupMember):
    """A phone number, its owner's name and the real client that is its phone."""

    def __init__(self, simulator: Simulator, name: str, number: str, addressing: str = "pn") -> None:
        self.simulator = simulator
        self.name = name
        self.number = number
        self.account: Account = simulator.call(simulator.world.directory.add, number, name, addressing)
        self.client = Client(simulator.directory / f"{number}.db", simulator.proxy.url, name)
        self.events: list[Any] = []
        self._received: list[Received] = []
        self._receipts: list[ReceivedReceipt] = []
        self._news = threading.Condition()
        self.client.listen(events.MessageEv, self._take_message)
        self.client.listen(events.ReceiptEv, lambda event: self._note(self._receipts, ReceivedReceipt.of(event)))
        for kind in (events.ChatPresenceEv, events.PresenceEv, events.GroupInfoEv, events.JoinedGroupEv,
                     events.UndecryptableMessageEv, events.CallOfferEv, events.CallTerminateEv):  # fmt: skip
            self.client.listen(kind, lambda event: self._note(self.events, event))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.number}>"

    @property
    def api(self) -> Any:
        """The neonize client, for what has no verb here."""
        return self.client.api

    @property
    def jid(self) -> Jid:
        """The address by phone number."""
        return self.account.jid

    @property
    def lid(self) -> Jid:
        """The address by LID."""
        return self.account.lid

    # Joining

    def join(self) -> None:
        """Links the client as device 0 of the number and gives it its name."""
        self.client.on_qr(self._register)
        self.client.start()
        self.client.wait_until_connected()
        self.api.set_force_activate_delivery_receipts(True)
        self._make_app_state_key()
        self.api.set_profile_name(self.name)

    def _register(self, code: str) -> None:
        qr = pairing.QrCode.read(code)
        self.simulator.call(self._link, qr, self.account.signing_key, 0, lambda _device: None)

    def _link(
        self,
        qr: pairing.QrCode,
        signing_key: SigningKey,
        number: int | None,
        then: Callable[[Device | pairing.PairingFailed], None],
    ) -> None:
        client = self.simulator.world.pairings.client(qr.reference)
        pairing.link(client, self.account, qr.adv_secret, signing_key, number, then)

    def _make_app_state_key(self) -> None:
        """Gives the client the key that a phone makes for the settings its devices share.

        whatsmeow only ever receives such keys, so it is written into its database. Without it the client can't set
        its own name, and without a name it can't show as online.
        """
        self.app_state_key = e2e_proto.AppStateSyncKey(
            keyID=e2e_proto.AppStateSyncKeyId(keyID=secrets.token_bytes(6)),
            keyData=e2e_proto.AppStateSyncKeyData(
                keyData=secrets.token_bytes(32),
                fingerprint=e2e_proto.AppStateSyncKeyFingerprint(rawID=1, currentIndex=0, deviceIndexes=[0]),
                timestamp=int(time.time()),
            ),
        )
        data = self.app_state_key.keyData
        ((self._identity_key,),) = database.execute(
            self.client.database,
            "INSERT INTO whatsmeow_app_state_sync_keys (jid, key_id, key_data, timestamp, fingerprint)"
            " SELECT jid, ?, ?, ?, ? FROM whatsmeow_device RETURNING (SELECT identity_key FROM whatsmeow_device)",
            self.app_state_key.keyID.keyID,
            data.keyData,
            data.timestamp,
            data.fingerprint.SerializeToString(),
        )

    @property
    def identity_key(self) -> SigningKey:
        """The private identity key of the phone, which is in the client's database only."""
        return SigningKey(self._identity_key)

    # Listening

    @property
    def received(self) -> list[Received]:
        """The messages received so far."""
        with self._news:
            return list(self._received)

    @property
    def receipts(self) -> list[ReceivedReceipt]:
        """The receipts received so far."""
        with self._news:
            return list(self._receipts)

    def waits_for(self, wanted: Callable[[Received], Any] | str, timeout: float = PATIENCE) -> Received:
        """The first message received that is wanted (or has this text); TimeoutError if none comes."""
        condition = (lambda message: message.text == wanted) if isinstance(wanted, str) else wanted
        found: Received = self._wait(self._received, condition, timeout, "message")
        return found

    def waits_for_receipt(self, kind: str, message_id: str, timeout: float = PATIENCE) -> ReceivedReceipt:
        """The first receipt of this kind for the message."""
        found: ReceivedReceipt = self._wait(
            self._receipts, lambda receipt: receipt.kind == kind and message_id in receipt.ids, timeout, f"{kind} receipt"
        )
        return found

    def waits_for_event(self, kind: Any, wanted: Callable[[Any], Any] = bool, timeout: float = PATIENCE) -> Any:
        """The first event of this protobuf class that is wanted: presence, typing, groups, calls."""
        return self._wait(
            self.events,
            lambda event: isinstance(event, kind) and (wanted is bool or wanted(event)),
            timeout,
            kind.__name__,
        )

    def _take_message(self, event: Any) -> None:
        if compose.has_content(event.Message):
            self._note(self._received, Received.of(event))

    def _note(self, place: list[Any], item: Any) -> None:
        with self._news:
            place.append(item)
            self._news.notify_all()

    def _wait(self, place: list[Any], wanted: Callable[[Any], Any], timeout: float, what: str) -> Any:
        deadline = time.monotonic() + timeout
        seen = 0
        with self._news:
            while True:
                for item in place[seen:]:
                    if wanted(item):
                        return item
                seen = len(place)
                left = deadline - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    raise TimeoutError(f"{self.name} waited {timeout:g} seconds for a {what}; has {place[-5:]}")

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
        info = compose.context(mentions=[person.jid for person in mentions], forwarded=forwarded, ephemeral=ephemeral)
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

    def send_video(
        self, to: Recipient, data: bytes, *, caption: str = "", seconds: int = 0, mime_type: str = "video/mp4",
        **details: Any,
    ) -> Sent:  # fmt: skip
        """Uploads and sends a video."""
        upload = self._upload(data, MediaType.MediaVideo)
        return self.send_message(
            to, compose.video(upload, caption=caption, seconds=seconds, mimetype=mime_type, **details)
        )

    def send_audio(self, to: Recipient, data: bytes, *, seconds: int = 0, mime_type: str = "audio/mpeg") -> Sent:
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
        self, to: Recipient, data: bytes, filename: str, *, mime_type: str = "application/pdf", caption: str = "",
        **details: Any,
    ) -> Sent:  # fmt: skip
        """Uploads and sends a file."""
        upload = self._upload(data, MediaType.MediaDocument)
        return self.send_message(
            to,
            compose.document(upload, fileName=filename, title=filename, mimetype=mime_type, caption=caption, **details),
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
        received = self.waits_for(lambda message: message.id == poll.id)
        return self.send_message(received.chat, self.api.build_poll_vote(received.event.Info, options))

    # What people do with a message

    def react(self, message: Message, emoji: str) -> Sent:
        """Reacts; an empty emoji takes the reaction back."""
        return self.send_message(message.chat_of(self), compose.reaction(self._key(message), emoji))

    def reply(self, message: Message, text: str) -> Sent:
        """Answers, quoting the message."""
        info = compose.context(quoted=message.message, quoted_id=message.id, quoted_sender=message.sender)
        return self.send_message(message.chat_of(self), compose.text(text, info))

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

    def reads(self, message: Message) -> None:
        """Opens the chat and sees the message."""
        self._mark(message, ReceiptType.READ)

    def plays(self, message: Message) -> None:
        """Listens to a voice note, watches a video."""
        self._mark(message, ReceiptType.PLAYED)

    def _mark(self, message: Message, kind: ReceiptType) -> None:
        chat, sender = message.chat_of(self), message.sender
        self.api.mark_read(
            message.id,
            chat=build_jid(chat.user, chat.server),
            sender=build_jid(sender.user, sender.server),
            receipt=kind,
        )

    def _key(self, message: Message) -> Any:
        chat = message.chat_of(self)
        participant = None if chat.is_person else message.sender
        return compose.key(chat, message.id, message.is_from(self), participant)

    # Presence, calls, stories

    def types(self, to: Recipient) -> None:
        """Begins to write."""
        self._chat_state(to, ChatPresence.CHAT_PRESENCE_COMPOSING)

    def records(self, to: Recipient) -> None:
        """Begins to record a voice note."""
        self._chat_state(to, ChatPresence.CHAT_PRESENCE_COMPOSING, ChatPresenceMedia.CHAT_PRESENCE_MEDIA_AUDIO)

    def pauses(self, to: Recipient) -> None:
        """Stops writing or recording."""
        self._chat_state(to, ChatPresence.CHAT_PRESENCE_PAUSED)

    def _chat_state(
        self,
        to: Recipient,
        state: ChatPresence,
        media: ChatPresenceMedia = ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT,
    ) -> None:
        address = self.address_of(to)
        self.api.send_chat_presence(build_jid(address.user, address.server), state, media)

    def goes_online(self) -> None:
        """Opens WhatsApp."""
        self.api.send_presence(Presence.AVAILABLE)

    def goes_offline(self) -> None:
        """Puts WhatsApp away."""
        self.api.send_presence(Presence.UNAVAILABLE)

    def calls(self, to: Recipient, *, video: bool = False) -> Call:
        """Rings at a person's devices, or at those of a group's members."""
        world, address = self.simulator.world, self.address_of(to)
        callee = world.groups.find(address) or world.directory.find(address)
        if callee is None:
            raise LookupError(f"nobody has the address {address}")
        record = CallRecord(self.account, callee, video)
        self.simulator.call(world.calls.start, world, record)
        return Call(self.simulator, record)

    def posts_story(self, content: str | bytes, to: Iterable[Person], *, caption: str = "") -> Sent:
        """Posts text or a picture as a story that these people see.

        whatsmeow sends a story to the contacts in its own list, so they are put into it.
        """
        for person in to:
            self.api.contact.put_contact_name(build_jid(person.number), person.name, person.name)
        if isinstance(content, str):
            return self.send_message(STATUS, compose.text(content))
        return self.send_image(STATUS, content, caption=caption)

    def changes_picture(self, data: bytes) -> str:
        """Sets a new profile picture (JPEG) and returns its id."""
        return str(self.api.set_profile_photo(data))

    def _upload(self, data: bytes, kind: MediaType) -> Any:
        return self.api.upload(data, kind)
