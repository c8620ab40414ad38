"""One hub, to which one fault after another happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.faults.stage import Stage

if TYPE_CHECKING:
    from whatsapp.simulator import Authority


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Stage]:
    from whatsapp.simulator import Simulator

    with Simulator(tmp_path_factory.mktemp("whatsapp"), authority=authority) as simulator:
        made = Stage(simulator, tmp_path_factory.mktemp("hub"))
        try:
            made.begin()
            yield made
        finally:
            made.end()
