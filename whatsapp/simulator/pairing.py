"""Linking a device: the code it shows, what the phone signs, and how the server hands that over.

Facts from whatsmeow's ``pair.go``. The server gives six references; the client shows each as a QR code with
its keys. The phone that scans one signs the client's identity key and authenticates the result with the
secret in the code. The client signs too, is told to reconnect (515) and logs in.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, Device, new_id
from whatsapp.simulator.binary import Node
from whatsapp.simulator.certificates import SigningKey
from whatsapp.simulator.jid import SERVER
from whatsapp.simulator.library import adv_proto

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection

QR_PREFIX = "https://wa.me/settings/linked_devices#"
REFERENCE_COUNT = 6
#: How long a client that was told to reconnect may take to hang up.
RECONNECT_SECONDS = 5.0

ACCOUNT_SIGNATURE_PREFIX = b"\x06\x00"


class PairingFailed(RuntimeError):
    """The device could not be linked."""


@dataclass(frozen=True)
class QrCode:
    """What a QR code says."""

    reference: str
    noise_key: bytes
    identity_key: bytes
    adv_secret: bytes

    @classmethod
    def read(cls, text: str | bytes) -> QrCode:
        """The contents of a code as the client draws it; ValueError if it is none of WhatsApp's."""
        if isinstance(text, bytes):
            text = text.decode()
        parts = text.removeprefix(QR_PREFIX).split(",")
        if len(parts) < 4:
            raise ValueError(f"{text[:40]!r} is no code of a device to link")
        reference, *keys = parts[:4]
        return cls(reference, *(base64.b64decode(key) for key in keys))


class Pairings:
    """The clients that wait to be linked, by the references they were given."""

    def __init__(self) -> None:
        self.codes = REFERENCE_COUNT
        self._waiting: dict[str, Connection] = {}

    def add(self, client: Connection) -> list[str]:
        """New references for a client, as many as there are to be codes."""
        references = [f"2@{secrets.token_urlsafe(48)}" for _ in range(self.codes)]
        self._waiting.update(dict.fromkeys(references, client))
        return references

    def client(self, reference: str) -> Connection:
        """The client that was given the reference; PairingFailed if it is gone."""
        client = self._waiting.get(reference)
        if client is None:
            raise PairingFailed("the code is not valid any more: the device is gone or was linked already")
        return client

    def forget(self, client: Connection) -> None:
        """The client is gone or linked."""
        self._waiting = {ref: waiting for ref, waiting in self._waiting.items() if waiting is not client}


def offer(client: Connection) -> None:
    """Gives an unpaired client its references."""
    references = [Node("ref", {}, reference.encode()) for reference in client.world.pairings.add(client)]
    attrs = {"from": SERVER, "id": new_id(), "type": "set", "xmlns": "md"}
    client.send(Node("iq", attrs, [Node("pair-device", {}, references)]))


def link(
    client: Connection,
    account: Account,
    adv_secret: bytes,
    signing_key: SigningKey,
    number: int | None,
    then: Callable[[Device | PairingFailed], None],
) -> None:
    """Links the client to the account as device ``number`` (None: the next companion), then calls back."""
    registration = client.registration
    if registration is None:
        raise PairingFailed("the client is linked already")
    device = account.add_device(number)
    device.identity = registration.eIdent
    details = adv_proto.ADVDeviceIdentity(
        rawID=secrets.randbits(31), timestamp=int(time.time()), keyIndex=device.number or 1
    ).SerializeToString()
    signed = adv_proto.ADVSignedDeviceIdentity(
        details=details,
        accountSignatureKey=signing_key.public,
        accountSignature=signing_key.sign(ACCOUNT_SIGNATURE_PREFIX + details + registration.eIdent),
    ).SerializeToString()
    sealed = adv_proto.ADVSignedDeviceIdentityHMAC(
        details=signed, HMAC=hmac.digest(adv_secret, signed, hashlib.sha256)
    ).SerializeToString()

    def finish(answer: Node) -> None:
        signature = answer.child("pair-device-sign", "device-identity")
        if signature is None:
            del account.devices[device.number]
            then(PairingFailed(f"the device refused the link: {answer}"))
            return
        device.device_identity = signature.data
        client.world.pairings.forget(client)
        client.world.tell_device_change(account)
        client.close(Node("stream:error", {"code": 515}), after=RECONNECT_SECONDS)
        then(device)

    client.registration = None
    success = [
        Node("device-identity", {}, sealed),
        Node("device", {"jid": device.jid, "lid": device.lid}),
        Node("platform", {"name": "android"}),
    ]
    attrs = {"from": SERVER, "id": new_id(), "type": "set", "t": int(time.time())}
    client.ask(Node("iq", attrs, [Node("pair-success", {}, success)]), finish)
