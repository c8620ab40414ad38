"""One hub for all attacks that need a running one, and the table of what is tried."""

import pytest

from tests.api.conftest import hub, impatient  # noqa: F401  (fixtures)

OPTION = "--coverage-table"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, action="store_true", help="print what is tried, by route and field; run nothing")


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.getoption(OPTION, default=False):
        from tests.attacks.table import table

        print("\n" + "\n".join(table(session.items)))
        session.items.clear()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption(OPTION, default=False):
        session.exitstatus = pytest.ExitCode.OK
