"""A hub under load, to which faults happen: people write, a program asks for acts, a client and a receiver of
webhooks are told of it all."""

from __future__ import annotations

import logging
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.demo_hub import SESSION, Hub, free_port
from tests.faults.choices import SEED, TIMES
from tests.faults.network import Network
from tests.faults.nobody_misses.line import Line
from tests.faults.nobody_misses.listener import Listener
from tests.faults.nobody_misses.machines import Machines
from tests.faults.people import People
from tests.faults.program import Program
from tests.faults.table import Report, Row
from tests.faults.truth import Truth
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Received, Receiver

if TYPE_CHECKING:
    from whatsapp.simulator import Simulator

RECOVERY_SECONDS = 60.0  # only a failing test waits so long
SETTLED_SECONDS = 60.0
QUIET_SECONDS = 0.5
OPEN_ACTS = ("queued", "sending")
SETTINGS = {
    "ALLOW_PRIVATE_URLS": "true",
    "SEND_RATE_PER_MINUTE": "0",
    "SEND_JITTER_SECONDS": "0",
    "REQUESTS_PER_MINUTE": "0",
}


class Dropped(logging.Handler):
    """The messages that people's own libraries drop, as sealed with a key that they have seen already. After
    a line was lost, the hub's library sometimes seals two messages with one; WhatsApp delivers both."""

    WORDS = re.compile(r"Ignoring message (\S+) .*old counter")

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.ids: set[str] = set()
        logging.getLogger("whatsmeow.Client").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if found := self.WORDS.match(record.getMessage()):
            self.ids.add(found[1])


class Stage:
    def __init__(self, simulator: Simulator, folder: Path, hub: Path | None = None, **settings: str) -> None:
        """`hub` is where the hub's data is, if not below `folder`."""
        self.simulator = simulator
        self.chance = random.Random(SEED)
        self.network = Network(simulator.config_path, folder / "network")
        place = hub or folder / "hub"
        place.mkdir(exist_ok=True)
        more = {"SIMULATOR": str(self.network.config), **SETTINGS, **settings}
        self.hub = Hub(place, free_port(), demo=False, settings=more)
        self.machines = Machines([self.hub])
        self.olivia = simulator.phone("Olivia", "15550100")
        self.alice = simulator.person("Alice", "15550101")
        self.bob = simulator.person("Bob", "15550102", addressing="lid")
        self.contacts = [self.alice, self.bob]
        self.line = Line("default", self.olivia, self.contacts, 1)
        self.people = People(self.contacts, self.olivia, random.Random(self.chance.random()))
        chance = random.Random(self.chance.random())
        self.program = Program(lambda: self.hub, self.people, self.contacts, chance)
        self.dropped = Dropped()
        self.receiver = Receiver()
        self.receiver.decide = self._note
        self.delivered = 0  # the newest event that the receiver has got
        self.killed_at = 0.0
        self.kills = 0

    def begin(self) -> None:
        self.hub.start()
        self.line.link(self.machines)
        self.listener = Listener(self.machines)
        self.listener.start()
        self.webhooks = {"/hook": self.subscribe("/hook")}
        # From here on, people and hub know each other.
        for person in self.contacts:
            text = f"hello from {person.name}"
            sent = person.send_text(self.olivia, text)
            eventually(lambda sent=sent: sent.id in self.told(), "the first message", RECOVERY_SECONDS)
        self.settle()

    def end(self) -> None:
        logging.getLogger("whatsmeow.Client").removeHandler(self.dropped)
        if self.hub.process is not None and self.hub.process.poll() is None:
            self.hub.stop()
        print(self.hub.output[-30_000:])  # pytest shows it when a test fails
        self.network.close()
        self.receiver.close()
        self.listener.stop()

    def subscribe(self, path: str) -> str:
        return str(self.machines.call("/api/webhooks", {"url": self.receiver.url(path)})["id"])

    def _note(self, got: Received) -> None:
        self.delivered = max(self.delivered, got.event_id)

    def told(self) -> list[str]:
        return self.listener.told_messages("default", 300)

    # One fault

    def suffers(
        self,
        fault: str,
        blow: Callable[[], object],
        report: Report,
        *,
        times: int = 1,
        then: Callable[[Truth], object] | None = None,
    ) -> Truth:
        """Lets it happen `times` times (as often as is asked for), under load and at random moments. Looks
        each time after how long the hub works again, and at the end at what is true; `then` may look at
        more. `blow` returns when the trouble is over."""
        times *= TIMES
        truth = self._truth()
        longest = 0.0
        with self.load():
            for _ in range(times):
                time.sleep(self.chance.uniform(0.5, 1.5))
                blow()
                longest = max(longest, self.recovers())
        self.settle()
        truth.deeds = self.people.deeds[len(truth.deeds) :]
        truth.acts = self.program.acts[len(truth.acts) :]
        truth.kills, truth.killed_at = self.kills, self.killed_at
        truth.look()
        if then is not None:
            then(truth)
        truth.check(not self.program.wrong, f"answers that no program expects: {self.program.wrong}")
        row = Row(
            fault=fault,
            times=times,
            sent=len(truth.deeds),
            stored=truth.stored,
            acts=len(truth.acts),
            unknown=truth.unknown,
            events=len(truth.log),
            deliveries=truth.deliveries,
            lost=truth.lost,
            recovered=longest,
        )
        report(row)
        print(f"{fault}: refused {dict(self.program.refusals)}, hung up {self.listener.farewells}")
        self.listener.farewells.clear()
        assert truth.wrong == [], "\n".join(truth.wrong)
        return truth

    def _truth(self) -> Truth:
        self.kills, self.killed_at = 0, 0.0
        self.program.refusals.clear()
        return Truth(
            machines=self.machines,
            people=self.contacts,
            listener=self.listener,
            receiver=self.receiver,
            webhooks=self.webhooks,
            dropped=self.dropped.ids,
            first=self.machines.newest() + 1,
            began=time.time(),
            deeds=list(self.people.deeds),
            acts=list(self.program.acts),
        )

    @contextmanager
    def load(self) -> Iterator[None]:
        self.people.start()
        self.program.start()
        try:
            yield
        finally:
            self.people.stop()
            self.program.stop()

    def recovers(self) -> float:
        """After how many seconds people are heard, the client is let in, and the receiver is told, all of it
        anew."""
        began, event = time.time(), self.listener.cursor

        def works() -> bool:
            heard = set(self.told())
            return (
                self.listener.greeted_at[self.hub.url] > began
                and self.delivered > event
                and any(one.id in heard for one in self.people.deeds[-100:] if one.at > began)
            )

        eventually(works, "the hub to work again", RECOVERY_SECONDS)
        return time.time() - began

    # Blows

    def kill(self, *words: str) -> None:
        """kill -9 of all processes of these kinds, at once; the supervisor starts them again."""
        found = [eventually(lambda word=word: self.hub.pids_of(word), word) for word in words]
        killed = [psutil.Process(pid) for pids in found for pid in pids]
        for process in killed:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(killed, 10)
        if SESSION in words:
            self.note_kill()

    def note_kill(self) -> None:
        """The session was killed, and with it what the library had in memory."""
        self.kills += 1
        self.killed_at = time.time()

    # Afterwards

    def settle(self) -> None:
        """Waits until all that was on its way has arrived, and nothing more comes."""
        left: dict[str, object] = {}

        def is_settled() -> bool:
            left.clear()
            left.update({name: what for name, what in self._under_way().items() if what})
            return not left

        try:
            eventually(is_settled, "the end of it", SETTLED_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}; under way: {left}") from error

    def _under_way(self) -> dict[str, object]:
        before = self.listener.cursor
        time.sleep(QUIET_SECONDS)
        health = self.machines.call("/health")
        followed = [one["health"] for one in self.machines.call("/api/webhooks")["data"]]
        acts = [row for one in OPEN_ACTS for row in self.machines.call(f"/api/actions?status={one}")["data"]]
        newest = health["log"]["newest"]
        return {
            "to the hub": self.line.companion.undelivered,
            "to people": [
                len(one.account.devices[0].mailbox) for one in self.contacts if one.account.devices[0].mailbox
            ],
            "inbox": health["inbox"]["pending"],
            "acts": acts,
            "files": self.machines.call("/api/media/stats")["pending"],
            "events": (newest, before, self.listener.cursor)
            if {newest, before} != {self.listener.cursor}
            else None,
            "deliveries": [one for one in followed if one["pending"] or one["lag"]],
        }
