"""POST /api/actions/send/image and the like: how files come in, and what is said of wrong ones."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from api.views import sending_media
from tests import recordings
from tests.api.conftest import Session
from tests.builders import ALICE, BOB, build_account, build_message
from tests.session import pictures
from whatsapp import actions, outbox
from whatsapp.models import Action

pytestmark = pytest.mark.django_db

KEY = {"remoteJid": ALICE, "fromMe": True, "id": "3EB0SENT"}
PICTURE = pictures.jpeg("navy", (64, 48))


@pytest.fixture
def connected() -> None:
    build_account("connected")


@pytest.fixture(autouse=True)
def empty_outbox() -> None:
    for path in outbox.root().iterdir():
        outbox.remove(path.name)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def send(api: Client, kind: str, **body: Any) -> Any:
    return api.post(f"/api/actions/send/{kind}", {"jid": ALICE, **body}, content_type="application/json")


def send_raw(api: Client, body: str | bytes, kind: str = "image") -> Any:
    return api.post(f"/api/actions/send/{kind}", body, content_type="application/json")


def upload(api: Client, kind: str, data: bytes, name: str = "x.bin", **fields: Any) -> Any:
    file = SimpleUploadedFile(name, data, "application/x-made-up")
    return api.post(f"/api/actions/send/{kind}", {"jid": ALICE, "file": file, **fields})


def file_of(action: Action) -> bytes:
    """What waits in the outbox for the act."""
    file = action.payload["file"]
    return (outbox.folder_of(file["name"]) / file["path"]).read_bytes()


def waiting() -> list[str]:
    return [path.name for path in outbox.root().iterdir()]


# Taking files in


@pytest.mark.usefixtures("connected")
def test_an_image_is_answered_with_the_key_of_its_message(api: Client, session: Session) -> None:
    session.will("sent", result={"key": KEY}, message_id="3EB0SENT")
    response = send(api, "image", base64=encoded(PICTURE), caption="The sea")
    assert response.status_code == 200, response.json()
    action = Action.objects.get()
    assert response.json() == {"success": True, "key": KEY, "action_id": action.pk, "status": "sent"}
    assert action.kind == "send_image"
    assert action.payload["caption"] == "The sea"


@pytest.mark.usefixtures("connected", "session")
def test_a_file_waits_for_its_act_in_the_outbox_where_nobody_else_reads_it(api: Client) -> None:
    assert send(api, "image", base64=encoded(PICTURE)).status_code == 504
    action = Action.objects.get()
    file = action.payload["file"]
    assert file_of(action) == PICTURE
    assert file["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert (file["size"], file["mime_type"], file["width"], file["height"]) == (
        len(PICTURE),
        "image/jpeg",
        64,
        48,
    )
    folder = outbox.folder_of(file["name"])
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("connected", "session")
@pytest.mark.parametrize(
    "text",
    [
        encoded(PICTURE),
        "data:image/png;base64," + encoded(PICTURE),
        encoded(PICTURE).rstrip("="),
        encoded(PICTURE).translate(str.maketrans("+/", "-_")),
        base64.encodebytes(PICTURE).decode(),
        base64.encodebytes(PICTURE).decode().replace("\n", "\r\n"),
    ],
    ids=["plain", "data-url", "without-padding", "url-safe", "in-lines", "in-lines-of-mail"],
)
def test_base64_is_taken_in_all_its_forms(api: Client, text: str) -> None:
    send(api, "image", base64=text)
    assert file_of(Action.objects.get()) == PICTURE


@pytest.mark.usefixtures("connected", "session")
def test_base64_is_found_wherever_it_is_and_however_it_is_escaped(api: Client) -> None:
    text = encoded(PICTURE).replace("/", "\\/").replace("+", "\\u002b").replace("=", "\\u003D")
    send_raw(
        api,
        '{"caption": "\\"base64\\": \\"x\\" {[", "more": {"base64": "no", "a": [{"base64": 1}]}, '
        f'"base\\u00364" : "{text}" , "jid": "{ALICE}"}}',
    )
    action = Action.objects.get()
    assert file_of(action) == PICTURE
    assert action.payload["caption"] == '"base64": "x" {['


@pytest.mark.usefixtures("connected", "session")
def test_an_upload_is_taken_from_a_form(api: Client) -> None:
    upload(api, "image", PICTURE, caption="From a form")
    action = Action.objects.get()
    assert file_of(action) == PICTURE
    assert action.payload["caption"] == "From a form"


@pytest.mark.usefixtures("connected", "session")
def test_a_form_says_true_in_words(api: Client) -> None:
    upload(api, "audio", recordings.sound("mp3", "libmp3lame"), ptt="true")
    payload = Action.objects.get().payload
    assert payload["ptt"] is True
    assert payload["file"]["mime_type"] == "audio/ogg; codecs=opus"
    assert len(base64.b64decode(payload["file"]["waveform"])) == 64


@pytest.mark.usefixtures("connected", "session")
def test_an_uploaded_document_has_the_name_of_its_file(api: Client) -> None:
    upload(api, "document", pictures.pdf(), name="offer.pdf")
    payload = Action.objects.get().payload
    assert (payload["filename"], payload["file"]["mime_type"]) == ("offer.pdf", "application/pdf")


@pytest.mark.usefixtures("connected", "session")
@pytest.mark.parametrize(
    ("name", "shown"),
    [("../../etc/passwd", "passwd"), ("C:\\tmp\\a.txt", "a.txt"), ("a\nb\u202e.pdf", "ab.pdf")],
)
def test_a_documents_name_is_a_name_and_no_path(api: Client, name: str, shown: str) -> None:
    send(api, "document", base64=encoded(b"text"), filename=name, mime_type="text/plain")
    assert Action.objects.get().payload["filename"] == shown


@pytest.mark.usefixtures("connected", "session")
@pytest.mark.parametrize(
    ("data", "declared", "found"),
    [
        (pictures.pdf(), "text/plain", "application/pdf"),
        (b"a,b\n1,2\n", "text/csv", "text/csv"),
        (b"<html><script>alert(1)</script></html>", "application/pdf", "text/html"),
        (b"\x00\x01\x02\x03", "application/x-own", "application/x-own"),
        (b"\x00\x01\x02\x03", None, "application/octet-stream"),
    ],
)
def test_a_documents_type_is_that_of_its_content_before_what_is_said(
    api: Client, data: bytes, declared: str | None, found: str
) -> None:
    send(api, "document", base64=encoded(data), filename="x", mime_type=declared)
    assert Action.objects.get().payload["file"]["mime_type"] == found


# Fetching files


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A web server on this machine: its address, and its files by path."""
    files: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = files.get(self.path)
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *args: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", files
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("connected", "session")
def test_a_file_is_fetched_by_its_url(api: Client, settings: Any, site: Any) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    address, files = site
    files["/sea.jpg"] = PICTURE
    assert send(api, "image", url=f"{address}/sea.jpg").status_code == 504
    assert file_of(Action.objects.get()) == PICTURE


@pytest.mark.usefixtures("connected", "session")
def test_what_goes_wrong_with_a_url_is_said_of_the_url(api: Client, settings: Any, site: Any) -> None:
    address, files = site
    files |= {"/empty": b"", "/large": bytes(1024 * 1024 + 1), "/text": b"hello"}
    assert "private network" in send(api, "image", url=f"{address}/x").json()["error"]
    settings.ALLOW_PRIVATE_URLS, settings.MAX_MEDIA_SIZE_MB = True, 1
    for path, words in (("/gone", "status 404"), ("/empty", "empty"), ("/text", "not a picture")):
        response = send(api, "image", url=address + path)
        assert response.status_code == 400
        assert response.json()["error"].startswith("url: ")
        assert words in response.json()["error"]
    response = send(api, "image", url=f"{address}/large")
    assert (response.status_code, "MAX_MEDIA_SIZE_MB" in response.json()["error"]) == (413, True)
    assert waiting() == []


@pytest.mark.usefixtures("connected", "session")
def test_a_request_that_is_wrong_otherwise_fetches_nothing(api: Client, settings: Any, site: Any) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    address, _ = site
    response = send(api, "image", url=f"{address}/gone", quoted_id="NONE")
    assert list(response.json()["details"]) == ["quoted_id"]


@pytest.mark.usefixtures("connected", "session")
def test_too_many_fetches_at_once_are_asked_to_wait(
    api: Client, settings: Any, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    monkeypatch.setattr(sending_media, "FETCHES_AT_ONCE", threading.BoundedSemaphore(1))
    monkeypatch.setattr(sending_media, "WAIT_FOR_FETCH", 0.01)
    with sending_media.FETCHES_AT_ONCE:
        assert send(api, "image", url=f"{site[0]}/x").status_code == 503
    assert send(api, "image", url=f"{site[0]}/x").status_code == 400


# What is said of wrong requests


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("image", {}, "base64"),
        ("image", {"base64": None, "url": None}, "base64"),
        ("image", {"base64": encoded(PICTURE), "url": "https://example.org/x"}, "url"),
        ("image", {"base64": ""}, "base64"),
        ("image", {"base64": True}, "base64"),
        ("image", {"base64": ["x"]}, "base64"),
        ("image", {"base64": "not base64!"}, "base64"),
        ("image", {"base64": "AAAAA"}, "base64"),
        ("image", {"base64": "AA==AAAA"}, "base64"),
        ("image", {"base64": "data:image/png,AAAA"}, "base64"),
        ("image", {"base64": "data:image/png;base64"}, "base64"),
        ("image", {"base64": "ä" * 8}, "base64"),
        ("image", {"file": "x"}, "file"),
        ("image", {"base64": encoded(PICTURE), "jid": "nobody"}, "jid"),
        ("image", {"base64": encoded(PICTURE), "jid": "120363000000000002@newsletter"}, "jid"),
        ("image", {"base64": encoded(PICTURE), "caption": ["x"]}, "caption"),
        ("image", {"base64": encoded(b"<html></html>")}, "base64"),
        ("image", {"base64": encoded(recordings.film())}, "base64"),
        ("video", {"base64": encoded(PICTURE)}, "base64"),
        ("audio", {"base64": encoded(PICTURE)}, "base64"),
        ("audio", {"base64": encoded(recordings.sound("wav", "pcm_s16le")), "ptt": "perhaps"}, "ptt"),
        ("sticker", {"base64": encoded(b"%PDF-1.4")}, "base64"),
        ("document", {"base64": encoded(b"x")}, "filename"),
        ("document", {"base64": encoded(b"x"), "filename": "/"}, "filename"),
        ("document", {"base64": encoded(b"x"), "filename": "x", "mime_type": "pdf"}, "mime_type"),
        ("image", {"url": "ftp://example.org/x.jpg"}, "url"),
        ("image", {"url": "file:///etc/passwd"}, "url"),
        ("image", {"url": "example.org/x.jpg"}, "url"),
        ("image", {"url": "http://[::1"}, "url"),
        ("image", {"url": "https://me:secret@example.org/x.jpg"}, "url"),
        ("image", {"url": "http://127.0.0.1:1/x.jpg"}, "url"),
    ],
)
def test_a_wrong_field_is_named_nothing_is_queued_and_nothing_stays(
    api: Client, session: Session, kind: str, body: dict[str, Any], field: str
) -> None:
    response = send(api, kind, **body)
    assert response.status_code == 400, response.content
    assert response.json()["error"].startswith(f"{field}: ")
    assert list(response.json()["details"]) == [field]
    assert not session.taken
    assert waiting() == []


@pytest.mark.usefixtures("connected", "session")
@pytest.mark.parametrize(
    "body",
    [
        "",
        "[",
        "{",
        '{"base64',
        '{"base64": "AAAA',
        '{"base64": "AA\\',
        '{"base64" "AAAA"}',
        '{"base64": "AAAA"',
        '{"base64": "AAAA"}}',
        '{"jid": NaN}',
        b'{"jid": "\xff"}',
        '{"a": "\\',
    ],
)
def test_a_body_that_is_no_json_is_refused(api: Client, body: str | bytes) -> None:
    response = send_raw(api, body)
    assert response.status_code == 400
    assert waiting() == []


@pytest.mark.usefixtures("connected", "session")
@pytest.mark.parametrize("body", ["[1]", '"base64"', "7", "null", '["base64", "AAAA"]'])
def test_a_body_that_is_no_object_is_refused(api: Client, body: str) -> None:
    assert send_raw(api, body).status_code == 400


@pytest.mark.usefixtures("connected", "session")
def test_a_file_that_is_given_twice_is_refused(api: Client) -> None:
    response = send_raw(api, f'{{"jid": "{ALICE}", "base64": "AAAA", "base64": "BBBB"}}')
    assert response.json()["error"] == "base64: The file is given twice."


@pytest.mark.usefixtures("connected", "session")
def test_a_form_with_base64_is_told_to_upload(api: Client) -> None:
    response = api.post("/api/actions/send/image", {"jid": ALICE, "base64": encoded(PICTURE)})
    assert (response.status_code, list(response.json()["details"])) == (400, ["base64"])


@pytest.mark.usefixtures("connected", "session")
def test_an_empty_upload_is_refused(api: Client) -> None:
    response = upload(api, "image", b"")
    assert (response.status_code, list(response.json()["details"])) == (400, ["file"])


@pytest.mark.usefixtures("connected", "session")
@pytest.mark.parametrize("way", ["base64", "form"])
def test_what_is_too_large_is_refused_by_the_name_of_the_limit(api: Client, settings: Any, way: str) -> None:
    settings.MAX_MEDIA_SIZE_MB = 1
    data = bytes(1024 * 1024 + 1)
    response = send(api, "image", base64=encoded(data)) if way == "base64" else upload(api, "image", data)
    assert response.status_code == 413
    assert response.json() == {"error": "The file is too large: MAX_MEDIA_SIZE_MB allows 1 MB."}
    assert waiting() == []


@pytest.mark.usefixtures("connected", "session")
def test_the_largest_file_is_taken(api: Client, settings: Any) -> None:
    settings.MAX_MEDIA_SIZE_MB = 1
    data = b"\xff" * (1024 * 1024)
    assert send(api, "document", base64=encoded(data), filename="x").status_code == 504
    assert file_of(Action.objects.get()) == data


@pytest.mark.usefixtures("connected", "session")
def test_a_body_is_refused_by_its_length_before_it_is_read(api: Client, settings: Any) -> None:
    settings.MAX_MEDIA_SIZE_MB = 1
    response = api.post(
        "/api/actions/send/image", b"{", content_type="application/json", CONTENT_LENGTH=str(10**7)
    )
    assert response.status_code == 413


@pytest.mark.usefixtures("connected", "session")
def test_what_is_beside_the_file_has_a_limit_of_its_own(api: Client) -> None:
    response = send(api, "image", base64=encoded(PICTURE), caption="x" * 1_100_000)
    assert response.status_code == 413
    assert waiting() == []


def test_nothing_is_sent_while_whatsapp_is_not_connected(api: Client, session: Session) -> None:
    build_account("disconnected")
    response = send(api, "image", base64=encoded(PICTURE))
    assert (response.status_code, response.json()) == (503, {"error": "WhatsApp is not connected"})
    assert waiting() == []


@pytest.mark.usefixtures("connected")
def test_a_message_of_another_chat_can_not_be_answered(api: Client, session: Session) -> None:
    elsewhere = build_message(chat=BOB)
    response = send(api, "image", base64=encoded(PICTURE), quoted_id=elsewhere.message_id)
    assert (response.status_code, list(response.json()["details"])) == (400, ["quoted_id"])
    assert not session.taken


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_when_its_act_is_done_and_waits_for_another_try_when_it_failed(
    api: Client, session: Session
) -> None:
    build_account("connected")
    session.will("failed", error="WhatsApp doesn't take the file: 500")
    response = send(api, "image", base64=encoded(PICTURE))
    assert response.status_code == 503
    assert len(waiting()) == 1

    actions.finish(Action.objects.get(), "sent", result={}, message_id="3EB0")
    assert waiting() == []


@pytest.mark.usefixtures("connected", "session")
def test_an_idempotency_key_is_for_one_file_and_caption(api: Client) -> None:
    first = {"jid": ALICE, "base64": encoded(PICTURE), "caption": "a"}
    others = ({**first, "caption": "b"}, {**first, "base64": encoded(pictures.jpeg("red"))})
    for number, body in enumerate((first, first, *others)):
        response = api.post(
            "/api/actions/send/image",
            body,
            content_type="application/json",
            query_params={"queue": "true"},
            headers={"Idempotency-Key": "one"},
        )
        assert response.status_code == (200 if number < 2 else 409), response.content
    assert Action.objects.count() == len(waiting()) == 1


@pytest.mark.usefixtures("connected", "session")
def test_the_payload_that_is_shown_holds_no_file(api: Client) -> None:
    response = send(api, "image", base64=encoded(PICTURE))
    shown = api.get(f"/api/actions/{response.json()['action_id']}").json()
    assert len(json.dumps(shown)) < 1500
