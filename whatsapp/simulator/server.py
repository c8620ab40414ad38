"""The simulator: a WhatsApp server on loopback and the people on it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from whatsapp.simulator import (  # noqa: F401  imported so that they register what they answer
    app_state,
    calls,
    communities,
    group_membership,
    group_queries,
    learning,
    login,
    messages,
    mex,
    newsletter_queries,
    pairing,
    prekeys,
    presence,
    profiles,
    receipts,
    tokens,
    trust,
    usync,
)
from whatsapp.simulator.certificates import Authority
from whatsapp.simulator.connection import Connection
from whatsapp.simulator.noise import Identity
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone
from whatsapp.simulator.proxy import Proxy
from whatsapp.simulator.troubles import Troubles
from whatsapp.simulator.wire import Wire
from whatsapp.simulator.world import World

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


class Simulator(Troubles):
    """A WhatsApp server that real clients connect to, on an event loop in a thread of its own.

    ``directory`` holds ``simulator.json`` (how to reach and trust it), the certificates unless an
    ``authority`` is given, and the databases of the people. Every method may be called from any thread but
    the server's own.
    """

    def __init__(self, directory: Path, authority: Authority | None = None, port: int = 0) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.authority = authority or Authority(directory)
        self.people: list[Person] = []
        self._port = port
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begins to listen on loopback and writes ``simulator.json``."""
        trust.apply(self.authority)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulator", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(120)
        self.trust = trust.Trust(
            self.proxy.url, str(self.authority.ca_file), self.authority.noise_root.public.hex()
        )
        self.config_path = self.trust.write(self.directory)
        log.info("simulated WhatsApp at %s", self.proxy.url)

    def stop(self) -> None:
        """Stops the people's clients, then the server."""
        for person in self.people:
            person.client.stop()
        thread, self._thread = self._thread, None
        if thread is None:
            return
        asyncio.run_coroutine_threadsafe(self.proxy.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(10)
        self._loop.close()

    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the function on the server's event loop, where its state is; returns the result."""

        async def run() -> R:
            return function(*args, **kwargs)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(60)

    def person(
        self, name: str, number: str, addressing: str = "pn", *, hidden: bool = False, business_name: str = ""
    ) -> Person:
        """Somebody with a phone: a real client, linked as device 0 of the number.

        ``addressing="lid"`` makes others see the LID instead of the number in one-to-one chats; who is
        ``hidden`` does not tell the number at all. A ``business_name`` makes it a business.
        """
        person = self._welcome(Person(self, name, number, addressing))
        if hidden:
            person.hides_number()
        if business_name:
            person.becomes_business(business_name)
        return person

    def phone(self, name: str, number: str) -> Phone:
        """The owner's phone, to which the hub can be linked."""
        return self._welcome(Phone(self, name, number))

    def addresses_groups_by(self, addressing: str) -> None:
        """Groups created from now on show their members' numbers ("pn") or LIDs ("lid")."""
        self.call(setattr, self.world, "group_addressing", addressing)

    def _welcome(self, person: PersonKind) -> PersonKind:
        self.people.append(person)
        person.join()
        return person

    async def _start(self) -> None:
        words = tokens.load(self.authority.directory) or await learning.learn(self.authority)
        self.world = World(self._loop, words)
        self._identity = Identity(self.authority.noise_root)
        self.proxy = Proxy(self.authority.server_context(), self._serve_chat, self.world.media.serve)
        await self.proxy.start(self._port or self._last_port())

    def _last_port(self) -> int:
        """The port of the last start in this directory, where a hub that still runs looks for us."""
        try:
            return urlsplit(trust.Trust.read(self.directory).proxy).port or 0
        except (OSError, ValueError, TypeError):
            return 0

    async def _serve_chat(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Connection(self.world, Wire(reader, writer, self._identity)).serve()


PersonKind = TypeVar("PersonKind", bound=Person)
