"""Writes a change of the settings that devices share, as the owner's phone does.

neonize can't: its ``send_app_state`` forgets which collection a change is for (``DecodePatchInfo`` in
goneonize compares pointers). Facts from whatsmeow's ``appstate/encode.go``, ``hash.go`` and ``lthash``: each
change is encrypted and authenticated by itself, and a hash to which changes can be added and from which they
can be taken away stands for the whole collection.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import struct
import time
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from whatsapp.simulator.library import action_proto, server_sync_proto

HASH_SIZE = 128
MAC_SIZE = 32
BLOCK = 16

#: The first byte of what a change's authentication code covers: setting something, in contrast to removing
#: it.
SET = b"\x01"


@dataclass(frozen=True)
class Change:
    """One setting: where it is (``["archive", jid]``), the version of its format, and its value."""

    index: list[str]
    version: int
    value: Any


class Keys:
    """The five keys that a shared key is expanded to."""

    def __init__(self, key_id: bytes, secret: bytes) -> None:
        self.id = key_id
        keys = HKDF(SHA256(), 160, None, b"WhatsApp Mutation Keys").derive(secret)
        self.index, self.encryption, self.value, self.snapshot, self.patch = (
            keys[at : at + 32] for at in range(0, 160, 32)
        )


def write(collection: str, earlier: list[bytes], keys: Keys, change: Change) -> bytes:
    """The patch that makes the change, on top of the collection's earlier patches."""
    change.value.timestamp = time.time_ns() // 1_000_000
    index = json.dumps(change.index, separators=(",", ":")).encode()
    content = action_proto.SyncActionData(
        index=index, value=change.value, padding=b"", version=change.version
    )
    encrypted = _encrypt(keys.encryption, content.SerializeToString())
    covered = SET + keys.id + encrypted + struct.pack(">Q", len(keys.id) + 1)
    value = encrypted + hmac.digest(keys.value, covered, hashlib.sha512)[:MAC_SIZE]

    patch = server_sync_proto.SyncdPatch(keyID=server_sync_proto.KeyId(ID=keys.id))
    mutation = patch.mutations.add(operation=server_sync_proto.SyncdMutation.SET)
    mutation.record.index.blob = hmac.digest(keys.index, index, hashlib.sha256)
    mutation.record.value.blob = value
    mutation.record.keyID.ID = keys.id

    state = _hash([*map(server_sync_proto.SyncdPatch.FromString, earlier), patch])
    version, name = struct.pack(">Q", len(earlier) + 1), collection.encode()
    patch.snapshotMAC = hmac.digest(keys.snapshot, state + version + name, hashlib.sha256)
    covered = patch.snapshotMAC + value[-MAC_SIZE:] + version + name
    patch.patchMAC = hmac.digest(keys.patch, covered, hashlib.sha256)
    return bytes(patch.SerializeToString())


def _hash(patches: list[Any]) -> bytes:
    """The collection's hash after all patches: the sum of what is set now."""
    standing: dict[bytes, bytes] = {}
    for patch in patches:
        for mutation in patch.mutations:
            if mutation.operation == server_sync_proto.SyncdMutation.SET:
                standing[mutation.record.index.blob] = mutation.record.value.blob[-MAC_SIZE:]
            else:
                standing.pop(mutation.record.index.blob, None)
    total = [0] * (HASH_SIZE // 2)
    for mac in standing.values():
        term = HKDF(SHA256(), HASH_SIZE, None, b"WhatsApp Patch Integrity").derive(mac)
        total = [(x + y) & 0xFFFF for x, y in zip(total, struct.unpack("<64H", term), strict=True)]
    return struct.pack("<64H", *total)


def _encrypt(key: bytes, plain: bytes) -> bytes:
    padding = BLOCK - len(plain) % BLOCK
    start = secrets.token_bytes(BLOCK)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    return start + encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
