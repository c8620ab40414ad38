"""The web process as it runs: threads, streams, and clients that leave."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.api.conftest import Hub, running_hub
from tests.waiting import eventually

BIG = 48 * 1024 * 1024


@pytest.fixture(scope="module")
def client(hub: Hub) -> Iterator[httpx.Client]:
    with hub.client() as client:
        yield client


@pytest.fixture(scope="module")
def media_id(hub: Hub) -> str:
    return hub.run("print(build_media(bytes(range(256)) * 4096, original_filename='naïve.jpg').pk)").strip()


@pytest.fixture(scope="module")
def big_id(hub: Hub) -> str:
    return hub.run(f"print(build_media(b'0123456789abcdef' * {BIG // 16}).pk)").strip()


def resident_bytes(hub: Hub) -> int:
    pages = Path(f"/proc/{hub.process.pid}/statm").read_text().split()[1]
    return int(pages) * 4096


def test_the_hub_answers_over_http(client: httpx.Client) -> None:
    response = client.get("/api/messages")
    assert response.status_code == 200
    assert set(response.json()) == {"data", "total", "total_is_exact", "next"}
    assert response.headers["content-type"] == "application/json"


def test_an_unknown_path_is_json(client: httpx.Client) -> None:
    for path in ("/api/nothing", "/api/v1/nothing", "/api/na%C3%AFve"):
        response = client.get(path)
        assert response.status_code == 404
        assert response.json()["error"].startswith("There is nothing at /api/")


def test_requests_are_answered_while_others_wait_for_their_act(hub: Hub) -> None:
    hub.run("build_account('connected')")
    with hub.client() as client, ThreadPoolExecutor(8) as waiting:
        body = {"jid": "15550100", "text": "Hello"}
        sends = [waiting.submit(client.post, "/api/actions/send/text", json=body) for _ in range(8)]

        def queued() -> list[dict[str, object]] | None:
            acts: list[dict[str, object]] = client.get("/api/actions?status=queued").json()["data"]
            return acts if len(acts) == 8 else None

        acts = eventually(queued, "eight queued acts")
        assert not any(send.done() for send in sends)
        hub.run(
            "from whatsapp import actions\n"
            "from whatsapp.models import Action\n"
            f"for action in Action.objects.filter(pk__in={[act['id'] for act in acts]}):\n"
            "    actions.finish(action, 'sent', result={'key': {'id': str(action.pk)}})"
        )
        answers = [send.result(timeout=10) for send in sends]
    assert [answer.status_code for answer in answers] == [200] * 8
    # Each client gets the result of its own act.
    assert all(answer.json()["key"]["id"] == str(answer.json()["action_id"]) for answer in answers)
    assert {answer.json()["action_id"] for answer in answers} == {act["id"] for act in acts}


def test_a_part_of_a_file_is_downloaded(client: httpx.Client, media_id: str) -> None:
    response = client.get(f"/api/media/{media_id}/download", headers={"range": "bytes=300000-300255"})
    assert response.status_code == 206
    assert response.content == (bytes(range(256)) * 4096)[300000:300256]
    assert response.headers["content-range"] == "bytes 300000-300255/1048576"


def test_a_whole_file_is_downloaded_and_then_not_again(client: httpx.Client, media_id: str) -> None:
    whole = client.get(f"/api/media/{media_id}/download")
    assert whole.content == bytes(range(256)) * 4096
    assert "na%C3%AFve.jpg" in whole.headers["content-disposition"]
    again = client.get(f"/api/media/{media_id}/download", headers={"if-none-match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_head_has_no_body_and_leaves_the_connection_usable(client: httpx.Client, media_id: str) -> None:
    response = client.head(f"/api/media/{media_id}/download")
    assert (response.status_code, response.headers["content-length"]) == (200, "1048576")
    assert client.head("/api/messages").content == b""
    assert client.get("/health").status_code == 200


def request_of(hub: Hub, path: str, extra: str = "") -> socket.socket:
    """A socket that has sent a request and read nothing."""
    host, port = hub.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    key = hub.environment["API_KEY"]
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: hub\r\nx-api-key: {key}\r\n{extra}\r\n".encode())
    return connection


def test_a_slow_client_costs_neither_memory_nor_a_thread(hub: Hub, client: httpx.Client, big_id: str) -> None:
    client.get(f"/api/media/{big_id}/download", headers={"range": "bytes=0-9"})
    before = resident_bytes(hub)
    slow = [
        request_of(hub, f"/api/media/{big_id}/download") for _ in range(40)
    ]  # more than there are threads
    try:
        for connection in slow:
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
        for _ in range(20):
            assert client.get("/health").status_code == 200
        assert resident_bytes(hub) - before < BIG * 2
    finally:
        for connection in slow:
            connection.close()
    assert client.get("/health").status_code == 200


def test_a_slow_client_gets_the_whole_file_in_the_end(hub: Hub, big_id: str) -> None:
    with request_of(hub, f"/api/media/{big_id}/download", "Connection: close\r\n") as connection:
        received = bytearray()
        while piece := connection.recv(1 << 20):
            received += piece
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert len(body) == BIG
    assert body == b"0123456789abcdef" * (BIG // 16)


def test_a_client_that_leaves_in_the_middle_leaves_no_file_open(
    hub: Hub, client: httpx.Client, big_id: str
) -> None:
    for _ in range(5):
        connection = request_of(hub, f"/api/media/{big_id}/download")
        assert connection.recv(100)
        connection.close()
    eventually(lambda: not any("/media/" in name for name in hub.open_files()), "closed files")
    assert client.get("/health").status_code == 200


def has_acts(client: httpx.Client, number: int) -> bool:
    return bool(client.get("/api/actions").json()["total"] == number)


def test_a_client_that_leaves_while_it_waits_harms_no_other(hub: Hub, client: httpx.Client) -> None:
    hub.run("build_account('connected')")
    before = client.get("/api/actions").json()["total"]
    host, port = hub.url.removeprefix("http://").split(":")
    body = json.dumps({"jid": "15550100", "text": "Never mind"})
    for number in (1, 2, 3):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                f"POST /api/actions/send/text HTTP/1.1\r\nHost: hub\r\n"
                f"x-api-key: {hub.environment['API_KEY']}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            eventually(partial(has_acts, client, before + number), "a queued act")
    assert client.get("/api/messages").status_code == 200


def test_many_requests_at_once_are_all_answered(client: httpx.Client) -> None:
    with ThreadPoolExecutor(32) as many:
        answers = list(many.map(lambda number: client.get(f"/api/messages?limit={number + 1}"), range(200)))
    assert {answer.status_code for answer in answers} == {200}


def test_a_large_body_is_refused_in_words(client: httpx.Client) -> None:
    text = "x" * 1_000_000
    response = client.post("/api/actions/send/text", json={"jid": "15550100", "text": text})
    assert response.status_code == 400
    assert response.json()["error"].startswith("text: ")


def test_too_many_headers_of_one_name_are_refused(hub: Hub) -> None:
    with request_of(hub, "/health", "X-Many: 1\r\n" * 200) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_a_websocket_without_a_route_learns_it_by_the_close_code(hub: Hub) -> None:
    address = hub.url.replace("http", "ws") + "/nothing"
    with connect(address) as websocket, pytest.raises(ConnectionClosed) as closed:
        websocket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


def test_the_number_of_threads_stays_bounded(hub: Hub, client: httpx.Client) -> None:
    with ThreadPoolExecutor(64) as many:
        list(many.map(lambda _: client.get("/health"), range(300)))
    assert len(list(Path(f"/proc/{hub.process.pid}/task").iterdir())) <= 32 + 8


def test_a_hub_stops_at_once_though_a_request_waits(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub, hub.client() as client, ThreadPoolExecutor(1) as waiting:
        hub.run("build_account('connected')")
        body = {"jid": "15550100", "text": "Hello"}
        send = waiting.submit(client.post, "/api/actions/send/text", json=body)
        eventually(lambda: client.get("/api/actions").json()["total"] == 1, "a queued act")
        hub.process.terminate()
        hub.process.wait(timeout=5)
        with pytest.raises(httpx.TransportError):
            send.result(timeout=5)
