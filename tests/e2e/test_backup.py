"""A hub is backed up while it runs, and goes on elsewhere: with the same link to the phone."""

from __future__ import annotations

import hmac
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.demo_hub import Hub, free_port
from tests.faults.nobody_misses.line import Line
from tests.faults.nobody_misses.machines import Machines
from tests.session.pictures import jpeg
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Received, Receiver

if TYPE_CHECKING:
    from whatsapp.simulator import Simulator
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone

SECRET = "signed with this"
PASSPHRASE = {"BACKUP_PASSPHRASE": "twelve words or more"}
SECONDS = 60.0  # only a failing test waits so long


@contextmanager
def writing(alice: Person, olivia: Phone) -> Iterator[list[str]]:
    """Alice writes without a pause; the ids of what she has sent."""
    sent: list[str] = []
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.01):
            sent.append(alice.send_text(olivia, f"number {len(sent)}").id)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


def stored(hub: Hub) -> Counter[str]:
    return Counter(name for (name,) in hub.sql("SELECT message_id FROM whatsapp_message"))


class Listener(Receiver):
    def about(self, message: str) -> Received | None:
        return next((got for got in self.received if message.encode() in got.body), None)


@pytest.fixture
def receiver() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


@pytest.fixture
def hub(simulator: Simulator, tmp_path: Path) -> Iterator[Hub]:
    with running(simulator, tmp_path / "hub") as made:
        yield made


@contextmanager
def running(simulator: Simulator, folder: Path) -> Iterator[Hub]:
    folder.mkdir(exist_ok=True)
    settings = {
        "SIMULATOR": str(simulator.config_path),
        "SEND_JITTER_SECONDS": "0",
        "ALLOW_PRIVATE_URLS": "true",
    }
    made = Hub(folder, free_port(), demo=False, settings=settings)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        print(made.output[-10_000:])  # pytest shows it when a test fails


def test_a_hub_goes_on_elsewhere_with_all_that_it_had(
    simulator: Simulator, olivia: Phone, alice: Person, hub: Hub, receiver: Listener, tmp_path: Path
) -> None:
    Line("default", olivia, [alice], 1).link(Machines([hub]))
    alice.send_image(olivia, jpeg(), caption="a picture")
    eventually(lambda: hub.call("/api/media?status=downloaded")["data"], "the picture", SECONDS)
    hub.call("/api/webhooks", {"url": receiver.url("/hook"), "secret": SECRET})
    file = tmp_path / "backup.zip"
    with writing(alice, olivia) as sent:
        eventually(lambda: stored(hub).total() > 50, "some messages", SECONDS)
        kept = stored(hub)
        taken = hub.manage("backup", str(file), "--encrypt", **PASSPHRASE)
        assert taken.returncode == 0, taken.stderr
        after = len(sent)
        eventually(lambda: len(sent) > after + 20, "some more", SECONDS)
    assert "of default" in taken.stdout
    eventually(lambda: stored(hub).total() > len(sent), "all of it", SECONDS)
    hub.stop()

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    restored = Hub(elsewhere, free_port(), demo=False, is_new=True, settings=hub.settings)
    put_back = restored.manage("restore", str(file), **PASSPHRASE)
    assert put_back.returncode == 0, put_back.stderr
    restored.start()
    try:
        assert restored.key == hub.key
        restored.waits_for("connected", SECONDS)
        now = stored(restored)
        assert kept.total() > 50
        assert kept <= now
        assert set(now.values()) == {1}
        later = alice.send_text(olivia, "after the move").id
        eventually(lambda: stored(restored)[later], "what came after", SECONDS)
        (picture,) = restored.call("/api/media?kind=image")["data"]
        assert restored.open(f"/api/media/{picture['id']}/download").content == jpeg()
        signed = eventually(lambda: receiver.about(later), "the webhook", SECONDS)
        digest = hmac.new(SECRET.encode(), signed.body, "sha256").hexdigest()
        assert signed.headers["X-Hub-Signature"] == f"sha256={digest}"
        assert restored.sql("SELECT quick_check FROM pragma_quick_check") == [("ok",)]
        assert len(olivia.companions) == 1
    finally:
        restored.stop()
        print(restored.output[-10_000:])
