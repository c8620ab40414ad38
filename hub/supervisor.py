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

from hub.start import why_port_is_taken
from hub.supervised import ERRORS, OUTPUT
from whatsapp import metrics
from whatsapp.models import Account
from whatsapp.session import lock
from whatsapp.webhooks.subscriptions import follow_environment

MOST_OPEN_FILES = 65_536
MANAGE = str(settings.BASE_DIR / "manage.py")


def programs(demo: bool) -> dict[str, list[str]]:
    """What runs, and with which command."""
    python = sys.executable
    web = [
        python,
        "-m",
        "daphne",
        "-v",
        "0",
        "--no-server-name",
        *("--ping-interval", "30", "--ping-timeout", "30"),
        *("--websocket_timeout", "-1", "--websocket-max-message-size", "65536"),
        "-b",
        settings.HOST,
        "-p",
        str(settings.PORT),
    ]
    commands = {
        "web": [*web, "hub.asgi:application"],
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
        "minfds": str(open_files()),
        "pidfile": escape(str(settings.DATA_DIR / "supervisord.pid")),
    }
    if os.getuid() == 0:
        config["supervisord"]["user"] = "root"  # else it warns that it could drop its rights and doesn't
    for name, command in programs(demo).items():
        config[f"program:{name}"] = {
            "command": escape(" ".join(quoted(word) for word in command)),
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
    return config


def open_files() -> int:
    """How many files and connections a process may have open: many listen to one, and systems that start with
    a thousand let programs ask for more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_OPEN_FILES if most == resource.RLIM_INFINITY else min(most, MOST_OPEN_FILES)


def escape(text: str) -> str:
    """supervisord expands what follows a percent sign."""
    return text.replace("%", "%%")


def quoted(word: str) -> str:
    """The word as supervisord's command line takes it (shlex)."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def become(demo: bool) -> NoReturn:
    """Prepares everything and turns into the supervisor; or exits, with one sentence that says why not."""
    taken = why_port_is_taken(settings.HOST, settings.PORT)
    if taken:
        sys.exit(
            f"The hub can't start: PORT {settings.PORT} can't be listened on ({taken}). "
            f"Stop what uses it, or choose another: PORT={settings.PORT + 1} make {'demo' if demo else 'run'}"
        )
    call_command("migrate", verbosity=0, interactive=False)
    account = Account.default()
    if not lock.is_free(account):
        sys.exit(f"The hub can't start: another one is running on {settings.DATA_DIR}. Stop it first.")
    metrics.forget()
    follow_environment()
    for message in run_checks(databases=["default"]):
        print(message, file=sys.stderr)
    path = settings.DATA_DIR / "supervisord.conf"
    with path.open("w") as file:
        configuration(demo).write(file)
    print(banner(demo), flush=True)
    os.execv(sys.executable, [sys.executable, "-m", "hub.supervised", "-c", str(path)])  # noqa: S606  (a list of our own words)


def banner(demo: bool) -> str:
    host = "localhost" if settings.HOST in ("0.0.0.0", "::", "127.0.0.1") else settings.HOST  # noqa: S104  (compared, not bound)
    key = "API_KEY in the environment" if os.environ.get("API_KEY") else f"API_KEY in {settings.ENV_FILE}"
    lines = [
        f"WhatsApp Hub {settings.VERSION}" + (", a demo: nothing here reaches WhatsApp" if demo else ""),
        f"  Address  http://{host}:{settings.PORT}",
        f"  Key      {key}",
        f"  Data     {settings.DATA_DIR}",
        f'  Try      curl -H "x-api-key: $API_KEY" http://{host}:{settings.PORT}/api/messages',
        "  Stop     Ctrl+C; the phone stays linked",
    ]
    return "\n" + "\n".join(lines) + "\n"
