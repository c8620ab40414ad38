"""`manage.py runsession`: keeps the accounts' lines to WhatsApp up."""

import gc
import logging
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from whatsapp import go_environment, leases, preferences
from whatsapp.models import Account
from whatsapp.session import lock
from whatsapp.session.keeper import Keeper
from whatsapp.session.leasing import Leasing
from whatsapp.simulator import trust

SIMULATOR_SECONDS = 30.0  # how long a simulator may take to start


class Command(BaseCommand):
    help = (
        "Keeps the lines to WhatsApp up: connects, stores what comes, sends what is queued; each account in "
        "a process of its own. SIGTERM stops them."
    )
    requires_system_checks = ()  # the hub has run them; they take memory, which stays taken

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="NAME", help="that account's line alone, in this process")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["account"]:
            run_session(options["account"])
            return
        try:
            lock.hold_all()
        except lock.Taken as error:
            raise CommandError(str(error)) from error
        Account.default()
        gc.freeze()  # the collector would write to what the sessions share
        Keeper(run_session).run()


def run_session(name: str) -> None:
    """One account's session, until SIGTERM. Raises CommandError."""
    account = Account.objects.filter(name=name).first()
    if account is None:
        raise CommandError(f"There is no account {name!r}.")
    simulator = await_simulator(Path(settings.SIMULATOR)) if settings.SIMULATOR else None
    show_environment(simulator)
    try:
        held = lock.hold(account)
    except lock.Taken as error:
        raise CommandError(str(error)) from error
    if leases.are_needed():
        leasing = Leasing(account, lock.holder(held))
        signal.signal(signal.SIGTERM, leave)
        leasing.take()
        try:
            hold_line(account, simulator)
        finally:
            leasing.give_back()
    else:
        hold_line(account, simulator)
    logging.shutdown()
    # A call of the library's that doesn't come back must not keep the process.
    os._exit(0)


def leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def hold_line(account: Account, simulator: trust.Trust | None) -> None:
    """Loads the library and runs the session, until SIGTERM."""
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


def await_simulator(config: Path) -> trust.Trust:
    """How to reach the simulator, once it runs."""
    deadline = time.monotonic() + SIMULATOR_SECONDS
    while not config.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    if not config.exists():
        raise CommandError(f"SIMULATOR is {str(config)!r}, which is not there: is the simulator running?")
    return trust.Trust.read(config)


def show_environment(simulator: trust.Trust | None) -> None:
    """Sees to it that neonize's Go library, which is loaded after this, finds the variables that it looks
    for, and those that the owner has set."""
    os.environ["NEONIZE_BOT_TAG"] = "off"  # else every direct message is marked as a bot's
    if simulator is not None:
        os.environ["SSL_CERT_FILE"] = simulator.ca_file
    go_environment.show_to_go()
