"""What the API adds to a send: beside the same send by the library alone, on the same simulated WhatsApp.

Both encrypt a message for two devices. One of each takes its turn, so that both meet the same moments.
"""

import time

from bench.figures import Distribution, Spread
from bench.hubs.process import Hub
from bench.hubs.whatsapp import WhatsApp
from bench.results import Better
from bench.workshop import Workshop, say

SENDS = 50  # of each
FIRST = 3  # that make acquaintance and are not counted


async def measure(workshop: Workshop) -> None:
    size, plan, whatsapp = workshop.plan.largest, workshop.plan, workshop.whatsapp
    hub = await workshop.hub(size)
    runs = []
    with workshop.results.group("sends") as group:
        await whatsapp.link(hub)
        await hub.becomes_quiet()
        for number in range(plan.runs):
            over_api, library = await run(hub, whatsapp, number, plan.count(SENDS))
            group.note(size=size, over_api_ms=over_api, library_ms=library)
            say(f"a send: {over_api.p50:.1f} ms over the API, {library.p50:.1f} ms by the library")
            runs.append((over_api.p50, library.p50))
            group.watch.look()
        await whatsapp.unlink()
        over = [over_api for over_api, _ in runs]
        alone = [library for _, library in runs]
        added = Spread.of(one - other for one, other in runs)
        group.add("added", "a send over the API adds to what WhatsApp takes", "ms", Better.LESS, added, size)
        group.add("over_api", "a send over the API: p50", "ms", Better.LESS, Spread.of(over), size)
        title = "the same send by the library alone: p50"
        group.add("library", title, "ms", Better.NEITHER, Spread.of(alone), size)


async def run(hub: Hub, whatsapp: WhatsApp, number: int, count: int) -> tuple[Distribution, Distribution]:
    """How long sends over the API took, and the same by the library alone."""
    over_api: list[float] = []
    library: list[float] = []
    async with hub.connection() as connection:
        for place in range(FIRST + count):
            text = f"number {place} of run {number}"
            request = connection.request(
                "POST", "/api/actions/send/text", {"jid": whatsapp.friend, "text": text}
            )
            began = time.perf_counter()
            reply = await connection.send(request)
            over_api.append((time.perf_counter() - began) * 1000)
            reply.json()
            library.append(await whatsapp.send(text))
    first, second = Distribution.of(over_api[FIRST:]), Distribution.of(library[FIRST:])
    assert first
    assert second
    return first, second
