"""From a message's arrival in the session process to the clients that listen over WebSocket."""

import asyncio
import itertools
import time
from contextlib import AsyncExitStack
from typing import Any

from bench.clients.tokens import Arrivals
from bench.clients.websocket import Listener, listen
from bench.figures import Distribution, Spread
from bench.hubs.process import Hub
from bench.hubs.whatsapp import run_name
from bench.plan import Plan
from bench.results import Better, Group
from bench.workshop import Workshop, say

PATH = "/ws?events=wa.messages.upsert"
RATES = (100, 500, 1000, 0)  # messages a second; 0 is as fast as they are handled
SECONDS = 5  # of a run at a rate
BURST = 2_000  # messages of a run without one
MOST_DELIVERIES = 60_000  # of a run, or its figures are the client's own
PATIENCE_SECONDS = 30.0
SETTLE_SECONDS = 0.3
LOOK_SECONDS = 0.01

Runs = dict[tuple[int, int], list[dict[str, Any]]]  # clients, rate → runs


async def measure(workshop: Workshop) -> None:
    size, plan = workshop.plan.largest, workshop.plan
    hub = await workshop.injected(size)
    runs: Runs = {}
    with workshop.results.group("streams") as group:
        for _ in range(plan.runs):
            for clients, rate in itertools.product(plan.clients, RATES):
                done = await run(hub, clients, rate, plan)
                group.note(size=size, **done)
                runs.setdefault((clients, rate), []).append(done)
            group.watch.look()
        report(group, size, runs)


async def run(hub: Hub, clients: int, rate: int, plan: Plan) -> dict[str, Any]:
    name = run_name("w")
    count = plan.count(rate * SECONDS if rate else BURST)
    count = min(count, max(1, MOST_DELIVERIES // clients))
    arrivals = [Arrivals(name) for _ in range(clients)]
    async with AsyncExitStack() as stack:
        listeners: list[Listener] = []
        for one in arrivals:
            listeners.append(await listen(hub.url, PATH, hub.key, one.note))
            stack.callback(listeners[-1].close)
        await asyncio.sleep(SETTLE_SECONDS)
        cpu, began = hub.cpu_seconds, time.perf_counter()
        figures = await hub.door.live(count, rate, name)
        await all_there(arrivals, listeners, count)
        seconds = time.perf_counter() - began
        cpu = hub.cpu_seconds - cpu
    received = sum(one.count for one in arrivals)
    latency = Distribution.of(value for one in arrivals for value in one.latencies)
    p50 = latency.p50 if latency else 0
    say(f"{clients} clients at {rate}/s: p50 {p50:.1f} ms, {received / seconds:.0f}/s in all")
    return {
        "clients": clients,
        "rate": rate,
        "count": count,
        "rate_achieved": figures["rate_achieved"],
        "until_committed_ms": figures["event_ms"],
        "latency_ms": latency,
        "events_per_s": round(received / clients / seconds, 1),
        "deliveries_per_s": round(received / seconds, 1),
        "lost": count * clients - received,
        "repeated": sum(one.repeated for one in arrivals),
        "out_of_order": sum(one.out_of_order for one in arrivals),
        "closed": sum(one.closed.done() for one in listeners),
        "hub_cores": round(cpu / seconds, 2),
    }


async def all_there(arrivals: list[Arrivals], listeners: list[Listener], count: int) -> None:
    """Returns when each client has all, or after a while in which nothing has come."""
    until, before = time.monotonic() + PATIENCE_SECONDS, -1
    while any(one.count < count for one in arrivals) and not all(one.closed.done() for one in listeners):
        now = sum(one.count for one in arrivals)
        if now != before:
            until, before = time.monotonic() + PATIENCE_SECONDS, now
        elif time.monotonic() > until:
            return
        await asyncio.sleep(LOOK_SECONDS)


def report(group: Group, size: int, runs: Runs) -> None:
    for (clients, rate), done in runs.items():
        whom = f"{clients} client{'s' if clients > 1 else ''}"
        key = f"{clients}.{rate or 'burst'}"
        if rate:
            p50 = Spread.of(one["latency_ms"].p50 for one in done if one["latency_ms"])
            title = f"WebSocket, {whom}, {rate} events a second: p50"
            group.add(f"{key}.p50", title, "ms", Better.LESS, p50, size)
        else:
            each = Spread.of(one["events_per_s"] for one in done)
            group.add(
                f"{key}.rate",
                f"WebSocket, {whom}, events as fast as they come",
                "/s",
                Better.MORE,
                each,
                size,
            )
    wrong = sum(
        one["lost"] + one["repeated"] + one["out_of_order"] for these in runs.values() for one in these
    )
    title = "WebSocket: events lost, repeated or out of order"
    group.add("wrong", title, "", Better.LESS, Spread.of([wrong]), size)
