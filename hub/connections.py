"""uvicorn's connections, with limits that it doesn't have."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from api.renderers import dumps
from api.streaming.asgi import offer_abort

MOST_HEAD = 32 * 1024  # bytes of a request's line and headers
HEAD_SECONDS = 30.0  # that they may take, however they drip
MOST_DROPPED = 1024**3  # bytes that are still received of a body that nobody wants any more
MOST_FRAGMENTS = 1000  # of a message of a WebSocket's client
CLOSING_SECONDS = 10.0  # that a WebSocket's client has to take what it is told last


class HttpConnection(HttpToolsProtocol):
    """Whoever begins a request has to come to its end: with the headers in time and in bounds."""

    _is_in_head = False
    _head = 0
    _head_until = 0.0
    _dropped = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # a TCP connection's is a Transport
        self._limit_silence()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._is_in_head:
            if self.cycle is None or self.cycle.response_complete:
                self._limit_silence()  # what has come begins no request: empty lines, say
            return
        self._head += len(data)
        if self._head > MOST_HEAD:
            self.refuse(431, "The headers are too long.")
        else:
            self._limit_silence()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head, self._dropped = True, 0, 0
        self._head_until = self.loop.time() + HEAD_SECONDS
        offer_abort(self.scope, self.transport.abort)  # type: ignore[arg-type]  # uvicorn's scope is a TypedDict, which is a dict

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MOST_HEAD:
            raise ValueError("The headers are too long.")  # a bad request
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None and self.cycle.response_complete:
            self._dropped += len(body)
            if self._dropped > MOST_DROPPED:
                self.transport.abort()
        super().on_body(body)

    def handle_websocket_upgrade(self) -> None:
        if self.scope["method"] == "GET":
            super().handle_websocket_upgrade()
        protocol: Any = self.transport.get_protocol()
        if not getattr(protocol, "handshake_initiated", False):
            self.refuse(400, "This is not a WebSocket's handshake.")

    def _unsupported_upgrade_warning(self) -> None:
        """It is answered as if it had asked for nothing."""

    def send_400_response(self, msg: str) -> None:
        self.refuse(400, "This is not a valid HTTP request.")

    def refuse(self, status: int, sentence: str) -> None:
        """Answers, unless another answer is on its way, and closes."""
        if self.cycle is None or self.cycle.response_complete:
            answer = dumps({"error": sentence})
            head = (
                "content-type: application/json\r\n"
                f"content-length: {len(answer)}\r\n"
                "connection: close\r\n\r\n"
            )
            self.transport.write(STATUS_LINE[status] + head.encode() + answer)
        self.transport.close()

    def _limit_silence(self) -> None:
        self._unset_keepalive_if_required()
        seconds: float = self.timeout_keep_alive
        if self._is_in_head:
            seconds = min(seconds, max(0.0, self._head_until - self.loop.time()))
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A client that takes nothing any more does not keep its connection."""

    _waits_for_room = False

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            offer_abort(self.scope, self.transport.abort)  # type: ignore[arg-type]  # uvicorn's scope is a TypedDict, which is a dict

    def handle_cont(self, event: Any) -> None:
        super().handle_cont(event)
        # They may be empty: then the limit of bytes is never reached.
        if len(self.frames) > MOST_FRAGMENTS and not self.close_sent:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "A message in so many pieces is too much.")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()

    def handle_ping(self) -> None:
        """What is not read is not piled up: as long as the client takes no answers it is not listened to."""
        super().handle_ping()
        if not self.writable.is_set() and not self.transport.is_closing():
            self.transport.pause_reading()
            self._waits_for_room = True

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._waits_for_room:
            self._waits_for_room = False
            if not self.read_paused:
                self.transport.resume_reading()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()

    async def send(self, message: Any) -> None:
        try:
            await super().send(message)
        except RuntimeError as error:
            if self.close_sent:  # by the server itself, meanwhile
                raise ClientDisconnected from error
            raise
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(CLOSING_SECONDS, self.transport.abort)
