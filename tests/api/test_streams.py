"""Listening over real sockets: ways in, filters, resuming, slow readers, and keys that end."""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.api.conftest import Hub, Scribe, running_hub
from tests.builders import ALICE, ALICE_LID, BOB, FAMILY
from tests.waiting import eventually

KEY = {"x-api-key": settings.API_KEY}
SECONDS = 10.0
KEYS_ARE_CHECKED_WITHIN = 5.0  # seconds: every two, and the machine may be busy


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture(scope="module")
def scribe(live: Hub) -> Iterator[Scribe]:
    """Writes to the log in a process of its own."""
    with live.scribe() as writing:
        writing.run("account = build_account()")
        yield writing


def listen(
    hub: Hub, headers: dict[str, str] | None = None, *, reads_on: bool = True, **query: Any
) -> ClientConnection:
    """A client; one that does not read on takes from the connection only what the test asks it for."""
    address = f"{hub.url.replace('http', 'ws')}/ws?{urlencode(query)}"
    shown, waiting = KEY if headers is None else headers, None if reads_on else 4
    return connect(address, additional_headers=shown, max_size=None, max_queue=waiting)


def heard(socket: ClientConnection, seconds: float = SECONDS) -> dict[str, Any]:
    return dict(json.loads(socket.recv(timeout=seconds)))


@contextmanager
def listening(hub: Hub, headers: dict[str, str] | None = None, **how: Any) -> Iterator[ClientConnection]:
    """A client that has been told that it is let in."""
    with listen(hub, headers, **how) as socket:
        assert heard(socket)["data"]["status"] == "ws_connected"
        yield socket


def close_code(socket: ClientConnection, seconds: float = SECONDS) -> tuple[int, str]:
    """With which code the hub closes, and the last sentence that it says."""
    sentence = ""
    try:
        while True:
            sentence = heard(socket, seconds)["data"].get("message", "")
    except ConnectionClosed as closed:
        assert closed.rcvd, "it closes without a word"  # noqa: PT017  (this is no test)
        assert closed.rcvd.reason == sentence[:123]  # noqa: PT017
        return closed.rcvd.code, sentence


def tell(scribe: Scribe, *types: str) -> list[int]:
    """Logs an event of each type. Returns their ids."""
    return list(json.loads(scribe.run(f"print([build_event(one).pk for one in {list(types)}])")))


def newest(scribe: Scribe) -> int:
    return int(scribe.run("print(Event.objects.order_by('pk').last().pk)"))


# Ways in


def test_a_client_hears_what_happens_from_now_on(live: Hub, scribe: Scribe) -> None:
    tell(scribe, "wa.call")
    with listen(live) as socket:
        hello = heard(socket)
        assert hello["type"] == "connection.status"
        assert hello["data"] == {
            "status": "ws_connected",
            "message": "Connected to WhatsApp Hub",
            "since": newest(scribe),
            "newest_id": newest(scribe),
            "has_missed": False,
        }
        [event_id] = tell(scribe, "connection.status")
        event = heard(socket)
    assert event == {
        "type": "connection.status",
        "timestamp": event["timestamp"],
        "data": {"status": "connected"},
        "id": event_id,
        "account": settings.SESSION_NAME,
    }
    assert abs(event["timestamp"] / 1000 - time.time()) < 60


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        (KEY, {}),
        ({"Authorization": f"Bearer {settings.API_KEY}"}, {}),
        ({}, {"api_key": settings.API_KEY}),
    ],
)
def test_a_key_lets_in_wherever_it_is_shown(live: Hub, headers: Any, query: Any) -> None:
    with listening(live, headers, **query):
        pass


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "wrong"}, {"x-api-key": "wah_" + "x" * 43}])
def test_without_a_key_that_is_good_nobody_is_let_in(live: Hub, headers: dict[str, str]) -> None:
    with listen(live, headers) as socket:
        assert close_code(socket) == (4001, "Invalid or missing API key")
    with live.client() as client:
        client.headers.pop("x-api-key")
        answer = client.get("/api/events/stream", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "Unauthorized")


def test_a_key_that_may_not_read_is_not_let_in(live: Hub, scribe: Scribe) -> None:
    key = scribe.run("print(build_api_key('send', 'manage')[1])").strip()
    with listen(live, {"x-api-key": key}) as socket:
        assert close_code(socket) == (4003, "This key lacks the scope 'read'.")


def ticket(hub: Hub, headers: dict[str, str] = KEY) -> str:
    answer = httpx.post(hub.url + "/api/ws/ticket", headers=headers)
    assert answer.json()["expiresIn"] == 30
    return str(answer.json()["ticket"])


def test_a_ticket_lets_in_once(live: Hub) -> None:
    mine = ticket(live)
    with listening(live, {}, ticket=mine):
        pass
    with listen(live, {}, ticket=mine) as socket:
        assert close_code(socket)[0] == 4001


def test_a_ticket_that_is_too_old_lets_nobody_in(live: Hub, scribe: Scribe) -> None:
    mine = ticket(live)
    scribe.run("Ticket = __import__('whatsapp.models').models.Ticket; Ticket.objects.update(expires_at=1)")
    with listen(live, {}, ticket=mine) as socket:
        assert close_code(socket)[0] == 4001
    ticket(live)
    assert scribe.run("print(Ticket.objects.filter(expires_at=1).count())").strip() == "0"


def test_a_ticket_is_worth_what_its_key_is(live: Hub, scribe: Scribe) -> None:
    pk, key = scribe.run(f"row, key = build_api_key('read', chats=['{ALICE}']); print(row.pk, key)").split()
    mine, late = ticket(live, {"x-api-key": key}), ticket(live, {"x-api-key": key})
    with listening(live, {}, ticket=mine) as socket:
        about(scribe, BOB, ALICE)
        assert heard(socket)["data"]["id"] == ALICE
    scribe.run(f"api_keys.revoke(ApiKey.objects.get(pk={pk}))")
    with listen(live, {}, ticket=late) as socket:
        assert close_code(socket)[0] == 4001


def test_many_wrong_keys_have_to_wait(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        for number in range(41):  # a new minute may begin once
            with listen(hub, {"x-api-key": f"guess-{number}"}) as socket:
                code, sentence = close_code(socket)
            if code != 4001:
                break
    assert (code, number >= 20) == (4029, True)
    assert sentence.startswith("Too many wrong keys from this address. Try again in ")


def test_there_is_a_limit_to_how_many_listen(tmp_path: Path) -> None:
    with running_hub(tmp_path, MAX_LISTENERS="2") as hub:
        with listening(hub), listening(hub):
            with listen(hub) as third:
                assert close_code(third) == (4029, "There are 2 listeners already (MAX_LISTENERS).")
            assert httpx.get(hub.url + "/api/events/stream", headers=KEY).status_code == 429
        eventually(lambda: is_let_in(hub), "room for another")


def is_let_in(hub: Hub) -> bool:
    with listen(hub) as socket:
        return bool(heard(socket)["data"].get("status") == "ws_connected")


def test_a_page_of_another_origin_is_not_let_in(live: Hub) -> None:
    with listening(live, {**KEY, "Origin": live.url}):
        pass
    for origin in ("https://evil.example", live.url.replace("127.0.0.1", "localhost"), "null"):
        with listen(live, {**KEY, "Origin": origin}) as socket:
            code, sentence = close_code(socket)
        assert (code, sentence.partition(":")[0]) == (4003, "Origin")


def test_the_owner_may_let_pages_of_other_origins_in(tmp_path: Path) -> None:
    friend = "https://friend.example"
    with running_hub(tmp_path, CORS_ORIGINS=f"{friend},http://localhost:5173") as hub:
        with listening(hub, {**KEY, "Origin": friend}):
            pass
        with listen(hub, {**KEY, "Origin": "https://other.example"}) as socket:
            assert close_code(socket)[0] == 4003
        asked = {"Origin": friend, "Access-Control-Request-Method": "POST"}
        allowed = httpx.options(hub.url + "/api/ws/ticket", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == friend
        assert "x-api-key" in allowed.headers["access-control-allow-headers"]
        other = httpx.get(hub.url + "/api/chats", headers={**KEY, "Origin": "https://other.example"})
        assert "access-control-allow-origin" not in other.headers


def signed_in(hub: Hub) -> str:
    """The cookie of a browser in which the owner has signed in."""
    with httpx.Client(base_url=hub.url) as browser:
        browser.get("/login")
        form = {"key": settings.API_KEY, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post("/login", data=form).status_code == 302
        name = next(name for name in browser.cookies if name.startswith("hub_session"))
        return f"{name}={browser.cookies[name]}"


def test_the_signed_in_owner_listens_from_the_hubs_own_pages_until_the_session_ends(
    live: Hub, scribe: Scribe
) -> None:
    cookie = signed_in(live)
    with listen(live, {"Cookie": cookie, "Origin": "https://evil.example"}) as socket:
        assert close_code(socket)[0] == 4001
    with listening(live, {"Cookie": cookie, "Origin": live.url}) as socket:
        scribe.run("from django.contrib.sessions.models import Session; Session.objects.all().delete()")
        assert close_code(socket, KEYS_ARE_CHECKED_WITHIN)[0] == 4001
    with listen(live, {"Cookie": cookie}) as socket:
        assert close_code(socket)[0] == 4001


# What is asked for


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"events": "wa.nothing"}, "events: No event begins with 'wa.nothing'."),
        ({"since": "x"}, "since: This must be the id of an event, or 0 for all that there are."),
        ({"since": "-1"}, "since: This must be the id of an event"),
        ({"since": 9**15}, "since: There is no such event yet: the newest is "),
        ({"account": "other"}, "account: There is no account 'other'"),
        ({"evnts": "wa"}, "evnts: There is no such parameter"),
    ],
)
def test_what_can_not_be_asked_for_is_said(live: Hub, scribe: Scribe, query: Any, sentence: str) -> None:
    with listen(live, **query) as socket:
        code, said = close_code(socket)
    assert code == 4400
    assert said.startswith(sentence)
    answer = httpx.get(live.url + "/api/events/stream", params=query, headers=KEY)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)


def test_a_prefix_stands_for_all_types_that_begin_with_it(live: Hub, scribe: Scribe) -> None:
    with listening(live, events="wa.messages,connection.qr") as socket:
        ids = tell(
            scribe, "wa.messages.update", "wa.messaging-history.set", "connection.status", "connection.qr"
        )
        assert [heard(socket)["id"], heard(socket)["id"]] == [ids[0], ids[3]]


def test_the_filter_can_be_changed_on_the_way(live: Hub, scribe: Scribe) -> None:
    with listening(live, events="wa.call") as socket:
        socket.send(json.dumps({"type": "subscribe", "events": ["wa.story", "media"]}))
        assert heard(socket)["data"] == {"events": ["wa.story", "media"]}
        ids = tell(scribe, "wa.call", "wa.story.view", "media.failed")
        assert [heard(socket)["id"], heard(socket)["id"]] == ids[1:]
        socket.send(json.dumps({"type": "subscribe", "events": []}))
        assert heard(socket)["data"] == {"events": []}
        ids = tell(scribe, "wa.call", "settings.updated")
        assert [heard(socket)["id"], heard(socket)["id"]] == ids


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("hello", 'A message must be a JSON object with a "type": subscribe or ping.'),
        ("[1]", 'A message must be a JSON object with a "type": subscribe or ping.'),
        ('{"type": "unsubscribe"}', "type: this must be subscribe or ping."),
        ('{"type": "subscribe"}', "events: this must be a list of prefixes"),
        ('{"type": "subscribe", "events": [1]}', "events: this must be a list of prefixes"),
        ('{"type": "subscribe", "events": ["x"]}', "events: No event begins with 'x'."),
    ],
)
def test_what_a_client_says_wrong_changes_nothing(
    live: Hub, scribe: Scribe, said: str, sentence: str
) -> None:
    with listening(live, events="wa.call") as socket:
        socket.send(said)
        answer = heard(socket)
        assert answer["type"] == "error"
        assert answer["data"]["message"].startswith(sentence)
        assert heard_next(socket, scribe, "wa.story", "wa.call") == "wa.call"


def heard_next(socket: ClientConnection, scribe: Scribe, *types: str) -> str:
    tell(scribe, *types)
    return str(heard(socket)["type"])


def test_a_ping_is_answered_both_ways(live: Hub) -> None:
    with listening(live) as socket:
        assert socket.ping().wait(SECONDS)
        socket.send('{"type": "ping"}')
        assert heard(socket)["type"] == "pong"


def test_a_client_that_talks_too_much_is_cut_off(live: Hub) -> None:
    with listening(live) as socket:
        for _ in range(101):
            socket.send('{"type": "ping"}')
        code, sentence = close_code(socket)
    assert (code, sentence) == (4029, "100 messages in 10 seconds are enough.")


def test_each_account_has_its_own_stream(live: Hub, scribe: Scribe) -> None:
    scribe.run("other = Account.objects.get_or_create(name='second')[0]")
    with listening(live) as mine, listening(live, account="second") as theirs:
        ours = int(scribe.run("print(events.append(other, 'wa.call', []).pk)"))
        [own] = tell(scribe, "wa.call")
        event = heard(theirs)
        assert (event["id"], event["account"]) == (ours, "second")
        assert heard(mine)["id"] == own


# Resuming


def test_since_tells_first_what_was_missed(live: Hub, scribe: Scribe) -> None:
    before = newest(scribe)
    missed = tell(scribe, *["wa.call"] * 120)
    with listening(live, since=before) as socket:
        [now] = tell(scribe, "wa.call")
        assert [heard(socket)["id"] for _ in range(121)] == [*missed, now]


def test_since_and_a_filter(live: Hub, scribe: Scribe) -> None:
    before = newest(scribe)
    wanted = tell(scribe, "wa.story", *["wa.call"] * 70, "wa.story")
    with listening(live, since=before, events="wa.story") as socket:
        [_, late] = tell(scribe, "wa.call", "wa.story")
        assert [heard(socket)["id"] for _ in range(3)] == [wanted[0], wanted[-1], late]


def test_a_client_is_told_when_something_it_missed_is_gone(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        hub.run("[build_event() for _ in range(5)]; Event.objects.filter(pk__lt=4).delete()")
        for since, has_missed in ((0, True), (2, True), (3, False), (5, False)):
            with listen(hub, since=since) as socket:
                assert heard(socket)["data"]["has_missed"] is has_missed
                if since < 5:
                    assert heard(socket)["id"] == max(4, since + 1)


EVENTS = 10_000
WRITE = f"""
from django.db import transaction
import random
dice = random.Random(7)
written = 0
while written < {EVENTS}:
    with transaction.atomic():
        for _ in range(min(dice.choice([1, 1, 1, 2, 40]), {EVENTS} - written)):
            events.append(account, dice.choice(['wa.call', 'wa.story', 'connection.status']), [written])
            written += 1
    time.sleep(dice.choice([0, 0.001, 0.004]))
"""


def test_a_client_that_comes_back_every_second_hears_each_event_once_and_in_order(
    live: Hub, scribe: Scribe
) -> None:
    begin = last = newest(scribe)
    scribe.begin(WRITE)
    connections = 0
    while last < begin + EVENTS:
        connections += 1
        with listening(live, since=last) as socket:
            until = time.monotonic() + 1.0
            while last < begin + EVENTS and (left := until - time.monotonic()) > 0:
                try:
                    event = heard(socket, left)
                except TimeoutError:
                    break
                assert event["id"] == last + 1
                last = event["id"]
    scribe.end()
    assert connections > 3
    assert newest(scribe) == begin + EVENTS


def test_who_leaves_in_the_middle_is_no_failure(live: Hub, scribe: Scribe) -> None:
    [before] = tell(scribe, "wa.call")
    scribe.run("from django.db import transaction")
    scribe.run("with transaction.atomic(): [build_event('wa.call') for _ in range(1000)]")
    for _ in range(20):
        with listening(live, since=before) as socket:
            heard(socket)
    assert "can't be fed" not in (Path(live.environment["DATA_DIR"]) / "web.log").read_text()


def test_who_has_fallen_behind_catches_up_without_a_gap_while_others_hear_at_once(
    live: Hub, scribe: Scribe
) -> None:
    """A client reads nothing while more is written than the hub keeps for anybody."""
    size, count = 40_000, 1_000
    with (
        listening(live, reads_on=False, events="wa.call") as slow,
        listening(live, events="wa.story") as quick,
    ):
        before = resident_bytes(live)
        scribe.begin(
            f"for n in range({count}):\n    events.append(account, 'wa.call', ['x' * {size}])\n"
            "build_event('wa.story')"
        )
        assert heard(quick, 60)["type"] == "wa.story"
        scribe.end()
        time.sleep(0.5)
        assert resident_bytes(live) - before < size * count * 0.75
        ids = [heard(slow)["id"] for _ in range(count)]
    assert ids == list(range(ids[0], ids[0] + count))


def resident_bytes(hub: Hub) -> int:
    return int(Path(f"/proc/{hub.process.pid}/statm").read_text().split()[1]) * 4096


def test_a_thousand_listen_to_one_process(live: Hub, scribe: Scribe) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(listening(live)) for _ in range(1_000)]
        ids = tell(scribe, "wa.call", "wa.story")
        assert all([heard(socket)["id"], heard(socket)["id"]] == ids for socket in sockets)
        assert httpx.get(live.url + "/health").status_code == 200


# Who may hear what, and for how long


def about(scribe: Scribe, *jids: str) -> list[int]:
    """Logs that somebody types in each of these chats. Returns the ids."""
    code = "print([build_event('wa.presence.update', dict(id=jid, presences=dict())).pk for jid in %s])"
    return list(json.loads(scribe.run(code % list(jids))))


def limited_key(scribe: Scribe, *chats: str) -> tuple[int, dict[str, str]]:
    pk, key = scribe.run(f"row, key = build_api_key('read', chats={list(chats)}); print(row.pk, key)").split()
    return int(pk), {"x-api-key": key}


def test_a_key_for_certain_chats_hears_of_these_alone(live: Hub, scribe: Scribe) -> None:
    before = newest(scribe)
    _, key = limited_key(scribe, ALICE, FAMILY)
    with listening(live, key) as socket:
        ids = about(scribe, BOB, ALICE, BOB, FAMILY)
        tell(scribe, "connection.qr", "settings.updated", "wa.privacy.update")
        code = f"build_event('wa.chats.update', [dict(id='{BOB}'), dict(id='{ALICE}', unread_count=1)])"
        scribe.run(code)
        assert [heard(socket)["id"], heard(socket)["id"]] == [ids[1], ids[3]]
        assert heard(socket)["data"] == [{"id": ALICE, "unread_count": 1}]
        [last] = about(scribe, ALICE)
        assert heard(socket)["id"] == last
    with listening(live, key, since=before) as socket:
        assert [heard(socket)["id"] for _ in range(2)] == [ids[1], ids[3]]


def test_a_person_of_a_key_is_known_by_an_address_that_is_learnt_meanwhile(live: Hub, scribe: Scribe) -> None:
    _, key = limited_key(scribe, ALICE)
    with listening(live, key) as socket:
        about(scribe, ALICE_LID)
        scribe.run("build_contact(ALICE, lid=ALICE_LID)")

        def is_heard() -> bool:
            [event_id] = about(scribe, ALICE_LID)
            try:
                return bool(heard(socket, 0.5)["id"] == event_id)
            except TimeoutError:
                return False

        eventually(is_heard, "the other address to be known")


def test_a_revoked_or_expired_key_is_cut_off_within_seconds(live: Hub, scribe: Scribe) -> None:
    revoked, key = limited_key(scribe, ALICE)
    expired, other = limited_key(scribe, ALICE)
    with (
        listening(live, key) as first,
        listening(live, other) as second,
        httpx.stream("GET", live.url + "/api/events/stream", headers=key, timeout=SECONDS) as third,
        listening(live) as owner,
    ):
        scribe.run(
            f"api_keys.revoke(ApiKey.objects.get(pk={revoked}))\n"
            f"ApiKey.objects.filter(pk={expired}).update(expires_at=timezone.now())"
        )
        changed = time.monotonic()
        assert close_code(first) == close_code(second) == (4001, "The key is not good any more.")
        assert len(list(third.iter_lines())) < 20  # it ends
        assert time.monotonic() - changed < KEYS_ARE_CHECKED_WITHIN
        assert heard_next(owner, scribe, "wa.call") == "wa.call"


def test_whoever_stops_the_hub_tells_its_listeners(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub, hub.scribe() as scribe, listening(hub) as socket:
        eventually(lambda: json.loads(scribe.run(PROCESSES)) == [["web", 1]], "the process's sign of life")
        hub.process.terminate()
        assert close_code(socket) == (1001, "The hub is about to stop.")
        hub.process.wait(SECONDS)
        assert json.loads(scribe.run(PROCESSES)) == []


PROCESSES = """
from whatsapp.models import Process
print(json.dumps(list(Process.objects.values_list('kind', 'listeners'))))
"""


def test_a_process_says_how_far_its_slowest_listener_is(live: Hub, scribe: Scribe) -> None:
    with listening(live), listening(live):
        [last] = tell(scribe, "wa.call")
        look = f"print(Process.objects.filter(kind='web', listeners=2, cursor={last}).exists())"
        scribe.run("from whatsapp.models import Process")
        eventually(lambda: scribe.run(look).strip() == "True", "the web process's sign of life")
    look = "print(Process.objects.filter(kind='web', listeners=0, cursor=None).exists())"
    eventually(lambda: scribe.run(look).strip() == "True", "the sign that nobody listens")


# Server-sent events


@contextmanager
def streaming(hub: Hub, headers: dict[str, str] | None = None, **query: Any) -> Iterator[Iterator[Any]]:
    """(id, envelope) of each event of the stream, from its hello on, which has no id."""
    address, sent = hub.url + "/api/events/stream", KEY | (headers or {})
    with httpx.stream("GET", address, params=query, headers=sent, timeout=SECONDS) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        yield parsed(answer.iter_lines())


def parsed(lines: Iterator[str]) -> Iterator[tuple[str | None, dict[str, Any]]]:
    event_id = None
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            event_id = value
        elif name == "data":
            yield event_id, json.loads(value)


def test_the_event_stream_tells_the_same(live: Hub, scribe: Scribe) -> None:
    before = newest(scribe)
    missed = tell(scribe, *["wa.call", "wa.story"] * 60)
    with streaming(live, since=before, events="wa.call") as stream, listening(live, since=before) as socket:
        event_id, hello = next(stream)
        assert (event_id, hello["data"]["since"]) == (None, before)
        found = list(itertools.islice(stream, 60))
        assert [int(event_id or 0) for event_id, _ in found] == missed[::2]
        same = [heard(socket) for _ in missed]
        assert [event for _, event in found] == same[::2]
        [now] = tell(scribe, "wa.call")
        assert next(stream)[0] == str(now)


def test_the_event_stream_goes_on_where_the_browser_says(live: Hub, scribe: Scribe) -> None:
    [first, second] = tell(scribe, "wa.call", "wa.call")
    with streaming(live, {"Last-Event-ID": str(first)}, since=0) as stream:
        next(stream)
        assert next(stream)[0] == str(second)


def test_an_event_stream_holds_no_thread(live: Hub, scribe: Scribe) -> None:
    """There are 32 threads for requests."""
    with ExitStack() as stack:
        streams = [stack.enter_context(streaming(live)) for _ in range(40)]
        for stream in streams:
            next(stream)
        assert httpx.get(live.url + "/api/chats", headers=KEY, timeout=5).status_code == 200
        [event_id] = tell(scribe, "wa.call")
        assert {next(stream)[0] for stream in streams} == {str(event_id)}


def test_the_head_of_an_event_stream_has_an_end(live: Hub) -> None:
    answer = httpx.head(live.url + "/api/events/stream", headers=KEY, timeout=5)
    assert (answer.status_code, answer.content) == (200, b"")


# Several accounts

OFFICE = "office = Account.objects.get_or_create(name='office')[0]"


def tell_both(scribe: Scribe, event_type: str = "wa.call") -> list[int]:
    """Logs events of the default account and the office's in turn. Returns their ids."""
    scribe.run(OFFICE)
    told = f"[events.append(one, {event_type!r}, [{{}}]).pk for one in (account, office, office, account)]"
    return list(json.loads(scribe.run(f"print({told})")))


def test_a_client_hears_of_one_account_unless_it_asks_for_all(live: Hub, scribe: Scribe) -> None:
    scribe.run(OFFICE)
    with (
        listening(live) as one,
        listening(live, account="office") as other,
        listening(live, account="*") as everything,
    ):
        ids = tell_both(scribe)
        assert [heard(one)["id"] for _ in range(2)] == [ids[0], ids[3]]
        assert [heard(other)["id"] for _ in range(2)] == [ids[1], ids[2]]
        told = [heard(everything) for _ in ids]
    assert [event["id"] for event in told] == ids
    assert [event["account"] for event in told] == ["default", "office", "office", "default"]


def test_of_all_accounts_everything_since_is_told_in_order_and_then_what_comes(
    live: Hub, scribe: Scribe
) -> None:
    before = newest(scribe)
    missed = tell_both(scribe)
    with listen(live, account="*", since=before, events="wa.call") as socket:
        assert heard(socket)["account"] == "*"
        live_ids = tell_both(scribe)
        assert [heard(socket)["id"] for _ in range(8)] == missed + live_ids


def test_a_key_for_certain_accounts_hears_of_these_alone(live: Hub, scribe: Scribe) -> None:
    scribe.run(OFFICE)
    key = {"x-api-key": scribe.run("print(build_api_key('read', accounts=[office])[1])").strip()}
    before = newest(scribe)
    ids = tell_both(scribe)[1:3]
    with listening(live, key) as of_its_own, listening(live, key, account="*", since=before) as of_all:
        assert [heard(of_all)["id"] for _ in range(2)] == ids
        ids = tell_both(scribe)[1:3]
        for socket in (of_its_own, of_all):
            assert [heard(socket)["id"] for _ in range(2)] == ids
    with listen(live, {}, ticket=ticket(live, key), account="*", since=before) as socket:
        assert heard(socket)["data"]["status"] == "ws_connected"
        assert {heard(socket)["account"] for _ in range(4)} == {"office"}
    with listen(live, key, account="default") as socket:
        assert close_code(socket)[0] == 4400


def test_an_event_stream_tells_of_all_accounts_too(live: Hub, scribe: Scribe) -> None:
    before = newest(scribe)
    ids = tell_both(scribe)
    with (
        live.client() as client,
        client.stream("GET", f"/api/events/stream?account=*&since={before}") as stream,
    ):
        lines = (line for line in stream.iter_lines() if line.startswith("id: "))
        assert [int(next(lines)[4:]) for _ in ids] == ids
