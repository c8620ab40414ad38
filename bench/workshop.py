"""Where it is all done: the folder, the corpus, the loaded databases, the WhatsApp beside."""

import shutil
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.corpus.files import Corpus, Facts
from bench.hubs import databases
from bench.hubs.process import Door, Hub, Start
from bench.hubs.whatsapp import WhatsApp
from bench.plan import Plan
from bench.results import Results


@dataclass
class Workshop:
    plan: Plan
    folder: Path
    keeps: bool  # whether loaded databases stay as they are, and copies are worked on
    corpus: Corpus
    whatsapp: WhatsApp
    results: Results = field(default_factory=Results)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    in_use: dict[int, Path] = field(default_factory=dict)
    _hubs: dict[int, Hub] = field(default_factory=dict)
    _doors: dict[int, Door] = field(default_factory=dict)

    def loaded(self, size: int) -> Path:
        """The folder of a hub with so many messages, as it was loaded."""
        return self.folder / f"loaded-{size}"

    def data(self, size: int) -> Path:
        """The folder that measurements use and change."""
        if size not in self.in_use:
            folder = self.loaded(size)
            if self.keeps:
                folder = self.folder / f"in-use-{size}"
                say(f"copying the database of {size:,} messages")
                databases.copy(self.loaded(size), folder)
            self.in_use[size] = folder
        return self.in_use[size]

    async def start(self, size: int) -> Start:
        """Starts the hub with so many messages, in place of the one that runs: it is the groups' to use, to
        the end."""
        hub = self._hubs.get(size)
        if hub is None:
            hub = self._hubs[size] = Hub(self.data(size), self.whatsapp.simulator)
            self.stack.callback(hub.stop)
        hub.stop()
        return await hub.start()

    async def hub(self, size: int) -> Hub:
        """The hub with so many messages, at rest. Nothing is linked to it."""
        if size not in self._hubs:
            await self.start(size)
        await self._hubs[size].becomes_quiet()
        return self._hubs[size]

    async def door(self, size: int) -> Door:
        """The way into that hub."""
        if size not in self._doors:
            hub = await self.hub(size)
            self._doors[size] = self.stack.enter_context(hub.door())
        return self._doors[size]

    def facts(self, size: int) -> Facts:
        return self.corpus.facts[size]

    async def close(self) -> None:
        """Stops all that runs, and leaves what is to be kept."""
        await self.stack.aclose()
        for size, folder in self.in_use.items():
            if folder != self.loaded(size):
                shutil.rmtree(folder, ignore_errors=True)


def say(*words: Any) -> None:
    """What goes on, for whoever waits."""
    print(*words, file=sys.stderr, flush=True)
