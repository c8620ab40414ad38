"""`manage.py runsession` with short delays, and this command's words: the tests' session process.

Where REACHED names a file, the id of each message is added to it once the callback has returned.

Like the hub's own sessions it is forked from a process that has loaded what all of them need, but not
neonize. That process is multiprocessing's fork server; `tests.session.prepared` is what it loads.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whatsapp.simulator.trust import Trust

USUAL = {
    "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    "DJANGO_SETTINGS_MODULE": "hub.settings",
    "LOG_LEVEL": "debug",
    "SEND_RATE_PER_MINUTE": "0",  # nobody waits for a turn
}


def run_forked(words: list[str], environment: dict[str, str], log: Path) -> None:
    """Runs it in this process, which was forked for it; with other settings than the prepared ones, anew."""
    from tests.session import prepared

    with log.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    sys.argv = [__file__, *words]  # with which a session starts itself afresh
    if prepared.holds(environment):
        prepared.take(environment)
        main()
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = USUAL["DJANGO_SETTINGS_MODULE"]
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
