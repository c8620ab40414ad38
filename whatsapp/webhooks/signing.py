"""What a delivery carries in its headers, its signatures above all.

Two schemes at once: `X-Hub-Signature` over the body, as in the original service, and the three headers of
Standard Webhooks (https://www.standardwebhooks.com), which also cover the delivery's id and its time.
"""

import binascii
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping

USER_AGENT = "WhatsApp-Hub"
PREFIX = "whsec_"  # of a secret that is random bytes in Base64
RANDOM_BYTES = 32

MOST_HEADERS = 20
LONGEST_VALUE = 4096
NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}")
VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?|")
# What the hub or the connection itself says.
RESERVED = {
    *(
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
    ),
    *("keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent"),
}
RESERVED_BEGINNINGS = ("x-hub-", "webhook-", "proxy-")


class InvalidHeaders(ValueError):
    """Headers that can't be sent; the message names the first, and never its value."""


def new_secret() -> str:
    return PREFIX + b64encode(secrets.token_bytes(RANDOM_BYTES)).decode()


def require_headers(headers: Mapping[str, str]) -> None:
    """Raises InvalidHeaders unless these can be sent beside the hub's own."""
    if len(headers) > MOST_HEADERS:
        raise InvalidHeaders(f"There are more than {MOST_HEADERS} of them.")
    known: set[str] = set()
    for name, value in headers.items():
        low = name.lower()
        if not NAME.fullmatch(name):
            raise InvalidHeaders(f"{name[:64]!r} is no name of a header.")
        if low in RESERVED or low.startswith(RESERVED_BEGINNINGS):
            raise InvalidHeaders(f"{name} is set by the hub itself and can't be chosen.")
        if low in known:
            raise InvalidHeaders(f"{name} is there twice.")
        if len(value) > LONGEST_VALUE or not VALUE.fullmatch(value):
            raise InvalidHeaders(
                f"The value of {name} must be printable ASCII without spaces around it, "
                f"of {LONGEST_VALUE} characters at the most."
            )
        known.add(low)


def key_of(secret: str) -> bytes:
    """The key of the Standard Webhooks signature: what follows `whsec_` in Base64, else the text itself."""
    if secret.startswith(PREFIX):
        try:
            return b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            return secret.encode()
    return secret.encode()


def headers_of(
    body: bytes,
    *,
    delivery_id: str,
    event_type: str,
    event_ms: int,
    now: int,
    secret: str | None = None,
    previous: str | None = None,
) -> dict[str, str]:
    """The hub's own headers of an attempt at `now` (Unix seconds). `previous` is the secret before, as long
    as that counts."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "identity",
        "X-Hub-Event": event_type,
        "X-Hub-Timestamp": str(event_ms),
        "X-Hub-Delivery": delivery_id,
        "webhook-id": delivery_id,
        "webhook-timestamp": str(now),
    }
    if secret is not None:
        headers["X-Hub-Signature"] = body_signature(secret, body)
        content = b"%s.%d.%s" % (delivery_id.encode(), now, body)
        signatures = [standard_signature(secret, content)]
        if previous is not None:
            headers["X-Hub-Signature-Previous"] = body_signature(previous, body)
            signatures.append(standard_signature(previous, content))
        headers["webhook-signature"] = " ".join(signatures)
    return headers


def body_signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def standard_signature(secret: str, content: bytes) -> str:
    return "v1," + b64encode(hmac.digest(key_of(secret), content, "sha256")).decode()
