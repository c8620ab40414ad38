"""Wrong keys: how many different ones an address may try before it has to wait.

Showing one wrong key again and again is no guessing: a program with an old key must not shut out its
neighbours behind the same proxy.
"""

import hashlib
import ipaddress
import time
from typing import Any

from django.conf import settings

from api import counts
from api.errors import TooMany

MOST_WRONG_KEYS = 20  # different ones of an address, in a window
WINDOW_SECONDS = 60


def address_of(request: Any) -> str:
    """The client's address: with PROXIES, what the outermost of these says; of IPv6 the network, all of
    whose addresses are one client's."""
    address = str(request.META.get("REMOTE_ADDR") or "unknown")
    hops = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",") if settings.PROXIES else [""]
    address = hops[-min(settings.PROXIES, len(hops))].strip() or address
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


def are_too_many(address: str) -> bool:
    """Whether whoever asks from there has to wait."""
    return counts.of(count_of(address)) >= MOST_WRONG_KEYS


def refuse_too_many(address: str) -> None:
    """Raises TooMany when there were too many from that address."""
    if are_too_many(address):
        raise TooMany("Too many wrong keys from this address.", WINDOW_SECONDS - time.time() % WINDOW_SECONDS)


def note(address: str, key: bytes) -> None:
    """Counts a wrong key, unless it has been counted in this window."""
    count = count_of(address)
    if counts.add_one(f"{count}:{hashlib.sha256(key).hexdigest()}", WINDOW_SECONDS) == 1:
        counts.add_one(count, WINDOW_SECONDS)


def count_of(address: str) -> str:
    return f"wrong-keys:{address}:{int(time.time()) // WINDOW_SECONDS}"
