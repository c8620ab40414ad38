"""A receiver, and for the tests that need no worker the hub's own network allowed."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.whatsapp.webhooks.receiver import Receiver
from whatsapp.webhooks.bodies import recent
from whatsapp.webhooks.sending import lines


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def own_network(settings: Any) -> None:
    settings.ALLOW_PRIVATE_URLS = True


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Databases of other tests have used the same ids."""
    recent.clear()
    yield
    lines.close_idle(-1)
