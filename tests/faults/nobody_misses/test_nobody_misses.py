"""Nobody misses an event: a thousand messages, while session, web and worker are killed (`kill -9`) in turn.

All of it is the real thing: a hub as people start it, whose supervisor starts again what was killed; the
simulator's people, who write all the while; a WebSocket client that connects anew every second; a receiver of
webhooks that works, then fails, then hangs, then works again; and a healthy one. Then the same with two
machines that share a PostgreSQL and a Redis, and two accounts: there a keeper, Redis and at last a whole
machine are killed, too.

NOBODY_MISSES_SECONDS says for how long the receiver fails. With 60 the schedule of retries makes a run last
some ten minutes, so it is less here. FAULTS_SEED makes other choices at random.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.demo_hub import SESSION, WEB, WORKER, Hub, free_port
from tests.faults.choices import SEED
from tests.faults.nobody_misses.line import MESSAGES, Line
from tests.faults.nobody_misses.machines import Machines
from tests.faults.nobody_misses.moody import TIME_OUT_SECONDS
from tests.faults.nobody_misses.story import BLOWS, INTERRUPTED, KEEPER, MACHINE, TIMED_OUT, Story
from tests.faults.table import Report, Row
from tests.redis_for_tests import running_redis
from tests.servers import NotInstalled, own_database, redis_url
from tests.tools import lacking
from tests.waiting import eventually

if TYPE_CHECKING:
    from whatsapp.simulator import Authority

IN_LIBRARY = 100  # events that neonize holds in memory, as the README says
TAKEOVER_SECONDS = 30.0

FAILED = "The receiver answers with status 500."


def one_machine(folder: Path, settings: dict[str, str], stack: ExitStack) -> Machines:
    return Machines([Hub(folder / "hub", free_port(), demo=False, settings=settings)])


def two_machines(folder: Path, settings: dict[str, str], stack: ExitStack) -> Machines:
    try:
        database = own_database(folder, is_empty=True)
    except NotInstalled as error:
        lacking(str(error))
    redis = stack.enter_context(running_redis())
    shared = settings | {
        **database,
        "REDIS_URL": redis_url(server=redis),
        "API_KEY": "the same on both machines",
        "ENCRYPTION_KEY": "this one, too, is the same",
        "MEDIA_DIR": str(folder / "media"),
        "OUTBOX_DIR": str(folder / "outbox"),
        "WEB_PROCESSES": "1",
    }
    hubs = [
        Hub(folder / name, free_port(), demo=False, is_new=True, settings=shared)
        for name in ("first", "second")
    ]
    return Machines(hubs, {"redis": redis})


@pytest.fixture(scope="module", params=[one_machine, two_machines])
def story(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[Story]:
    from whatsapp.simulator import Simulator

    folder = tmp_path_factory.mktemp("hub")
    began = time.monotonic()
    with (
        Simulator(tmp_path_factory.mktemp("whatsapp"), authority=authority) as simulator,
        ExitStack() as stack,
    ):
        settings = {"SIMULATOR": str(simulator.config_path), "ALLOW_PRIVATE_URLS": "true"}
        machines = request.param(folder, settings, stack)
        people = [
            simulator.person("Alice", "15550101"),
            simulator.person("Bob", "15550102", addressing="lid"),
        ]
        phones = {"default": simulator.phone("Olivia", "15550100")}
        if len(machines.hubs) > 1:
            phones["office"] = simulator.phone("Oscar", "15550109")
        lines = [Line(name, phone, people, 1 / len(phones)) for name, phone in phones.items()]
        try:
            for hub in machines.hubs:
                hub.folder.mkdir()
                hub.start()
            told = Story(machines, lines, SEED)
            told.is_told()
            print(told.summary())
            print(f"seed {SEED}: {time.monotonic() - began:.0f} s in all")
            yield told
            told.receiver.close()
        finally:
            for hub in machines.hubs:
                hub.stop()
                print(hub.output[-20_000:])  # pytest shows it when a test fails


def test_everything_was_killed_at_several_moments(story: Story, report: Report) -> None:
    kills = Counter(kill.words for kill in story.kills)
    assert min(kills[words] for words in (WEB, WORKER, SESSION)) >= 3
    assert {kill.mood for kill in story.kills if kill.words == WORKER} >= {"well", "hanging", "well again"}
    assert sum(len(line.stream.sent) for line in story.lines) >= MESSAGES
    if story.is_larger:
        assert kills[MACHINE] == 1
        assert sum(kills[words] for words in (WEB, WORKER, SESSION, KEEPER, "redis")) >= 3 * 3 + BLOWS
    sent, told = {key for line in story.lines for key in line.stream.sent}, set(story.told_messages())
    report(
        Row(
            fault="the same, two machines and Redis" if story.is_larger else "kill -9 in turn, for minutes",
            times=len(story.kills),
            sent=len(sent),
            stored=len(sent & told),
            acts=0,
            unknown=0,
            events=len(story.log),
            deliveries=sum(
                len({one.event_id for one in story.receiver.at(f"/{name}")}) for name in story.webhooks
            ),
            lost=len(sent - told),
            recovered=max(kill.back_after or 0.0 for kill in story.kills),
        )
    )


def test_a_client_that_connects_anew_all_the_time_sees_each_event_once_and_in_order(story: Story) -> None:
    assert [event["id"] for event in story.listener.heard] == list(range(1, story.machines.newest() + 1))
    assert story.listener.times_greeted > 10
    assert story.listener.cuts > 0


def test_who_listens_to_one_account_hears_of_that_alone_and_of_all_of_it(story: Story) -> None:
    for name, listener in story.listeners.items():
        assert listener.heard == [event for event in story.listener.heard if event["account"] == name]
        assert {one.envelope["account"] for one in story.receiver.at(f"/{name}")} == {name}


def test_the_log_has_no_gap_and_says_the_same(story: Story) -> None:
    told = [(event["id"], event["type"], event["data"]) for event in story.listener.heard]
    logged = [(row["id"], row["event_type"], orjson.loads(row["payload"])) for row in story.log]
    assert [one[0] for one in logged] == list(range(1, len(logged) + 1))
    assert logged == told


def test_every_message_is_told_of_once(story: Story) -> None:
    told = Counter(story.told_messages())
    assert [key for key, count in told.items() if count > 1] == []
    # What had reached the hub is all there, and so is what came while nobody was in.
    assert set().union(*(kill.kept for kill in story.kills)) - set(told) == set()
    for line in story.lines:
        stream = line.stream
        lost = [key for key in stream.sent if key not in told]
        deaths = [
            kill
            for kill in story.kills
            if kill.words in (KEEPER, MACHINE) or (kill.words, kill.account) == (SESSION, line.account)
        ]
        assert [key for key in lost if stream.sent_at[key] <= line.quiet_until] == []
        assert [key for key in lost if stream.sent_at[key] > deaths[-1].at] == []
        # What the library holds in memory is beyond anyone's reach, and the README says so.
        assert len(lost) <= IN_LIBRARY * (len(deaths) - 1)


def test_nothing_that_came_was_set_aside(story: Story) -> None:
    for hub in story.machines.hubs:
        assert "quarantined" not in hub.output
        assert "handling them one by one" not in hub.output


def test_another_machine_takes_over_within_half_a_minute(story: Story) -> None:
    for kill in story.kills:
        if kill.words == MACHINE:
            assert kill.back_after is not None
            assert kill.back_after <= TAKEOVER_SECONDS


def test_each_event_is_delivered_under_an_id_of_its_own(story: Story) -> None:
    log = {row["id"]: row for row in story.log}
    for name in story.webhooks:
        got = story.receiver.at(f"/{name}")
        assert story.wanted(name) - {one.event_id for one in got} == set()
        names = {(one.event_id, one.delivery_id, one.headers["webhook-id"]) for one in got}
        assert len(names) == len({one.event_id for one in got}) == len({one.delivery_id for one in got})
        assert all(one.delivery_id == one.headers["webhook-id"] for one in got)
    for one in story.receiver.received:
        row = log[one.event_id]
        assert (one.envelope["type"], one.headers["X-Hub-Event"]) == (row["event_type"], row["event_type"])
        assert one.envelope["data"] == orjson.loads(row["payload"])


def test_the_receiver_knows_each_request_by_its_signature(story: Story) -> None:
    assert story.moody.forged == []


def test_nothing_waits_any_more(story: Story) -> None:
    for webhook in story.subscribed():
        health = webhook["health"]
        assert (health["pending"], health["lag"], health["failures"]) == (0, 0, 0)
        assert (health["failing_since"], health["retry_at"], health["paused_at"]) == (None, None, None)
    for status in ("pending", "failed", "exhausted"):
        assert list(story.deliveries(f"status={status}")) == []
    for name, webhook in story.webhooks.items():
        rows = story.deliveries(f"subscription_id={webhook}&status=delivered")
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
    number = sum(int(hub.environment["WEB_PROCESSES"]) for hub in story.machines.hubs)
    eventually(lambda: len(story.machines.call("/health")["web_processes"]) == number, told, 40)
    health = story.machines.call("/health")
    assert [one["alive"] for one in health["processes"].values()] == [True] * 3
    webhooks = health["followers"]["webhooks"]
    assert webhooks == {"active": len(story.webhooks), "failing": 0, "paused": 0, "lag": 0}
