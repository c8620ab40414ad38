"""From the start of the processes to the first answers, and their memory once they have nothing to do.

The memory is that of a hub that is linked and connected.
"""

import asyncio

from bench.figures import Spread
from bench.hubs.process import Start
from bench.hubs.usage import Memory
from bench.results import Better, Group
from bench.workshop import Workshop, say


async def measure(workshop: Workshop) -> None:
    with workshop.results.group("start") as group:
        for size in sorted(workshop.plan.sizes):
            starts = [await workshop.start(size) for _ in range(workshop.plan.runs)]
            memory = await memory_at_rest(workshop, size)
            for one in starts:
                group.note(size=size, start=one)
            group.note(size=size, memory=memory)
            report(group, size, starts, memory)
            group.watch.look()


async def memory_at_rest(workshop: Workshop, size: int) -> Memory:
    hub = await workshop.hub(size)
    await workshop.whatsapp.link(hub)
    await hub.becomes_quiet()
    await asyncio.sleep(workshop.plan.idle_seconds)
    memory = hub.memory
    await workshop.whatsapp.unlink()
    return memory


def report(group: Group, size: int, starts: list[Start], memory: Memory) -> None:
    health, messages = (
        Spread.of(values) for values in ([one.health for one in starts], [one.messages for one in starts])
    )
    group.add("health", "start to the first 200", "s", Better.LESS, health, size)
    group.add("messages", "start to the first list of messages", "s", Better.LESS, messages, size)
    for key, name, value in (
        ("memory", "memory of all processes, idle, linked (PSS)", memory.proportional),
        ("anonymous", "what of it is in no file", memory.anonymous),
        ("resident", "the same as a sum of RSS", memory.resident),
    ):
        group.add(key, name, "MiB", Better.LESS, Spread.of([value]), size)
    say(f"{size:,} messages: first 200 after {starts[-1].health:.2f} s, {memory.proportional:.0f} MiB idle")
