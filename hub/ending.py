"""The end of the web process: whoever listens is told that it is about to stop."""

from typing import Any

from daphne import server  # noqa: F401  (installs the reactor, which must come first)
from twisted.internet import reactor, task, threads

from api.streaming.listeners import LISTENERS
from whatsapp import processes
from whatsapp.models import Process

GOODBYE_SECONDS = 0.1  # that the last words have to get into the sockets


def prepare() -> None:
    events: Any = reactor  # Twisted's modules are objects that no type checker knows
    events.addSystemEventTrigger("before", "shutdown", say_goodbye)


def say_goodbye() -> Any:
    """Twisted waits for what this returns before it closes the connections."""
    LISTENERS.dismiss_all()
    ended = threads.deferToThread(processes.end, Process.Kind.WEB)
    return ended.addCallback(lambda _: task.deferLater(reactor, GOODBYE_SECONDS))
