"""The media server: takes encrypted files and gives them back.

Facts from whatsmeow's ``upload.go`` and ``download.go``: POST ``/mms/<type>/<token>`` answers with the path
to put into the message, GET of that path answers with the bytes, DELETE forgets (history blobs).
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

HOST = "https://mmg.whatsapp.net"

#: Where the pictures of people and groups are, which anybody may fetch as they are.
PICTURE_HOST = "https://pps.whatsapp.net"
PICTURES = "/v/t61.24694-24"
FILES = "/v/t62.7118-24"
MAX_UPLOAD = 256 * 1024 * 1024


@dataclass
class MediaServer:
    """Files by path; ``refusals`` are the status that a path answers with instead, and how many times yet."""

    files: dict[str, bytes] = field(default_factory=dict)
    refusals: dict[str, tuple[int, int]] = field(default_factory=dict)
    requests: int = 0

    def keep(self, data: bytes, folder: str = FILES) -> str:
        """Stores a file and returns its path."""
        path = f"{folder}/{secrets.token_urlsafe(18)}"
        self.files[path] = data
        return path

    def fail(self, direct_path: str, times: int, status: int) -> None:
        """The next requests for the file fail."""
        self.refusals[_path(direct_path)] = status, times

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection, request after request."""
        while True:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            except asyncio.IncompleteReadError:
                return
            request, *lines = head.split("\r\n")
            method, target, _ = request.split(" ", 2)
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            size = int(headers.get("content-length") or 0)
            body = await reader.readexactly(size) if size <= MAX_UPLOAD else b""
            status, kind, answer = self._answer(method, target, body)
            self.requests += 1
            writer.write(
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(answer)}\r\n\r\n".encode()
            )
            writer.write(answer)
            await writer.drain()

    def _answer(self, method: str, target: str, body: bytes) -> tuple[int, str, bytes]:
        path = _path(target)
        if method == "POST":
            stored = self.keep(body)
            # The client appends ``&hash=…``, so the path must have a query already.
            direct_path = f"{stored}?ccb=11-4&oe=7FFFFFFF&_nc_sid=5e03e0"
            answer = {
                "url": HOST + direct_path,
                "direct_path": direct_path,
                "handle": secrets.token_urlsafe(12),
            }
            return 200, "application/json", json.dumps(answer).encode()
        status, times = self.refusals.get(path, (0, 0))
        if times:
            self.refusals[path] = status, times - 1
            return status, "text/plain", b""
        if method == "DELETE":
            return 200, "application/json", b"{}"
        data = self.files.get(path)
        kind = "image/jpeg" if path.startswith(PICTURES) else "application/octet-stream"
        return (404, "text/plain", b"") if data is None else (200, kind, data)


def _path(target: str) -> str:
    return urlsplit(target).path
