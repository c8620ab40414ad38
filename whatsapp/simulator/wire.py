"""One client's connection below the stanzas: WebSocket, Noise, frames."""

from __future__ import annotations

import asyncio
import logging

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from whatsapp.simulator.connections import drop
from whatsapp.simulator.library import wa6_proto
from whatsapp.simulator.noise import HEADER, Cipher, HandshakeFailed, Identity, Responder

log = logging.getLogger(__name__)
log.getChild("websocket").setLevel(logging.WARNING)

MAX_FRAME = 1 << 24


class Wire:
    """A connection after TLS. ``open`` first; then ``receive`` and ``send`` plaintext frames."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, identity: Identity
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._identity = identity
        self._websocket = ServerProtocol(max_size=None, logger=log.getChild("websocket"))
        self._incoming = bytearray()
        self._read_cipher: Cipher | None = None
        self._write_cipher: Cipher | None = None
        self.client_static = b""

    async def open(self) -> wa6_proto.ClientPayload:
        """Shakes hands and returns who the client says it is."""
        while len(self._incoming) < len(HEADER):
            if not await self._read_more():
                raise HandshakeFailed("the client left before its hello")
        if self._incoming[: len(HEADER)] != HEADER:
            raise HandshakeFailed("the connection doesn't start with WhatsApp's header")
        del self._incoming[: len(HEADER)]
        responder = Responder(self._identity)
        self._write(responder.hello(await self._frame_of_handshake()))
        self.client_static, payload, self._read_cipher, self._write_cipher = responder.finish(
            await self._frame_of_handshake()
        )
        return wa6_proto.ClientPayload.FromString(payload)

    async def receive(self) -> bytes | None:
        """The next frame, None when the client is gone."""
        frame = await self._frame()
        if frame is None or self._read_cipher is None:
            return None
        return self._read_cipher.decrypt(frame)

    def send(self, plaintext: bytes) -> None:
        """Sends one frame; nothing happens on a connection that is closing."""
        open_still = self._websocket.state is State.OPEN and not self._writer.is_closing()
        if self._write_cipher is not None and open_still:
            self._write(self._write_cipher.encrypt(plaintext))

    def close(self) -> None:
        """Ends the connection after what was sent, with a WebSocket close."""
        if self._websocket.state is State.OPEN and not self._writer.is_closing():
            self._websocket.send_close(1000)
            self._flush()
            self._writer.close()

    def cut(self) -> None:
        """Ends the connection at once, as a lost network does."""
        drop(self._writer)

    async def _frame_of_handshake(self) -> bytes:
        frame = await self._frame()
        if frame is None:
            raise HandshakeFailed("the client left during the handshake: it may not trust the simulator")
        return frame

    async def _frame(self) -> bytes | None:
        while True:
            if len(self._incoming) >= 3:
                end = 3 + int.from_bytes(self._incoming[:3], "big")
                if len(self._incoming) >= end:
                    frame = bytes(self._incoming[3:end])
                    del self._incoming[:end]
                    return frame
            if not await self._read_more():
                return None

    async def _read_more(self) -> bool:
        """Takes in what the network has; False at its end."""
        try:
            data = await self._reader.read(65_536)
        except (ConnectionError, OSError):
            return False
        if not data:
            return False
        self._websocket.receive_data(data)
        for event in self._websocket.events_received():
            if isinstance(event, Request):
                self._websocket.send_response(self._websocket.accept(event))
            elif isinstance(event, Frame) and event.opcode in (Opcode.BINARY, Opcode.CONT):
                self._incoming += event.data
        self._flush()
        return True

    def _write(self, payload: bytes) -> None:
        # One frame is one WebSocket message: whatsmeow miscounts a frame that is split over two.
        if len(payload) >= MAX_FRAME:
            raise ValueError(f"a frame of {len(payload)} bytes is too long")
        self._websocket.send_binary(len(payload).to_bytes(3, "big") + payload)
        self._flush()

    def _flush(self) -> None:
        for data in self._websocket.data_to_send():
            if data and not self._writer.is_closing():
                self._writer.write(data)
