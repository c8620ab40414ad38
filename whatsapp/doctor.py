"""What may be wrong with a hub and its machine, each with what to do about it. For `manage.py doctor`.

It looks on, and changes nothing. The hub may run or not.
"""

import email.utils
import os
import platform
import socket
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import DatabaseError, connection
from django.template.defaultfilters import filesizeformat

from whatsapp import gauges, health, processes, queue, sealing, storage, tallies
from whatsapp.disks import disks
from whatsapp.hosts import reachable, url_of
from whatsapp.models import Account, Connection, InboxEvent, Webhook
from whatsapp.search import broken_parts
from whatsapp.search.keeping import out_of_step
from whatsapp.simulator.trust import Trust
from whatsapp.versions import migrations_of_database, pending, unknown
from whatsapp.webhooks.subscriptions import opened

WHATSAPP = "https://web.whatsapp.com/"
ANSWER_SECONDS = 10
MOST_SECONDS_OFF = 60.0  # WhatsApp's servers refuse whom they find much further off
OLDEST_POSTGRESQL = 140000
MOST_NAMED = 5
MANAGE = ".venv/bin/python manage.py"


class Level(StrEnum):
    GOOD = "good"
    LOOK = "look"  # it works; somebody should look at it
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about a part, in a sentence; and what to do, where it isn't good."""

    part: str
    level: Level
    what: str
    fix: str = ""


def good(part: str, what: str) -> Finding:
    return Finding(part, Level.GOOD, what)


def look(part: str, what: str, fix: str) -> Finding:
    return Finding(part, Level.LOOK, what, fix)


def bad(part: str, what: str, fix: str) -> Finding:
    return Finding(part, Level.BAD, what, fix)


def examine() -> Iterator[Finding]:
    for part, examination in EXAMINATIONS.items():
        try:
            yield from examination(part)
        except DatabaseError as error:
            yield bad(part, f"The database can't be asked: {error}.", "See what is said of the database.")
        except OSError as error:
            yield bad(
                part, f"It can't be looked at: {error}.", "See who owns the file, and which disk it is on."
            )


# The machine


def versions(part: str) -> Iterator[Finding]:
    names = ", ".join(f"{name} {version(name)}" for name in ("Django", "neonize"))
    yield good(part, f"WhatsApp Hub {settings.VERSION}, Python {platform.python_version()}, {names}.")


def permissions(part: str) -> Iterator[Finding]:
    """What is stored is for the hub's user alone."""
    private = [settings.DATA_DIR, settings.ENV_FILE, settings.DATA_DIR / sealing.KEY_FILE]
    private += [database_file()] if connection.vendor == "sqlite" else []
    private += sorted((settings.DATA_DIR / "auth").glob("*/neonize.db"))
    private = [path for path in private if path.is_file() or path.is_dir()]
    open_ones = [path for path in private if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    strange = [path for path in private if path.stat().st_uid != os.getuid()]
    for path in open_ones:
        yield look(part, f"Others on this machine may read {path}.", f"chmod go-rwx {path}")
    for path in strange:
        yield bad(part, f"{path} belongs to another user.", f"chown -R {os.getuid()} {path}, as root")
    if not open_ones and not strange:
        yield good(part, "What is stored is for this user alone.")


def disk(part: str) -> Iterator[Finding]:
    for one in disks():
        what = f"{filesizeformat(one.free)} are free for {one.folder}."
        fix = "Free some, keep less in the settings, or move the folder to a larger disk."
        if one.is_nearly_full:
            yield bad(part, what, fix)
        elif one.is_low:
            yield look(part, what, fix)
        else:
            yield good(part, what)


def ports(part: str) -> Iterator[Finding]:
    address = url_of(reachable(settings.HOST), settings.PORT)
    try:
        answer = requests.get(f"{address}/health", timeout=ANSWER_SECONDS)
        told = answer.json()
        yield good(part, f"A hub {told['version']} answers at {address}.")
    except requests.ConnectionError:
        yield good(part, f"Nothing listens at {address}: the hub is stopped, and can start there.")
    except (requests.RequestException, ValueError, KeyError, TypeError):
        yield bad(part, f"What answers at {address} is no hub.", "Stop it, or give the hub another PORT.")


def whatsapp(part: str) -> Iterator[Finding]:
    """Whether WhatsApp is to be reached, and whether its clock says the same as ours."""
    if settings.SIMULATOR:
        address = urlsplit(Trust.read(Path(settings.SIMULATOR)).proxy)
        socket.create_connection((address.hostname or "", address.port or 0), ANSWER_SECONDS).close()
        yield good(part, "The simulator that is set (SIMULATOR) answers.")
        return
    try:
        begun = time.time()
        answer = requests.head(WHATSAPP, timeout=ANSWER_SECONDS)
    except requests.RequestException as error:
        yield bad(
            part,
            f"{WHATSAPP} can't be reached ({type(error).__name__}).",
            "See whether this machine has Internet access, DNS, the right clock, and what blocks it.",
        )
        return
    yield good(part, f"{WHATSAPP} answers, after {time.time() - begun:.1f} seconds.")
    if "Date" not in answer.headers:
        return
    off = time.time() - email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
    if abs(off) > MOST_SECONDS_OFF:
        what = f"This machine's clock is {off:+.0f} seconds off."
        yield bad("clock", what, "Let it be set by NTP (timedatectl set-ntp true).")
    else:
        yield good("clock", "It says what WhatsApp's servers say.")


# What is stored


def database(part: str) -> Iterator[Finding]:
    done = migrations_of_database()
    if newer := unknown(done):
        yield bad(
            part, f"It is of a newer hub, which has made {named(newer)}.", "Start that hub, not this one."
        )
        return
    if missing := pending(done):
        yield look(part, f"Its tables lack {named(missing)}.", "They are made at the next start: `make run`.")
        return
    yield from (sqlite_file(part) if connection.vendor == "sqlite" else postgresql(part))


def sqlite_file(part: str) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(1)")
        (said,) = cursor.fetchone()
        cursor.execute("PRAGMA foreign_key_check")
        strays = cursor.fetchone()
    if said != "ok":
        yield bad(
            part,
            f"{database_file()} is damaged: {said}.",
            "Stop the hub, keep the file, and put back a backup (manage.py restore).",
        )
    elif strays:
        yield look(
            part, f"Rows of {strays[0]} belong to rows of {strays[2]} that are gone.", "Report it, please."
        )
    else:
        size = filesizeformat(gauges.database_bytes())
        yield good(part, f"SQLite {sqlite3.sqlite_version} finds nothing wrong with its {size}.")


def postgresql(part: str) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('server_version_num')::int")
        name, number = cursor.fetchone()
    if number < OLDEST_POSTGRESQL:
        yield bad(part, f"PostgreSQL {name} is too old.", "Upgrade it to 14 or newer.")
    else:
        yield good(part, f"PostgreSQL {name} answers.")


def search_index(part: str) -> Iterator[Finding]:
    missing = [*broken_parts(), *tallies.missing_parts()]
    if missing:
        yield bad(
            part, f"Their tables lack {named(missing)}.", f"{MANAGE} migrate makes and fills them anew."
        )
    elif wrong := out_of_step():
        names = [f"{name} ({lacking:+d} rows)" for name, lacking in wrong]
        yield bad(part, f"The index is not in step: {named(names)}.", f"{MANAGE} reindex makes it anew.")
    else:
        yield good(part, "Each message, chat and contact is in the index, and counted.")


def secrets(part: str) -> Iterator[Finding]:
    """Whether what was sealed can be opened."""
    sealed = Webhook.objects.exclude(secret=None).values_list("pk", "secret")
    lost = [str(pk) for pk, secret in sealed if opened(secret) is None]
    if lost:
        yield bad(
            part,
            f"The secrets of webhooks {named(lost)} were encrypted with another key.",
            "Bring back ENCRYPTION_KEY, or DATA_DIR/encryption.key; or give these webhooks new secrets.",
        )
    else:
        yield good(part, "What is encrypted can be opened.")


def files(part: str) -> Iterator[Finding]:
    for name, store in (("messages", storage.media()), ("files to be sent", storage.outbox())):
        trouble = store.trouble()
        if trouble is None:
            yield good(part, f"The store of {name} can be used.")
        else:
            yield bad(part, trouble, "See the S3 settings, and whether the bucket is there.")


# What runs


def lines(part: str) -> Iterator[Finding]:
    """The accounts' lines to WhatsApp, as their sessions last said."""
    now = int(time.time())
    for account in Account.objects.by_name().values():
        line = account.connection
        if not processes.is_alive(line.heartbeat_at, now):
            yield look(part, f"{account.name}: no session runs.", "Start the hub: `make run`.")
        elif line.status == Connection.Status.CONNECTED:
            yield good(part, f"{account.name}: connected.")
        elif line.status == Connection.Status.QR:
            yield look(
                part, f"{account.name}: no phone is linked.", "Scan the code on the page of the connection."
            )
        else:
            yield look(
                part, f"{account.name}: {line.reason or line.status}", "It tries again by itself, if it can."
            )


def backlog(part: str) -> Iterator[Finding]:
    kept, is_more = health.inbox_events(InboxEvent.State.QUARANTINED)
    if kept:
        yield look(
            part,
            f"{kept}{' and more' if is_more else ''} of WhatsApp's events were not understood, and are kept.",
            f"After an upgrade, {MANAGE} quarantine --replay reads them again.",
        )
    paused = [str(pk) for pk in Webhook.objects.exclude(paused_at=None).values_list("pk", flat=True)]
    if paused:
        yield look(part, f"Webhooks {named(paused)} are paused.", "Mend their receivers, then resume them.")
    waiting = queue.number_waiting()
    if waiting is None:
        yield bad(part, "Redis can't be reached.", "See REDIS_URL, and whether Redis runs.")
    if not kept and not paused and waiting is not None:
        yield good(part, "Nothing is left lying.")


def named(things: list[str]) -> str:
    """The first few, and how many there are besides."""
    more = len(things) - MOST_NAMED
    return ", ".join(things[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def database_file() -> Path:
    return Path(connection.settings_dict["NAME"])


EXAMINATIONS: dict[str, Callable[[str], Iterator[Finding]]] = {
    "versions": versions,
    "permissions": permissions,
    "disk": disk,
    "port": ports,
    "whatsapp": whatsapp,
    "database": database,
    "search and counts": search_index,
    "secrets": secrets,
    "files": files,
    "connection": lines,
    "backlog": backlog,
}
