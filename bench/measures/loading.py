"""A new hub takes in a corpus, one message an event; what comes of it is what all else is measured on.

A database that was kept from an earlier run has no rows of its own in the table: they would tell of the hub
as it was then.
"""

from typing import Any

import orjson

from bench.figures import Spread
from bench.hubs.databases import Size
from bench.hubs.process import running
from bench.results import Better, Group
from bench.workshop import Workshop, say


async def measure(workshop: Workshop) -> None:
    with workshop.results.group("load") as group:
        for size in sorted(workshop.plan.sizes):
            about = workshop.loaded(size) / "loaded.json"
            if about.exists() and not workshop.plan.loads_anew:
                say(f"{size:,} messages are there from an earlier run")
                continue
            figures = await load(workshop, size)
            about.write_bytes(orjson.dumps(figures))
            group.note(size=size, **figures)
            report(group, size, figures)
            group.watch.look()


async def load(workshop: Workshop, size: int) -> dict[str, Any]:
    """The door's figures, and what the database then takes."""
    folder = workshop.loaded(size)
    workshop.databases.remove(folder)
    say(f"loading {size:,} messages into a new hub")
    hub = workshop.made(folder, is_injected=True)
    async with running(hub):
        figures = await hub.door.load(workshop.corpus.path, size)
        stored = (await hub.call("GET", "/api/messages?limit=1"))["total"]
    sizes = workshop.databases.size_of(folder)
    say(f"  {figures['messages_per_s']:,.0f} messages a second; the database has {sizes.whole:,.0f} MiB")
    return {
        **figures,
        "stored": stored,
        "database_mib": sizes.whole,
        "index_mib": sizes.index,
        "tables_mib": sizes.tables,
    }


def report(group: Group, size: int, figures: dict[str, Any]) -> None:
    def one(value: float | None) -> Spread | None:
        return Spread.of([value])

    group.add("live", "live messages into a new hub", "/s", Better.MORE, one(figures["messages_per_s"]), size)
    group.add("receipts", "receipts", "/s", Better.MORE, one(figures["receipts_per_s"]), size)
    lost = figures["messages"] - figures["stored"]
    group.add("lost", "messages lost", "", Better.LESS, one(lost), size)
    sizes = Size(figures["database_mib"], figures["index_mib"], figures["tables_mib"])
    group.add("database", "database", "MiB", Better.NEITHER, one(sizes.whole), size)
    group.add("index", "of it the full-text index", "MiB", Better.NEITHER, one(sizes.index), size)
    share = 100 * sizes.index / sizes.whole
    group.add("index_share", "the full-text index's share", "%", Better.NEITHER, one(share), size)
