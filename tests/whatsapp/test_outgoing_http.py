"""Requests to addresses that others choose: only what is on the Internet, in time, and not too much of it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from whatsapp.outgoing_http import NotFetched, fetch, fetching, guard, is_public, lines

PUBLIC = "93.184.215.14"


class Server:
    """A server on loopback; `paths` says what each path does."""

    def __init__(self) -> None:
        self.paths: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, dict(self.headers)))
                try:
                    server.paths[self.path](self)
                except OSError:
                    return  # the client has left

            def log_message(self, *args: Any) -> None:
                return None

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answers(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.paths[path] = answer

    def redirects(self, path: str, target: str, status: int = 302, **headers: str) -> None:
        self.answers(path, b"", status, Location=target, **headers)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.http.shutdown()
    running.http.server_close()


class Names:
    """What names mean; the one thing about the network that tests make up."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.known: dict[str, list[str]] = {"127.0.0.1": ["127.0.0.1"]}
        self.asked: list[str] = []

    def resolve(self, host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
        self.asked.append(host)
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6, (address, port, 0, 0)) if ":" in address else (socket.AF_INET, (address, port))
            for address in self.known[host]
        ]


@pytest.fixture
def names(server: Server, monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names(server.port)
    monkeypatch.setattr(guard, "resolve", made.resolve)
    return made


@pytest.fixture
def internet(server: Server, names: Names, monkeypatch: pytest.MonkeyPatch) -> Names:
    """`files.example` is on the Internet: connections to its public address reach the server."""
    names.known["files.example"] = [PUBLIC]
    connect = socket.socket.connect

    def connect_there(self: socket.socket, address: Any) -> None:
        connect(self, ("127.0.0.1", server.port) if address[0] == PUBLIC else address)

    monkeypatch.setattr(socket.socket, "connect", connect_there)
    return names


class Sink:
    """Takes up to `limit` bytes."""

    def __init__(self, limit: int = 10_000_000) -> None:
        self.data = b""
        self.limit = limit

    def write(self, data: bytes) -> None:
        self.data += data
        self.require_room(len(self.data))

    def require_room(self, size: int) -> None:
        if size > self.limit:
            raise OverflowError("too large")


def fetched(url: str, **more: Any) -> bytes:
    sink = Sink()
    fetch(url, sink, **more)
    return sink.data


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"],
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1",
        "203.0.113.7", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
        "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "3fff::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
        "2002:7f00:1::1", "2002:a9fe:a9fe::1", "::127.0.0.1", "100::1", "nonsense",
    ],
)  # fmt: skip
def test_all_other_addresses_are_not(address: str) -> None:
    assert not is_public(address)


def test_a_file_is_fetched(server: Server, internet: Names) -> None:
    body = bytes(range(256)) * 1000
    server.answers("/x.jpg", body)
    assert fetched("http://files.example/x.jpg") == body


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0", "2130706433", "0x7f.1", "127.1"],
)
def test_this_machine_is_refused_however_it_is_written(server: Server, host: str) -> None:
    with pytest.raises(NotFetched, match=r"private network|no server of that name"):
        fetched(f"http://{host}:{server.port}/")
    assert server.asked == []


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "64:ff9b::7f00:1", "fd00::1"])
def test_a_name_that_leads_inside_is_refused(server: Server, names: Names, address: str) -> None:
    names.known["inside.example"] = [address]
    with pytest.raises(NotFetched, match=r"^inside\.example is an address of a private network"):
        fetched("http://inside.example/")


def test_what_is_checked_is_what_is_connected_to(server: Server, names: Names) -> None:
    """A name that is public when it is looked at and private when it is used is looked at once only."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    looked_up = []

    def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
        looked_up.append(host)
        return [(socket.AF_INET, (address, server.port)) for address in next(answers)]

    connected: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "resolve", resolve)
        patch.setattr(socket.socket, "connect", lambda self, address: connected.append(address) or refuse())
        with pytest.raises(NotFetched):
            fetched("http://rebinding.example/")
    assert connected == [(PUBLIC, server.port)]
    assert looked_up == ["rebinding.example"]


def refuse() -> None:
    raise ConnectionRefusedError("refused")


def test_of_several_addresses_only_public_ones_are_used(server: Server, internet: Names) -> None:
    internet.known["files.example"] = ["127.0.0.1", PUBLIC]
    server.answers("/", b"there")
    assert fetched("http://files.example/") == b"there"


def test_a_redirect_inside_is_refused(server: Server, internet: Names) -> None:
    server.redirects("/", f"http://127.0.0.1:{server.port}/secret")
    server.answers("/secret", b"secret")
    with pytest.raises(NotFetched, match="private network"):
        fetched("http://files.example/")
    assert [path for path, _ in server.asked] == ["/"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://files.example/", "gopher://x"])
def test_a_redirect_to_something_else_than_http_is_refused(
    server: Server, internet: Names, target: str
) -> None:
    server.redirects("/", target)
    with pytest.raises(NotFetched, match="http"):
        fetched("http://files.example/")


def test_three_redirects_are_followed_and_no_more(server: Server, internet: Names) -> None:
    for number, status in enumerate((301, 302, 307, 308)):
        server.redirects(f"/{number}", f"/{number + 1}", status)
    server.answers("/4", b"there")
    assert fetched("http://files.example/1") == b"there"
    with pytest.raises(NotFetched, match="more than 3 times"):
        fetched("http://files.example/0")


def test_nothing_that_was_set_is_shown_to_others(
    server: Server, internet: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.redirects("/", "/next", Set_Cookie="session=1")
    server.answers("/next", b"there")
    assert fetched("http://files.example/") == b"there"
    for _, headers in server.asked:
        assert not {"Cookie", "Authorization", "Referer"} & set(headers)


def test_credentials_in_a_url_are_refused() -> None:
    with pytest.raises(NotFetched, match="password") as caught:
        fetched("http://me:hush@files.example/")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 500, 503])
def test_another_status_is_named(server: Server, internet: Names, status: int) -> None:
    server.answers("/", b"", status)
    with pytest.raises(NotFetched, match=f"status {status}"):
        fetched("http://files.example/")


def test_a_size_that_is_too_large_is_refused_before_it_comes(server: Server, internet: Names) -> None:
    server.answers("/", b"x" * 100_000)
    sink = Sink(limit=50_000)
    with pytest.raises(OverflowError):
        fetch("http://files.example/", sink)
    assert sink.data == b""


def test_an_endless_file_is_cut_off_at_the_limit(server: Server, internet: Names) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    server.paths["/"] = endless
    sink = Sink(limit=1_000_000)
    with pytest.raises(OverflowError):
        fetch("http://files.example/", sink)
    assert len(sink.data) < 2_000_000


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_server_that_drips_is_cut_off(server: Server, internet: Names, part: str) -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        if part == "body":
            handler.send_response(200)
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        while not stop.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    server.paths["/"] = drip
    began = time.monotonic()
    with pytest.raises(NotFetched, match="takes longer than 1 seconds"):
        fetched("http://files.example/", whole_seconds=1)
    stop.set()
    assert time.monotonic() - began < 5


def test_a_silent_server_is_given_up(
    server: Server, internet: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT", (0.3, 0.3))
    server.paths["/"] = lambda handler: time.sleep(1)
    with pytest.raises(NotFetched, match="doesn't answer in time"):
        fetched("http://files.example/")


def test_a_transfer_that_breaks_off_is_no_file(server: Server, internet: Names) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x" * 500)

    server.paths["/"] = half
    with pytest.raises(NotFetched, match="broke the transfer off"):
        fetched("http://files.example/")


def test_a_name_that_nobody_has_is_said_so(names: Names) -> None:
    with pytest.raises(NotFetched, match="no server of that name"):
        fetched("http://nowhere.example/")


def test_a_server_that_is_not_there_is_said_so(server: Server, settings: Any) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and doesn't listen
        with pytest.raises(NotFetched, match="can't be reached"):
            fetched(f"http://127.0.0.1:{taken.getsockname()[1]}/")


def test_the_owner_may_allow_their_own_network(server: Server, settings: Any) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    server.answers("/", b"mine")
    assert fetched(f"http://127.0.0.1:{server.port}/") == b"mine"


def test_hosts_by_ipv6_work(settings: Any) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    listening = socket.socket(socket.AF_INET6)
    try:
        listening.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening:
        listening.listen()

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere")

        threading.Thread(target=answer, daemon=True).start()
        assert fetched(f"http://[::1]:{listening.getsockname()[1]}/") == b"there"


def test_deadlines_that_are_called_off_are_forgotten() -> None:
    minded = guard.Watchdog()
    for _ in range(2000):
        minded.call_off(minded.call_at(time.monotonic() + 60, lambda: None))
    assert len(minded._deadlines) < 300


def test_a_deadline_that_comes_earlier_is_not_kept_waiting() -> None:
    minded, called = guard.Watchdog(), threading.Event()
    minded.call_at(time.monotonic() + 60, lambda: None)
    minded.call_at(time.monotonic() + 0.05, called.set)
    assert called.wait(5)


def test_a_line_keeps_its_connection_and_makes_it_anew_after_a_while(
    names: Names, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    accepted: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            accepted.append(self.client_address)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args: Any) -> None:
            return None

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, daemon=True).start()
    names.known["mine.example"] = ["127.0.0.1"]
    url = f"http://mine.example:{http.server_address[1]}/a?b=c"
    line = lines.Line(url)
    for age in (300.0, 300.0, 0.0):
        monkeypatch.setattr(lines, "LINE_SECONDS", age)
        answer = line.post(url, b"tea", {"X-A": "b"}, whole_seconds=5, most_bytes=100)
        assert (answer.status, answer.body) == (200, b"ok")
    line.close()
    http.shutdown()
    http.server_close()
    assert accepted[0] == accepted[1] != accepted[2]
    assert names.asked == ["mine.example"] * 2


@pytest.mark.parametrize("late", ["the socket", "the guard"])
def test_who_says_nothing_is_given_up_in_one_wording_whichever_clock_looks_first(
    names: Names, monkeypatch: pytest.MonkeyPatch, settings: Any, late: str
) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    names.known["mine.example"] = ["127.0.0.1"]
    deadline, ask = guard.Guard.deadline, lines.Line._ask
    if late == "the guard":
        monkeypatch.setattr(guard.Guard, "deadline", lambda self, seconds: deadline(self, seconds + 5))
    else:
        monkeypatch.setattr(
            lines.Line,
            "_ask",
            lambda self, path, body, headers, seconds, most: ask(
                self, path, body, headers, seconds + 5, most
            ),
        )
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://mine.example:{silent.getsockname()[1]}/"
        line = lines.Line(url)
        began = time.monotonic()
        with pytest.raises(NotFetched, match=r"The server takes longer than 0\.3 seconds"):
            line.post(url, b"tea", {}, whole_seconds=0.3, most_bytes=100)
        assert time.monotonic() - began < 4
        line.close()
