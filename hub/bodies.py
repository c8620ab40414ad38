"""The body of a request is one file on disk from the moment it comes until its view has read it, and never
larger than its call allows.

daphne would put all of it into a queue in memory, and Twisted below it would read a form into memory twice
for nobody's use. So daphne gets a request of ours, which keeps the file that Twisted has written, and
refuses what is too large by its headers.
"""

import logging
import tempfile
from io import BytesIO
from types import SimpleNamespace
from typing import IO, Any

from daphne import http_protocol
from django.conf import settings
from django.http import QueryDict

from api.authentication import may_be_known, presented_key
from api.errors import TooLarge
from api.renderers import dumps
from api.uploads import CALLS, FileTooLarge, body_limit
from whatsapp import outbox

log = logging.getLogger(__name__)

SMALL = 100_000  # bytes: a body of less stays in memory
MOST_DROPPED = 1024**3  # bytes that are still received of a body that was refused


class Request(http_protocol.WebRequest):
    """daphne's request, with its body as a file for `Exchange` in hub/http.py to take."""

    body: IO[bytes] | None = None
    is_refused = False
    is_strangers = False  # its body is of no interest: the answer will be 401

    # Twisted's steps, in their order

    def gotLength(self, length: int | None) -> None:
        """The headers are here."""
        self._parsePOSTFormSubmission = False
        self._path = self.channel._path.partition(b"?")[0].decode("latin-1")
        self._limit = body_limit(self._path)
        self._received = 0
        is_small = length is not None and length < SMALL
        self.is_strangers = not is_small and self._is_strangers()
        self.content = BytesIO() if is_small or self.is_strangers else unnamed_file()
        if length is not None:
            self._require_fair(length)

    def handleContentChunk(self, data: bytes) -> None:
        """A piece of the body is here."""
        self._received += len(data)
        self._require_fair(self._received)
        if not self.is_refused and not self.is_strangers:
            try:
                self.content.write(data)
            except OSError as error:
                log.error("A body can't be taken in: %s", error)
                self._refuse("507 Insufficient Storage", "The hub's disk doesn't take the body.")
        elif self._received > MOST_DROPPED:
            self.channel.abortConnection()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """All of it is here."""
        if self.is_refused:
            self.channel.loseConnection()
            return
        super().requestReceived(command, path, version)

    def process(self) -> Any:
        if self.content.seek(0, 2):
            self.body, self.content = self.content, BytesIO()
            self.body.seek(0)
        return super().process()

    def connectionLost(self, reason: Any) -> None:
        super().connectionLost(reason)
        if self.body is not None:
            self.body.close()

    def take_body(self) -> IO[bytes] | None:
        """The body, which is then the caller's to close; None when it is empty or was taken."""
        body, self.body = self.body, None
        return body

    def _is_strangers(self) -> bool:
        """Whether it shows neither a session nor anything like a key; what they are worth, its view finds
        out."""
        meta = {
            f"HTTP_{name.upper().replace('-', '_')}": self.requestHeaders.getRawHeaders(name.encode(), [b""])[
                0
            ].decode("latin-1")
            for name in ("authorization", "cookie", "x-api-key")
        }
        if settings.SESSION_COOKIE_NAME in meta["HTTP_COOKIE"]:
            return False
        query = QueryDict(self.channel._path.partition(b"?")[2])
        return not may_be_known(presented_key(SimpleNamespace(META=meta, GET=query)))

    def _require_fair(self, length: int) -> None:
        """Refuses what is too large."""
        if not self.is_refused and self._limit is not None and length > self._limit:
            log.info("A body for %s was refused: it has more than %d bytes", self._path, self._limit)
            refusal = FileTooLarge() if CALLS.fullmatch(self._path) else TooLarge(self._limit)
            self._refuse("413 Request Entity Too Large", str(refusal))

    def _refuse(self, status: str, sentence: str) -> None:
        """Answers at once. The rest of the body is still received, for most clients listen to an answer only
        when they have sent all."""
        self.is_refused = True
        self.requestHeaders.removeHeader(b"Expect")  # to go on
        answer = dumps({"error": sentence})
        head = (
            f"HTTP/1.1 {status}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(answer)}\r\n"
            "Connection: close\r\n\r\n"
        )
        self.channel.transport.write(head.encode() + answer)


def unnamed_file() -> IO[bytes]:
    """A file that goes when it is closed, beside the outbox: /tmp may be memory."""
    return tempfile.TemporaryFile(dir=outbox.root())


def use() -> None:
    """Lets daphne make its requests of this kind."""
    http_protocol.WebRequest = Request
