"""The supervisor (supervisord) and the processes that it keeps running.

The session is apart from the web process because a panic in its Go library ends the process; the worker
because a slow receiver of webhooks must not slow anyone else.
"""

import configparser
import os
import resource
import sys
from typing import NoReturn

from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command

from hub.start import listen
from hub.supervised import DOOR, ERRORS, OUTPUT
from whatsapp import metrics, storage, upkeep
from whatsapp.changes import on_one_machine_at_a_time
from whatsapp.hosts import reachable, url_of
from whatsapp.models import Account
from whatsapp.session import lock
from whatsapp.versions import migrations_of_database, unknown
from whatsapp.webhooks.subscriptions import follow_environment

MOST_OPEN_FILES = 65_536
WEB = "web"
PROCESS_NUMBER = "%(process_num)d"  # supervisord's word
MANAGE = str(settings.BASE_DIR / "manage.py")
CONFIGURATION = settings.DATA_DIR / "supervisord.conf"


def programs(demo: bool) -> dict[str, list[str]]:
    """What runs, and with which command."""
    python = sys.executable
    commands = {
        WEB: [python, "-m", "hub.web", "--fd", str(DOOR), "--number", PROCESS_NUMBER],
        "session": [python, MANAGE, "runsession"],
        "worker": [python, MANAGE, "run_huey", "--quiet"],
    }
    return commands | ({"simulator": [python, MANAGE, "runsimulator"]} if demo else {})


def configuration(demo: bool) -> configparser.RawConfigParser:
    """supervisord's configuration: each process restarted whenever it ends, its output passed through."""
    config = configparser.RawConfigParser()
    config["supervisord"] = {
        "nodaemon": "true",
        "umask": "077",
        "logfile": "/dev/null",
        "logfile_maxbytes": "0",
        "loglevel": "warn",
        "pidfile": escape(str(settings.DATA_DIR / "supervisord.pid")),
    }
    if os.getuid() == 0:
        config["supervisord"]["user"] = "root"  # else it warns that it could drop its rights and doesn't
    for name, command in programs(demo).items():
        section = f"program:{name}" if name != WEB else f"fcgi-program:{name}"
        config[section] = {
            "command": " ".join(word if word == PROCESS_NUMBER else escape(quoted(word)) for word in command),
            "directory": escape(str(settings.BASE_DIR)),
            "autorestart": "true",
            "startsecs": "2",
            "startretries": "1000000",
            "stopwaitsecs": "8",
            "stdout_logfile": OUTPUT,
            "stdout_logfile_maxbytes": "0",
            "stderr_logfile": ERRORS,
            "stderr_logfile_maxbytes": "0",
        }
        if name == WEB:  # several, that accept connections from one socket
            config[section].update(
                socket="tcp://door:1",  # see hub/supervised.py
                numprocs=str(settings.WEB_PROCESSES),
                process_name=f"%(program_name)s-{PROCESS_NUMBER}",
            )
    return config


def allow_open_files() -> None:
    """Lets the processes have many files and connections open: many listen to one, and systems that start
    with a thousand let programs ask for more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN_FILES if most == resource.RLIM_INFINITY else min(most, MOST_OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def escape(text: str) -> str:
    """supervisord expands what follows a percent sign."""
    return text.replace("%", "%%")


def quoted(word: str) -> str:
    """The word as supervisord's command line takes it (shlex)."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def become(demo: bool) -> NoReturn:
    """Prepares everything and turns into the supervisor; or exits, with one sentence that says why not."""
    try:
        door = listen(settings.HOST, settings.PORT)
    except OSError as error:
        sys.exit(
            f"The hub can't start: PORT {settings.PORT} can't be listened on ({error.strerror or error}). "
            f"Stop what uses it, or choose another: PORT={settings.PORT + 1} make {'demo' if demo else 'run'}"
        )
    with door:
        prepare(demo)
        print(banner(demo), flush=True)
        door.set_inheritable(True)
        words = [sys.executable, "-m", "hub.supervised", str(door.fileno()), "-c", str(CONFIGURATION)]
        os.execv(sys.executable, words)


def prepare(demo: bool) -> None:
    """All that has to be there before the processes; or exits."""
    allow_open_files()
    if newer := unknown(migrations_of_database()):
        sys.exit(
            f"The hub can't start: its database is of a newer hub than {settings.VERSION}, which has made "
            f"{', '.join(newer)}. Start that one, or put back a backup of before (manage.py restore)."
        )
    with on_one_machine_at_a_time():
        call_command("migrate", verbosity=0, interactive=False)
    Account.default()
    if not lock.all_are_free():
        sys.exit(f"The hub can't start: another one is running on {settings.DATA_DIR}. Stop it first.")
    metrics.forget()
    follow_environment()
    for message in run_checks(databases=["default"]):
        print(message, file=sys.stderr)
    if (trouble := storage.media().trouble()) is not None:
        print(trouble, "The hub starts, and tries again.", file=sys.stderr)
    else:
        upkeep.remove_unsent()
    with CONFIGURATION.open("w") as file:
        configuration(demo).write(file)


def banner(demo: bool) -> str:
    host = reachable(settings.HOST)
    url = url_of("localhost" if host in ("127.0.0.1", "::1") else host, settings.PORT)
    key = "API_KEY in the environment" if os.environ.get("API_KEY") else f"API_KEY in {settings.ENV_FILE}"
    lines = [
        f"WhatsApp Hub {settings.VERSION}" + (", a demo: nothing here reaches WhatsApp" if demo else ""),
        f"  Address  {url}",
        f"  Key      {key}",
        f"  Data     {settings.DATA_DIR}",
        f'  Try      curl -H "x-api-key: $API_KEY" {url}/api/messages',
        "  Stop     Ctrl+C; the phone stays linked",
    ]
    return "\n" + "\n".join(lines) + "\n"
