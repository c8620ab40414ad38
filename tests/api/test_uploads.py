"""Large bodies, as they come to the web process: never in memory, and refused as early as can be."""

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from tests.api.conftest import Hub, running_hub
from tests.builders import ALICE
from tests.waiting import eventually

SIZE = 95 * 1024 * 1024  # MAX_MEDIA_SIZE_MB is 100
PIECE = bytes(range(256)) * 3 * 1024  # of a size that base64 ends evenly after
ALLOWED = 30 * 1024 * 1024  # bytes that the hub's memory may grow by: not a third of the file

# Ends the next act as the session process would.
SESSION = """
from tests.waiting import eventually
from whatsapp import actions
from whatsapp.models import Action
action = eventually(lambda: Action.objects.filter(status="queued").first(), "an act", 60)
file = action.payload["file"]
print(file["sha256"], file["size"])
actions.finish(action, "sent", result={"key": {"remoteJid": "x", "fromMe": True, "id": "y"}})
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        running.run("build_account('connected')")
        with running.client() as client:
            client.get("/api/messages")  # so that everything is loaded
        yield running


def outbox(hub: Hub) -> list[str]:
    return [path.name for path in (Path(hub.environment["DATA_DIR"]) / "outbox").iterdir()]


def unnamed_files(hub: Hub) -> list[str]:
    return [name for name in hub.open_files() if "(deleted)" in name]


def peak_bytes(hub: Hub) -> int:
    status = Path(f"/proc/{hub.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def forget_peak(hub: Hub) -> None:
    Path(f"/proc/{hub.process.pid}/clear_refs").write_text("5")


def pieces(size: int) -> Iterator[bytes]:
    for start in range(0, size, len(PIECE)):
        yield PIECE[: size - start]


def json_body(size: int) -> Iterator[bytes]:
    yield json.dumps({"jid": ALICE, "filename": "large.bin"}).encode()[:-1] + b', "base64": "'
    for piece in pieces(size):
        yield base64.b64encode(piece)
    yield b'"}'


def form_body(size: int) -> Iterator[bytes]:
    yield f'--x\r\nContent-Disposition: form-data; name="jid"\r\n\r\n{ALICE}\r\n'.encode()
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
    yield from pieces(size)
    yield b"\r\n--x--\r\n"


BODIES = {
    "json": (json_body, "application/json"),
    "form": (form_body, "multipart/form-data; boundary=x"),
}


@pytest.mark.parametrize("form", BODIES)
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_large_file_is_never_in_memory(hub: Hub, form: str, is_chunked: bool) -> None:
    body, content_type = BODIES[form]
    headers = {"content-type": content_type}
    if not is_chunked:
        headers["content-length"] = str(sum(map(len, body(SIZE))))
    forget_peak(hub)
    before = peak_bytes(hub)
    with hub.client() as client, ThreadPoolExecutor(1) as threads:
        session = threads.submit(hub.run, SESSION)
        response = client.post("/api/actions/send/document", content=body(SIZE), headers=headers, timeout=120)
        digest, size = session.result().split()
    assert response.status_code == 200, response.text
    grown = peak_bytes(hub) - before
    print(f"{form}, chunked {is_chunked}: {SIZE} bytes, memory grew by {grown} from {before}")
    assert grown < ALLOWED
    assert int(size) == SIZE
    assert digest == digest_of(SIZE)
    assert outbox(hub) == []
    eventually(lambda: not unnamed_files(hub), "the body's file to be closed")


def digest_of(size: int) -> str:
    digest = hashlib.sha256()
    for piece in pieces(size):
        digest.update(piece)
    return digest.hexdigest()


def answer_to(hub: Hub, *sent: bytes) -> tuple[int, dict[str, str]]:
    """Status and JSON that come without anything more being sent."""
    url = httpx.URL(hub.url)
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        for piece in sent:
            connection.sendall(piece)
        answer = b""
        while b"}" not in answer:
            more = connection.recv(65536)
            assert more, answer
            answer += more
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


KEY = settings.API_KEY
HEAD = f"POST {{}} HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\nContent-Type: application/json\r\n{{}}\r\n\r\n"


def test_a_file_that_is_too_large_is_refused_by_its_length_alone(hub: Hub) -> None:
    head = HEAD.format("/api/actions/send/image?account=x", "Content-Length: 160000000")
    assert answer_to(hub, head.encode()) == (
        413,
        {"error": "The file is too large: MAX_MEDIA_SIZE_MB allows 100 MB."},
    )


def test_a_client_that_asks_first_is_not_told_to_go_on(hub: Hub) -> None:
    head = HEAD.format("/api/v1/actions/send/image", "Content-Length: 160000000\r\nExpect: 100-continue")
    assert answer_to(hub, head.encode())[0] == 413


def test_a_body_in_chunks_is_refused_as_soon_as_it_is_too_large(hub: Hub) -> None:
    head = HEAD.format("/api/actions/send/text", "Transfer-Encoding: chunked")
    chunk = b"%x\r\n" % (1 << 20) + bytes(1 << 20) + b"\r\n"
    status, body = answer_to(hub, head.encode(), *[chunk] * 151)
    assert (status, body) == (413, {"error": "The body is too large: 1048576 bytes is the most."})


def test_a_client_that_sends_it_all_still_reads_the_answer(hub: Hub) -> None:
    with hub.client() as client:
        response = client.post("/api/actions/send/image", content=bytes(150_000_000))
        assert response.status_code == 413
        assert client.get("/api/messages").status_code == 200
    eventually(lambda: not unnamed_files(hub), "the body's file to be closed")


@pytest.mark.parametrize("key", ["", "x-api-key: not-the-key\r\n"])
def test_the_body_of_a_stranger_is_not_taken_in(hub: Hub, key: str) -> None:
    url = httpx.URL(hub.url)
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        head = f"POST /api/actions/send/image HTTP/1.1\r\nHost: x\r\n{key}Content-Length: 9000000\r\n\r\n"
        connection.sendall(head.encode() + bytes(8_000_000))
        assert not unnamed_files(hub)
        connection.sendall(bytes(1_000_000))
        assert connection.recv(1000).startswith(b"HTTP/1.1 401")


def test_a_client_that_leaves_in_the_middle_leaves_nothing(hub: Hub) -> None:
    url = httpx.URL(hub.url)
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        head = HEAD.format("/api/actions/send/image", "Content-Length: 9000000")
        connection.sendall(head.encode() + bytes(1_000_000))
        eventually(lambda: unnamed_files(hub), "the hub to take it in")
    eventually(lambda: not unnamed_files(hub), "the hub to let go of it")
    assert outbox(hub) == []
