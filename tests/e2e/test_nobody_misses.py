"""Nobody misses an event: a thousand messages, while session, web and worker are killed (`kill -9`) in turn.

All of it is the real thing: a hub as people start it, whose supervisor starts again what was killed; the
simulator's people, who write all the while; a WebSocket client that connects anew every second; a receiver of
webhooks that works, then fails, then hangs, then works again; and a healthy one.

NOBODY_MISSES_SECONDS says for how long the receiver fails. With 60 the schedule of retries makes a run last
some ten minutes, so it is less here.
"""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import sqlite3
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import orjson
import psutil
import pytest
from standardwebhooks.webhooks import Webhook as Judge
from standardwebhooks.webhooks import WebhookVerificationError
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.demo_hub import SESSION, WEB, WEB_PROCESSES, WORKER, Hub, free_port
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Received, Receiver, answer
from whatsapp.ingest import codes
from whatsapp.ingest.spool import Spool
from whatsapp.protobuf import neonize_pb2

if TYPE_CHECKING:
    from whatsapp.simulator import Authority
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Companion, Phone

MESSAGES = 1000  # at least
MESSAGES_PER_SECOND = 20.0
LATER_PER_SECOND = 4.0  # after so many
FAILING_SECONDS = float(os.environ.get("NOBODY_MISSES_SECONDS", "3.5"))
TIME_OUT_SECONDS = 10.0  # the hub's
RECOVERY_SECONDS = 60.0  # of a process that was killed; only a failing test waits so long
RETRY_SECONDS = 600.0  # until the hub tries again, at the most
CONNECTED_SECONDS = 1.0
IN_LIBRARY = 100  # events that neonize holds in memory, as the README says

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
UPSERT = "wa.messages.upsert"
PREFIXES = ("wa.messages", "connection")
FAILED = "The receiver answers with status 500."
TIMED_OUT = f"The server takes longer than {TIME_OUT_SECONDS:g} seconds."
INTERRUPTED = "The worker stopped in the middle: whether this was sent is not known."


class Listener:
    """A WebSocket client that connects anew every second, and whenever it is cut off."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.heard: list[dict[str, Any]] = []
        self.cursor = 0
        self.greeted_at: list[float] = []
        self.cuts = 0
        self.newest_message_ms = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(20)

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                self._connect()
            except (OSError, WebSocketException):
                self.cuts += 1
                self._stop.wait(0.1)

    def _connect(self) -> None:
        address = f"{self._hub.url.replace('http', 'ws')}/ws?since={self.cursor}"
        key = {"x-api-key": self._hub.key}
        with connect(address, additional_headers=key, max_size=None, open_timeout=5, close_timeout=1) as line:
            hello = orjson.loads(line.recv(timeout=5))
            assert hello["data"]["status"] == "ws_connected"
            self.greeted_at.append(time.time())
            until = time.monotonic() + CONNECTED_SECONDS
            while (left := until - time.monotonic()) > 0:
                try:
                    event = orjson.loads(line.recv(timeout=left))
                except TimeoutError:
                    return
                self.heard.append(event)
                self.cursor = event["id"]
                if event["type"] == UPSERT:
                    self.newest_message_ms = event["timestamp"]


class Stream:
    """What people write to the owner, without an end until it is told to stop."""

    def __init__(self, people: list[Person], to: Phone) -> None:
        self._people, self._to = people, to
        self.sent: list[str] = []
        self.sent_at: dict[str, float] = {}
        self._going = threading.Event()
        self._going.set()
        self._quiet = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, name="stream", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """After a thousand."""
        self._stop.set()
        self._thread.join(MESSAGES / MESSAGES_PER_SECOND * 4)
        assert not self._thread.is_alive()

    @contextmanager
    def paused(self) -> Iterator[None]:
        self._going.clear()
        assert self._quiet.wait(20)
        yield
        self._going.set()

    def _write(self) -> None:
        while not (self._stop.is_set() and len(self.sent) >= MESSAGES):
            if not self._going.is_set():
                self._quiet.set()
                self._going.wait()
                self._quiet.clear()
            number = len(self.sent)
            began = time.time()
            sent = self._people[number % len(self._people)].send_text(self._to, f"number {number}")
            self.sent_at[sent.id] = began
            self.sent.append(sent.id)
            time.sleep(1 / (MESSAGES_PER_SECOND if number < MESSAGES else LATER_PER_SECOND))


class Moody:
    """How the receiver at /moody behaves: well; 500 for a while; not at all, until the hub has once waited in
    vain for as long as it does; well again."""

    def __init__(self) -> None:
        self._judge = Judge(SECRET)
        self.forged: list[str] = []
        self._turned = threading.Event()
        self.failing = threading.Event()
        self.hanging = threading.Event()
        self.hung_out = threading.Event()
        self.well_again = threading.Event()
        self.fails_until = float("inf")
        self.hung_for: list[float] = []
        self.failed = 0
        self._lock = threading.Lock()

    def turns(self) -> None:
        self._turned.set()

    def decide(self, got: Received) -> Callable[[BaseHTTPRequestHandler], None]:
        try:
            self._judge.verify(got.body, {name.lower(): value for name, value in got.headers.items()})
        except WebhookVerificationError as error:
            self.forged.append(f"{got.delivery_id}: {error}")
        with self._lock:
            if self.hung_out.is_set():
                self.well_again.set()
                return answer()
            if not self._turned.is_set():
                return answer()
            if not self.failing.is_set():
                self.fails_until = time.monotonic() + FAILING_SECONDS
                self.failing.set()
            if time.monotonic() < self.fails_until:
                self.failed += 1
                return answer(500, b"out of order")
        return self.hang

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Until the hub hangs up."""
        began = time.monotonic()
        self.hanging.set()
        select.select([handler.connection], [], [], 60)
        self.hanging.clear()
        self.hung_for.append(time.monotonic() - began)
        if self.hung_for[-1] > TIME_OUT_SECONDS * 0.9:
            self.hung_out.set()
        handler.close_connection = True


@dataclass
class Kill:
    words: str
    at: float
    mood: str
    back_after: float | None = None
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
    """All that happens, once."""

    def __init__(self, hub: Hub, olivia: Phone, people: list[Person]) -> None:
        self.hub, self.olivia = hub, olivia
        self.listener = Listener(hub)
        self.stream = Stream(people, olivia)
        self.moody = Moody()
        self.receiver = Receiver()
        self.receiver.decide = self._decide
        self.newest_at_healthy_ms = 0
        self.kills: list[Kill] = []
        self.quiet_until = 0.0  # what was sent before had all arrived when the session was killed
        self.chance = random.Random(5)

    def _decide(self, got: Received) -> Callable[[BaseHTTPRequestHandler], None] | None:
        if got.path == "/moody":
            return self.moody.decide(got)
        self.newest_at_healthy_ms = max(self.newest_at_healthy_ms, got.envelope["timestamp"])
        return None

    def is_told(self) -> None:
        self.companion = self.link()
        self.webhooks = {
            "moody": self.subscribe("/moody", events=",".join(PREFIXES), secret=SECRET),
            "healthy": self.subscribe("/healthy"),
        }
        self.first = self.newest() + 1  # all from here on are for both
        self.listener.start()
        self.stream.start()
        self.all_well()
        self.failing()
        self.hanging()
        self.waiting()
        self.recovering()
        self.stream.stop()
        eventually(self.is_settled, "the end of it", RECOVERY_SECONDS)
        self.listener.stop()

    def link(self) -> Companion:
        code = eventually(self.code, "a code to scan", RECOVERY_SECONDS)
        companion = self.olivia.scan(code)
        self.hub.waits_for("connected", RECOVERY_SECONDS)
        return companion

    def code(self) -> str | None:
        try:
            return str(self.hub.call("/api/connection/qr")["raw"])
        except AssertionError:  # there is none yet
            return None

    def subscribe(self, path: str, **wanted: Any) -> str:
        return str(self.hub.call("/api/webhooks", {"url": self.receiver.url(path), **wanted})["id"])

    def newest(self) -> int:
        return int(self.hub.call("/health")["log"]["newest"])

    # The acts

    def all_well(self) -> None:
        for words in (WEB, WORKER):
            self.comes_back(self.kill(words))
        with self.stream.paused():
            last = self.stream.sent[-1]
            eventually(lambda: last in self.told_messages(100), "the last message", RECOVERY_SECONDS)
            self.quiet_until = time.time()
            killed = self.kill(SESSION)
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

    # Killing

    def kill(self, words: str) -> Kill:
        """Kills the process, or one of them, whatever it does now."""
        pids = eventually(lambda: self.hub.pids_of(words), words, RECOVERY_SECONDS)
        pid = self.chance.choice(sorted(pids))
        time.sleep(self.chance.uniform(0, 0.5))
        process = psutil.Process(pid)
        killed = Kill(words, time.time(), self.mood())
        os.kill(pid, signal.SIGKILL)
        process.wait(10)
        if words == SESSION:
            killed.kept = self.messages_on_the_way_in()
        self.kills.append(killed)
        return killed

    def mood(self) -> str:
        moody = self.moody
        states = (
            ("well again", moody.well_again),
            ("left alone", moody.hung_out),
            ("hanging", moody.hanging),
            ("failing", moody.failing),
        )
        return next((name for name, event in states if event.is_set()), "well")

    def comes_back(self, killed: Kill) -> None:
        """Waits until the process that was started again does its work."""
        signs: dict[str, Callable[[], bool]] = {
            WEB: lambda: self.listener.greeted_at[-1] > killed.at,
            WORKER: lambda: self.newest_at_healthy_ms > killed.at * 1000,
            SESSION: lambda: self.listener.newest_message_ms > killed.at * 1000,
        }
        eventually(signs[killed.words], f"{killed.words} after its death", RECOVERY_SECONDS)
        killed.back_after = time.time() - killed.at

    def messages_on_the_way_in(self) -> set[str]:
        """Those in the spool and the inbox of a session that is dead."""
        copy = self.hub.folder / "spool-copy"
        shutil.copyfile(self.hub.folder / "auth" / "default" / "inbox.spool", copy)
        spool = Spool(copy)
        found = [(event.code, event.data) for event in spool.waiting(10_000)]
        spool.close()
        database = sqlite3.connect(f"file:{self.hub.folder / 'whatsapp-hub.db'}?mode=ro", uri=True)
        found += database.execute("SELECT code, data FROM whatsapp_inboxevent WHERE state = 0").fetchall()
        database.close()
        return {neonize_pb2.Message.FromString(data).Info.ID for code, data in found if code == codes.MESSAGE}

    # What came of it

    def is_settled(self) -> bool:
        """Whether all that was on its way has arrived, and nothing more comes."""
        before = self.listener.cursor
        time.sleep(1)
        health = self.hub.call("/health")
        followed = [webhook["health"] for webhook in self.hub.call("/api/webhooks")["data"]]
        return (
            self.companion.undelivered == 0
            and health["inbox"]["pending"] == 0
            and health["log"]["newest"] == before == self.listener.cursor
            and all(one["pending"] == one["lag"] == 0 for one in followed)
        )

    def told_messages(self, most: int = 0) -> list[str]:
        """The ids of the messages that were told of, as often as they were."""
        return [
            message["key"]["id"]
            for event in self.listener.heard[-most:]
            if event["type"] == UPSERT
            for message in event["data"]["messages"]
        ]

    def pages(self, path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.hub.call(f"{path}&limit=500{cursor}")
            rows += page["data"]
            if not page["next"]:
                return rows
            cursor = f"&cursor={page['next']}"

    @cached_property
    def log(self) -> list[dict[str, Any]]:
        return self.pages("/api/stats/events?order=asc")

    @cached_property
    def repeated(self) -> list[Repeated]:
        """What was sent more than once."""
        found = []
        for name, webhook in self.webhooks.items():
            requests = Counter(got.event_id for got in self.receiver.at(f"/{name}"))
            for row in self.pages(f"/api/webhooks/deliveries?subscription_id={webhook}"):
                if row["attempts"] > 1 or requests[row["event_id"]] > 1:
                    delivery = self.hub.call(f"/api/webhooks/deliveries/{row['id']}")
                    found.append(Repeated(name, requests[row["event_id"]], delivery))
        return found

    def wanted(self, name: str) -> set[int]:
        """The events that the webhook is for."""
        prefixes = PREFIXES if name == "moody" else ("",)
        return {
            row["id"]
            for row in self.log
            if row["id"] >= self.first and row["event_type"].startswith(prefixes)
        }

    def delays(self) -> list[float]:
        """After how many seconds each event was at the healthy receiver, for the first time."""
        first: dict[int, float] = {}
        for got in self.receiver.at("/healthy"):
            first.setdefault(got.event_id, got.at - got.envelope["timestamp"] / 1000)
        return list(first.values())

    def summary(self) -> str:
        lines = [
            f"{len(self.stream.sent)} messages sent, {len(self.log)} events logged; the client connected "
            f"{len(self.listener.greeted_at)} times and was cut off or refused {self.listener.cuts} times",
            f"messages lost in the library's memory: {len({*self.stream.sent} - {*self.told_messages()})}",
        ]
        for words in (WEB, WORKER, SESSION):
            these = [kill for kill in self.kills if kill.words == words]
            backs = [kill.back_after for kill in these if kill.back_after is not None]
            moods = ", ".join(f"{mood}: {count}" for mood, count in Counter(k.mood for k in these).items())
            lines.append(
                f"{words}: killed {len(these)} times (receiver {moods}), back after "
                f"{statistics.median(backs):.1f} s, {max(backs):.1f} s at the most"
            )
        kept = [len(kill.kept) for kill in self.kills if kill.words == SESSION]
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


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Story]:
    from whatsapp.simulator import Simulator

    folder = tmp_path_factory.mktemp("hub")
    began = time.monotonic()
    with Simulator(tmp_path_factory.mktemp("whatsapp"), authority=authority) as simulator:
        people = [
            simulator.person("Alice", "15550101"),
            simulator.person("Bob", "15550102", addressing="lid"),
        ]
        olivia = simulator.phone("Olivia", "15550100")
        settings = {"SIMULATOR": str(simulator.config_path), "ALLOW_PRIVATE_URLS": "true"}
        hub = Hub(folder, free_port(), demo=False, settings=settings)
        try:
            hub.start()
            told = Story(hub, olivia, people)
            told.is_told()
            print(told.summary())
            print(f"{time.monotonic() - began:.0f} s in all")
            yield told
            told.receiver.close()
        finally:
            hub.stop()
            print(hub.output[-20_000:])  # pytest shows it when a test fails


def test_everything_was_killed_at_several_moments(story: Story) -> None:
    kills = Counter(kill.words for kill in story.kills)
    assert min(kills[words] for words in (WEB, WORKER, SESSION)) >= 3
    assert {kill.mood for kill in story.kills if kill.words == WORKER} >= {"well", "hanging", "well again"}
    assert len(story.stream.sent) >= MESSAGES


def test_a_client_that_connects_anew_all_the_time_sees_each_event_once_and_in_order(story: Story) -> None:
    assert [event["id"] for event in story.listener.heard] == list(range(1, story.newest() + 1))
    assert len(story.listener.greeted_at) > 10
    assert story.listener.cuts > 0


def test_the_log_has_no_gap_and_says_the_same(story: Story) -> None:
    told = [(event["id"], event["type"], event["data"]) for event in story.listener.heard]
    logged = [(row["id"], row["event_type"], orjson.loads(row["payload"])) for row in story.log]
    assert [one[0] for one in logged] == list(range(1, len(logged) + 1))
    assert logged == told


def test_every_message_is_told_of_once(story: Story) -> None:
    told = Counter(story.told_messages())
    assert [key for key, count in told.items() if count > 1] == []
    lost = [key for key in story.stream.sent if key not in told]
    kills = [kill for kill in story.kills if kill.words == SESSION]
    # What had reached the hub is all there, and so is what came while nobody was in.
    assert set().union(*(kill.kept for kill in kills)) - set(told) == set()
    assert [key for key in lost if story.stream.sent_at[key] <= story.quiet_until] == []
    assert [key for key in lost if story.stream.sent_at[key] > kills[-1].at] == []
    # What the library holds in memory is beyond anyone's reach, and the README says so.
    assert len(lost) <= IN_LIBRARY * (len(kills) - 1)


@pytest.mark.parametrize("name", ["moody", "healthy"])
def test_each_event_is_delivered_under_an_id_of_its_own(story: Story, name: str) -> None:
    got = story.receiver.at(f"/{name}")
    assert story.wanted(name) - {one.event_id for one in got} == set()
    names = {(one.event_id, one.delivery_id, one.headers["webhook-id"]) for one in got}
    assert len(names) == len({one.event_id for one in got}) == len({one.delivery_id for one in got})
    assert all(one.delivery_id == one.headers["webhook-id"] for one in got)
    log = {row["id"]: row for row in story.log}
    for one in got:
        row = log[one.event_id]
        assert (one.envelope["type"], one.headers["X-Hub-Event"]) == (row["event_type"], row["event_type"])
        assert one.envelope["data"] == orjson.loads(row["payload"])


def test_the_receiver_knows_each_request_by_its_signature(story: Story) -> None:
    assert story.moody.forged == []


def test_nothing_waits_any_more(story: Story) -> None:
    for webhook in story.hub.call("/api/webhooks")["data"]:
        health = webhook["health"]
        assert (health["pending"], health["lag"], health["failures"]) == (0, 0, 0)
        assert (health["failing_since"], health["retry_at"], health["paused_at"]) == (None, None, None)
    for status in ("pending", "failed", "exhausted"):
        assert story.hub.call(f"/api/webhooks/deliveries?status={status}")["data"] == []
    for name, webhook in story.webhooks.items():
        rows = story.pages(f"/api/webhooks/deliveries?subscription_id={webhook}&status=delivered")
        assert {row["event_id"] for row in rows} >= story.wanted(name)


def test_the_log_of_deliveries_says_why_each_was_sent_again(story: Story) -> None:
    assert story.repeated
    reasons = Counter[str]()
    for one in story.repeated:
        *failed, last = one.tries
        assert one.requests <= len(one.tries)
        assert (last["status_code"], last["error"], last["number"]) == (200, None, one.delivery["attempts"])
        for each in failed:
            reasons[each["error"]] += 1
            if each["error"] == FAILED:
                assert (each["status_code"], each["answer"]) == (500, "out of order")
            elif each["error"] == TIMED_OUT:
                assert each["status_code"] is None
                assert each["duration_ms"] >= TIME_OUT_SECONDS * 900
    assert reasons.keys() == {FAILED, TIMED_OUT, INTERRUPTED}


def test_a_receiver_that_fails_slows_no_other(story: Story) -> None:
    """Only deaths do."""
    delays = story.delays()
    assert statistics.median(delays) < 1
    slowest = max(kill.back_after or 0.0 for kill in story.kills)
    assert max(delays) < 2 * slowest + 2


def test_health_knows_who_lives_and_soon_forgets_who_was_killed(story: Story) -> None:
    told = "each web process once"
    eventually(lambda: len(story.hub.call("/health")["web_processes"]) == WEB_PROCESSES, told, 40)
    health = story.hub.call("/health")
    assert [one["alive"] for one in health["processes"].values()] == [True] * 3
    webhooks = health["followers"]["webhooks"]
    assert webhooks == {"active": 2, "failing": 0, "paused": 0, "lag": 0}
