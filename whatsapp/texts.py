"""Texts that WhatsApp and strangers write, as both databases take them.

PostgreSQL refuses NUL in a text, and a text in an index that is longer than some 2,700 bytes; SQLite takes
anything. So what is indexed is cut where it comes in: the bytes that it came in are kept as they are.
"""

from hashlib import blake2b

LONGEST_IDENTIFIER = 128  # of a message, a call, a picture …; WhatsApp's own have some 20 to 40 characters
LONGEST_NAME = 500
DIGEST_BYTES = 16


def text(value: str | bytes | None) -> str | None:
    """The string without what a database refuses (NUL, lone surrogates); None when nothing is left."""
    if not value:
        return None
    if isinstance(value, str):
        if value.isascii():
            return value.replace("\0", "") or None
        value = value.encode(errors="replace")
    return value.decode(errors="replace").replace("\0", "") or None


def name(value: str | bytes | None) -> str | None:
    """The beginning of what somebody or something is called; None when nothing is left."""
    found = text(value)
    return found and found[:LONGEST_NAME]


def identifier(value: str | bytes | None, longest: int = LONGEST_IDENTIFIER) -> str | None:
    """The string by which something is found again; None when nothing is left. A longer one becomes its
    beginning and a digest of it all, so that different ones stay different, and the same the same."""
    found = text(value)
    if found is None or len(found) <= longest:
        return found
    digest = blake2b(found.encode(), digest_size=DIGEST_BYTES).hexdigest()
    return f"{found[: longest - len(digest) - 1]}~{digest}"
