"""Which addresses may be asked at all."""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

LONGEST_URL = 2048

# What the registries of IANA for special purposes keep from the Internet at large. Python's own `is_global`
# has changed between its patch releases; this says the same on all of them.
NOT_PUBLIC_4 = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
NOT_PUBLIC_6 = [ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20")]
# Networks whose addresses carry an IPv4 address, and how many bits follow it.
CARRIERS = [
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4
]


class NotFetched(Exception):
    """What was asked for has not come; the message says why in one sentence, fit to be shown."""


class RefusedAddress(NotFetched):
    """The host is not on the Internet at large, and the owner hasn't allowed others."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is an address of a private network or of this machine; "
            f"only the owner can allow these, by the setting ALLOW_PRIVATE_URLS."
        )


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the Internet at large."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False  # one with a zone, which only links have
    if isinstance(parsed, ipaddress.IPv6Address):
        for network, following in CARRIERS:
            if parsed in network:
                parsed = ipaddress.IPv4Address((int(parsed) >> following) & 0xFFFFFFFF)
                break
        else:
            return parsed in PUBLIC_6 and not any(parsed in network for network in NOT_PUBLIC_6)
    return not any(parsed in network for network in NOT_PUBLIC_4)


def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
    """Family and socket address of each address that the name has now. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


def require_url(url: str) -> None:
    """Raises NotFetched unless `url` is one that may be asked for at all, by its looks."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise NotFetched("This is not a URL.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise NotFetched("This must be a URL that begins with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise NotFetched("A URL with a user name or a password in it is not fetched.")
    if len(url) > LONGEST_URL:
        raise NotFetched(f"A URL has {LONGEST_URL} characters at the most.")
