"""`manage.py runsession`: keeps one account's line to WhatsApp up."""

import logging
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from whatsapp import preferences
from whatsapp.models import Account
from whatsapp.session import lock
from whatsapp.simulator import trust

SIMULATOR_SECONDS = 30.0  # how long a simulator may take to start


class Command(BaseCommand):
    help = (
        "Keeps the line to WhatsApp up: connects, stores what comes, sends what is queued. SIGTERM stops it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.default()
        try:
            lock.hold(account)
        except lock.Taken as error:
            raise CommandError(str(error)) from error
        simulator = await_simulator(Path(settings.SIMULATOR)) if settings.SIMULATOR else None
        start_with_environment(simulator)
        from whatsapp.session.runner import Session

        if simulator is not None:
            trust.apply(simulator)
        preferences.follow()
        session = Session(account, proxy=simulator.proxy if simulator else None)

        def stop(number: int, frame: FrameType | None) -> None:
            session.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        session.run()
        logging.shutdown()
        # A call of the library's that doesn't come back must not keep the process.
        os._exit(0)


def await_simulator(config: Path) -> trust.Trust:
    """How to reach the simulator, once it runs."""
    deadline = time.monotonic() + SIMULATOR_SECONDS
    while not config.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    if not config.exists():
        raise CommandError(f"SIMULATOR is {str(config)!r}, which is not there: is the simulator running?")
    return trust.Trust.read(config)


def start_with_environment(simulator: trust.Trust | None) -> None:
    """Sees to it that the process was started with the variables that neonize's Go library looks for.

    Go knows the environment that a process was started with and no later change: where a variable is
    missing, the process starts anew with it.
    """
    wanted = {"NEONIZE_BOT_TAG": "off"}  # else every direct message is marked as a bot's
    if simulator is not None:
        wanted["SSL_CERT_FILE"] = simulator.ca_file
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.environ.update(wanted)
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606  (the same program again)
