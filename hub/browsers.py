"""Sessions of browsers. The database has digests of their keys: a copy of it lets nobody in."""

from hashlib import sha256
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.utils import timezone

LENGTH = 40  # of the column


class SessionStore(db.SessionStore):
    """Django's, but for the key that a row is found by. The cookie has the key itself."""

    def _get_session_from_db(self) -> Session | None:
        rows = Session.objects.filter(expire_date__gt=timezone.now())
        found = rows.filter(session_key=digest(self.session_key)).first() if self.session_key else None
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return super().exists(digest(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        made = super().create_model_instance(data)
        made.session_key = digest(made.session_key)
        return made

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(digest(key))


def digest(key: str) -> str:
    """Of a key of 165 random bits: nobody finds it by trying."""
    return sha256(key.encode(errors="surrogatepass")).hexdigest()[:LENGTH]
