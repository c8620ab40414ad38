"""`manage.py injectiondoor`: lets load tools put invented messages into this hub, to measure it."""

import signal
import threading
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from whatsapp import preferences
from whatsapp.injection.door import Door, is_loopback
from whatsapp.models import Account


class Command(BaseCommand):
    help = (
        "Lets load tools on this machine put invented messages into this hub, the way that WhatsApp's come: "
        "POST /load a corpus, POST /live messages at a rate. For measuring; the messages stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="a loopback address (127.0.0.1)")
        parser.add_argument("--port", type=int, default=3190, help="where to listen (3190)")
        parser.add_argument(
            "--into-this-hub",
            action="store_true",
            help="even though it is, or was, linked to a phone: its messages get invented ones among them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if not is_loopback(host):
            raise CommandError(f"--host is {host!r}: it must be a loopback address, for the door has no key.")
        account = Account.default()
        if is_of_a_phone(account) and not options["into_this_hub"]:
            raise CommandError(
                f"The hub in {settings.DATA_DIR} is or was linked to a phone; invented messages would stay "
                f"among its own for ever. Use another DATA_DIR, or say --into-this-hub."
            )
        try:
            door = Door(account, host, port)
        except (OSError, OverflowError) as error:
            raise CommandError(f"--port {port} of {host} can't be listened on: {error}.") from error
        preferences.follow()

        def stop(number: int, frame: FrameType | None) -> None:
            threading.Thread(target=door.shutdown).start()  # it waits for the loop that it is called in

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        self.stdout.write(f"The injection door is open at port {door.server_port} of {host}.")
        self.stdout.flush()
        door.serve_forever()


def is_of_a_phone(account: Account) -> bool:
    """Whether there may be messages of a real phone's in the hub."""
    return bool(account.jid or account.device) and not settings.SIMULATOR
