"""A simulated WhatsApp, and the cast: Olivia owns the hub's phone, Alice and Bob are her contacts."""

from __future__ import annotations

import gc
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import scheduling
from tests.servers import is_tested_on_postgresql
from whatsapp.go_environment import show_to_go
from whatsapp.simulator import Authority, trust

if TYPE_CHECKING:
    from tests.buckets import Bucket
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.server import Simulator

collect_ignore = ["faults"]  # these take minutes, and are run by `make faults`, which names them

_made: Path | None = None
if trust.prepared_authority() is None:
    # Must happen before any test module imports neonize.
    _made = Path(tempfile.mkdtemp(prefix="simulated-authority-"))
    trust.prepare(_made)


def pytest_configure(config: pytest.Config) -> None:
    """Allows for neonize: it never closes a client's database, and it logs by a deprecated name."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.set_threshold(100_000, 50, 100)  # by itself Python spends a tenth of the time on collecting
    config.addinivalue_line("filterwarnings", "ignore:The 'warn' method is deprecated:DeprecationWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: scheduling.place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> scheduling.BySharedHub:
    return scheduling.BySharedHub(config, log)


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """Processes that test in parallel have a data folder each: their databases need no names of their own."""


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """PostgreSQL drops no database to which a thread is connected; it goes with its server."""
    return is_tested_on_postgresql() or bool(request.config.getvalue("reuse_db"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """A PostgreSQL deletes no database that somebody listens to."""
    from whatsapp import wakeup

    yield
    wakeup.close()


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """What a process keeps in memory between requests: changed settings, and counts of requests."""
    from django.core.cache import cache

    from api import counts
    from whatsapp import preferences

    cache.clear()
    counts.clear()
    preferences.forget({})
    yield
    preferences.forget({})
    preferences.apply()


@pytest.fixture
def bucket(settings: Any) -> Bucket:
    """Where this process keeps files instead of in folders."""
    from tests.buckets import Bucket

    made = Bucket()
    settings.STORAGES = made.storages
    return made


@pytest.fixture
def empty_spool() -> None:
    """What a session that was killed in an earlier test has left is no concern of this one."""
    from django.conf import settings

    for spool in settings.DATA_DIR.glob("auth/*/inbox.spool"):
        spool.unlink()


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    """The certificates that this process trusts."""
    known = trust.prepared_authority()
    assert known is not None
    if "neonize" not in sys.modules:
        show_to_go()  # where tests run in parallel, a title of the process is written over the variables
    yield known
    if _made:
        shutil.rmtree(_made)


@pytest.fixture
def simulator(tmp_path: Path, authority: Authority) -> Iterator[Simulator]:
    """A running server without people."""
    from whatsapp.simulator import Simulator

    with Simulator(tmp_path / "whatsapp", authority=authority) as running:
        yield running


@pytest.fixture
def olivia(simulator: Simulator) -> Phone:
    """The owner's phone."""
    return simulator.phone("Olivia", "15550100")


@pytest.fixture
def alice(simulator: Simulator) -> Person:
    """A contact whom others see by phone number."""
    return simulator.person("Alice", "15550101")


@pytest.fixture
def bob(simulator: Simulator) -> Person:
    """A contact whom others see by LID."""
    return simulator.person("Bob", "15550102", addressing="lid")
