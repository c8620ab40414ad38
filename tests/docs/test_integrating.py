"""The examples of README and docs/integrating.md do what they say, on a hub whose people are in our hands.

The hub is linked as the README tells; its owner is Olivia, and Alice has the number that the documents use.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from tests import recordings
from tests.demo_hub import ALICE, WEB, Hub, free_port
from tests.docs.blocks import addressed, answers, block, put_in
from tests.docs.programs import Program, going
from tests.session.pictures import jpeg, pdf
from tests.tools import program
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Receiver

if TYPE_CHECKING:
    from whatsapp.simulator import Authority
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone

OLIVIAS, ALICES, BOBS = "12025550143", "12025550161", "12025550172"
LINKING_SECONDS = 60.0  # only a failing test waits so long
SECRET = "a secret of the bot's own"


@dataclass
class Town:
    hub: Hub
    olivia: Phone
    alice: Person
    bob: Person

    def answers(self, text: str, folder: Path) -> list[Any]:
        return answers(text, self.hub.url, self.hub.key, folder)

    def key(self, *scopes: str) -> str:
        """A new key with these scopes."""
        return str(self.hub.call("/api/keys", {"name": "An example", "scopes": list(scopes)})["key"])

    def has_stored(self, text: str) -> None:
        eventually(lambda: text in {one["body"] for one in self.hub.messages()}, f"{text!r} to be stored")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Town]:
    from whatsapp.simulator import Simulator

    folder = tmp_path_factory.mktemp("hub")
    with Simulator(tmp_path_factory.mktemp("whatsapp"), authority=authority) as simulator:
        settings = {
            "SIMULATOR": str(simulator.config_path),
            "ALLOW_PRIVATE_URLS": "true",
            "SEND_RATE_PER_MINUTE": "0",
            "WEB_PROCESSES": "1",
        }
        hub = Hub(folder, free_port(), demo=False, settings=settings)
        town = Town(
            hub,
            simulator.phone("Olivia", OLIVIAS),
            simulator.person("Alice", ALICES),
            simulator.person("Bob", BOBS),
        )
        try:
            hub.start()
            hub.waits_for("qr", LINKING_SECONDS)
            here = put_in(block("README.md", "sh", "/api/connection/pair"), ("+1 555 0100", OLIVIAS))
            (paired,) = town.answers(here, folder)
            town.olivia.enter_code(paired["code"])
            hub.waits_for("connected", LINKING_SECONDS)
            town.alice.send_text(town.olivia, "hello")
            town.has_stored("hello")
            yield town
        finally:
            hub.stop()
            print(hub.output[-5000:])  # pytest shows it when a test fails


def bodies(person: Person) -> list[str]:
    """What has come to that person, from whomever."""
    return [one.text for one in person.received if not one.from_me]


# Accounts, keys, settings, files


def test_another_number_is_an_account_with_a_code_of_its_own(town: Town, tmp_path: Path) -> None:
    example = block("README.md", "sh", "/api/accounts")
    first, rest = example.split("curl", 2)[1:]
    (made,) = town.answers("curl" + first, tmp_path)
    assert made["name"] == "office"
    eventually(lambda: town.answers("curl" + rest, tmp_path)[0].get("raw"), "its code", LINKING_SECONDS)
    town.hub.delete("/api/accounts/office?data=true")


def test_a_key_for_one_chat_sees_that_chat_alone(town: Town, tmp_path: Path) -> None:
    (made,) = town.answers(block("docs/integrating.md", "sh", "Holiday bot"), tmp_path)
    with httpx.Client(base_url=town.hub.url, headers={"x-api-key": made["key"]}) as bot:
        town.bob.send_text(town.olivia, "not for the bot")
        town.has_stored("not for the bot")
        assert {chat["jid"] for chat in bot.get("/api/chats").json()["data"]} == {ALICE}
        assert bot.get("/api/keys").status_code == 403


def test_a_setting_is_changed_and_another_put_back(town: Town, tmp_path: Path) -> None:
    example = block("docs/operating.md", "sh", "/api/settings")
    town.answers(put_in(example, ('"debug"', '"warn"'), ("null", "7")), tmp_path)
    (changed,) = town.answers(example, tmp_path)
    found = {row["key"]: row["value"] for row in changed["data"]}
    assert (found["logLevel"], found["maxMediaSizeMB"]) == ("debug", 100)


@contextmanager
def files_served(folder: Path) -> Iterator[str]:
    """The address of a server of that folder's files."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_files_are_sent_by_upload_and_by_url(town: Town, tmp_path: Path) -> None:
    (tmp_path / "sea.jpg").write_bytes(jpeg())
    (tmp_path / "note.mp3").write_bytes(recordings.sound("mp3", "libmp3lame"))
    (tmp_path / "a.pdf").write_bytes(pdf())
    with files_served(tmp_path) as elsewhere:
        example = put_in(block("docs/integrating.md", "sh", "sea.jpg"), ("15550100", ALICES))
        answers = town.answers(put_in(example, ("https://example.org", elsewhere)), tmp_path)
    assert [one["success"] for one in answers] == [True] * 3
    picture, note, paper = (town.alice.waits_for_id(one["key"]["id"]).message for one in answers)
    assert picture.imageMessage.caption == "The sea"
    assert note.audioMessage.PTT
    assert paper.documentMessage.fileName == "offer.pdf"


# Listening


@pytest.fixture(params=["python", "javascript"])
def follower(request: pytest.FixtureRequest, town: Town, tmp_path: Path) -> tuple[list[str], Path]:
    """What starts the program that follows for ever, and where."""
    if request.param == "python":
        (tmp_path / "follow.py").write_text(
            addressed(block("docs/integrating.md", "python", "CURSOR", "has_missed"), town.hub.url)
        )
        return [program("python"), "follow.py"], tmp_path
    (tmp_path / "follow.mjs").write_text(
        addressed(block("docs/integrating.md", "javascript", "last-event-id"), town.hub.url)
    )
    return [program("node"), "follow.mjs"], tmp_path


def told_by(follower: Program) -> list[str]:
    """The texts in its lines, `id name text`; ids must grow."""
    lines = [re.fullmatch(r"(\d+) (\S+) (.*)", line) for line in follower.printed.splitlines()]
    assert all(lines), follower.printed
    ids = [int(line[1]) for line in lines if line]
    assert ids == sorted(set(ids))
    return [line[3] for line in lines if line]


def has_noted(follower: Program, folder: Path) -> bool:
    """Whether it has put down where it is. Ended before, it would hear its last event again."""
    told = int(follower.printed.splitlines()[-1].split()[0])
    noted = folder / "cursor"
    return noted.exists() and int(noted.read_text()) >= told


def test_whoever_follows_misses_nothing_and_hears_nothing_twice(
    town: Town, follower: tuple[list[str], Path]
) -> None:
    command, folder = follower
    name = command[-1]
    with going(command, folder, API_KEY=town.key("read")) as listening:
        listening.says("hello")  # from the first message on
        town.alice.send_text(town.olivia, f"{name} hears this")
        listening.says(f"{name} hears this")
        eventually(lambda: has_noted(listening, folder), "the cursor")
    town.alice.send_text(town.olivia, f"{name} was away")
    town.has_stored(f"{name} was away")
    with going(command, folder, API_KEY=town.key("read")) as listening:
        listening.says(f"{name} was away")
        for pid in town.hub.pids_of(WEB):
            os.kill(pid, signal.SIGKILL)
        town.alice.send_text(town.olivia, f"{name} was cut")
        listening.says(f"{name} was cut")
        told = told_by(listening)
    mine = [text for text in told if text.startswith(name)]
    assert mine == [f"{name} hears this", f"{name} was away", f"{name} was cut"]
    assert told.count("hello") == 1


def test_whoever_follows_with_a_wrong_key_ends_and_says_why(
    town: Town, follower: tuple[list[str], Path]
) -> None:
    command, folder = follower
    with going(command, folder, API_KEY="a wrong key") as listening:
        assert listening.process.wait(20) == 1
        assert re.search("key|Unauthorized", listening.printed)


# Webhooks


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


def test_a_webhook_is_made_tried_and_sent_again_by_curl(
    town: Town, receiver: Receiver, tmp_path: Path
) -> None:
    example = block("docs/integrating.md", "sh", "/api/webhooks/1/test")
    make, others = put_in(example, ("https://bot.example.org", receiver.url(""))).split("curl -X", 1)
    (made,) = town.answers(make, tmp_path)
    assert made["success"] is True
    others = put_in("curl -X" + others, ("/api/webhooks/1/", f"/api/webhooks/{made['id']}/"))
    rotated, tried = town.answers(others, tmp_path)
    assert rotated["secret"].startswith("whsec_")
    assert tried["success"] is True
    assert receiver.received[-1].headers["X-Hub-Signature"].startswith("sha256=")

    replay = block("docs/integrating.md", "sh", "/deliveries/replay")
    replay = put_in(replay, ('"subscription_id": "1"', f'"subscription_id": "{made["id"]}"'))
    (replayed,) = town.answers(replay, tmp_path)
    assert replayed["queued"] > 0
    eventually(lambda: any(b'"hello"' in got.body for got in receiver.received), "the first message")
    town.hub.delete(f"/api/webhooks/{made['id']}")


def test_the_bot_says_that_the_owner_is_away_once(town: Town, tmp_path: Path) -> None:
    port = free_port()
    example = put_in(
        addressed(block("docs/integrating.md", "javascript", "away-"), town.hub.url), ("8080", str(port))
    )
    (tmp_path / "away.mjs").write_text(example)
    webhook = {"url": f"http://127.0.0.1:{port}/", "events": ["wa.messages.upsert"], "secret": SECRET}
    town.hub.call("/api/webhooks", webhook)
    text = "I am away until Monday, and will write to you then."
    town.olivia.send_text(town.bob, "I am here")
    town.has_stored("I am here")
    key = town.key("read", "send")
    with going([program("node"), "away.mjs"], tmp_path, API_KEY=key, WEBHOOK_SECRET=SECRET) as bot:
        eventually(lambda: refuses(port), "the bot")
        clara = town.alice.simulator.person("Clara", "447700900118")
        clara.send_text(town.olivia, "Are you there?")
        clara.send_text(town.olivia, "Hello?")
        clara.waits_for(text)
        town.bob.send_text(town.olivia, "Where?")  # whom the owner has just written to
        clara.send_text(town.olivia, "Too bad")
        eventually(lambda: is_delivered(town, "Too bad"), "the last message to be delivered")
        assert bodies(clara).count(text) == 1
        assert text not in bodies(town.bob)
        assert bot.printed.count("447700900118@s.whatsapp.net 200") >= 1


def refuses(port: int) -> bool:
    """Whether it listens, and takes nothing that is not signed."""
    try:
        return httpx.post(f"http://127.0.0.1:{port}/", content=b"{}").status_code == 401
    except httpx.TransportError:
        return False


def is_delivered(town: Town, text: str) -> bool:
    """Whether the event of the message with that text has been."""
    return bool(
        town.hub.sql(
            "SELECT 1 FROM whatsapp_delivery JOIN whatsapp_event ON whatsapp_event.id = event_id "
            f"WHERE status = 'delivered' AND whatsapp_event.payload LIKE '%{text}%'"
        )
    )


# Agents


def test_the_agent_answers_whoever_calls_it(town: Town, tmp_path: Path) -> None:
    example = block("docs/integrating.md", "python", "def think")
    example = put_in(example, ("localhost:3100", f"127.0.0.1:{town.hub.port}"))
    (tmp_path / "agent.py").write_text(example)
    command, key = [program("python"), "agent.py"], town.key("read", "send")
    with going(command, tmp_path, API_KEY=key) as agent:
        agent.says("listening")
        town.alice.send_text(town.olivia, "nobody is asked")
        asked = town.alice.send_text(town.olivia, "Robin, what is this?")
        answer = town.alice.waits_for(lambda one: one.text.endswith("Robin, what is this?"))
        assert re.match(r"I have read \d+ messages\.", answer.text)
        assert answer.message.extendedTextMessage.contextInfo.stanzaID == asked.id
        agent.says("Alice is answered")
    town.alice.send_text(town.olivia, "robin: are you back?")
    with going(command, tmp_path, API_KEY=key) as agent:
        town.alice.waits_for(lambda one: one.text.endswith("robin: are you back?"))
    answered = [text for text in bodies(town.alice) if text.startswith("I have read")]
    assert len(answered) == 2


# Monitoring


def test_prometheus_finds_the_figures_where_its_configuration_says(town: Town) -> None:
    (job,) = yaml.safe_load(block("docs/operating.md", "yaml", "scrape_configs"))["scrape_configs"]
    assert set(job["authorization"]) == {"credentials_file"}  # of the type Bearer, where none is named
    (target,) = job["static_configs"][0]["targets"]
    url = addressed(f"http://{target}/metrics", town.hub.url)  # the path that Prometheus asks for
    figures = httpx.get(url, headers={"Authorization": f"Bearer {town.key('read')}"})
    assert figures.status_code == 200
    assert "whatsapp_hub_connection_up" in figures.text
