"""What a client process must do to talk to a simulator instead of WhatsApp.

``prepare`` before neonize is imported, ``apply`` after, then connect through the proxy::

    config = trust.prepare(data_dir / "simulator" / "simulator.json")
    from neonize.client import NewClient, ProxySettings
    trust.apply(config)
    client.connect(ProxySettings(proxy_address=config.proxy))

Nothing here happens unless it is called: a normal start never imports this module.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from whatsapp.go_environment import set_for_go
from whatsapp.simulator.certificates import NOISE_ROOT_NAME, Authority

log = logging.getLogger(__name__)

#: The key that whatsmeow checks the server's Noise certificates against (``WACertPubKey`` in handshake.go).
WHATSAPP_NOISE_ROOT = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")

CONFIG_NAME = "simulator.json"

#: Where the loaded library keeps the root key, once it is found.
_root_key_address: int | None = None


@dataclass(frozen=True)
class Trust:
    """How to reach a simulator and what to trust. ``proxy`` is empty before a simulator has started."""

    proxy: str
    ca_file: str
    noise_root_key: str

    @classmethod
    def read(cls, path: Path) -> Trust:
        """The contents of a simulator's ``simulator.json`` (or of the one in a directory)."""
        if path.is_dir():
            path = path / CONFIG_NAME
        return cls(**json.loads(path.read_text()))

    def write(self, directory: Path) -> Path:
        """Writes ``simulator.json``, whole or not at all, and returns its path."""
        path = directory / CONFIG_NAME
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self), indent=2))
        draft.replace(path)
        return path


def prepare(source: Path | Trust | Authority) -> Trust:
    """Makes this process trust the simulator's TLS certificates; call it before neonize is imported.

    The source is a ``simulator.json``, a directory (an authority is made there if there is none) or what was
    read from one. Go reads its variables when the library is loaded, so a later call can't work and raises.
    """
    trust = _trust_of(source)
    if "neonize" in sys.modules and os.environ.get("SSL_CERT_FILE") != trust.ca_file:
        raise RuntimeError(
            "neonize was imported before whatsapp.simulator.trust.prepare() was called: "
            "the library has read its certificates already and would refuse the simulator's"
        )
    if "neonize" not in sys.modules:
        set_for_go("SSL_CERT_FILE", trust.ca_file)
        # Otherwise the library marks every message as a bot's.
        set_for_go("NEONIZE_BOT_TAG", "off")
    return trust


def apply(source: Path | Trust | Authority) -> Trust:
    """Puts the simulator's Noise root key in the place of WhatsApp's in the loaded library's memory.

    Doing it again, with the same key or another, is fine. Raises RuntimeError when neonize was loaded without
    :func:`prepare` or the key isn't found exactly once.
    """
    global _root_key_address
    trust = _trust_of(source)
    if "neonize" not in sys.modules:
        raise RuntimeError("import neonize before whatsapp.simulator.trust.apply()")
    if os.environ.get("SSL_CERT_FILE") != trust.ca_file:
        raise RuntimeError("call whatsapp.simulator.trust.prepare() before importing neonize")
    root_key = bytes.fromhex(trust.noise_root_key)
    if _root_key_address is None:
        _root_key_address = _find_root_key()
    if ctypes.string_at(_root_key_address, 32) != root_key:
        ctypes.memmove(_root_key_address, root_key, 32)
        log.warning(
            "This process now trusts the WhatsApp simulator at %s and not WhatsApp", trust.proxy or "loopback"
        )
    return trust


def prepared_authority() -> Authority | None:
    """The authority whose certificates this process trusts, None if :func:`prepare` was not called."""
    directory = Path(os.environ.get("SSL_CERT_FILE", "")).parent
    return Authority(directory) if (directory / NOISE_ROOT_NAME).exists() else None


def _trust_of(source: Path | Trust | Authority) -> Trust:
    if isinstance(source, Trust):
        return source
    if isinstance(source, Path):
        if source.suffix == ".json" or (source / CONFIG_NAME).exists():
            if not source.exists():
                raise RuntimeError(f"there is no {source}: is the simulator running?")
            return Trust.read(source)
        source = Authority(source)
    return Trust(proxy="", ca_file=str(source.ca_file), noise_root_key=source.noise_root.public.hex())


def _find_root_key() -> int:
    """The address of the root key in the writable memory of neonize's library."""
    try:
        maps = Path("/proc/self/maps").read_text()
    except OSError as error:
        raise RuntimeError("the simulator needs Linux: it reads /proc/self/maps") from error
    found: list[int] = []
    for line in maps.splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) < 6 or "neonize" not in Path(fields[5]).name or not fields[1].startswith("rw"):
            continue
        start, end = (int(edge, 16) for edge in fields[0].split("-"))
        memory = ctypes.string_at(start, end - start)
        at = memory.find(WHATSAPP_NOISE_ROOT)
        while at >= 0:
            found.append(start + at)
            at = memory.find(WHATSAPP_NOISE_ROOT, at + 1)
    if len(found) != 1:
        raise RuntimeError(
            f"WhatsApp's Noise root key was found {len(found)} times in neonize's memory, not once"
        )
    return found[0]
