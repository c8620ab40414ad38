"""Several machines that run one hub: processes with a data folder each, a PostgreSQL, and perhaps a Redis."""

import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tests.api.conftest import Scribe, running_scribe
from tests.redis_for_tests import running_redis
from tests.servers import NotInstalled, Server, database_url, migrate, redis_url, start_postgresql
from tests.tools import lacking
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Receiver

ROOT = Path(settings.BASE_DIR)
EVENTS = 40


@dataclass
class Machines:
    """What the machines have in common, and how to get another one."""

    postgresql: Server
    redis: Server
    folder: Path
    number: int = 0

    def environment(self, *, with_redis: bool, **more: str) -> dict[str, str]:
        """The settings of a machine that was not there before."""
        self.number += 1
        folder = self.folder / str(self.number)
        folder.mkdir()
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "hub.settings",
            "DATABASE_URL": database_url("machines", self.postgresql),
            "REDIS_URL": redis_url(server=self.redis) if with_redis else "",
            "DATA_DIR": str(folder),
            "ALLOW_PRIVATE_URLS": "true",
            "ENCRYPTION_KEY": "the same on all machines",
            **more,
        }

    @contextmanager
    def worker(self, module: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker process on a machine of its own."""
        environment = self.environment(**{"with_redis": True, **more})  # type: ignore[arg-type]
        log_path = Path(environment["DATA_DIR"]) / "worker.log"
        with log_path.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(10)
            print(log_path.read_text(errors="replace")[-3000:])  # pytest shows it when a test fails

    def ask(self, query: str) -> list[Any]:
        with psycopg.connect(database_url("machines", self.postgresql), autocommit=True) as database:
            return database.execute(query).fetchall()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    try:
        postgresql = start_postgresql()
    except NotInstalled as error:
        lacking(str(error))
    with running_redis() as redis:
        with psycopg.connect(database_url("postgres", postgresql), autocommit=True) as database:
            database.execute("CREATE DATABASE machines")
        made = Machines(postgresql, redis, tmp_path_factory.mktemp("machines"))
        migrate(made.folder, DATABASE_URL=database_url("machines", postgresql))
        yield made
    postgresql.remove()


# Wake-ups

WATCH = """
import time
from whatsapp import wakeup
from whatsapp.models import Event
def is_heard():
    wakeup.now()
    return all(watch.is_heard for watch in wakeup._watches.values())
def arrivals(number, patience=20.0):
    "When each of so many more events is first known of here, whenever that is waited for."
    found, until = [], time.monotonic() + patience
    last = Event.objects.newest_id()
    print_now("ready")
    while len(found) < number and time.monotonic() < until:
        seen = wakeup.now()
        new = Event.objects.newest_id() - last - len(found)
        found += [time.monotonic()] * new
        if not new:
            wakeup.wait(seen, 5.0)
    return found
"""

WRITE = """
import time
def write(number, pause):
    written = []
    for _ in range(number):
        time.sleep(pause)
        build_event()
        written.append(time.monotonic())
    return written
"""


@dataclass
class Pair:
    """Two processes on two machines: one waits for what the other writes."""

    waiter: Scribe
    writer: Scribe
    flag: Path

    def waits_for(self, number: int, pause: float = 0.03) -> list[float]:
        """How long after each event was written the other process knew of it (seconds; below zero where it
        was before the writer went on)."""
        self.flag.unlink(missing_ok=True)
        self.waiter.begin(f"print(arrivals({number}))")
        eventually(self.flag.exists, "the waiting process")
        written = eval(self.writer.run(f"print(write({number}, {pause}))"))  # noqa: S307
        found = eval(self.waiter.end())  # noqa: S307
        assert len(found) == number
        return [at - then for at, then in zip(found, written, strict=True)]

    def is_heard(self) -> bool:
        return self.waiter.run("print(is_heard())").strip() == "True"


@pytest.fixture(params=["postgresql", "redis"])
def pair(request: pytest.FixtureRequest, machines: Machines, tmp_path: Path) -> Iterator[Pair]:
    with_redis = request.param == "redis"
    with ExitStack() as stack:
        waiter, writer = (
            stack.enter_context(running_scribe(machines.environment(with_redis=with_redis))) for _ in range(2)
        )
        flag = tmp_path / "ready"
        waiter.run(WATCH + f"\nimport pathlib\ndef print_now(word): pathlib.Path({str(flag)!r}).touch()")
        writer.run(WRITE + "\nbuild_event()")
        found = Pair(waiter, writer, flag)
        eventually(found.is_heard, "a connection for wake-ups")
        yield found


def test_an_event_reaches_who_waits_on_another_machine_within_milliseconds(pair: Pair) -> None:
    waits = pair.waits_for(EVENTS)
    print([round(wait * 1000, 1) for wait in waits])
    assert statistics.median(waits) < 0.02
    assert sorted(waits)[EVENTS * 9 // 10] < 0.08  # less than who can't hear sleeps between two looks


def test_a_wake_up_is_heard_although_nobody_looks(pair: Pair) -> None:
    """Who hears does not look by themselves for seconds."""
    seen = pair.waiter.run("seen = wakeup.now(); print(seen)")
    pair.waiter.run("wakeup.news.QUIET_SECONDS = 60.0; time.sleep(2.5)")  # the last look of before is over
    pair.waiter.run("seen = wakeup.now(); time.sleep(0.5); assert wakeup.now() == seen")
    pair.writer.run("build_event()")
    assert pair.waiter.run("began = time.monotonic(); print(wakeup.wait(seen, 5.0) != seen)") == "True\n"
    assert seen


@contextmanager
def away(server: Server) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        eventually(lambda: has_started(server), "the server")


def has_started(server: Server) -> bool:
    try:
        server.start()
    except RuntimeError:  # processes of the one before have still to end
        return False
    return True


@pytest.mark.parametrize("pair", ["redis"], indirect=True)
def test_while_redis_is_away_events_are_found_by_looking(machines: Machines, pair: Pair) -> None:
    with away(machines.redis):
        eventually(lambda: not pair.is_heard(), "the loss")
        waits = pair.waits_for(10)
        assert max(waits) < 0.5
    eventually(pair.is_heard, "a connection for wake-ups")
    waits = pair.waits_for(EVENTS)
    assert statistics.median(waits) < 0.02


@pytest.mark.parametrize("pair", ["postgresql"], indirect=True)
def test_wake_ups_come_again_after_a_restart_of_the_database(machines: Machines, pair: Pair) -> None:
    with away(machines.postgresql):
        eventually(lambda: not pair.is_heard(), "the loss")
    eventually(pair.is_heard, "a connection for wake-ups")
    for scribe in (pair.waiter, pair.writer):
        scribe.run("from django.db import connection; connection.close()")
    assert statistics.median(pair.waits_for(EVENTS)) < 0.02


@pytest.mark.parametrize("pair", ["postgresql"], indirect=True)
def test_a_connection_that_is_cut_is_made_again(machines: Machines, pair: Pair) -> None:
    cut = machines.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE query LIKE 'LISTEN%' AND datname = 'machines'"
    )
    assert cut == [(True,)]
    eventually(pair.is_heard, "a connection for wake-ups")
    assert statistics.median(pair.waits_for(EVENTS)) < 0.02


def test_a_process_can_end_its_connection(pair: Pair) -> None:
    pair.waiter.run("import threading\nwakeup.close()")
    names = pair.waiter.run("print([thread.name for thread in threading.enumerate()])")
    assert names == "['MainThread']\n"


# The clock


def test_two_workers_run_a_task_of_the_clock_once(machines: Machines, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    begun = time.time()
    module = "tests.whatsapp.clock_worker"
    with machines.worker(module, LOG=str(log)) as one, machines.worker(module, LOG=str(log)) as other:

        def run() -> Counter[str]:
            return Counter(line.split()[0] for line in log.read_text().splitlines())

        workers = "SELECT id FROM whatsapp_process WHERE kind = 'worker'"
        eventually(lambda: len(machines.ask(workers)) == 2, "two workers")
        eventually(lambda: run()["each"] >= 10, "ten looks at the clock")
        minutes = int(time.time()) // 60 - int(begun) // 60 + 1
        assert 1 <= run()["once"] <= minutes
        assert one.poll() is None
        assert other.poll() is None


def test_a_connection_that_was_lost_costs_no_turn_of_the_clock(machines: Machines) -> None:
    with running_scribe(machines.environment(with_redis=False)) as scribe:
        scribe.run("from whatsapp import periodic\nassert periodic.take_turn('tea', 1)")
        cut = machines.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = 'machines' AND pid <> pg_backend_pid()"
        )
        assert (True,) in cut
        scribe.run("assert periodic.take_turn('tea', 2)")


# Webhooks


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


@pytest.fixture
def scribe(machines: Machines) -> Iterator[Scribe]:
    with running_scribe(machines.environment(with_redis=True)) as running:
        running.run("import time\nfrom whatsapp.models import Webhook, Delivery, Process, Account")
        running.run("Process.objects.all().delete(); Account.default()")
        yield running
        running.run("[subscriptions.delete(webhook) for webhook in Webhook.objects.all()]")


WORKER = "tests.whatsapp.webhooks.quick_worker"


@pytest.fixture
def two_workers(machines: Machines, scribe: Scribe) -> Iterator[list[subprocess.Popen[bytes]]]:
    with machines.worker(WORKER) as one, machines.worker(WORKER) as other:
        eventually(lambda: scribe.run("print(Process.objects.filter(kind='worker').count())") == "2\n")
        yield [one, other]


def delivered(scribe: Scribe) -> int:
    return int(scribe.run("print(Delivery.objects.filter(status='delivered').count())"))


def test_two_workers_deliver_each_event_once_and_soon(
    machines: Machines, scribe: Scribe, receiver: Receiver, two_workers: Any
) -> None:
    scribe.run(f"build_webhook({receiver.url()!r}); time.sleep(1)")
    waits = []
    for number in range(1, EVENTS + 1):
        began = time.time()
        scribe.run("build_event()")
        eventually(lambda number=number: len(receiver.received) >= number, "the event")
        waits.append(receiver.received[-1].at - began)
    print([round(wait * 1000) for wait in waits])
    eventually(lambda: delivered(scribe) == EVENTS, "all deliveries")
    ids = [got.event_id for got in receiver.received]
    assert ids == sorted(set(ids))
    assert statistics.median(waits) < 0.2
    assert max(waits) < 1.5  # nobody waits for the other worker to hand it over


def test_the_deliveries_of_a_worker_that_is_killed_are_made_by_the_other(
    machines: Machines, scribe: Scribe, receiver: Receiver, two_workers: list[subprocess.Popen[bytes]]
) -> None:
    hooks = [receiver.url(f"/{number}") for number in range(4)]
    scribe.run(f"[build_webhook(url) for url in {hooks!r}]")
    scribe.run("[build_event() for _ in range(50)]")
    eventually(lambda: len(receiver.received) > 20, "some deliveries")
    two_workers[0].kill()
    scribe.run("[build_event() for _ in range(50)]")
    eventually(lambda: delivered(scribe) == 400, "all deliveries", timeout=40)
    for number in range(4):
        ids = {got.event_id for got in receiver.at(f"/{number}")}
        assert len(ids) == 100


@pytest.mark.parametrize(
    "asks",
    [
        "replaying.retry(Delivery.objects.get())",
        "replaying.replay(Webhook.objects.all(), replaying.Selection(status='failed'))",
    ],
)
def test_who_asks_for_a_delivery_again_waits_for_who_writes_what_came_of_it(
    machines: Machines, scribe: Scribe, asks: str
) -> None:
    """And not with something that the other waits for: PostgreSQL would end one of them."""
    scribe.run("build_delivery(build_webhook(failures=1, retry_at=1), status='failed', attempts=1)")
    with psycopg.connect(database_url("machines", machines.postgresql)) as worker:
        worker.execute("SELECT id FROM whatsapp_webhook FOR UPDATE")
        scribe.begin(asks)
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        eventually(lambda: machines.ask(waiting), "the other one")
        worker.execute("UPDATE whatsapp_delivery SET attempts = 2")
    scribe.end()
    assert scribe.run("print(Delivery.objects.get().attempts)") == "0\n"


def test_webhooks_of_the_environment_are_made_once_by_many_that_begin_at_once(machines: Machines) -> None:
    urls = {"WEBHOOK_URLS": "https://one.example/,https://other.example/"}
    with ExitStack() as stack:
        scribes = [
            stack.enter_context(running_scribe(machines.environment(with_redis=False, **urls)))
            for _ in range(3)
        ]
        for one in scribes:
            one.run("import time\nfrom whatsapp.models import Webhook")
        for _ in range(5):
            scribes[0].run("Webhook.objects.all().delete()")
            at = time.time() + 0.2
            for one in scribes:
                one.begin(f"time.sleep(max(0, {at} - time.time())); subscriptions.follow_environment()")
            for one in scribes:
                one.end()
            assert machines.ask("SELECT count(*) FROM whatsapp_webhook") == [(2,)]
        scribes[0].run("Webhook.objects.all().delete()")
