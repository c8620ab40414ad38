"""Somebody on WhatsApp: a real client, and what people do with it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from itertools import count
from typing import TYPE_CHECKING, Any

from neonize.utils.enum import ChatPresence, ChatPresenceMedia, Presence

from whatsapp.simulator import compose, database, pairing
from whatsapp.simulator.appearance import Appearance
from whatsapp.simulator.caller import Caller
from whatsapp.simulator.certificates import SigningKey
from whatsapp.simulator.client import Client
from whatsapp.simulator.correspondent import Correspondent
from whatsapp.simulator.inbox import PATIENCE, Inbox
from whatsapp.simulator.jid import STATUS, Jid
from whatsapp.simulator.library import build_jid, e2e_proto, events
from whatsapp.simulator.mail import Received, ReceivedReceipt, Sent
from whatsapp.simulator.publisher import Publisher

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Account, Device
    from whatsapp.simulator.group_member import Recipient
    from whatsapp.simulator.server import Simulator

#: What a person notes beside messages and receipts.
HEARD = (
    events.ChatPresenceEv,
    events.PresenceEv,
    events.GroupInfoEv,
    events.JoinedGroupEv,
    events.UndecryptableMessageEv,
    events.CallOfferEv,
    events.CallAcceptEv,
    events.CallTerminateEv,
)


class Person(Correspondent, Caller, Publisher, Appearance):
    """A phone number, its owner's name and the real client that is its phone."""

    def __init__(self, simulator: Simulator, name: str, number: str, addressing: str = "pn") -> None:
        self.simulator = simulator
        self.name = name
        self.number = number
        self._account: Account = simulator.call(simulator.world.directory.add, number, name, addressing)
        self._received: Inbox[Received] = Inbox(name)
        self._receipts: Inbox[ReceivedReceipt] = Inbox(name)
        self._events: Inbox[Any] = Inbox(name)
        self._installations = count(1)
        self.client = self._install()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.number}>"

    @property
    def api(self) -> Any:
        """The neonize client, for what has no verb here."""
        return self.client.api

    @property
    def account(self) -> Account:
        """What the server knows about this person."""
        return self._account

    @property
    def jid(self) -> Jid:
        """The address by phone number."""
        return self.account.jid

    @property
    def lid(self) -> Jid:
        """The address by LID."""
        return self.account.lid

    # Joining

    def _install(self) -> Client:
        database = self.simulator.directory / f"{self.number}-{next(self._installations)}.db"
        client = Client(database, self.simulator.proxy.url, self.name)
        client.listen(events.MessageEv, self._take_message)
        client.listen(events.ReceiptEv, lambda event: self._receipts.add(ReceivedReceipt.of(event)))
        for kind in HEARD:
            client.listen(kind, self._events.add)
        return client

    def reinstalls(self) -> None:
        """A new phone, or WhatsApp installed anew: the keys are new, and everybody is told so.

        Whoever listened to the old ``client`` hears nothing any more.
        """
        world = self.simulator.world
        self.client.stop()
        self.simulator.call(world.forget_devices, self.account)
        self.client = self._install()
        self.join()
        self.simulator.call(world.tell_identity_change, self.account)

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

        whatsmeow only ever receives such keys, so it is written into its database. Without it the client
        can't set its own name, and without a name it can't show as online.
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
            " SELECT jid, ?, ?, ?, ? FROM whatsmeow_device"
            " RETURNING (SELECT identity_key FROM whatsmeow_device)",
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
        return self._received.contents()

    @property
    def receipts(self) -> list[ReceivedReceipt]:
        """The receipts received so far."""
        return self._receipts.contents()

    @property
    def events(self) -> list[Any]:
        """The other events so far: presence, typing, groups, calls, messages that can't be decrypted."""
        return self._events.contents()

    def waits_for(self, wanted: Callable[[Received], Any] | str, timeout: float = PATIENCE) -> Received:
        """The first message received that is wanted (or has this text); TimeoutError if none comes."""
        condition = (lambda message: message.text == wanted) if isinstance(wanted, str) else wanted
        return self._received.wait_for(condition, timeout, "message")

    def waits_for_id(self, message_id: str) -> Received:
        """The message with this id as this person received it."""
        return self.waits_for(lambda message: message.id == message_id)

    def waits_for_receipt(self, kind: str, message_id: str, timeout: float = PATIENCE) -> ReceivedReceipt:
        """The first receipt of this kind for the message."""
        return self._receipts.wait_for(
            lambda receipt: receipt.kind == kind and message_id in receipt.ids, timeout, f"{kind} receipt"
        )

    def waits_for_event(
        self, kind: Any, wanted: Callable[[Any], Any] | None = None, timeout: float = PATIENCE
    ) -> Any:
        """The first event of this protobuf class that is wanted."""
        return self._events.wait_for(
            lambda event: isinstance(event, kind) and (wanted is None or wanted(event)),
            timeout,
            kind.__name__,
        )

    def _take_message(self, event: Any) -> None:
        if compose.has_content(event.Message):
            self._received.add(Received.of(event))

    # Presence, stories

    def types(self, to: Recipient) -> None:
        """Begins to write."""
        self._chat_state(to, ChatPresence.CHAT_PRESENCE_COMPOSING)

    def records(self, to: Recipient) -> None:
        """Begins to record a voice note."""
        self._chat_state(
            to, ChatPresence.CHAT_PRESENCE_COMPOSING, ChatPresenceMedia.CHAT_PRESENCE_MEDIA_AUDIO
        )

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

    def posts_story(self, content: str | bytes, to: Iterable[Person], *, caption: str = "") -> Sent:
        """Posts text or a picture as a story that these people see."""
        self.shows_stories_to([person.jid for person in to])
        if isinstance(content, str):
            return self.send_message(STATUS, compose.text(content))
        return self.send_image(STATUS, content, caption=caption)

    def shows_stories_to(self, addresses: Iterable[Jid]) -> None:
        """Who gets what is sent to the stories from now on: whatsmeow asks the server for the list."""
        self.simulator.call(setattr, self.account.devices[0], "story_audience", list(addresses))
