"""All that happens, once: the hub is killed in all its parts, while everybody writes and listens."""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from typing import Any

import psutil

from tests.demo_hub import SESSION, WEB, WORKER, Hub
from tests.faults.nobody_misses.line import Line
from tests.faults.nobody_misses.listener import Listener
from tests.faults.nobody_misses.machines import RECOVERY_SECONDS, Machines, goes_down
from tests.faults.nobody_misses.moody import SECRET, TIME_OUT_SECONDS, Moody
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Received, Receiver

RETRY_SECONDS = 600.0  # until the hub tries again, at the most
MACHINE, KEEPER = "a machine", "runsession"
BLOWS = 8  # at random, to several machines
PREFIXES = ("wa.messages", "connection")
INTERRUPTED = "The worker stopped in the middle: whether this was sent is not known."
TIMED_OUT = f"The server takes longer than {TIME_OUT_SECONDS:g} seconds."
TIMED_OUT_TRIES = f"SELECT id FROM whatsapp_deliveryattempt WHERE error = '{TIMED_OUT}' LIMIT 1"


@dataclass
class Kill:
    words: str
    at: float
    mood: str
    back_after: float | None = None
    hub: Hub | None = None
    account: str | None = None  # whose session it was
    kept: set[str] = field(default_factory=set)  # messages that the hub had stored and not told of


@dataclass
class Repeated:
    """A delivery, and how many requests for it the receiver has got."""

    name: str
    requests: int
    delivery: dict[str, Any]

    @property
    def tries(self) -> list[dict[str, Any]]:
        """The first one first."""
        return list(reversed(self.delivery["tries"]))


class Story:
    """With several lines, somebody listens to each of them alone, too, and each has a webhook of its own."""

    def __init__(self, machines: Machines, lines: list[Line], seed: int) -> None:
        self.machines, self.lines = machines, lines
        self.is_larger = len(lines) > 1
        self.any = "&account=*" if self.is_larger else ""
        self.listener = Listener(machines, "*" if self.is_larger else None)
        self.listeners = {line.account: Listener(machines, line.account) for line in lines if self.is_larger}
        self.moody = Moody()
        self.receiver = Receiver()
        self.receiver.decide = self._decide
        self.newest_at_healthy_ms = 0
        self.kills: list[Kill] = []
        self.chance = random.Random(seed)

    def _decide(self, got: Received) -> Callable[[BaseHTTPRequestHandler], None] | None:
        if got.path == "/moody":
            return self.moody.decide(got)
        if got.path == "/healthy":
            self.newest_at_healthy_ms = max(self.newest_at_healthy_ms, got.envelope["timestamp"])
        return None

    def is_told(self) -> None:
        for line in self.lines:
            line.link(self.machines)
        all_of_them = {"account": "*"} if self.is_larger else {}
        self.webhooks = {
            "moody": self.subscribe("/moody", events=",".join(PREFIXES), secret=SECRET, **all_of_them),
            "healthy": self.subscribe("/healthy", **all_of_them),
        }
        for name in self.listeners:
            self.webhooks[name] = self.subscribe(f"/{name}", account=name)
        self.first = self.machines.newest() + 1  # all from here on are for all of them
        for listener in (self.listener, *self.listeners.values()):
            listener.start()
        for line in self.lines:
            line.stream.start()
        self.all_well()
        self.failing()
        self.hanging()
        self.waiting()
        self.recovering()
        if self.is_larger:
            self.at_random()
            self.machine_dies()
        for line in self.lines:
            line.stream.stop()
        eventually(self.is_settled, "the end of it", RECOVERY_SECONDS)
        for listener in (self.listener, *self.listeners.values()):
            listener.stop()

    def subscribe(self, path: str, **wanted: Any) -> str:
        return str(self.machines.call("/api/webhooks", {"url": self.receiver.url(path), **wanted})["id"])

    # The acts

    def all_well(self) -> None:
        for words in (WEB, WORKER):
            self.comes_back(self.kill(words))
        for _ in range(100):
            if self.listener.cuts:
                break
            self.comes_back(self.kill(WEB))  # until it was the one that the listener was connected to
        for line in self.lines:
            with line.stream.paused():
                last = line.stream.sent[-1]
                eventually(
                    lambda last=last, line=line: last in self.listener.told_messages(line.account, 100),
                    "the last message",
                    RECOVERY_SECONDS,
                )
                line.quiet_until = time.time()
                killed = self.kill(f"{SESSION} {line.account}")
            self.comes_back(killed)

    def failing(self) -> None:
        self.moody.turns()
        assert self.moody.failing.wait(RECOVERY_SECONDS)
        killed = self.kill(WEB)
        for words in (SESSION, WORKER, WEB) * 100:
            if self.moody.fails_until - time.monotonic() < 20:
                break
            self.comes_back(killed)
            killed = self.kill(words)
        time.sleep(max(0.0, self.moody.fails_until - time.monotonic()))

    def hanging(self) -> None:
        assert self.moody.hanging.wait(RETRY_SECONDS)
        time.sleep(self.chance.uniform(0.5, 2))
        self.comes_back(self.kill(WORKER))
        assert self.moody.hanging.wait(RETRY_SECONDS)
        self.comes_back(self.kill(SESSION))
        assert self.moody.hung_out.wait(RETRY_SECONDS)
        # Killed before it has written that down, the worker could only say that it was interrupted.
        eventually(lambda: self.machines.hubs[0].sql(TIMED_OUT_TRIES), "the log to say so", RECOVERY_SECONDS)

    def waiting(self) -> None:
        """The hub leaves the receiver alone for a while."""
        for words in (WORKER, WEB, SESSION) * 100:
            if self.moody.well_again.is_set():
                break
            self.comes_back(self.kill(words))
            if words == WEB and self.moody.well_again.wait(20):
                break

    def recovering(self) -> None:
        assert self.moody.well_again.wait(RETRY_SECONDS)
        time.sleep(0.2)
        self.comes_back(self.kill(WORKER))
        for killed in [self.kill(words) for words in (SESSION, WEB, WORKER)]:
            self.comes_back(killed)

    def at_random(self) -> None:
        """Anything, at any time, in whatever state the rest is."""
        killed = []
        for _ in range(BLOWS):
            words = self.chance.choice([WEB, WORKER, SESSION, KEEPER, "redis"])
            killed.append(self.kill(words))
            time.sleep(self.chance.uniform(0, 4))
        for one in killed:
            self.comes_back(one)

    def machine_dies(self) -> None:
        """The one that has the session of a line; it is started again once another one has taken over."""
        account = self.chance.choice(self.lines).account
        hub = eventually(lambda: self.machines.machine_of(account), "a session", RECOVERY_SECONDS)
        killed = Kill(MACHINE, time.time(), self.moody.mood, hub=hub, account=account)
        goes_down(hub)
        killed.kept = self.machines.on_the_way_in(hub, account)
        self.kills.append(killed)
        self.comes_back(killed)
        hub.start()

    # Killing

    def kill(self, words: str) -> Kill:
        """Kills the process, or one of them, whatever it does now; a server is started again."""
        if words in self.machines.shared:
            return self.kill_server(words)
        found = eventually(lambda: self.processes(words), words, RECOVERY_SECONDS)
        hub, pid = self.chance.choice(found)
        time.sleep(self.chance.uniform(0, 0.5))
        process = psutil.Process(pid)
        killed = Kill(words, time.time(), self.moody.mood, hub=hub)
        if words.startswith(SESSION):
            killed.words, killed.account = SESSION, " ".join(process.cmdline()).split()[-1]
        os.kill(pid, signal.SIGKILL)
        process.wait(10)
        if killed.account:
            killed.kept = self.machines.on_the_way_in(hub, killed.account)
        self.kills.append(killed)
        return killed

    def processes(self, words: str) -> list[tuple[Hub, int]]:
        found = self.machines.processes(words)
        if words == KEEPER:
            sessions = self.machines.processes(SESSION)
            found = [one for one in found if one not in sessions]
        return found

    def kill_server(self, name: str) -> Kill:
        killed = Kill(name, time.time(), self.moody.mood)
        self.machines.shared[name].stop()
        time.sleep(self.chance.uniform(0, 3))
        self.machines.shared[name].start()
        self.kills.append(killed)
        return killed

    def comes_back(self, killed: Kill) -> None:
        """Waits until what was started again does its work, or another one does it in its place."""

        def greets() -> bool:
            assert killed.hub is not None
            return self.listener.greeted_at[killed.hub.url] > killed.at

        def delivers() -> bool:
            return self.newest_at_healthy_ms > killed.at * 1000

        def hears() -> bool:
            accounts = [killed.account] if killed.account else [line.account for line in self.lines]
            return all(self.listener.newest_message_ms[name] > killed.at * 1000 for name in accounts)

        signs = {WEB: greets, WORKER: delivers, "redis": delivers}
        eventually(signs.get(killed.words, hears), f"{killed.words} after its death", RECOVERY_SECONDS)
        killed.back_after = time.time() - killed.at

    # What came of it

    def is_settled(self) -> bool:
        """Whether all that was on its way has arrived, and nothing more comes."""
        before = self.listener.cursor
        time.sleep(1)
        healths = [hub.call("/health") for hub in self.machines.hubs]
        followed = [webhook["health"] for webhook in self.subscribed()]
        return (
            all(line.companion.undelivered == 0 for line in self.lines)
            and all(health["inbox"]["pending"] == 0 for health in healths)
            and healths[0]["log"]["newest"] == before == self.listener.cursor
            and all(one["pending"] == one["lag"] == 0 for one in followed)
        )

    def subscribed(self) -> list[dict[str, Any]]:
        return list(self.machines.call(f"/api/webhooks?{self.any}")["data"])

    def told_messages(self) -> list[str]:
        return [key for line in self.lines for key in self.listener.told_messages(line.account)]

    @cached_property
    def log(self) -> list[dict[str, Any]]:
        rows = [
            row
            for line in self.lines
            for row in self.machines.pages(f"/api/stats/events?order=asc&account={line.account}")
        ]
        return sorted(rows, key=lambda row: int(row["id"]))

    def deliveries(self, query: str = "") -> Iterator[dict[str, Any]]:
        return self.machines.pages(f"/api/webhooks/deliveries?{query}{self.any}")

    @cached_property
    def repeated(self) -> list[Repeated]:
        """What was sent more than once."""
        found = []
        for name, webhook in self.webhooks.items():
            requests = Counter(got.event_id for got in self.receiver.at(f"/{name}"))
            for row in self.deliveries(f"subscription_id={webhook}"):
                if row["attempts"] > 1 or requests[row["event_id"]] > 1:
                    delivery = self.machines.call(f"/api/webhooks/deliveries/{row['id']}?{self.any}")
                    found.append(Repeated(name, requests[row["event_id"]], delivery))
        return found

    def wanted(self, name: str) -> set[int]:
        """The events that the webhook is for."""
        prefixes = PREFIXES if name == "moody" else ("",)
        accounts = {name} if name in self.listeners else {line.account for line in self.lines}
        return {
            event["id"]
            for event in self.listener.heard
            if event["id"] >= self.first
            and event["type"].startswith(prefixes)
            and event["account"] in accounts
        }

    def delays(self) -> list[float]:
        """After how many seconds each event was at the healthy receiver, for the first time."""
        first: dict[int, float] = {}
        for got in self.receiver.at("/healthy"):
            first.setdefault(got.event_id, got.at - got.envelope["timestamp"] / 1000)
        return list(first.values())

    def summary(self) -> str:
        sent = [key for line in self.lines for key in line.stream.sent]
        lines = [
            f"{len(sent)} messages sent, {len(self.log)} events logged; the client connected "
            f"{self.listener.times_greeted} times and was cut off or refused {self.listener.cuts} times",
            f"messages lost in the library's memory: {len({*sent} - {*self.told_messages()})}",
        ]
        for words in sorted({kill.words for kill in self.kills}):
            these = [kill for kill in self.kills if kill.words == words]
            backs = [kill.back_after for kill in these if kill.back_after is not None]
            moods = ", ".join(f"{mood}: {count}" for mood, count in Counter(k.mood for k in these).items())
            lines.append(
                f"{words}: killed {len(these)} times (receiver {moods}), back after "
                f"{statistics.median(backs):.1f} s, {max(backs):.1f} s at the most"
            )
        kept = [len(kill.kept) for kill in self.kills if kill.account]
        lines.append(f"messages in spool and inbox when the session was killed: {kept}")
        for name in self.webhooks:
            got = self.receiver.at(f"/{name}")
            ids = {one.event_id for one in got}
            lines.append(
                f"{name}: {len(self.wanted(name))} events, {len(got)} requests, {len(ids)} of them new"
            )
        delays = sorted(self.delays())
        lines.append(
            f"healthy: median delay {statistics.median(delays):.3f} s, 99% "
            f"{delays[len(delays) * 99 // 100]:.1f} s, longest {delays[-1]:.1f} s"
        )
        lines.append(
            f"moody: {self.moody.failed} requests answered with 500, hung for "
            f"{[round(seconds, 1) for seconds in self.moody.hung_for]} s"
        )
        notes = [len([each for each in one.tries if each["error"] == INTERRUPTED]) for one in self.repeated]
        lines.append(f"sent more than once: {len(notes)} deliveries; {sum(notes)} tries cut short by a kill")
        for one in self.repeated:
            if one.delivery["attempts"] > 1:
                tries = [
                    f"{each['at'][11:]} {each['status_code']} {each['duration_ms']} ms {each['error']}"
                    for each in one.tries
                ]
                lines.append(f"{one.name}, event {one.delivery['event_id']}: {tries}")
        return "\n".join(lines)
