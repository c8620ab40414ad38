"""From a message's arrival in the session process to local receivers of webhooks."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bench.clients.receiver import Receiver
from bench.figures import Distribution, Spread
from bench.hubs.process import Hub
from bench.hubs.whatsapp import run_name
from bench.results import Better, Group
from bench.workshop import Workshop, say

EVENTS = "wa.messages.upsert"
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Scenario:
    """So many receivers, and messages at a rate; 0 is as fast as they are handled."""

    key: str
    title: str
    receivers: int
    seconds: float  # that a receiver takes to answer
    count: int
    rate: float


SCENARIOS = (
    Scenario("latency", "webhook to one receiver, 50 events a second: p50", 1, 0.0, 250, 50),
    Scenario("one", "deliveries to one receiver", 1, 0.0, 2_000, 0),
    Scenario("five", "deliveries to five receivers", 5, 0.0, 1_000, 0),
    Scenario("slow", "deliveries to five receivers that take 20 ms", 5, 0.02, 500, 0),
)


async def measure(workshop: Workshop) -> None:
    size, plan = workshop.plan.largest, workshop.plan
    hub = await workshop.injected(size)
    runs: dict[Scenario, list[dict[str, Any]]] = {one: [] for one in SCENARIOS}
    with workshop.results.group("webhooks") as group:
        for _ in range(plan.runs):
            for scenario, done in runs.items():
                done.append(await run(hub, scenario, plan.count(scenario.count)))
                group.note(size=size, **done[-1])
            group.watch.look()
        report(group, size, runs)


async def run(hub: Hub, scenario: Scenario, count: int) -> dict[str, Any]:
    receivers = [Receiver(scenario.seconds) for _ in range(scenario.receivers)]
    async with subscribed(hub, receivers):
        name = run_name("h")
        for one in receivers:
            one.begin(name)
        cpu, began = hub.cpu_seconds, time.perf_counter()
        figures = await hub.door.live(count, scenario.rate, name)
        await all_there(receivers, count)
        cores = (hub.cpu_seconds - cpu) / (time.perf_counter() - began)
    arrivals = [one.arrivals for one in receivers]
    received = sum(one.count for one in arrivals)
    first, last = min(one.first_at for one in arrivals), max(one.last_at for one in arrivals)
    rate = (received - 1) / ((last - first) / 1e6) if last > first else None
    latency = Distribution.of(value for one in arrivals for value in one.latencies)
    say(f"{scenario.title}: {rate or 0:.0f}/s, p50 {latency.p50 if latency else 0:.1f} ms")
    return {
        "scenario": scenario.key,
        "count": count,
        "rate_achieved": figures["rate_achieved"],
        "latency_ms": latency,
        "deliveries_per_s": rate,
        "lost": count * len(receivers) - received,
        "repeated": sum(one.repeated for one in arrivals),
        "out_of_order": sum(one.out_of_order for one in arrivals),
        "hub_cores": round(cores, 2),
    }


@asynccontextmanager
async def subscribed(hub: Hub, receivers: list[Receiver]) -> AsyncIterator[None]:
    ids = []
    for one in receivers:
        wish = {"url": await one.open(), "events": [EVENTS], "secret": "a-secret-of-the-bench"}
        ids.append((await hub.call("POST", "/api/webhooks", wish))["id"])
    yield
    for webhook in ids:
        await hub.call("DELETE", f"/api/webhooks/{webhook}")
    for one in receivers:
        one.close()


async def all_there(receivers: list[Receiver], count: int) -> None:
    """Returns when each receiver has all, or after a while in which nothing has come."""
    until, before = time.monotonic() + PATIENCE_SECONDS, -1
    while any(one.arrivals.count < count for one in receivers):
        now = sum(one.arrivals.count for one in receivers)
        if now != before:
            until, before = time.monotonic() + PATIENCE_SECONDS, now
        elif time.monotonic() > until:
            return
        await asyncio.sleep(LOOK_SECONDS)


def report(group: Group, size: int, runs: dict[Scenario, list[dict[str, Any]]]) -> None:
    for scenario, done in runs.items():
        if scenario.rate:
            p50 = Spread.of(one["latency_ms"].p50 for one in done if one["latency_ms"])
            group.add(scenario.key, scenario.title, "ms", Better.LESS, p50, size)
        else:
            rate = Spread.of(one["deliveries_per_s"] for one in done)
            group.add(scenario.key, scenario.title, "/s", Better.MORE, rate, size)
    lost = sum(one["lost"] for these in runs.values() for one in these)
    group.add("lost", "webhooks: deliveries lost", "", Better.LESS, Spread.of([lost]), size)
