"""Starts the hub in the foreground: `python -m hub.start`, which is what `make run` does.

Sees to it that there is a key, that the settings hold, the port is free and the tables are up to date; then
becomes the supervisor, which keeps the processes running. With `--demo` there is one process more, a
simulated WhatsApp with people on it, and a data folder of its own.
"""

import argparse
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import NoReturn

import django
from django.core.exceptions import ImproperlyConfigured

from hub.env import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
DEMO_PORTS = range(3100, 3200)
BACKLOG = 2048  # connections that wait to be accepted


def main() -> NoReturn:
    parser = argparse.ArgumentParser(
        prog="hub.start", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--demo", action="store_true", help="run against the simulator, with data of its own")
    demo = parser.parse_args().demo
    os.chdir(BASE_DIR)
    os.umask(0o077)  # what is stored is for this user's eyes alone
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    os.environ["NEONIZE_BOT_TAG"] = "off"  # or every direct message is marked as a bot's
    try:
        if demo:
            choose_demo_environment()
        write_env_file(Path(os.environ.get("ENV_FILE", BASE_DIR / ".env")))
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(f"The hub can't start: {error}")
    from hub import supervisor

    supervisor.become(demo=demo)


def choose_demo_environment() -> None:
    """The demo's data, media and settings are apart from the hub's own; only the environment reaches both."""
    data = Environment(os.environ).folder("DATA_DIR", BASE_DIR / "demo-data", BASE_DIR)
    os.environ["DATA_DIR"] = str(data)
    os.environ["ENV_FILE"] = str(data / ".env")
    os.environ["SIMULATOR"] = str(data / "simulator" / "simulator.json")
    os.environ.setdefault("SEND_RATE_PER_MINUTE", "0")  # no number is at risk there
    if not os.environ.get("PORT"):
        host = os.environ.get("HOST") or "127.0.0.1"
        free = next((port for port in DEMO_PORTS if is_free(host, port)), DEMO_PORTS[0])
        os.environ["PORT"] = str(free)


def write_env_file(path: Path) -> None:
    """Makes the settings file with a random key, unless there is one or the environment has a key."""
    if path.exists() or os.environ.get("API_KEY"):
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        sys.exit(
            f"The hub can't start: {path} can't be written ({error.strerror}). "
            f"Give this user the right to, or set API_KEY in the environment."
        )
    with os.fdopen(handle, "w") as file:
        file.write("# The key that programs and people sign in with. .env.example explains all settings.\n")
        file.write(f"API_KEY={secrets.token_urlsafe(32)}\n")


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at this address. Raises OSError when none can."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def is_free(host: str, port: int) -> bool:
    """Whether this address can be listened on."""
    try:
        listen(host, port).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
