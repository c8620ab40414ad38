"""A double of the hub, and a watch on what clients and server complain about."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.server import Simulator


@pytest.fixture
def unlinked_hub(simulator: Simulator, tmp_path: Path) -> Iterator[HubDouble]:
    """The hub before it is linked to anything."""
    from whatsapp.simulator.double import HubDouble

    hub = HubDouble(tmp_path, simulator.proxy.url)
    yield hub
    hub.stop()


@pytest.fixture
def hub(unlinked_hub: HubDouble, olivia: Phone) -> HubDouble:
    """The hub, linked to Olivia's phone."""
    unlinked_hub.links_to(olivia)
    return unlinked_hub


@pytest.fixture
def friends(alice: Person, bob: Person, hub: HubDouble, olivia: Phone) -> GroupChat:
    """A group that Alice created."""
    return alice.creates_group("Friends", [olivia, bob])


@pytest.fixture
def troubled() -> None:
    """For tests in which something goes wrong on purpose: errors in the log are expected."""


#: What a client says about a question of its own that was under way when a test ended.
HANGING_UP = (
    "websocket not connected",
    "websocket disconnected before info query returned response",
    "use of closed network connection",
    r"Failed to issue privacy token for \S+: frame socket is closed",
)


@pytest.fixture(autouse=True)
def nobody_complains(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test during which the server or a real client logged an error."""
    complaints: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not any(re.search(words, record.getMessage()) for words in HANGING_UP):
                complaints.append(f"{record.name}: {record.getMessage()}")

    listener = Listener(logging.ERROR)
    loggers = [logging.getLogger(name) for name in ("whatsmeow", "Whatsmeow.Database", "whatsapp.simulator")]
    for logger in loggers:
        logger.addHandler(listener)
    yield
    for logger in loggers:
        logger.removeHandler(listener)
    if "troubled" not in request.fixturenames:
        assert complaints == []
