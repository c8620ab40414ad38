"""The server's side of Noise_XX_25519_AESGCM_SHA256, as WhatsApp speaks it.

Facts from whatsmeow's ``handshake.go`` and ``socket/noisehandshake.go``: the pattern's name, padded to 32
bytes, is the first hash, salt and key at once; the connection header is the prologue; a nonce is eight zero
bytes and a counter that restarts with each key.
"""

from __future__ import annotations

import hashlib
import time

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from whatsapp.simulator.certificates import SigningKey
from whatsapp.simulator.library import cert_proto, wa6_proto

PATTERN = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
HEADER = b"WA\x06\x03"


class HandshakeFailed(ConnectionError):
    """The client isn't who it says, or doesn't trust the simulator."""


def _nonce(counter: int) -> bytes:
    return counter.to_bytes(12, "big")


def _two_keys(secret: bytes, salt: bytes) -> tuple[bytes, bytes]:
    keys = HKDF(SHA256(), 64, salt, b"").derive(secret)
    return keys[:32], keys[32:]


class Cipher:
    """One direction of an established connection."""

    def __init__(self, key: bytes) -> None:
        self._gcm = AESGCM(key)
        self._counter = 0

    def encrypt(self, plaintext: bytes) -> bytes:
        """The next frame's ciphertext."""
        self._counter += 1
        return self._gcm.encrypt(_nonce(self._counter - 1), plaintext, None)

    def decrypt(self, ciphertext: bytes) -> bytes:
        """The next frame's plaintext."""
        self._counter += 1
        return self._gcm.decrypt(_nonce(self._counter - 1), ciphertext, None)


class SymmetricState:
    """What both ends mix their messages into: hash, salt, key and counter."""

    def __init__(self, prologue: bytes = HEADER) -> None:
        self._hash = self._salt = PATTERN
        self._gcm = AESGCM(PATTERN)
        self._counter = 0
        self.mix_hash(prologue)

    def mix_hash(self, data: bytes) -> None:
        """Makes the data part of what both ends must agree on."""
        self._hash = hashlib.sha256(self._hash + data).digest()

    def mix_key(self, secret: bytes) -> None:
        """Makes a shared secret part of the key."""
        self._salt, key = _two_keys(secret, self._salt)
        self._gcm = AESGCM(key)
        self._counter = 0

    def encrypt(self, plaintext: bytes) -> bytes:
        """The ciphertext, mixed in."""
        ciphertext = self._gcm.encrypt(_nonce(self._counter), plaintext, self._hash)
        self._counter += 1
        self.mix_hash(ciphertext)
        return ciphertext

    def decrypt(self, ciphertext: bytes) -> bytes:
        """The plaintext; the ciphertext is mixed in."""
        try:
            plaintext = self._gcm.decrypt(_nonce(self._counter), ciphertext, self._hash)
        except InvalidTag as error:
            raise HandshakeFailed("the handshake doesn't decrypt") from error
        self._counter += 1
        self.mix_hash(ciphertext)
        return plaintext

    def split(self) -> tuple[bytes, bytes]:
        """The keys of the established connection: what the initiator writes with, what it reads with."""
        return _two_keys(b"", self._salt)


class Identity:
    """The server's static key and the certificates that lead from the root key to it."""

    def __init__(self, root: SigningKey) -> None:
        self.static = SigningKey.new()
        intermediate = SigningKey.new()
        chain = cert_proto.CertChain(
            intermediate=_noise_certificate(1, 0, intermediate.public, root),
            leaf=_noise_certificate(2, 1, self.static.public, intermediate),
        )
        self.certificates: bytes = chain.SerializeToString()


def _noise_certificate(
    serial: int, issuer: int, key: bytes, signer: SigningKey
) -> cert_proto.CertChain.NoiseCertificate:
    now = int(time.time())
    details = cert_proto.CertChain.NoiseCertificate.Details(
        serial=serial, issuerSerial=issuer, key=key, notBefore=now - 86_400, notAfter=now + 90 * 86_400
    ).SerializeToString()
    return cert_proto.CertChain.NoiseCertificate(details=details, signature=signer.sign(details))


class Responder:
    """The server's half of one handshake: ``hello`` answers the first message, ``finish`` reads the last."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._ephemeral = SigningKey.new()
        self._state = SymmetricState()

    def hello(self, message: bytes) -> bytes:
        """The answer to the client's hello: our keys and certificates."""
        hello = wa6_proto.HandshakeMessage.FromString(message).clientHello
        if len(hello.ephemeral) != 32:
            raise HandshakeFailed("the client's hello has no key")
        state = self._state
        state.mix_hash(hello.ephemeral)
        state.mix_hash(self._ephemeral.public)
        state.mix_key(self._ephemeral.agree(hello.ephemeral))
        static = state.encrypt(self._identity.static.public)
        state.mix_key(self._identity.static.agree(hello.ephemeral))
        answer = wa6_proto.HandshakeMessage.ServerHello(
            ephemeral=self._ephemeral.public,
            static=static,
            payload=state.encrypt(self._identity.certificates),
        )
        return bytes(wa6_proto.HandshakeMessage(serverHello=answer).SerializeToString())

    def finish(self, message: bytes) -> tuple[bytes, bytes, Cipher, Cipher]:
        """The client's static key and payload, then the ciphers for reading from and writing to it."""
        finish = wa6_proto.HandshakeMessage.FromString(message).clientFinish
        static = self._state.decrypt(finish.static)
        self._state.mix_key(self._ephemeral.agree(static))
        payload = self._state.decrypt(finish.payload)
        client_writes, client_reads = self._state.split()
        return static, payload, Cipher(client_writes), Cipher(client_reads)
