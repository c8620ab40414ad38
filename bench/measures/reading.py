"""How long reads take, and how many the hub answers in a second.

The hubs of all sizes run side by side, and every read has its turn on each before any has its next: a noisy
moment of the machine's then meets one run of many reads, and sizes are compared within seconds.
"""

import asyncio
import itertools
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from bench.clients.http import Connection
from bench.figures import Distribution, Spread
from bench.hubs.process import Hub
from bench.measures.reads import PAGES, Read, reads_of
from bench.plan import Plan
from bench.results import Better, Group
from bench.workshop import Workshop, say

CONNECTIONS = (1, 16)


@dataclass(slots=True)
class Run:
    """One read for some seconds over some connections."""

    latencies: list[float] = field(default_factory=list)  # milliseconds
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0  # connections that broke
    seconds: float = 0.0
    requests: int = 0  # with those of the warm-up
    cpu_ms: float = 0.0  # of the hub's processes, for each request

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def p50(self) -> float | None:
        found = Distribution.of(self.latencies)
        return found.p50 if found else None


Runs = dict[tuple[int, str, int], list[Run]]  # size, read, connections → its runs


async def measure(workshop: Workshop) -> None:
    sizes = sorted(workshop.plan.sizes)
    with workshop.results.group("reads") as group:
        hubs = {size: await workshop.hub(size) for size in sizes}
        reads = {size: await reads_of(hub, workshop.facts(size)) for size, hub in hubs.items()}
        runs = await all_runs(group, workshop.plan, hubs, reads)
        report(group, runs, reads)
        report_memory(group, hubs)


async def all_runs(group: Group, plan: Plan, hubs: dict[int, Hub], reads: dict[int, list[Read]]) -> Runs:
    runs: Runs = {}
    for number in range(plan.runs):
        for of_all_sizes in zip(*reads.values(), strict=True):
            for connections, (size, read) in itertools.product(
                CONNECTIONS, zip(reads, of_all_sizes, strict=True)
            ):
                done = await run(hubs[size], read, connections, plan)
                runs.setdefault((size, read.key, connections), []).append(done)
                note(group, number, size, read, connections, done)
        group.watch.look()
    return runs


async def run(hub: Hub, read: Read, connections: int, plan: Plan) -> Run:
    """At least one answer is counted, however short the time."""
    done = Run()

    async def ask(connection: Connection, first: int) -> None:
        requests = [connection.request("GET", path) for path in read.paths]
        for request in itertools.cycle(requests[first % len(requests) :] + requests[: first % len(requests)]):
            began = time.perf_counter()
            if began >= until and (done.latencies or done.broken):
                return
            try:
                reply = await connection.send(request)
            except (OSError, asyncio.IncompleteReadError):
                done.broken += 1
                connection.close()
                continue
            ended = time.perf_counter()
            done.requests += 1
            if ended >= counted_from:
                done.latencies.append((ended - began) * 1000)
                done.statuses[reply.status] += 1

    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(hub.connection()) for _ in range(connections)]
        cpu = hub.cpu_seconds
        counted_from = time.perf_counter() + plan.warm_up_seconds
        until = counted_from + plan.read_seconds
        await asyncio.gather(*(ask(connection, place) for place, connection in enumerate(opened)))
    done.seconds = time.perf_counter() - counted_from
    done.cpu_ms = 1000 * (hub.cpu_seconds - cpu) / max(done.requests, 1)
    return done


def note(group: Group, number: int, size: int, read: Read, connections: int, done: Run) -> None:
    group.note(
        run=number,
        size=size,
        read=read.key,
        path=read.paths[0],
        connections=connections,
        latency_ms=Distribution.of(done.latencies),
        rate=round(done.rate, 1),
        hub_cpu_ms=round(done.cpu_ms, 3),
        statuses={str(status): count for status, count in done.statuses.items()},
        broken=done.broken,
    )
    figures = f"{done.rate:8.0f}/s  p50 {done.p50 or 0:8.2f} ms"
    say(f"run {number} {size:>9,} {read.key:20} {connections:>2} {figures}")


def report(group: Group, runs: Runs, reads: dict[int, list[Read]]) -> None:
    """Read by read, so that the sizes stand one below the other."""
    sizes = sorted(reads)
    largest = sizes[-1]
    compared = {deep: (first, title) for deep, first, title in PAGES}
    for read in reads[largest]:
        for size in sizes:
            p50 = Spread.of(one.p50 for one in runs[size, read.key, 1])
            group.add(f"{read.key}.p50", f"{read.title}: p50", "ms", Better.LESS, p50, size)
        if len(sizes) > 1:
            ratio = ratios(runs[largest, read.key, 1], runs[sizes[-2], read.key, 1])
            title = f"{read.title}: its growth from {sizes[-2]:,}"
            group.add(f"{read.key}.growth", title, "×", Better.LESS, ratio, largest)
        if read.key in compared:
            first, title = compared[read.key]
            ratio = ratios(runs[largest, read.key, 1], runs[largest, first, 1])
            group.add(f"{read.key}.ratio", f"{read.title}: {title}", "×", Better.LESS, ratio, largest)
        for size in sizes:
            rate = Spread.of(one.rate for one in runs[size, read.key, 16])
            title = f"{read.title}: with 16 connections"
            group.add(f"{read.key}.rate", title, "/s", Better.MORE, rate, size)
    failed = sum(
        one.broken + sum(count for status, count in one.statuses.items() if status != 200)
        for of_read in runs.values()
        for one in of_read
    )
    group.add("failed", "reads that failed", "", Better.LESS, Spread.of([failed]))


def ratios(these: list[Run], those: list[Run]) -> Spread | None:
    """What the first ones' p50 is of the others', run by run."""
    pairs = ((one.p50, other.p50) for one, other in zip(these, those, strict=True))
    return Spread.of(this / that for this, that in pairs if this and that)


def report_memory(group: Group, hubs: dict[int, Hub]) -> None:
    for size, hub in hubs.items():
        memory = hub.memory
        group.note(size=size, memory_after=memory)
        title = "memory of all processes after the reads (PSS)"
        group.add("memory", title, "MiB", Better.LESS, Spread.of([memory.proportional]), size)
        anonymous = Spread.of([memory.anonymous])
        group.add("anonymous", "what of it is in no file", "MiB", Better.LESS, anonymous, size)
