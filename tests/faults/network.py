"""The way from the hub to WhatsApp: a proxy before the simulator's, which can be cut."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from whatsapp.simulator import trust

Kind = Literal["chat", "media"]
Way = Literal["in", "out"]  # as the hub sees it

CHAT_HOST = b"web.whatsapp.com"
MOST_BYTES = 65_536
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: whoever reads sees the connection reset


@dataclass
class Cut:
    """One that is to come: in the first piece of at least so many bytes, half of which gets through."""

    kind: Kind
    way: Way
    least: int
    done: threading.Event = field(default_factory=threading.Event)


class Network:
    """`config` is the `simulator.json` that leads a hub through here."""

    def __init__(self, simulators: Path, folder: Path) -> None:
        direct = trust.Trust.read(simulators)
        self._beyond = urlsplit(direct.proxy).port
        self._door = socket.create_server(("127.0.0.1", 0))
        self._cuts: list[Cut] = []
        self._lock = threading.Lock()
        folder.mkdir()
        port = self._door.getsockname()[1]
        self.config = changed(direct, proxy=f"http://127.0.0.1:{port}").write(folder)
        threading.Thread(target=self._accept, name="network", daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def cuts(self, kind: Kind, way: Way, least: int) -> threading.Event:
        """Cuts the next connection of that kind in the middle of a piece; sets the event when it is done."""
        cut = Cut(kind, way, least)
        with self._lock:
            self._cuts.append(cut)
        return cut.done

    def _accept(self) -> None:
        while True:
            try:
                hub, _ = self._door.accept()
            except OSError:  # it is closed
                return
            threading.Thread(target=self._connect, args=(hub,), daemon=True).start()

    def _connect(self, hub: socket.socket) -> None:
        with suppress(OSError):
            whatsapp = socket.create_connection(("127.0.0.1", self._beyond))
            first = hub.recv(MOST_BYTES)  # CONNECT, and where to
            whatsapp.sendall(first)
            kind: Kind = "chat" if CHAT_HOST in first else "media"
            threading.Thread(target=self._pass_on, args=(whatsapp, hub, kind, "in"), daemon=True).start()
            self._pass_on(hub, whatsapp, kind, "out")

    def _pass_on(self, source: socket.socket, target: socket.socket, kind: Kind, way: Way) -> None:
        with suppress(OSError):
            while piece := source.recv(MOST_BYTES):
                cut = self._cut_for(kind, way, len(piece))
                if cut is not None:
                    target.sendall(piece[: len(piece) // 2])
                    for end in (source, target):
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                    cut.done.set()
                    break
                target.sendall(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _cut_for(self, kind: Kind, way: Way, size: int) -> Cut | None:
        with self._lock:
            for cut in self._cuts:
                if (cut.kind, cut.way) == (kind, way) and size >= cut.least:
                    self._cuts.remove(cut)
                    return cut
        return None
