"""What the API adds to a send: beside the same send by the library alone, on the same simulated WhatsApp.

Both encrypt a message for two devices. One of each takes its turn, so that both meet the same moments.
"""

import time

from bench.figures import Distribution, Spread
from bench.hubs.process import running
from bench.results import Better
from bench.workshop import Workshop, say

SENDS = 50  # of each
FIRST = 3  # that make acquaintance and are not counted


async def measure(workshop: Workshop) -> None:
    size, plan, whatsapp = workshop.plan.largest, workshop.plan, workshop.whatsapp
    hub = workshop.new_hub(size)
    over_api: list[float] = []
    alone: list[float] = []
    added: list[float] = []
    with workshop.results.group("sends") as group:
        async with running(hub), hub.connection() as connection:
            await whatsapp.link(hub)
            await hub.becomes_quiet()
            for run in range(plan.runs):
                times: dict[str, list[float]] = {"hub": [], "library": []}
                for number in range(FIRST + plan.count(SENDS)):
                    wish = {"jid": whatsapp.friend, "text": f"number {number} of run {run}"}
                    began = time.perf_counter()
                    reply = await connection.send(connection.request("POST", "/api/actions/send/text", wish))
                    times["hub"].append((time.perf_counter() - began) * 1000)
                    reply.json()
                    times["library"].append(await whatsapp.send(f"number {number} of run {run}"))
                api, library = (Distribution.of(values[FIRST:]) for values in times.values())
                assert api is not None
                assert library is not None
                group.note(size=size, over_api_ms=api, library_ms=library)
                say(f"a send: {api.p50:.1f} ms over the API, {library.p50:.1f} ms by the library")
                over_api.append(api.p50)
                alone.append(library.p50)
                added.append(api.p50 - library.p50)
                group.watch.look()
        for key, title, values in (
            ("added", "a send over the API adds to what WhatsApp takes", added),
            ("over_api", "a send over the API: p50", over_api),
            ("library", "the same send by the library alone: p50", alone),
        ):
            better = Better.NEITHER if key == "library" else Better.LESS
            group.add(key, title, "ms", better, Spread.of(values), size)
