"""Secrets at rest: sealed with a key that is not in the database, so that a copy of it gives none away.

The key is ENCRYPTION_KEY; where the owner sets none, a random one in `DATA_DIR/encryption.key`, made at first
need. What was sealed with another key can't be opened any more.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from whatsapp.random_texts import random_text_in

KEY_FILE = "encryption.key"


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
    return _fernet(settings.ENCRYPTION_KEY or random_text_in(settings.DATA_DIR / KEY_FILE))


@lru_cache(maxsize=4)
def _fernet(key: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"whatsapp-hub secrets at rest").derive(key.encode())
    return Fernet(urlsafe_b64encode(derived))
