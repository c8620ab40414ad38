"""The body of a request is one file on disk from the moment it comes until its view has read it, and never
larger than its call allows. A small one stays in memory.
"""

import asyncio
import logging
import tempfile
from io import BytesIO
from types import SimpleNamespace
from typing import IO

from django.conf import settings
from django.db import DatabaseError
from django.http import QueryDict
from django.http.cookie import parse_cookie

from api.authentication import is_known, may_be_known, presented_key
from api.browsing import is_session_of_owner
from api.errors import TooLarge
from api.renderers import dumps
from api.streaming.asgi import Message, Receive, Send, cut
from api.streaming.listeners import in_pool
from api.uploads import CALLS, FileTooLarge, body_limit
from hub.connections import MOST_DROPPED
from hub.threads import Threads

log = logging.getLogger(__name__)

SMALL = 100_000  # bytes: a body of less stays in memory
SILENCE_SECONDS = 60.0  # after which a client that is in the middle of a body is given up
SLOWEST = 1000  # bytes a second, all in all, that it has to send after as many seconds

DISK = Threads("disk", 2)  # of their own: those of requests may all be waiting


class Refused(Exception):
    """The body is not taken in; the message says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Body:
    """What a request brings along."""

    def __init__(self, scope: Message, receive: Receive) -> None:
        self._receive = receive
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._path: str = scope["path"]
        self._query: bytes = scope["query_string"]
        self._limit = body_limit(self._path)
        self._received = 0
        self._begun_at = asyncio.get_running_loop().time()

    async def take(self) -> IO[bytes] | None:
        """All of it, for the caller to close; None when the client has left before its end. Raises Refused.

        A stranger's is received and empty: the answer will be 401."""
        declared = self._headers.get(b"content-length")
        length = int(declared) if declared is not None else None
        if length is None and b"transfer-encoding" not in self._headers:
            return BytesIO()
        if length is not None:
            self._require_fair(length)
        if length is not None and length < SMALL:
            return await self._fill(BytesIO())
        if await self._is_strangers():
            return BytesIO() if await self.drop() else None
        try:
            return await self._fill(await DISK.run(unnamed_file))
        except OSError as error:
            log.error("A body can't be taken in: %s", error)
            raise Refused(507, "The hub's disk doesn't take the body.") from error

    async def drop(self) -> bool:
        """Receives the rest of it for nobody, up to a limit: most clients listen to an answer only when they
        have sent all. Returns whether it has come to its end."""
        while self._received <= MOST_DROPPED:
            piece, is_last = await self._next()
            if piece is None or is_last:
                return piece is not None
        return False

    async def _fill(self, file: IO[bytes]) -> IO[bytes] | None:
        """Writes it into the file, which is closed unless it has come to its end."""
        try:
            while True:
                piece, is_last = await self._next()
                if piece is None:
                    file.close()
                    return None
                self._require_fair(self._received)
                if isinstance(file, BytesIO):
                    file.write(piece)
                else:
                    await DISK.run(file.write, piece)
                if is_last:
                    file.seek(0)
                    return file
        except BaseException:
            file.close()
            raise

    async def _next(self) -> tuple[bytes | None, bool]:
        """The next piece, and whether it is the last; None when there is none to come."""
        latest = self._begun_at + SILENCE_SECONDS + self._received / SLOWEST
        patience = min(SILENCE_SECONDS, latest - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(patience):
                message = await self._receive()
        except TimeoutError:
            return None, False
        if message["type"] != "http.request":
            return None, False
        piece: bytes = message.get("body", b"")
        self._received += len(piece)
        return piece, not message.get("more_body", False)

    async def _is_strangers(self) -> bool:
        """Whether whoever sends it is nobody, by the key or the session that it shows. Only for large bodies,
        as it may ask the database: they would fill the disk."""
        meta = {
            f"HTTP_{name.upper().replace('-', '_')}": self._headers.get(name.encode(), b"").decode("latin-1")
            for name in ("authorization", "cookie", "x-api-key")
        }
        key = presented_key(SimpleNamespace(META=meta, GET=QueryDict(self._query)))
        try:
            if key:
                return not (may_be_known(key) and await in_pool(is_known, key))
            session = parse_cookie(meta["HTTP_COOKIE"]).get(settings.SESSION_COOKIE_NAME)
            return not (session and await in_pool(is_session_of_owner, session))
        except DatabaseError as error:
            log.warning("Nobody can be known for now: %s", error)
            return True  # its view will fail, too

    def _require_fair(self, length: int) -> None:
        """Refuses what is too large."""
        if self._limit is not None and length > self._limit:
            log.info("A body for %s was refused: it has more than %d bytes", self._path, self._limit)
            refusal = FileTooLarge() if CALLS.fullmatch(self._path) else TooLarge(self._limit)
            raise Refused(413, str(refusal))

    async def refuse(self, refusal: Refused, send: Send) -> None:
        """Answers at once, and then receives what is still on its way; but nothing of one that the client has
        asked about before sending it."""
        answer = dumps({"error": str(refusal)})
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(answer)),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer, "more_body": True})
        if b"expect" not in self._headers:
            await self.drop()
        await send({"type": "http.response.body"})


async def take(scope: Message, receive: Receive, send: Send) -> IO[bytes] | None:
    """The body of the request, for the caller to close; None when it was refused or its client is gone."""
    body = Body(scope, receive)
    try:
        taken = await body.take()
    except Refused as refusal:
        await body.refuse(refusal, send)
        return None
    if taken is None:
        await cut(scope)
    return taken


def unnamed_file() -> IO[bytes]:
    """A file that goes when it is closed, on this machine's own disk: /tmp may be memory."""
    return tempfile.TemporaryFile(dir=settings.DATA_DIR)
