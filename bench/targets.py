"""What each row is to reach."""

from dataclasses import dataclass

GROWTH = 1.5  # of a read's p50, while the database becomes ten times as large
DEEP_PAGE = 1.2  # of the first page's cost: as much, but for what two runs differ by


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that is not to be exceeded, or is to be reached, in the row's unit."""

    value: float

    @property
    def words(self) -> str:
        return f"{self.value:,g}"


@dataclass(frozen=True, slots=True)
class Times:
    """So many times as good as the original; 1 is no worse."""

    value: float

    @property
    def words(self) -> str:
        return f"{self.value:,g} × the original"


Target = Limit | Times

NO_WORSE = Times(1)

BY_SIZE: dict[tuple[str, int], Target] = {
    ("reads.search_frequent.p50", 100_000): Times(100),
    ("reads.search_frequent.p50", 1_000_000): Times(1_000),
    ("reads.search_common.p50", 100_000): Times(20),
    ("reads.search_common.p50", 1_000_000): Times(300),
}
BY_KEY: dict[str, Target] = {
    "load.live": Limit(5_000),
    "load.lost": Limit(0),
    "ingest.live": Limit(5_000),
    "ingest.live_p99": Limit(50),
    "ingest.history": Limit(10_000),
    "ingest.history_p99": Limit(50),
    "start.health": Limit(5),
    "start.memory": Limit(300),
    "reads.memory": Limit(300),
    "reads.failed": Limit(0),
    **{
        f"streams.{clients}.{rate}.p50": Limit(5)
        for clients, rates in ((1, (100, 500, 1_000)), (20, (100, 500, 1_000)), (200, (100,)))
        for rate in rates
    },
    "streams.wrong": Limit(0),
    "webhooks.latency": Limit(20),
    "webhooks.one": Limit(500),
    "webhooks.five": Limit(1_000),
    "webhooks.slow": Limit(400),
    "webhooks.lost": Limit(0),
    "sends.added": Limit(30),
}
BY_ENDING: dict[str, Target] = {
    ".growth": Limit(GROWTH),
    ".ratio": Limit(DEEP_PAGE),
}


def target(key: str, size: int | None, original: float | None) -> Target | None:
    """What the row is to reach; None when there is nothing. A read is to be no worse than the original's."""
    if size is not None and (found := BY_SIZE.get((key, size))):
        return found
    for ending, limit in BY_ENDING.items():
        if key.endswith(ending):
            return limit
    if key.startswith("reads.") and original is not None and key not in BY_KEY:
        return NO_WORSE
    return BY_KEY.get(key)
