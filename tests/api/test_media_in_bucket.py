"""Downloads from a hub whose files are in a bucket: what clients see is what they see of files in folders."""

import signal
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from django.conf import settings

from hub.threads import REQUESTS_AT_ONCE
from tests import servers
from tests.api.conftest import Hub, running_hub
from tests.api.test_uploads import forget_peak, peak_bytes
from tests.buckets import Bucket
from tests.waiting import eventually

CONTENT = bytes(range(256)) * 8
LARGE = 16 * 1024 * 1024
MANY_CLIENTS = 40  # more than there are threads that answer requests
WAITING = REQUESTS_AT_ONCE - 8

BUILD = """
from whatsapp.models import Media
media = build_media({content}, **{fields})
print(media.pk, media.file_path, media.file_hash)
"""


@pytest.fixture(scope="module")
def bucket() -> Bucket:
    return Bucket(servers.start_s3())


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, bucket: Bucket) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub"), **bucket.environment) as running:
        running.run("build_account('connected')")
        yield running


@pytest.fixture
def client(hub: Hub) -> Iterator[httpx.Client]:
    with hub.client() as client:
        yield client


def build(hub: Hub, content: str = "bytes(range(256)) * 8", **fields: str) -> tuple[str, str, str]:
    """The address of a file, its key in the bucket, and its hash."""
    key, path, digest = hub.run(BUILD.format(content=content, fields=fields)).split()
    return f"/api/media/{key}/download", f"hub/media/{path}", digest


def test_a_download_gives_the_bytes_and_says_what_they_are(hub: Hub, client: httpx.Client) -> None:
    address, _, digest = build(hub, mime_type="audio/ogg; codecs=opus", original_filename="note.ogg")
    response = client.get(address)
    assert (response.status_code, response.content) == (200, CONTENT)
    expected = {
        "content-type": "audio/ogg; codecs=opus",
        "content-length": str(len(CONTENT)),
        "content-disposition": 'inline; filename="note.ogg"',
        "etag": f'"{digest}"',
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "x-content-type-options": "nosniff",
    }
    assert {name: response.headers[name] for name in expected} == expected
    assert "sandbox" in response.headers["content-security-policy"]


def test_what_a_browser_would_run_is_only_downloaded(hub: Hub, client: httpx.Client) -> None:
    address, _, _ = build(
        hub, "b'<script>alert(1)</script>'", mime_type="text/html", original_filename="x.html"
    )
    disposition = client.get(address).headers["content-disposition"]
    assert disposition == 'attachment; filename="x.html"'


@pytest.mark.parametrize(
    ("wanted", "start", "end"), [("bytes=0-0", 0, 0), ("bytes=100-", 100, 2047), ("bytes=-10", 2038, 2047)]
)
def test_a_part_of_a_file_is_given_alone(
    hub: Hub, client: httpx.Client, wanted: str, start: int, end: int
) -> None:
    address, _, _ = build(hub)
    response = client.get(address, headers={"range": wanted})
    assert (response.status_code, response.content) == (206, CONTENT[start : end + 1])
    assert response.headers["content-range"] == f"bytes {start}-{end}/2048"


def test_what_can_not_be_given_or_is_known_is_said_without_the_file(hub: Hub, client: httpx.Client) -> None:
    address, _, digest = build(hub)
    outside = client.get(address, headers={"range": "bytes=2048-"})
    known = client.get(address, headers={"if-none-match": f'"{digest}"'})
    head = client.head(address)
    assert (outside.status_code, outside.headers["content-range"]) == (416, "bytes */2048")
    assert (known.status_code, known.content) == (304, b"")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "2048", b"")


def test_a_file_that_is_gone_from_the_bucket_is_not_there(
    hub: Hub, client: httpx.Client, bucket: Bucket
) -> None:
    address, key, _ = build(hub)
    bucket.loses(key)
    response = client.get(address)
    assert (response.status_code, response.json()) == (404, {"error": "Media file missing from disk"})


def test_clients_that_take_their_time_cost_neither_threads_nor_memory(hub: Hub, client: httpx.Client) -> None:
    address, _, _ = build(hub, f"bytes({LARGE})", mime_type="video/mp4")
    assert len(client.get(address, headers={"range": "bytes=0-9"}).content) == 10
    forget_peak(hub)
    before = peak_bytes(hub)
    url = httpx.URL(hub.url)
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_connection((url.host, url.port), timeout=10))
            for _ in range(MANY_CLIENTS)
        ]
        for one in sockets:
            head = f"GET {address} HTTP/1.1\r\nHost: x\r\nx-api-key: {settings.API_KEY}\r\n\r\n"
            one.sendall(head.encode())
        for one in sockets:
            assert one.recv(12) == b"HTTP/1.1 200"
        assert client.get("/api/messages").status_code == 200
        assert len(client.get(address).content) == LARGE
    grown = peak_bytes(hub) - before
    print(
        f"{MANY_CLIENTS} slow clients of {LARGE} bytes, and a quick one: memory grew by {grown} from {before}"
    )
    assert grown < MANY_CLIENTS * LARGE / 4  # of what they have asked for


def test_a_file_to_be_sent_goes_into_the_bucket(hub: Hub, client: httpx.Client, bucket: Bucket) -> None:
    form = {"jid": "15550100@s.whatsapp.net", "filename": "paper.txt"}
    response = client.post(
        "/api/actions/send/document?queue=true", data=form, files={"file": ("paper.txt", b"paper")}
    )
    assert response.json()["status"] == "queued", response.text
    [key] = [one for one in bucket.names() if one.startswith("hub/outbox/")]
    assert bucket.content(key) == b"paper"


def test_a_store_that_hangs_holds_up_files_and_nothing_else(
    hub: Hub, client: httpx.Client, bucket: Bucket
) -> None:
    address, _, _ = build(hub)
    assert bucket.server.process is not None
    bucket.server.process.send_signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(MANY_CLIENTS) as threads, hub.client() as others:
            asked = [threads.submit(others.get, address) for _ in range(MANY_CLIENTS)]
            eventually(lambda: sum(one.done() for one in asked) == MANY_CLIENTS - WAITING, "those on top")
            assert client.get("/api/messages").status_code == 200
            bucket.server.process.send_signal(signal.SIGCONT)
            statuses = [one.result().status_code for one in asked]
    finally:
        bucket.server.process.send_signal(signal.SIGCONT)
    assert Counter(statuses) == {200: WAITING, 503: MANY_CLIENTS - WAITING}


def test_a_store_that_is_away_stops_files_and_nothing_else(
    hub: Hub, client: httpx.Client, bucket: Bucket
) -> None:
    address, _, _ = build(hub)
    bucket.server.stop()
    try:
        response = client.get(address)
        assert response.status_code == 503
        assert response.json() == {
            "error": "The file can't be read: The S3 store can't be used (EndpointConnectionError)."
        }
        form = {"jid": "15550100@s.whatsapp.net", "filename": "paper.txt"}
        sent = client.post("/api/actions/send/document", data=form, files={"file": ("paper.txt", b"paper")})
        assert sent.status_code == 503
        assert "can't be stored" in sent.json()["error"]
        assert client.get("/api/messages").status_code == 200
    finally:
        bucket.server.start()
        bucket.make()
    eventually(lambda: client.get(address).status_code == 404, "the store, which has forgotten all")
