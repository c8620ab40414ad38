"""Files of strangers, and files that are sent: nothing of their names gets into a header or another folder,
and nothing in them runs where they are shown."""

import re
import socket
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.test import Client

from tests.api.conftest import Hub
from tests.attacks.hostile import HTML, SVG
from tests.attacks.table import tried
from tests.builders import ALICE, build_account, build_media, build_message, stored_file
from tests.dashboard.conftest import signed_in
from tests.servers import is_tested_on_postgresql
from whatsapp import media_files
from whatsapp.models import Action, Media
from whatsapp.texts import text

pytestmark = pytest.mark.django_db

NAMES = {
    "a way up": "../../../../etc/cron.d/x",
    "a way up for Windows": "..\\..\\..\\boot.ini",
    "an absolute path": "/etc/passwd",
    "a drive": "C:\\Windows\\x.exe",
    "line breaks": "a\r\nX-Evil: 1\r\n\r\n<script>",
    "a NUL": "a\0b.pdf",
    "quotes": 'a"; filename="b.exe',
    "an encoded part": "a'; filename*=utf-8''b.exe",
    "turned round": "a\u202egpj.exe",
    "very long": "x" * 10_000 + ".pdf",
    "long in bytes": "💥" * 300 + ".pdf",
    "half a pair": "a\ud800b",
    "line ends of Unicode": "a\u2028b\u2029c\x85d",
    "nothing": "",
    "dots": "..",
    "terminal orders": "a\x1b[2Jb",
}
KINDS = ("document", "image", "video", "audio", "sticker")


def is_fair(disposition: str) -> bool:
    """Whether a header is one line, in signs that headers may have, and names one file in no folder."""
    named = re.findall(r'filename="([^"]*)"|filename\*=utf-8\'\'([^;]*)', disposition)
    plain = all(32 <= ord(sign) < 127 for sign in disposition)
    return (
        plain and len(named) == 1 and not re.search(r"[/\\]", "".join(named[0])) and len(disposition) < 3200
    )


def stored_names() -> set[str]:
    folders = (Path(settings.MEDIA_DIR), Path(settings.OUTBOX_DIR))
    return {path.name for folder in folders for path in folder.rglob("*") if path.is_file()}


def files() -> list[str]:
    return ["api/media/<str:media_id>/download", "thumbnails/<int:media_id>.jpg"]


@pytest.mark.parametrize("kind", NAMES)
@tried("hostile names of files that people send", files, lambda: ["Media.original_filename"])
def test_a_name_that_somebody_gave_a_file_stays_in_its_place(kind: str) -> None:
    build_account()
    name = text(NAMES[kind]) or ""  # as it is taken in
    media = build_media(b"a file", mime_type="application/pdf", original_filename=name)
    answer = Client(headers={"x-api-key": settings.API_KEY}).get(f"/api/media/{media.pk}/download")
    assert b"".join(answer) == b"a file"
    assert "X-Evil" not in answer.headers
    assert is_fair(answer.headers["Content-Disposition"])
    assert stored_file(media).parent.is_relative_to(settings.MEDIA_DIR)
    assert re.fullmatch(r"[0-9a-f]{32}\.\w+", stored_file(media).name)


def sending() -> list[str]:
    return [f"api/actions/send/{kind}" for kind in KINDS]


@pytest.mark.parametrize("kind", NAMES)
@tried("hostile names of files that programs send", sending, lambda: ["filename", "the upload's name"])
def test_a_name_that_a_program_gives_a_file_stays_in_its_place(impatient: None, kind: str) -> None:
    build_account()
    api = Client(headers={"x-api-key": settings.API_KEY})
    before = stored_names()
    name = NAMES[kind].encode("utf-8", "replace").decode()
    upload = BytesIO(b"a file")
    upload.name = name or "x"
    for body, form in (
        ({"jid": ALICE, "base64": "YSBmaWxl", "filename": name}, "application/json"),
        ({"jid": ALICE, "file": upload}, None),
    ):
        given = {"content_type": form} if form else {}
        answer = api.post("/api/actions/send/document?queue=true", body, **given)
        assert answer.status_code in (200, 400), answer.content
    new = stored_names() - before
    assert [one for one in new if not re.fullmatch(r"act|received|[0-9a-f-]+(\.\w+)?", one)] == []
    for action in Action.objects.all():
        told = action.payload.get("filename") or action.payload["file"].get("name") or ""
        assert not re.search(r"[\r\n\0]", told)


PATHS = ["../../whatsapp-hub.db", "/etc/passwd", "..", "2024/../../whatsapp-hub.db", "", "."]
if not is_tested_on_postgresql():  # which keeps no such text
    PATHS.append("a\0b")


@pytest.mark.parametrize("path", PATHS)
@tried("path traversal in where a file lies", files, lambda: ["Media.file_path"])
def test_a_path_in_the_database_leads_out_of_no_folder(path: str) -> None:
    build_account()
    media = build_media(b"a file")
    Media.objects.filter(pk=media.pk).update(file_path=path)
    api = Client(headers={"x-api-key": settings.API_KEY})
    answer = api.get(f"/api/media/{media.pk}/download")
    assert answer.status_code in (404, 503), answer.content
    assert set(answer.json()) == {"error"}


RUNS = {
    "HTML": (HTML.encode(), ["text/html", "image/png", "application/pdf", "text/plain", "video/mp4", None]),
    "SVG": (SVG.encode(), ["image/svg+xml", "image/png", "image/svg", "IMAGE/SVG+XML;x=y", "text/xml", None]),
    "XHTML": (
        b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>1</script></html>',
        ["application/xhtml+xml", "application/xml", "image/jpeg", "application/octet-stream"],
    ),
    "a PDF that is HTML": (b"%PDF-1.4\n" + HTML.encode(), ["application/pdf", "text/html"]),
    "a GIF that is a script": (b"GIF89a=1;alert(1)//" + HTML.encode(), ["image/gif", "text/javascript"]),
    "JavaScript": (b"alert(1)", ["text/javascript", "application/javascript", "image/png"]),
    "a page of MHTML": (
        b"MIME-Version: 1.0\nContent-Type: multipart/related",
        ["message/rfc822", "text/html"],
    ),
}


@pytest.mark.parametrize("kind", RUNS)
@tried("documents that a browser would run", files, lambda: ["Media.mime_type", "files", "Media.thumbnail"])
def test_nothing_that_a_browser_would_run_is_shown(kind: str) -> None:
    build_account()
    owner, api = signed_in(), Client(headers={"x-api-key": settings.API_KEY})
    data, declared = RUNS[kind]
    for word in declared:
        found = media_files.detect_mime_type(data, word)
        media = build_media(data, message=build_message("x"), mime_type=found, thumbnail=data)
        for client in (owner, api):
            answer = client.get(f"/api/media/{media.pk}/download")
            assert b"".join(answer) == data
            shown = answer.headers["Content-Disposition"].startswith("inline")
            kind_of = answer.headers["Content-Type"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src" not in policy
            assert "sandbox" in policy or kind_of == "application/pdf"
            assert not shown or kind_of.startswith(("image/", "audio/", "video/", "application/pdf"))
            assert not (shown and "svg" in kind_of)
        small = owner.get(f"/thumbnails/{media.pk}.jpg")
        assert (small.headers["Content-Type"], small.headers["X-Content-Type-Options"]) == (
            "image/jpeg",
            "nosniff",
        )


@tried("path traversal in static files", lambda: ["static/…"])
def test_static_files_lead_out_of_no_folder(hub: Hub) -> None:
    url = httpx.URL(hub.url)
    secret = Path(hub.environment["DATA_DIR"]) / "encryption.key"
    ways = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "....//", "..%c0%af", "/", "%2f", ".%00./")
    for way in ways:
        for target in ("hub/settings.py", "etc/passwd", str(secret).lstrip("/")):
            for start in ("/static/", "/static/css/", "/", "/api/media/", "/thumbnails/"):
                with socket.create_connection((url.host, url.port), timeout=10) as line:
                    path = f"{start}{way * 8}{target}"
                    line.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                    answer = b""
                    while piece := line.recv(65536):
                        answer += piece
                assert answer.split(b" ")[1] in (b"302", b"400", b"401", b"404"), path
                assert b"root:" not in answer
                assert b"INSTALLED_APPS" not in answer


HEADERS = [
    "Host: x\r\nX-Forwarded-Host: evil.example",
    'Host: x"><script>alert(1)</script>',
    "Host: evil.example",
    "Host: x\r\nX-Request-Id: a%0d%0aX-Evil: 1",
    "Host: x\r\nIdempotency-Key: a\tb",
    "Host: x\r\nX-Forwarded-Proto: javascript",
    "Host: x\r\nReferer: https://evil.example/\r\nOrigin: null",
    "Host: x\r\nRange: bytes=" + ",".join(["0-"] * 2000),
    "Host: x\r\nAccept: " + ",".join(["text/html;q=0.1"] * 500),
    "Host: x\r\nCookie: " + "; ".join(f"a{number}=b" for number in range(1500)),
    "Host: x\r\nTransfer-Encoding: identity",
    "Host: x\r\nX-HTTP-Method-Override: DELETE",
]


ASKED = ("/health", "/login", "/admin/", "/api/messages", "/api/docs", "/nothing")


@pytest.mark.parametrize("sent", HEADERS)
@tried(
    "hostile headers", lambda: ASKED, lambda: ["Host", "X-Forwarded-*", "Origin", "Range", "Accept", "Cookie"]
)
def test_no_header_comes_back_or_breaks_anything(hub: Hub, sent: str) -> None:
    url = httpx.URL(hub.url)
    for path in (
        "/health",
        "/login",
        "/admin/",
        "/api/messages",
        "/api/docs",
        "/nothing",
        "/static/favicon.svg",
    ):
        with socket.create_connection((url.host, url.port), timeout=10) as line:
            line.sendall(f"GET {path} HTTP/1.1\r\n{sent}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while piece := line.recv(65536):
                answer += piece
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert not head or int(head.split(b" ")[1]) < 500, path
        assert b"x-evil" not in head
        assert b"evil.example" not in answer
        assert b"<script>alert" not in answer
