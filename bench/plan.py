"""What is measured, how often and for how long."""

from dataclasses import dataclass

GROUPS = ("load", "start", "sends", "reads", "streams", "webhooks", "ingest")  # in this order


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts are of one run. `effort` makes runs shorter or longer, not fewer."""

    sizes: tuple[int, ...] = (100_000, 1_000_000)  # messages in the database
    groups: tuple[str, ...] = GROUPS
    loads_anew: bool = False  # also what was kept from an earlier run
    runs: int = 3
    clients: tuple[int, ...] = (1, 20, 200)  # that listen over WebSocket
    effort: float = 1.0

    @property
    def largest(self) -> int:
        return max(self.sizes)

    def count(self, full: int) -> int:
        """A number of messages, requests or the like by this effort."""
        return max(5, round(full * self.effort))

    @property
    def read_seconds(self) -> float:
        return 2.0 * self.effort

    @property
    def warm_up_seconds(self) -> float:
        return 0.3 * self.effort

    @property
    def idle_seconds(self) -> float:
        return 10.0 * self.effort

    @property
    def live_messages(self) -> int:
        return self.count(10_000)

    @property
    def history_messages(self) -> int:
        return self.count(10_000)

    @property
    def pieces(self) -> list[int]:
        """What comes after a loaded database: of each run live messages, then a history."""
        return [self.live_messages, self.history_messages] * self.runs
