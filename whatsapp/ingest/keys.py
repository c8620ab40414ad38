"""Keys that sort by time: the second in the high bits, the order of arrival within it in the low ones."""

from typing import Any

from django.db.models import Model

from whatsapp.models import Media, Message, Story
from whatsapp.models.message import KEY_BITS

# A second's numbers: messages from 0 on, stories and profile pictures each from their own, for a file has
# the key of what it belongs to.
FIRST: dict[type[Model], int] = {
    Message: 0,
    Story: 1 << (KEY_BITS - 1),
    Media: (1 << (KEY_BITS - 1)) + (1 << (KEY_BITS - 2)),
}


class Keys:
    """The next free key of each second, for the rows that a batch adds."""

    def __init__(self) -> None:
        self._newest: dict[tuple[type[Model], int], int] = {}

    def load(self, model: Any, seconds: set[int]) -> None:
        """Reads the newest keys of these seconds in one go."""
        missing = {second for second in seconds if (model, second) not in self._newest}
        first = FIRST[model]
        newest = model._default_manager.newest_keys(missing, first) if missing else {}
        for second in missing:
            self._newest[model, second] = newest.get(second, (second << KEY_BITS) + first - 1)

    def next(self, model: type[Model], second: int) -> int:
        if (model, second) not in self._newest:
            self.load(model, {second})
        self._newest[model, second] += 1
        return self._newest[model, second]
