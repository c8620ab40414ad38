"""Where it is all done: the folder, the corpus, the loaded databases, the WhatsApp beside."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.corpus.files import Corpus, Facts
from bench.hubs.databases import Databases
from bench.hubs.process import Hub, Start
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
    databases: Databases
    results: Results = field(default_factory=Results)
    in_use: dict[int, Path] = field(default_factory=dict)
    _running: dict[int, Hub] = field(default_factory=dict)

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
                self.databases.copy(self.loaded(size), folder)
            self.in_use[size] = folder
        return self.in_use[size]

    async def start(self, size: int) -> Start:
        """Starts the hub with so many messages, in place of the one that runs."""
        return await self._start(size)

    async def hub(self, size: int) -> Hub:
        """The hub with so many messages, at rest, and linked to nobody. Those of all sizes may run side by
        side."""
        if size not in self._running:
            await self.start(size)
        await self._running[size].becomes_quiet()
        return self._running[size]

    async def injected(self, size: int) -> Hub:
        """One that messages can be put into, at rest. No other runs beside it."""
        hub = self._running.get(size)
        if hub is None or not hub.is_injected:
            for each in list(self._running):
                self._stop(each)
            await self._start(size, is_injected=True)
        await self._running[size].becomes_quiet()
        return self._running[size]

    async def _start(self, size: int, *, is_injected: bool = False) -> Start:
        self._stop(size)
        hub = self._running[size] = self.made(self.data(size), is_injected)
        try:
            return await hub.start()
        except BaseException:
            self._stop(size)
            raise

    def made(self, folder: Path, is_injected: bool) -> Hub:
        """A hub on that folder, which does not run yet."""
        return Hub(folder, self.whatsapp.simulator, is_injected, self.databases.settings(folder))

    def _stop(self, size: int) -> None:
        if hub := self._running.pop(size, None):
            hub.stop()

    def facts(self, size: int) -> Facts:
        return self.corpus.facts[size]

    def close(self) -> None:
        """Stops all that runs, and leaves what is to be kept."""
        for size in list(self._running):
            self._stop(size)
        for folder in self.in_use.values() if self.keeps else map(self.loaded, self.plan.sizes):
            self.databases.remove(folder)


def say(*words: Any) -> None:
    """What goes on, for whoever waits."""
    print(*words, file=sys.stderr, flush=True)
