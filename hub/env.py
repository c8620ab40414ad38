"""Reads the environment for the settings, and refuses what can't work.

The process's own environment wins over the `.env` file. Every reader names the variable, shows the value
and says what would be right, because its message is all that a person sees when the hub won't start.
"""

import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values

from whatsapp.log_levels import LEVELS
from whatsapp.slugs import RULE, is_slug

LOG_LEVELS = {level: level for level in LEVELS} | {"warning": "warn"}
TRUE, FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}


class Environment:
    """Typed look-ups in a mapping of strings; an empty value counts as not given."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    @classmethod
    def read(cls, dotenv: Path) -> "Environment":
        """The process's environment laid over the file `dotenv`, which need not exist."""
        in_file = {name: value for name, value in dotenv_values(dotenv).items() if value is not None}
        return cls({**in_file, **os.environ})

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def words(self, name: str) -> list[str]:
        """A comma-separated list without its empty parts."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def origins(self, name: str) -> list[str]:
        """Origins of pages as browsers name them, such as `https://example.org:8443`; `*` is any."""
        found = self.words(name)
        for origin in found:
            parts = urlsplit(origin)
            if origin != "*" and (
                parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ImproperlyConfigured(
                    f"{name} has {origin!r}: an origin is http:// or https:// with a host and perhaps a "
                    f"port, and nothing after it; * is any."
                )
        return found

    def boolean(self, name: str, default: bool) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value in TRUE | FALSE:
            return value in TRUE
        raise ImproperlyConfigured(f"{name} is {value!r}: it must be true or false.")

    def integer(self, name: str, default: int, least: int, most: int, meaning: str) -> int:
        value = self.text(name)
        if not value:
            return default
        try:
            number = int(value)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ImproperlyConfigured(
                f"{name} is {value!r}: it must be a whole number from {least} to {most} ({meaning})."
            )
        return number

    def number(self, name: str, default: float, least: float, most: float, meaning: str) -> float:
        value = self.text(name)
        if not value:
            return default
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise ImproperlyConfigured(
                f"{name} is {value!r}: it must be a number from {least:g} to {most:g} ({meaning})."
            )
        return number

    def secret(self, name: str, least: int) -> str:
        """A secret of at least `least` characters; its value is never part of the message."""
        value = self.text(name)
        if len(value) < least:
            found = f"has {len(value)} characters" if value else "is not set"
            raise ImproperlyConfigured(
                f"{name} {found}: it must be a random text of {least} characters or more, "
                f"for example from `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`."
            )
        return value

    def secret_or_none(self, name: str, least: int) -> str:
        """A secret of at least `least` characters, or the empty text when there is none."""
        return self.secret(name, least) if self.text(name) else ""

    def urls(self, name: str, most: int) -> list[str]:
        """A comma-separated list of http and https URLs, each once. As there may be secrets in them, a bad
        one is named by its place in the list alone."""
        found = list(dict.fromkeys(self.words(name)))
        for place, url in enumerate(found, 1):
            try:
                parts = urlsplit(url)
                host, _ = parts.hostname, parts.port
            except ValueError:
                host = None
            if not host or parts.scheme not in ("http", "https") or parts.username or len(url) > most:
                raise ImproperlyConfigured(
                    f"{name} has a wrong URL at place {place}: each must begin with http:// or https://, "
                    f"have a host and no user name, and {most} characters at the most."
                )
        return found

    def database(self, name: str) -> dict[str, Any] | None:
        """Django's settings of the PostgreSQL database at a URL; None where none is given. As there is a
        password in it, a bad one is not shown."""
        url = self.text(name)
        if not url:
            return None
        try:
            parts = urlsplit(url)
            found = dict(dj_database_url.parse(url)) if parts.scheme in ("postgres", "postgresql") else {}
        except (ValueError, dj_database_url.ParseError):
            found = {}
        if not found.get("NAME"):
            raise ImproperlyConfigured(
                f"{name} is no address of a PostgreSQL database: it must look like "
                "postgres://user:password@host:5432/name, special characters in the password being "
                "percent-encoded."
            )
        return found

    def redis(self, name: str) -> str:
        """The URL of a Redis; the empty text where none is given. As there may be a password in it, a bad one
        is not shown."""
        url = self.text(name)
        if not url:
            return ""
        from redis import Redis  # which is loaded where it is used: it is large
        from redis.exceptions import RedisError

        try:
            parts = urlsplit(url)
            is_right = bool(parts.hostname and parts.port != 0) and parts.scheme in ("redis", "rediss")
            is_right = is_right and (parts.path.strip("/") or "0").isdecimal()
            if is_right:
                Redis.from_url(url).connection_pool.make_connection()  # it connects when it is used
        except (ValueError, TypeError, RedisError):
            is_right = False
        if not is_right:
            raise ImproperlyConfigured(
                f"{name} is no address of a Redis: it must look like redis://user:password@host:6379/0, or "
                "rediss:// for TLS, special characters in the password being percent-encoded."
            )
        return url

    def log_level(self, name: str, default: str) -> str:
        """One of the words of `whatsapp.log_levels`."""
        value = self.text(name, default).lower()
        if value not in LOG_LEVELS:
            raise ImproperlyConfigured(f"{name} is {value!r}: it must be one of {', '.join(LOG_LEVELS)}.")
        return LOG_LEVELS[value]

    def slug(self, name: str, default: str) -> str:
        """A word that is safe as a folder's name."""
        value = self.text(name, default)
        if not is_slug(value):
            raise ImproperlyConfigured(f"{name} is {value!r}: it must be {RULE}.")
        return value

    def folder(self, name: str, default: Path, base: Path, mode: int = 0o777) -> Path:
        """A folder that exists, or can be made (with that mode), and takes new files; a relative one is below
        `base`."""
        path = base / Path(self.text(name) or default).expanduser()
        try:
            path.mkdir(mode, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name} is {str(path)!r}, which can't be written to ({error.strerror}): "
                f"it must be a folder that this user (number {os.getuid()}) may create files in."
            ) from error
        return path
