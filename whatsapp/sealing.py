"""Secrets at rest: sealed with a key that is not in the database, so that a copy of it gives none away.

The key is ENCRYPTION_KEY; where the owner sets none, a random one in `DATA_DIR/encryption.key`, made at first
need. What was sealed with another key can't be opened any more.
"""

import os
import secrets
import tempfile
from base64 import urlsafe_b64encode
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_FILE = "encryption.key"
RANDOM_BYTES = 32


class Unsealable(Exception):
    """What is stored was not sealed with the key of now."""

    def __init__(self) -> None:
        super().__init__("It was encrypted with another key: the encryption key has been changed or lost.")


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed. Raises Unsealable."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unsealable from error


def _box() -> Fernet:
    return _fernet(settings.ENCRYPTION_KEY or key_in(settings.DATA_DIR / KEY_FILE))


@lru_cache(maxsize=4)
def _fernet(key: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"whatsapp-hub secrets at rest").derive(key.encode())
    return Fernet(urlsafe_b64encode(derived))


@lru_cache(maxsize=4)
def key_in(path: Path) -> str:
    """The key in that file, which is made when it is not there; whoever comes first makes it."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(prefix=".encryption", dir=path.parent)  # for this user alone
        try:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(RANDOM_BYTES))
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was faster: its key counts
        finally:
            Path(draft).unlink()
    return path.read_text().strip()
