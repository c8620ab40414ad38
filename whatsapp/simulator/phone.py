"""The owner's phone: links devices, hands over history, shares settings."""

from __future__ import annotations

import queue
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import pairing
from whatsapp.simulator.app_state import COLLECTIONS
from whatsapp.simulator.client import wait_until
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.library import MediaType, e2e_proto
from whatsapp.simulator.mail import Sent
from whatsapp.simulator.pair_code import PhoneSide
from whatsapp.simulator.person import Person

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Device

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

    It signs the devices it links with its identity key: companions take the key that signed them for the one that
    the phone's messages are encrypted with.
    """

    def scan(self, qr_text: str | bytes) -> Companion:
        """Links the device that shows the code; returns when it is logged in and has the settings."""
        code = pairing.QrCode.read(qr_text)
        outcome: queue.Queue[Device | pairing.PairingFailed] = queue.Queue()
        self.simulator.call(self._link, code, self.identity_key, None, outcome.put)
        return self._welcome(outcome)

    def enter_code(self, code: str) -> Companion:
        """Links the device that shows the pairing code (``ABCD-EFGH``); PairingFailed if it is another one."""
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
            lambda: len(result.collections) >= len(COLLECTIONS), LINK_SECONDS, "the linked device to fetch the settings"
        )
        return Companion(result)

    def _tells_devices(self, content: Any) -> Sent:
        """Sends something to the other devices of the account: a message to one's own address."""
        return self.send_message(self.jid, e2e_proto.Message(protocolMessage=content))
