"""What waits for a device: stanzas stay until the device has acknowledged them.

A device that is away finds its mail at the next login, in order; a connection that is cut before an
acknowledgement means the stanza is delivered again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from whatsapp.simulator.binary import Node

#: At most this many stanzas are unacknowledged on the wire. whatsmeow's handler queue holds 2,048 before it
#: warns that the order is no longer kept.
WINDOW = 256

#: The stanza that says that all mail from the time away was delivered. Nobody acknowledges it.
END_OF_OFFLINE = "ib"

Key = tuple[str, str, str, str]


def key_of(node: Node) -> Key:
    """What names a stanza in the acknowledgement: kind, id, where it came from, which member of a group."""
    return node.tag, node.text("id"), node.text("from"), node.text("participant")


def key_of_acknowledgement(node: Node) -> Key:
    """The stanza that an ``<ack>`` acknowledges, or a ``<receipt>``, which acknowledges a message."""
    kind = node.text("class") if node.tag == "ack" else "message"
    return kind, node.text("id"), node.text("to"), node.text("participant")


class Mailbox:
    """One device's mail: what waits, and what was sent and isn't acknowledged yet."""

    def __init__(self) -> None:
        self._waiting: deque[Node] = deque()
        self._sent: dict[int, Node] = {}
        self._numbers: dict[Key, deque[int]] = {}
        self._next_number = 0
        self._send: Callable[[Node], None] | None = None
        self.held = False

    def __len__(self) -> int:
        return len(self._waiting) + len(self._sent)

    def contents(self) -> list[Node]:
        """Everything undelivered or unacknowledged, in order."""
        return [*self._sent.values(), *(node for node in self._waiting if node.tag != END_OF_OFFLINE)]

    def put(self, node: Node) -> None:
        """Leaves a stanza, which is sent at once if the device is there."""
        self._waiting.append(node)
        self._pump()

    def open(self, send: Callable[[Node], None], end: Node) -> None:
        """The device is there: everything that is not acknowledged is sent (again), then the end mark."""
        self._waiting = deque([*self.contents(), end])
        self._forget_sent()
        self._send = send
        self._pump()

    def close(self) -> None:
        """The device is gone."""
        self._send = None

    def hold(self) -> None:
        """Keeps everything that comes from now on."""
        self.held = True

    def release(self, reorder: Callable[[list[Node]], object] | None = None) -> None:
        """Sends what was held; ``reorder`` puts it into another order before, in place."""
        self.held = False
        if reorder is not None:
            waiting = list(self._waiting)
            reorder(waiting)
            self._waiting = deque(waiting)
        self._pump()

    def acknowledge(self, key: Key) -> Node | None:
        """Takes out what the device has, and returns it. None if there was no such stanza."""
        numbers = self._numbers.get(key)
        if not numbers:
            return None
        node = self._sent.pop(numbers.popleft())
        if not numbers:
            del self._numbers[key]
        self._pump()
        return node

    def _forget_sent(self) -> None:
        self._sent.clear()
        self._numbers.clear()

    def _pump(self) -> None:
        while self._send and not self.held and self._waiting and len(self._sent) < WINDOW:
            node = self._waiting.popleft()
            if node.tag == END_OF_OFFLINE:
                self._send(node)
                continue
            self._sent[self._next_number] = node
            self._numbers.setdefault(key_of(node), deque()).append(self._next_number)
            self._next_number += 1
            self._send(node)
