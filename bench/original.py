"""The figures that ours stand beside: those of "the original", a hub of the same kind on Node 20.

They were measured with the same corpus, on two cores of a quiet machine whose probe (`bench.machine`) took
PROBE_MS.
"""

PROBE_MS = 4.6

SIZES = (10_000, 100_000, 1_000_000)

# Read → p50 in ms with one connection, and requests a second with 16, for each of SIZES. None: not measured.
READS: dict[str, tuple[tuple[float | None, ...], tuple[float | None, ...]]] = {
    "health": ((0.32, 0.32, 0.32), (5_986, 6_150, 5_934)),
    "messages": ((1.31, 1.37, 1.74), (790, 774, 595)),
    "messages_chat": ((1.42, 1.85, 5.82), (738, 563, 170)),
    "chat_offset": ((None, 2.01, 6.22), (None, 520, 164)),
    "chat_typical": ((1.38, 1.38, 1.64), (771, 759, 630)),
    "search_frequent": ((21, 474, 7_467), (47, 2, 0.15)),
    "search_common": ((6.2, 83, 1_658), (162, 12, 0.6)),
    "search_rare": ((0.64, 0.93, 2.36), (2_040, 1_237, 443)),
    "search_two": ((0.95, 3.06, 16.7), (1_179, 335, 62)),
    "messages_stats": ((4.3, 95, 930), (234, 11, 1.1)),
    "stats": ((4.8, 102, 1_003), (207, 10, 1.0)),
    "chats": ((1.06, 1.05, 1.06), (1_071, 1_101, 1_088)),
    "chat": ((0.99, 1.41, 5.50), (1_136, 779, 186)),
    "contacts": ((2.37, 2.36, 2.45), (438, 432, 422)),
    "message": ((0.50, 0.51, 0.51), (3_064, 3_111, 3_013)),
}

# By key and number of messages; those by key alone hold for any number. It had no cursors, no history apart
# from live messages, and no more than 20 WebSocket clients. Of a range the middle is given.
BY_SIZE: dict[tuple[str, int], float] = {
    ("load.live", 10_000): 2_550,
    ("load.live", 100_000): 2_190,
    ("load.live", 1_000_000): 1_870,
    ("ingest.live", 100_000): 2_190,
    ("ingest.live", 1_000_000): 1_870,
    ("start.health", 100_000): 1.1,
    ("start.health", 1_000_000): 4.9,
    ("reads.memory", 100_000): 278,
    ("reads.memory", 1_000_000): 641,
}
ANY_SIZE: dict[str, float] = {
    "load.receipts": 29_000,
    "ingest.receipts": 29_000,
    "streams.1.100.p50": 0.65,
    "streams.1.burst.rate": 2_000,
    "streams.20.100.p50": 0.65,
    "streams.20.burst.rate": 1_275,
    "webhooks.latency": 1.5,
    "webhooks.one": 830,
    "webhooks.five": 2_400,
    "webhooks.slow": 434,
}


def figure(key: str, size: int | None) -> float | None:
    """What the original had in that row; None when that is not known."""
    if size is not None and (known := BY_SIZE.get((key, size))):
        return known
    group, _, rest = key.partition(".")
    read, _, what = rest.partition(".")
    if group == "reads" and what in ("p50", "rate") and read in READS and size in SIZES:
        p50, rate = READS[read]
        return (p50 if what == "p50" else rate)[SIZES.index(size)]
    return ANY_SIZE.get(key)
