"""`manage.py runsession`: keeps one account's line to WhatsApp up."""

import logging
import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from whatsapp.models import Account


class Command(BaseCommand):
    help = "Keeps the line to WhatsApp up: connects, stores what comes, sends what is queued. SIGTERM stops it."

    def handle(self, *args: Any, **options: Any) -> None:
        proxy = trust_simulator(Path(settings.SIMULATOR)) if settings.SIMULATOR else None
        # From here on neonize is loaded, which reads the environment as it is now.
        from whatsapp.session.library import set_library_level
        from whatsapp.session.runner import Session

        set_library_level(logging.getLogger("whatsmeow").level)
        session = Session(Account.default(), proxy=proxy)

        def stop(number: int, frame: FrameType | None) -> None:
            session.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        session.run()
        logging.shutdown()
        # A call of the library's that doesn't come back must not keep the process.
        os._exit(0)


def trust_simulator(config: Path) -> str:
    """Makes this process talk to a simulator and not to WhatsApp. Returns the address of its proxy."""
    from whatsapp.simulator import trust

    prepared = trust.prepare(config)
    import whatsapp.session.library  # noqa: F401  (loads neonize, which `apply` then changes)

    trust.apply(prepared)
    return prepared.proxy
