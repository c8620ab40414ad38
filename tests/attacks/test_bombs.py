"""What is small and becomes large, or is not what it says: pictures, recordings and histories."""

import io
import os
import stat
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from tests.attacks.table import tried
from tests.protobufs import build_message
from tests.whatsapp.ingest.arriving import arrive
from whatsapp import media_facts, media_files
from whatsapp.ingest import codes, inbox
from whatsapp.ingest.history import Importer
from whatsapp.models import Account, InboxEvent, Message
from whatsapp.preparation import NotSuitable, prepare
from whatsapp.protobuf import neonize_pb2

MEGABYTE = 1 << 20


class Peak:
    """How much the memory of this process grows, at its highest."""

    def __enter__(self) -> "Peak":
        self._stopped, self.bytes = threading.Event(), 0
        self._before = psutil.Process().memory_info().rss
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._stopped.wait(0.005):
            self.bytes = max(self.bytes, process.memory_info().rss - self._before)

    def __exit__(self, *_: Any) -> None:
        self._stopped.set()
        self._thread.join()


# Pictures


def bomb(form: str, width: int, height: int, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("1" if form in ("PNG", "TIFF") else "L", (width, height)).save(out, form, **options)
    return out.getvalue()


BOMBS = {
    "PNG": lambda: bomb("PNG", 12_000, 12_000, compress_level=9),
    "GIF": lambda: bomb("GIF", 12_000, 8_000),
    "TIFF": lambda: bomb("TIFF", 12_000, 12_000, compression="tiff_lzw"),
    "WEBP": lambda: bomb("WEBP", 12_000, 12_000, lossless=True, method=0, quality=0),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("form", BOMBS)
@tried(
    "decompression bombs in pictures", fields=lambda: ["pictures and stickers that come", "… that are sent"]
)
def test_a_picture_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path, form: str) -> None:
    data = BOMBS[form]()
    mime_type = media_files.detect_mime_type(data, None)
    assert len(data) < MEGABYTE
    with Peak() as grown:
        facts = media_facts.facts_of(data, mime_type)
    assert facts.thumbnail is None
    assert facts.width is not None
    assert facts.width >= 12_000
    assert grown.bytes < 30 * MEGABYTE
    if form == "PNG":
        path = tmp_path / "bomb"
        path.write_bytes(data)
        for kind in ("image", "sticker"):
            with pytest.raises(NotSuitable, match="million pixels"):
                prepare(kind, path)


@tried("more frames than anybody looks at", fields=lambda: ["moving pictures that come"])
def test_of_a_moving_picture_one_frame_is_unpacked() -> None:
    out = io.BytesIO()
    frames = [Image.new("L", (1500, 1500), number % 2) for number in range(30)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    with Peak() as grown:
        facts = media_facts.facts_of(out.getvalue(), "image/gif")
    assert facts.thumbnail
    assert grown.bytes < 40 * MEGABYTE


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
WRAPPED_EPS = b"\xc5\xd0\xd3\xc6\x1e\0\0\0" + len(EPS).to_bytes(4, "little") + bytes(18) + EPS


@pytest.mark.parametrize("data", [EPS, WRAPPED_EPS])
@tried("pictures for which a library runs a program (PostScript)", fields=lambda: ["pictures that come"])
def test_no_picture_makes_the_hub_run_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    ghostscript = tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\necho run >> {tmp_path}/run\nexit 1\n")
    ghostscript.chmod(ghostscript.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    for mime_type in (media_files.detect_mime_type(data, "image/png"), "image/png", "image/x-eps"):
        assert media_facts.facts_of(data, mime_type) == media_facts.Facts()
    assert not (tmp_path / "run").exists()


def lists(port: int) -> dict[str, str]:
    """Files that name others, for which a decoder would ask."""
    address = f"http://127.0.0.1:{port}"
    return {
        "M3U": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}/x.ts\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile {address}/x.ts\nfile /etc/passwd\n",
        "SDP": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n",
        "SVG": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}/x.png"/></svg>',
    }


@pytest.mark.parametrize("kind", ["M3U", "concat", "SDP", "SVG"])
@tried("files that name others (SSRF by playlists)", fields=lambda: ["recordings that come"])
def test_no_file_makes_the_hub_ask_for_another(kind: str) -> None:
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

        def log_message(self, *args: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    try:
        text = lists(server.server_address[1])[kind].encode()
        for data in (text, text + b"\n#\0\x01\xff\xfe\x80" * 40):
            for mime_type in (
                "video/mp4",
                "audio/mpeg",
                "image/png",
                media_files.detect_mime_type(data, "video/mp4"),
            ):
                assert media_facts.facts_of(data, mime_type) == media_facts.Facts()
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []


# Histories: the library hands them over unpacked


def field(number: int, data: bytes) -> bytes:
    size, length = bytearray(), len(data)
    while length > 0x7F:
        size.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([number << 3 | 2]) + bytes(size) + bytes([length]) + data


CONVERSATION, PUSH_NAME = 2, 7
JID = field(1, b"15550101@s.whatsapp.net")

HISTORIES = {
    "zeros": lambda: bytes(8 * MEGABYTE),
    "tiny fields": lambda: b"\x18\x01" * MEGABYTE,
    "a name without end": lambda: field(CONVERSATION, JID + field(13, b"x" * 8 * MEGABYTE)),
    "many empty names": lambda: b"".join([field(PUSH_NAME, b"")] * 30_000),
    "an unknown field": lambda: field(200 & 0x0F, b"x" * 8 * MEGABYTE),
    "a message without end": lambda: field(CONVERSATION, JID + field(2, field(1, b"x" * 8 * MEGABYTE))),
    "messages in messages": lambda: field(CONVERSATION, JID + field(2, deep(3000))),
}


def deep(levels: int) -> bytes:
    data = b""
    for _ in range(levels):
        data = field(2, data)
    return data


@pytest.mark.django_db
@pytest.mark.parametrize("kind", HISTORIES)
@tried("history bombs", fields=lambda: list(HISTORIES))
def test_a_history_that_is_a_bomb_is_taken_in_or_set_aside_and_keeps_no_message_waiting(kind: str) -> None:
    account = Account.default()
    account.jid = "15550100@s.whatsapp.net"
    account.save()
    event = neonize_pb2.HistorySync.DESCRIPTOR.fields_by_name["Data"].number
    data = field(event, HISTORIES[kind]())
    with Peak() as grown:
        arrive(account, [(codes.HISTORY_SYNC, data, 1_700_000_000_000)])
        arrive(account, [(codes.MESSAGE, build_message("LIVE"), 1_700_000_000_000)])
        while inbox.drain(account):
            pass
        assert Message.objects.filter(message_id="LIVE").exists()
        importer = Importer(account)
        while importer.step():
            pass
    assert grown.bytes < 8 * len(data) + 40 * MEGABYTE
    assert not InboxEvent.objects.pending().exists()
    assert not InboxEvent.objects.filter(state=InboxEvent.State.IMPORTING).exists()
