"""Settings that can change while the hub runs: which there are, what each is now, and how to change them.

A setting's default comes from the environment (`hub/settings.py`); a row of `Preference` stands in its
place. Reading one costs about a microsecond: the rows are kept in memory. In the session, the web process and
the worker a thread follows the database's news (`whatsapp.wakeup`) and reads them again, so that a change
made in any process reaches the others within a second. Other processes, such as management commands, read
them once.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction

from whatsapp import events, log_levels, wakeup
from whatsapp.models import Account
from whatsapp.models.preference import Preference

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.2  # between two readings of the rows, however much is written meanwhile
LONGEST_WAIT_SECONDS = 30.0


class InvalidPreferences(ValueError):
    """Values that can't be: `errors` names each setting, and says what would be right."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{key}: {' '.join(said)}" for key, said in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `default_in` names the Django setting that holds its default."""

    key: str
    default_in: str
    meaning: str

    @property
    def default(self) -> Any:
        return getattr(settings, self.default_in)

    @property
    def wanted(self) -> str:
        """What a right value is, for people: "true or false"."""
        raise NotImplementedError

    def takes(self, value: Any) -> bool:
        """Whether `value`, as it comes from JSON, is a right one."""
        raise NotImplementedError

    def cleaned(self, value: Any) -> Any:
        """A right value as it is kept."""
        return value


@dataclass(frozen=True, slots=True)
class Choice(Setting):
    choices: tuple[str, ...]

    @property
    def wanted(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def takes(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.choices


@dataclass(frozen=True, slots=True)
class Switch(Setting):
    @property
    def wanted(self) -> str:
        return "true or false"

    def takes(self, value: Any) -> bool:
        return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Whole(Setting):
    least: int
    most: int

    @property
    def wanted(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def takes(self, value: Any) -> bool:
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return is_whole and not isinstance(value, bool) and self.least <= value <= self.most

    def cleaned(self, value: Any) -> Any:
        return int(value)  # 5.0 is a whole number in JSON


@dataclass(frozen=True, slots=True)
class Number(Setting):
    least: float
    most: float

    @property
    def wanted(self) -> str:
        return f"a number from {self.least:g} to {self.most:g}"

    def takes(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return math.isfinite(value) and self.least <= value <= self.most


SETTINGS: dict[str, Setting] = {
    one.key: one
    for one in (
        Choice(
            "logLevel",
            "LOG_LEVEL",
            "How much is logged. trace also logs what goes over the line to WhatsApp, contents of messages "
            "included, from its next connection on.",
            choices=tuple(log_levels.LEVELS),
        ),
        Switch("autoDownloadMedia", "AUTO_DOWNLOAD_MEDIA", "Whether files are fetched as messages come."),
        Whole(
            "maxMediaSizeMB",
            "MAX_MEDIA_SIZE_MB",
            "Larger files are skipped (megabytes); 0 is unlimited.",
            least=0,
            most=10_000,
        ),
        Switch(
            "trackPresence",
            "TRACK_PRESENCE",
            "Whether to hear who is online or typing. Contacts then see you online, too.",
        ),
        Whole(
            "presenceRetentionDays",
            "PRESENCE_RETENTION_DAYS",
            "How many days the log of presence is kept; 0 is for ever.",
            least=0,
            most=36_500,
        ),
        Whole(
            "eventRetentionDays",
            "EVENT_RETENTION_DAYS",
            "How many days the event log is kept; 0 is for ever.",
            least=0,
            most=36_500,
        ),
        Whole(
            "actionRetentionDays",
            "ACTION_RETENTION_DAYS",
            "How many days finished acts and their Idempotency-Keys are kept; 0 is for ever.",
            least=0,
            most=36_500,
        ),
        Whole(
            "deliveryRetentionDays",
            "DELIVERY_RETENTION_DAYS",
            "How many days the log of deliveries to webhooks is kept; 0 is for ever.",
            least=0,
            most=36_500,
        ),
        Whole(
            "requestsPerMinute",
            "REQUESTS_PER_MINUTE",
            "How many requests each key may make in a minute; 0 is no limit.",
            least=0,
            most=1_000_000,
        ),
        Whole(
            "sendRatePerMinute",
            "SEND_RATE_PER_MINUTE",
            "How many messages are sent in a minute at most; 0 is no limit.",
            least=0,
            most=10_000,
        ),
        Number(
            "sendJitterSeconds",
            "SEND_JITTER_SECONDS",
            "Each message waits a random time before it is sent, at most so many seconds; 0 is none.",
            least=0,
            most=300,
        ),
    )
}


# Reading

_rows: dict[str, Any] | None = None  # key → value, as last read; replaced, never changed


def get(key: str) -> Any:
    """What the setting is now. Raises KeyError for a key that no setting has."""
    setting = SETTINGS[key]
    rows = _rows if _rows is not None else refresh()
    return rows[key] if key in rows else setting.default  # noqa: SIM401  (no default where none is needed)


def overrides() -> dict[str, Any]:
    """Setting → its value in place of the default, from the database. A row of a setting that is no more, or
    whose limits have changed since, does not count."""
    rows = Preference.objects.filter(key__in=SETTINGS).values_list("key", "value")
    return {key: value for key, value in rows if SETTINGS[key].takes(value)}


def refresh() -> dict[str, Any]:
    """Reads the rows again. Returns them."""
    global _rows
    _rows = overrides()
    return _rows


def forget(rows: dict[str, Any] | None = None) -> None:
    """For tests: this process has read `rows`, or nothing at all yet."""
    global _rows
    _rows = rows


# Changing


def change(values: Mapping[str, Any]) -> None:
    """Sets the settings that `values` names; None puts one back to its default. All or none.

    This process knows of it when the function returns, the others soon after it is committed.
    Raises InvalidPreferences.
    """
    errors = {key: [said] for key, value in values.items() if (said := why_not(key, value))}
    if errors:
        raise InvalidPreferences(errors)
    kept = {key: None if value is None else SETTINGS[key].cleaned(value) for key, value in values.items()}
    with transaction.atomic():
        for key, value in kept.items():
            if value is None:
                Preference.objects.filter(key=key).delete()
            else:
                Preference.objects.update_or_create(key=key, defaults={"value": value})
        now = {key: SETTINGS[key].default if value is None else value for key, value in kept.items()}
        events.append(Account.default(), events.SETTINGS_UPDATED, now)
    refresh()
    apply()


def why_not(key: str, value: Any) -> str | None:
    """Why the setting can't have that value; None when it can."""
    setting = SETTINGS.get(key)
    if setting is None:
        return f"There is no such setting. There are: {', '.join(SETTINGS)}."
    if value is None or setting.takes(value):
        return None
    return f"It must be {setting.wanted}, or null for the default."


# Following

_lock = threading.Lock()
_following: threading.Thread | None = None
_applied: str | None = None  # the last log level that was put into force


def follow() -> None:
    """Lets this process follow changes from now on, whoever makes them. Once is enough."""
    global _following
    with _lock:
        if _following is None:
            _following = threading.Thread(target=_follow, name="preferences", daemon=True)
            _following.start()


def _follow(pause: Callable[[float], None] = time.sleep) -> None:
    while True:
        seen = wakeup.now()
        try:
            refresh()
        except DatabaseError as error:
            log.warning("Changed settings can't be read, trying again: %s", error)
            close_old_connections()
            pause(1.0)
            continue
        apply()
        pause(PAUSE_SECONDS)
        wakeup.wait(seen, LONGEST_WAIT_SECONDS)


def apply() -> None:
    """Puts into force what nobody asks for: the log level."""
    global _applied
    level = get("logLevel")
    if level != _applied:
        before, _applied = _applied, level
        log_levels.apply(level)
        if before is not None:
            log.info("The log level is %s now", level)
