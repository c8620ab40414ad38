"""Linking by the eight-character code that the device shows and the phone's owner types.

Facts from whatsmeow's ``pair-code.go``. Both sides encrypt an ephemeral key with the code, agree on a secret
with them, and the device sends back, encrypted with that secret, its identity and a random part of the ADV
secret.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from whatsapp.simulator import pairing
from whatsapp.simulator.accounts import Account, Device, new_id
from whatsapp.simulator.binary import Node
from whatsapp.simulator.certificates import SigningKey
from whatsapp.simulator.jid import SERVER
from whatsapp.simulator.router import Refused, Result, query

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection

ITERATIONS = 2 << 16

Then = Callable[[Device | pairing.PairingFailed], None]


def _crypt(code: str, salt: bytes, start: bytes, data: bytes) -> bytes:
    """Encrypts or decrypts with the code (AES-CTR does the same for both)."""
    key = hashlib.pbkdf2_hmac("sha256", code.encode(), salt, ITERATIONS, 32)
    return Cipher(algorithms.AES(key), modes.CTR(start)).encryptor().update(data)


def _derive(secret: bytes, salt: bytes | None, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, purpose).derive(secret)


class PhoneSide:
    """What the phone does once its owner has typed the code."""

    def __init__(self, code: str, identity: SigningKey) -> None:
        self._code = code.replace("-", "").strip().upper()
        self.identity = identity
        self._ephemeral = SigningKey.new()
        self._secret = b""

    def hello(self, wrapped: bytes) -> bytes:
        """The phone's ephemeral key, encrypted with the code; takes the device's, encrypted likewise."""
        self._secret = self._ephemeral.agree(_crypt(self._code, wrapped[:32], wrapped[32:48], wrapped[48:80]))
        salt, start = secrets.token_bytes(32), secrets.token_bytes(16)
        return salt + start + _crypt(self._code, salt, start, self._ephemeral.public)

    def adv_secret(self, bundle: bytes, companion_identity: bytes) -> bytes:
        """The secret that authenticates the link, out of the bundle; PairingFailed if the code was wrong."""
        key = _derive(self._secret, bundle[:32], b"link_code_pairing_key_bundle_encryption_key")
        try:
            plain = AESGCM(key).decrypt(bundle[32:44], bundle[44:], None)
        except InvalidTag as error:
            raise pairing.PairingFailed("the code is not the one that the device shows") from error
        if plain[:32] != companion_identity or plain[32:64] != self.identity.public:
            raise pairing.PairingFailed("the device answered for somebody else")
        shared = self._secret + self.identity.agree(companion_identity) + plain[64:96]
        return _derive(shared, None, b"adv_secret")


@dataclass(slots=True)
class _Waiting:
    """A device that shows a code."""

    client: Connection
    reference: bytes
    wrapped_key: bytes
    side: PhoneSide | None = None
    account: Account | None = None
    then: Then | None = None


class CodePairings:
    """The devices that show a code, by the number they want to be linked to."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}

    def begin(self, client: Connection, number: str, wrapped_key: bytes) -> bytes:
        """A device asked for a code; returns the reference of the attempt."""
        reference = secrets.token_hex(16).encode()
        self._waiting[number] = _Waiting(client, reference, wrapped_key)
        return reference

    def enter(self, side: PhoneSide, account: Account, then: Then) -> None:
        """The owner typed a code: the device that waits for this number is told."""
        waiting = self._waiting.get(account.number)
        if waiting is None:
            then(pairing.PairingFailed(f"no device waits to be linked to {account.number}"))
            return
        waiting.side, waiting.account, waiting.then = side, account, then
        hello = [
            Node("link_code_pairing_ref", {}, waiting.reference),
            Node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, side.hello(waiting.wrapped_key)),
            Node("primary_identity_pub", {}, side.identity.public),
        ]
        attrs = {"from": SERVER, "id": new_id(), "type": "link_code_companion_reg"}
        registration = Node("link_code_companion_reg", {"stage": "primary_hello"}, hello)
        waiting.client.send(Node("notification", attrs, [registration]))

    def finish(self, number: str, reference: bytes, bundle: bytes, identity: bytes) -> None:
        """The device answered: it is linked, or the phone is told why not."""
        waiting = self._waiting.pop(number, None)
        if waiting is None or waiting.reference != reference:
            raise Refused(404, "item-not-found")
        if waiting.side is None or waiting.account is None or waiting.then is None:
            raise Refused(400, "bad-request")
        try:
            secret = waiting.side.adv_secret(bundle, identity)
        except pairing.PairingFailed as error:
            waiting.then(error)
            return
        client, side, account, then = waiting.client, waiting.side, waiting.account, waiting.then
        client.world.loop.call_soon(pairing.link, client, account, secret, side.identity, None, then)


@query("md")
def multi_device(client: Connection, iq: Node) -> Result:
    """The stages of linking by code, and a device's own logout."""
    if iq.child("remove-companion-device"):
        client.world.remove_device(client.owner, told=False)
        return None
    stage = iq.child("link_code_companion_reg")
    if stage is None:
        return None
    number = jid.user if (jid := stage.jid("jid")) else ""
    parts = {part.tag: part.data for part in stage.children}
    if stage.text("stage") == "companion_hello":
        wrapped = parts["link_code_pairing_wrapped_companion_ephemeral_pub"]
        reference = client.world.code_pairings.begin(client, number, wrapped)
        return Node("link_code_companion_reg", {}, [Node("link_code_pairing_ref", {}, reference)])
    client.world.code_pairings.finish(
        number,
        parts["link_code_pairing_ref"],
        parts["link_code_pairing_wrapped_key_bundle"],
        parts["companion_identity_public"],
    )
    return None
