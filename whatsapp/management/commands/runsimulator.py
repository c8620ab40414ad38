"""`manage.py runsimulator`: a simulated WhatsApp with people on it, for `make demo`."""

import json
import logging
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from whatsapp.models import Account, Connection
from whatsapp.simulator import Authority, trust

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Simulates WhatsApp on loopback, with a phone that links the hub and contacts who talk to it."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SIMULATOR:
            raise CommandError(
                "SIMULATOR is not set: `make demo` sets it. It names the simulator.json to write."
            )
        config = Path(settings.SIMULATOR)
        config.parent.mkdir(parents=True, exist_ok=True)
        port = former_port(config)
        config.unlink(missing_ok=True)
        authority = Authority(config.parent)
        trust.prepare(authority)
        # From here on neonize is loaded.
        from whatsapp.simulator import Demo, Simulator

        stop = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        with Simulator(config.parent, authority=authority, port=port) as simulator:
            Demo(simulator, read_qr, pace=1 / settings.DEMO_HASTE).run(stop)


def former_port(config: Path) -> int:
    """The port of the last run, so that a session that runs finds the simulator again; 0 without one."""
    try:
        return int(json.loads(config.read_text())["proxy"].rpartition(":")[2])
    except (OSError, ValueError, KeyError):
        return 0


def read_qr() -> str | None:
    """The code that the hub shows now."""
    try:
        connection = Connection.objects.filter(account__in=Account.objects.filter(name=settings.SESSION_NAME))
        return connection.values_list("qr", flat=True).first()
    except Error as error:
        log.warning("The hub's code can't be read at the moment: %s", error)
        return None
