"""`manage.py runsession` with short delays, and this command's words: the tests' session process.

Where REACHED names a file, the id of each message is added to it once the callback has returned.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whatsapp.simulator.trust import Trust


def main() -> None:

    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    from whatsapp.session import verdicts

    quick = {"first": 0.2, "longest": 2.0, "after_replaced": 1.0, "when_outdated": 1.0, "patience": 8.0}
    verdicts.Delays.__init__.__defaults__ = tuple(quick.values())  # type: ignore[misc]

    if "REACHED" in os.environ:
        keep_a_list(os.environ["REACHED"])

    hurry()
    from django.core.management import execute_from_command_line

    execute_from_command_line([sys.argv[0], "runsession", *sys.argv[1:]])


def hurry() -> None:
    """Lets sessions hurry, each once it may load the library."""
    import django

    django.setup()
    from whatsapp.management.commands import runsession

    show_environment = runsession.show_environment

    def show_environment_and_ask_often(simulator: Trust | None) -> None:
        show_environment(simulator)
        ask_often()

    runsession.show_environment = show_environment_and_ask_often


def ask_often() -> None:
    """Lets the session ask every half second what it else asks every minute, hour or day."""
    from whatsapp.session import asking

    question = asking.question
    asking.question = lambda every, more=0: question(min(every, 0.5), 0.1)


def keep_a_list(path: str) -> None:
    import django

    django.setup()
    from whatsapp.ingest import codes
    from whatsapp.ingest.inbox import Inbox
    from whatsapp.protobuf import neonize_pb2

    receive = Inbox.receive
    reached = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def receive_and_note(inbox: Inbox, code: int, data: bytes) -> None:
        receive(inbox, code, data)
        if code == codes.MESSAGE:
            os.write(reached, f"{neonize_pb2.Message.FromString(data).Info.ID}\n".encode())

    Inbox.receive = receive_and_note  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
