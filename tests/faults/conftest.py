"""What each fault has come to is told in a table, at the end."""

from __future__ import annotations

import pytest

# Loaded now: pytest-xdist will write the name of each test over what the library reads its environment from.
import whatsapp.simulator.library  # noqa: F401
from tests.faults.choices import SEED
from tests.faults.table import Report, properties_of, rendered, rows_of


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Adds a row to the table."""
    return lambda row: request.node.user_properties.append(properties_of(row))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    rows = [row for one in reports if one.when == "call" for row in rows_of(one.user_properties)]
    terminalreporter.section("faults")
    for line in rendered(rows):
        terminalreporter.write_line(line)
    terminalreporter.write_line(f"FAULTS_SEED={SEED}")
