"""Keys that sort by time: the second in the high bits, the order of arrival within it in the low ones."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

from whatsapp.changes import LANES, lane_of
from whatsapp.models import Account, Media, Message, Story
from whatsapp.models.message import KEY_BITS

# A second's numbers: messages from 0 on, stories and profile pictures each from their own, for a file has
# the key of what it belongs to.
FIRST: dict[type[Model], int] = {
    Message: 0,
    Story: 1 << (KEY_BITS - 1),
    Media: (1 << (KEY_BITS - 1)) + (1 << (KEY_BITS - 2)),
}

# Seconds that one statement asks for: few different numbers of them, for the driver keeps a statement.
SECONDS_PER_QUERY = (1, 8, 64, 400)


class Keys:
    """The next free key of each second, for the rows of an account that a batch adds.

    On PostgreSQL other accounts' batches may be adding rows of the same second, which this one can't see: so
    what a number leaves when it is divided by LANES is the account's lane.
    """

    def __init__(self, account: Account) -> None:
        self._step = LANES if connection.vendor == "postgresql" else 1
        self._lane = lane_of(account) % self._step
        self._newest: dict[tuple[type[Model], int], int] = {}

    def load(self, model: Any, seconds: set[int]) -> None:
        """Reads the newest keys of these seconds in one go."""
        missing = {second for second in seconds if (model, second) not in self._newest}
        first = FIRST[model]
        newest = newest_keys(model, missing, first)
        for second in missing:
            self._newest[model, second] = newest.get(second, (second << KEY_BITS) + first - 1)

    def next(self, model: type[Model], second: int) -> int:
        if (model, second) not in self._newest:
            self.load(model, {second})
        key = self._newest[model, second] + 1
        key += (self._lane - key) % self._step
        self._newest[model, second] = key
        return key


def newest_keys(model: type[Model], seconds: Iterable[int], first: int) -> dict[int, int]:
    """second → the highest key in that second, for the seconds that have one from number `first` on."""
    newest: dict[int, int] = {}
    wanted = sorted(seconds)
    most = SECONDS_PER_QUERY[-1]
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), most):
            some = wanted[start : start + most]
            size = next(size for size in SECONDS_PER_QUERY if size >= len(some))
            bounds = [
                bound
                for second in (*some, *[some[-1]] * (size - len(some)))
                for bound in ((second << KEY_BITS) + first, (second + 1) << KEY_BITS)
            ]
            cursor.execute(newest_keys_statement(model, size), bounds)
            newest |= {key >> KEY_BITS: key for (key,) in cursor.fetchall() if key is not None}
    return newest


@cache
def newest_keys_statement(model: type[Model], ranges: int) -> str:
    table = connection.ops.quote_name(model._meta.db_table)
    return " UNION ALL ".join([f"SELECT max(id) FROM {table} WHERE id >= %s AND id < %s"] * ranges)
