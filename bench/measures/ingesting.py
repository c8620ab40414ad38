"""Messages into a database that has many already, while somebody reads."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bench.clients.http import Connection
from bench.figures import Distribution, Spread
from bench.hubs.process import Hub
from bench.results import Better, Group
from bench.workshop import Workshop, say

PATH = "/api/messages?limit=50"
SECONDS_BETWEEN_READS = 0.04


async def measure(workshop: Workshop) -> None:
    with workshop.results.group("ingest") as group:
        for size in sorted(workshop.plan.sizes):
            hub = await workshop.injected(size)
            pieces = workshop.corpus.pieces[size]
            live, histories = [], []
            for first, second in zip(pieces[::2], pieces[1::2], strict=True):
                live.append(await run(hub, first))
                histories.append(await run(hub, second, history=True))
                group.note(size=size, live=live[-1], history=histories[-1])
                group.watch.look()
            report(group, size, live, histories)


async def run(hub: Hub, piece: Path, *, history: bool = False) -> dict[str, Any]:
    """The door's figures, and the reader's."""
    latencies: list[float] = []
    cpu, began = hub.cpu_seconds, time.perf_counter()
    async with reading(hub, latencies):
        figures = await hub.door.load(piece, history=history)
    cores = (hub.cpu_seconds - cpu) / (time.perf_counter() - began)
    way = "as history" if history else "live"
    say(f"{piece.name} {way}: {figures['messages_per_s']:,.0f} messages a second")
    return {**figures, "read_ms": Distribution.of(latencies), "hub_cores": round(cores, 2)}


@asynccontextmanager
async def reading(hub: Hub, latencies: list[float]) -> AsyncIterator[None]:
    """Somebody who reads 25 times a second; a read's time counts from when it was due, in milliseconds."""

    async def read(connection: Connection) -> None:
        request = connection.request("GET", PATH)
        due = time.perf_counter()
        while True:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            (await connection.send(request)).json()
            latencies.append((time.perf_counter() - due) * 1000)
            due += SECONDS_BETWEEN_READS

    async with hub.connection() as connection:
        task = asyncio.create_task(read(connection))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def report(group: Group, size: int, live: list[dict[str, Any]], histories: list[dict[str, Any]]) -> None:
    def spread(runs: list[dict[str, Any]], name: str) -> Spread | None:
        return Spread.of(one[name] for one in runs)

    def p99(runs: list[dict[str, Any]]) -> Spread | None:
        return Spread.of(one["read_ms"].p99 for one in runs if one["read_ms"])

    group.add(
        "live", "live messages into a full hub", "/s", Better.MORE, spread(live, "messages_per_s"), size
    )
    group.add("live_p99", "reads meanwhile: p99", "ms", Better.LESS, p99(live), size)
    group.add("receipts", "receipts into a full hub", "/s", Better.MORE, spread(live, "receipts_per_s"), size)
    rate = spread(histories, "messages_per_s")
    group.add("history", "a history's messages into a full hub", "/s", Better.MORE, rate, size)
    group.add("history_p99", "reads meanwhile: p99", "ms", Better.LESS, p99(histories), size)
