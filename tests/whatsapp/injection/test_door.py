"""The injection door, over HTTP, beside the hub that it fills."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from tests.api.conftest import ROOT, Hub, running_hub
from tests.waiting import eventually
from whatsapp.management.commands.injectiondoor import is_of_a_phone
from whatsapp.models import Account

ALICE, ALICES_LID = "5511970000000@s.whatsapp.net", "100000000000001@lid"
BOB = "5511970000137@s.whatsapp.net"
ME = "5511999990000@s.whatsapp.net"
FRIENDS = "120363410000000000@g.us"
NOON = 1_735_732_800


def message(number: int, chat: str, kind: str = "text", **details: Any) -> dict[str, Any]:
    plain = {
        "t": "message",
        "id": f"3A{number:018X}",
        "chat": chat,
        "chat_lid": None,
        "from_me": False,
        "sender": chat,
        "push_name": "Al",
        "ts": NOON + number,
        "kind": kind,
        "text": None,
        "quoted": None,
        "forwarded": False,
        "media": None,
        "reaction": None,
    }
    return plain | details


def media(mime: str, **details: Any) -> dict[str, Any]:
    plain = dict.fromkeys(("filename", "seconds", "width", "height"))
    return {"mime": mime, "size": 40_000, "thumb_bytes": 0, **plain, **details}


def receipt(number: int, status: str, at: int) -> dict[str, Any]:
    who = {"chat": ALICE, "user": ALICE}
    return {"t": "receipt", "message_id": f"3A{number:018X}", **who, "status": status, "ts": at}


MINE = {"from_me": True, "sender": None, "push_name": None}
FIRST = f"3A{1:018X}"
CORPUS = [
    {"t": "contact", "jid": ALICE, "lid": ALICES_LID, "name": "Alice Adler", "push_name": "Al"},
    {"t": "contact", "jid": BOB, "lid": None, "name": "Bob Berg", "push_name": "Bob"},
    {
        "t": "group",
        "jid": FRIENDS,
        "subject": "Friends of the sea",
        "owner": BOB,
        "created": NOON,
        "participants": [
            {"jid": BOB, "admin": "superadmin"},
            {"jid": ALICE, "admin": None},
            {"jid": ME, "admin": None},
        ],
    },
    {"t": "chat", "jid": ALICE, "lid": ALICES_LID, "name": "Alice Adler", "group": False, "unread": 2},
    message(1, ALICE, text="a lighthouse", **MINE, chat_lid=ALICES_LID),
    receipt(1, "delivered", NOON + 2),
    receipt(1, "read", NOON + 9),
    message(
        *(2, ALICE),
        text="which one?",
        chat_lid=ALICES_LID,
        forwarded=True,
        quoted={"id": FIRST, "sender": ME, "text": "a lighthouse"},
    ),
    message(
        *(3, ALICE, "reaction"),
        chat_lid=ALICES_LID,
        reaction={"emoji": "👍", "target_id": FIRST, "target_from_me": True, "target_sender": None},
    ),
    message(
        *(4, FRIENDS, "image"),
        sender=BOB,
        text="the northern one",
        media=media("image/jpeg", width=720, height=1280, thumb_bytes=700),
    ),
    message(5, BOB, "audio", media=media("audio/ogg; codecs=opus", seconds=7)),
    message(6, BOB, "video", text="waves", media=media("video/mp4", seconds=9, width=848, height=480)),
    message(7, BOB, "document", media=media("application/pdf", filename="tides.pdf")),
    message(8, BOB, "sticker", media=media("image/webp", width=512, height=512)),
]


@dataclass
class Door:
    url: str
    hub: httpx.Client

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=body, timeout=60, **more)

    def messages(self, **filters: Any) -> list[dict[str, Any]]:
        answer = self.hub.get("/api/messages", params={"limit": 500, "order": "asc", **filters})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def door(hub: Hub) -> Iterator[Door]:
    command = [sys.executable, "manage.py", "injectiondoor", "--port", "0"]
    with subprocess.Popen(
        command, env=hub.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"port (\d+)", said)
        assert found, said
        with hub.client() as client:
            yield Door(f"http://127.0.0.1:{found[1]}", client)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in CORPUS))
    return path


@pytest.fixture(scope="module")
def loaded(door: Door, corpus: Path) -> dict[str, Any]:
    answer = door.post("/load", {"path": str(corpus), "limit": 8, "batch": 1})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_load_is_answered_with_its_figures(loaded: dict[str, Any]) -> None:
    assert (loaded["messages"], loaded["receipts"], loaded["quarantined"]) == (8, 2, 0)
    assert loaded["messages_per_s"] > 0
    assert loaded["receipts_per_s"] > 0
    assert loaded["wall_s"] > 0
    times = loaded["event_ms"]
    assert times["n"] == 8
    assert 0 < times["p50"] <= times["p95"] <= times["p99"] <= times["max"]


def test_what_is_loaded_is_found_by_the_api(loaded: dict[str, Any], door: Door) -> None:
    found = {one["id"]: one for one in door.messages()}
    kinds = [found[record["id"]]["message_type"] for record in CORPUS if record["t"] == "message"]
    assert kinds == ["text", "text", "reaction", "image", "audio", "video", "document", "sticker"]
    assert found[FIRST]["status"] == "read"
    assert found[FIRST]["body"] == "a lighthouse"
    second = found[f"3A{2:018X}"]
    assert second["quoted_id"] == FIRST
    assert second["is_forwarded"]
    assert second["remote_jid"] == ALICE  # who was addressed by LID
    hit = door.hub.get("/api/messages/search", params={"q": "northern"}).json()
    assert [one["remote_jid"] for one in hit["data"]] == [FRIENDS]


def test_people_and_groups_are_loaded_too(loaded: dict[str, Any], door: Door) -> None:
    contacts = {one["jid"]: one for one in door.hub.get("/api/contacts").json()["data"]}
    assert (contacts[ALICE]["name"], contacts[ALICE]["lid"]) == ("Alice Adler", ALICES_LID)
    assert contacts[BOB]["name"] == "Bob Berg"
    group = door.hub.get(f"/api/groups/{FRIENDS}").json()
    assert group["name"] == "Friends of the sea"
    assert len(group["participants"]) == 3


def test_a_limit_ends_a_load(door: Door, corpus: Path) -> None:
    answer = door.post("/load", {"path": str(corpus), "limit": 1}).json()
    assert (answer["messages"], answer["receipts"]) == (1, 2)


HISTORY = [
    message(101, ALICE, text="a promontory", **MINE, chat_lid=ALICES_LID),
    receipt(101, "delivered", NOON + 102),
    receipt(101, "read", NOON + 109),
    message(
        *(102, ALICE, "reaction"),
        chat_lid=ALICES_LID,
        reaction={"emoji": "👍", "target_id": f"3A{101:018X}", "target_from_me": True, "target_sender": None},
    ),
    message(103, FRIENDS, sender=BOB, text="a reef"),
    message(
        *(105, FRIENDS, "reaction"),
        **MINE,
        reaction={"emoji": "❤️", "target_id": f"3A{103:018X}", "target_from_me": False, "target_sender": BOB},
    ),
    message(
        *(104, FRIENDS, "reaction"),
        sender=ALICE,
        reaction={"emoji": "🔥", "target_id": f"3A{4:018X}", "target_from_me": False, "target_sender": BOB},
    ),
]


def test_a_corpus_can_come_as_the_phones_history(loaded: dict[str, Any], door: Door, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in HISTORY))
    answer = door.post("/load", {"path": str(path), "history": True})
    assert answer.status_code == 200, answer.text
    figures = answer.json()
    assert [figures[name] for name in ("histories", "messages", "receipts", "quarantined")] == [1, 5, 2, 0]
    assert figures["messages_per_s"] > 0

    found = {one["id"]: one for one in door.messages()}
    mine, reef = found[f"3A{101:018X}"], found[f"3A{103:018X}"]
    assert (mine["body"], mine["status"], mine["remote_jid"]) == ("a promontory", "read", ALICE)
    assert (reef["body"], reef["remote_jid"], reef["from_jid"]) == ("a reef", FRIENDS, BOB)
    reactions = {number: found[f"3A{number:018X}"]["reaction_target_id"] for number in (102, 104, 105)}
    assert reactions == {102: f"3A{101:018X}", 104: f"3A{4:018X}", 105: f"3A{103:018X}"}
    receipts = door.hub.get(f"/api/messages/{mine['id']}/receipts").json()["data"]
    assert [one["jid"] for one in receipts] == [ALICE]


def test_live_messages_come_in_their_order_and_at_their_rate(door: Door) -> None:
    answer = door.post("/live", {"count": 40, "rate": 100, "batch": 1, "run": "walk-1"})
    assert answer.status_code == 200, answer.text
    figures = answer.json()
    assert (figures["published"], figures["done"]) == (40, True)
    assert figures["wall_s"] >= 0.39  # when the last of them is due
    assert figures["rate_achieved"] == pytest.approx(40 / figures["wall_s"], rel=0.01)
    assert figures["event_ms"]["n"] == 40
    found = door.hub.get("/api/messages/search", params={"q": "walk", "limit": 100}).json()["data"]
    tokens = [re.match(r"@@m:(\d+):(\d+):walk-1@@ ", one["body"]) for one in found]
    numbers = {int(token[2]): int(token[1]) for token in tokens if token}
    assert sorted(numbers) == list(range(40))
    moments = [numbers[number] for number in range(40)]
    assert moments == sorted(moments)


def test_a_batch_is_sent_at_once(door: Door) -> None:
    figures = door.post("/live", {"count": 30, "rate": 100, "batch": 30, "run": "burst"}).json()
    assert figures["wall_s"] < 0.29  # one at a time the last would be due then


def test_nobody_has_to_wait(door: Door) -> None:
    answer = door.post("/live", {"count": 50, "rate": 100, "run": "later", "wait": False})
    assert answer.status_code == 202
    assert answer.json()["done"] is False
    busy = door.post("/live", {"count": 1, "run": "eager"})
    assert busy.status_code == 409
    assert "wait until it has ended" in busy.json()["error"]

    def all_are_there() -> bool:
        found = door.hub.get("/api/messages/search", params={"q": "later", "limit": 100}).json()
        return len([one for one in found["data"] if ":later@@" in one["body"]]) == 50

    eventually(all_are_there, "the messages of a run that nobody awaits")
    eventually(lambda: door.post("/live", {"count": 1, "run": "x"}).status_code == 200, "the end of the run")


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/live", {"rate": 5, "run": "a"}, "count: This field is required"),
        ("/live", {"count": 0, "run": "a"}, "count: "),
        ("/live", {"count": "many", "run": "a"}, "count: Enter a whole number"),
        ("/live", {"count": 1, "rate": -1, "run": "a"}, "rate: "),
        ("/live", {"count": 1, "run": "a b@@"}, "run: "),
        ("/live", {"count": 1, "run": "a", "batch": 0}, "batch: "),
        ("/live", {"count": 1, "run": "a", "pace": 3}, "pace: /live takes count, rate, batch, run, wait"),
        ("/load", {"limit": 3}, "path: This field is required"),
        ("/load", {"path": "/nowhere/corpus.jsonl"}, "path: There is no file '/nowhere/corpus.jsonl'"),
        ("/load", {"path": "corpus.jsonl"}, "path: This must be an absolute path"),
        ("/load", [1], "must be an object with path, limit, batch, history"),
    ],
)
def test_a_bad_request_is_told_which_field_is_wrong(door: Door, path: str, body: Any, words: str) -> None:
    answer = door.post(path, body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"t": "message", "id": "3A1"}', "line 2 lacks or does not know 'chat'"),
        ('{"t": "message', "line 2 is no record"),
        ('{"t": "poem"}', "line 2 is no record: t is 'poem'"),
        ("[]", "line 2 is no record"),
    ],
)
def test_a_bad_line_of_a_corpus_is_named(door: Door, tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(CORPUS[0]) + "\n" + line + "\n")
    answer = door.post("/load", {"path": str(path)})
    assert answer.status_code == 400
    assert f"path: {words}" in answer.json()["error"]


def test_the_door_takes_only_what_it_knows(door: Door) -> None:
    headers = {"content-type": "application/json"}
    answers = [
        httpx.post(door.url + "/lead", json={}),
        httpx.get(door.url + "/live"),
        httpx.post(door.url + "/live", content=b"{", headers=headers),
        httpx.post(door.url + "/live", content=b"{}", headers={"content-type": "text/plain"}),
        httpx.post(door.url + "/live", json={}, headers={"host": "evil.example:3190"}),
        httpx.post(door.url + "/live", content=b" " * 70_000, headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [404, 501, 400, 415, 403, 413]
    assert all(answer.json()["error"] for answer in answers)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org"])  # noqa: S104  (refused)
def test_the_door_opens_on_loopback_alone(db: None, host: str) -> None:
    with pytest.raises(CommandError, match="must be a loopback address"):
        call_command("injectiondoor", "--host", host)


def test_a_phones_hub_is_left_alone(db: None) -> None:
    account = Account.default()
    Account.objects.filter(pk=account.pk).update(jid="15550100@s.whatsapp.net")  # logged out, messages kept
    with pytest.raises(CommandError, match="--into-this-hub"):
        call_command("injectiondoor")


def test_a_hub_of_the_simulators_may_be_filled(settings: Any) -> None:
    account = Account(name="a", jid="15550100@s.whatsapp.net", device="15550100:1@s.whatsapp.net")
    assert is_of_a_phone(account)
    settings.SIMULATOR = "/simulator.json"
    assert not is_of_a_phone(account)
    settings.SIMULATOR = ""
    assert not is_of_a_phone(Account(name="a"))
