"""The owner's phone: links devices, hands over history, shares settings."""

from __future__ import annotations

import queue
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import pairing
from whatsapp.simulator.app_state import COLLECTIONS, tell_change
from whatsapp.simulator.client import wait_until
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.library import MediaType, action_proto, e2e_proto, web_proto
from whatsapp.simulator.mail import Received, Sent
from whatsapp.simulator.pair_code import PhoneSide
from whatsapp.simulator.person import Person
from whatsapp.simulator.settings_patch import Change, Keys, write

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Device
    from whatsapp.simulator.group_member import GroupChat

#: A history of at most this many bytes travels inside the message instead of on the media server.
INLINE_HISTORY = 48 * 1024

LINK_SECONDS = 30.0


@dataclass(frozen=True)
class Companion:
    """A device that was linked to the phone."""

    device: Device

    @property
    def jid(self) -> Jid:
        """Its address."""
        return self.device.jid

    @property
    def undelivered(self) -> int:
        """How many stanzas it has not acknowledged yet."""
        return len(self.device.mailbox)


class Phone(Person):
    """A person whose phone the hub is linked to.

    It signs the devices it links with its identity key: companions take the key that signed them for the one
    that the phone's messages are encrypted with.
    """

    def scan(self, qr_text: str | bytes) -> Companion:
        """Links the device that shows the code; returns when it is logged in and has the settings."""
        code = pairing.QrCode.read(qr_text)
        outcome: queue.Queue[Device | pairing.PairingFailed] = queue.Queue()
        self.simulator.call(self._link, code, self.identity_key, None, outcome.put)
        return self._welcome(outcome)

    def enter_code(self, code: str) -> Companion:
        """Links the device that shows the code (``ABCD-EFGH``); PairingFailed if it shows another one."""
        outcome: queue.Queue[Device | pairing.PairingFailed] = queue.Queue()
        side = PhoneSide(code, self.identity_key)
        self.simulator.call(self.simulator.world.code_pairings.enter, side, self.account, outcome.put)
        return self._welcome(outcome)

    def unlinks_devices(self) -> None:
        """Logs out every linked device."""

        def unlink() -> None:
            for device in self.account.companions:
                self.simulator.world.remove_device(device)

        self.simulator.call(unlink)

    @property
    def companions(self) -> list[Companion]:
        """The devices that are linked now."""
        return [Companion(device) for device in self.simulator.call(lambda: self.account.companions)]

    def hands_over_history(self, history: Any) -> Sent:
        """Gives a HistorySync to the linked devices: inside the message if it is small, else as an upload."""
        blob = zlib.compress(history.SerializeToString())
        notice = e2e_proto.HistorySyncNotification(
            syncType=history.syncType, chunkOrder=history.chunkOrder or 1, progress=history.progress or 100
        )
        if len(blob) <= INLINE_HISTORY:
            notice.initialHistBootstrapInlinePayload = blob
        else:
            upload = self._upload(blob, MediaType.MediaHistory)
            notice.directPath, notice.mediaKey = upload.DirectPath, upload.MediaKey
            notice.fileSHA256, notice.fileEncSHA256 = upload.FileSHA256, upload.FileEncSHA256
            notice.fileLength = upload.FileLength
        kind = e2e_proto.ProtocolMessage.HISTORY_SYNC_NOTIFICATION
        return self._tells_devices(e2e_proto.ProtocolMessage(type=kind, historySyncNotification=notice))

    def resends(self, message: Sent) -> None:
        """Answers a linked device that asked for a message it could not have, with the message.

        whatsmeow asks for what is unavailable at once, for what it can't decrypt never: neonize leaves
        ``AutomaticMessageRerequestFromPhone`` off. Facts from its ``handlePlaceholderResendResponse``.
        """

        def asks_for_it(received: Received) -> bool:
            asked = received.message.protocolMessage.peerDataOperationRequestMessage
            return message.id in (part.messageKey.ID for part in asked.placeholderMessageResendRequest)

        request = self.waits_for(asks_for_it)
        asked = request.message.protocolMessage.peerDataOperationRequestMessage
        copy = web_proto.WebMessageInfo(message=message.message, messageTimestamp=message.timestamp)
        copy.key.CopyFrom(asked.placeholderMessageResendRequest[0].messageKey)
        copy.pushName = message.author.account.name
        copy.participant = copy.key.participant
        answer = e2e_proto.PeerDataOperationRequestResponseMessage(
            peerDataOperationRequestType=asked.peerDataOperationRequestType, stanzaID=request.id
        )
        result = answer.peerDataOperationResult.add().placeholderMessageResendResponse
        result.webMessageInfoBytes = copy.SerializeToString()
        kind = e2e_proto.ProtocolMessage.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
        self._tells_devices(
            e2e_proto.ProtocolMessage(type=kind, peerDataOperationRequestResponseMessage=answer)
        )

    # Settings that the devices share

    def saves_contact(self, person: Person, full_name: str) -> None:
        """Puts somebody into the phone's address book."""
        action = action_proto.ContactAction(
            fullName=full_name, firstName=full_name.split()[0], saveOnPrimaryAddressbook=True
        )
        value = action_proto.SyncActionValue(contactAction=action)
        self.changes_setting("critical_unblock_low", Change(["contact", str(person.jid)], 2, value))

    def archives(self, chat: Person | GroupChat, archived: bool = True) -> None:
        """Puts a chat away, or takes it out again."""
        value = action_proto.SyncActionValue(
            archiveChatAction=action_proto.ArchiveChatAction(archived=archived)
        )
        self.changes_setting("regular_low", Change(["archive", str(chat.jid)], 3, value))

    def pins(self, chat: Person | GroupChat, pinned: bool = True) -> None:
        """Keeps a chat at the top, or lets it go."""
        value = action_proto.SyncActionValue(pinAction=action_proto.PinAction(pinned=pinned))
        self.changes_setting("regular_low", Change(["pin_v1", str(chat.jid)], 5, value))

    def mutes(self, chat: Person | GroupChat, seconds: int = 8 * 3600) -> None:
        """Mutes a chat for so long; 0 ends it."""
        until = int((time.time() + seconds) * 1000)
        action = action_proto.MuteAction(muted=seconds > 0, muteEndTimestamp=until)
        value = action_proto.SyncActionValue(muteAction=action)
        self.changes_setting("regular_high", Change(["mute", str(chat.jid)], 2, value))

    def changes_setting(self, collection: str, change: Change) -> None:
        """Changes any shared setting and tells the devices to fetch it."""
        keys = Keys(self.app_state_key.keyID.keyID, self.app_state_key.keyData.keyData)

        def append() -> None:
            world = self.simulator.world
            earlier = world.app_states.of(self.account, collection)
            world.app_states.append(self.account, collection, write(collection, earlier, keys, change))
            tell_change(self.account, collection, len(earlier))

        self.simulator.call(append)

    def _welcome(self, outcome: queue.Queue[Device | pairing.PairingFailed]) -> Companion:
        result = outcome.get(timeout=LINK_SECONDS)
        if isinstance(result, pairing.PairingFailed):
            raise result
        if not result.ready.wait(LINK_SECONDS):
            raise TimeoutError("the linked device did not log in")
        wait_until(lambda: result.signed_pre_key, LINK_SECONDS, "the linked device's keys")
        share = e2e_proto.AppStateSyncKeyShare(keys=[self.app_state_key])
        kind = e2e_proto.ProtocolMessage.APP_STATE_SYNC_KEY_SHARE
        self._tells_devices(e2e_proto.ProtocolMessage(type=kind, appStateSyncKeyShare=share))
        wait_until(
            lambda: len(result.collections) >= len(COLLECTIONS),
            LINK_SECONDS,
            "the linked device to fetch the settings",
        )
        return Companion(result)

    def _tells_devices(self, content: Any) -> Sent:
        """Sends something to the other devices of the account: a message to one's own address."""
        return self.send_message(self.jid, e2e_proto.Message(protocolMessage=content))
