"""The table of what is tried is whole: no route and no text of a stranger's is left out."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.attacks import world
from tests.attacks.routes import routes
from tests.attacks.table import ELSEWHERE


@pytest.fixture(scope="module")
def printed() -> str:
    words = [sys.executable, "-m", "pytest", "tests/attacks", "--coverage-table", "-p", "no:cacheprovider"]
    done = subprocess.run(words, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_route_is_tried_in_several_ways(printed: str) -> None:
    _, _, by_route = printed.partition("| route | attacks |")
    tried = {line.split(" | ")[0].removeprefix("| "): line.count(";") + 1 for line in by_route.splitlines()}
    assert [route.path for route in routes() if tried.get("/" + route.path, 0) < 2] == []
    assert tried["/ws"] > 4


def test_every_text_of_strangers_is_tried(printed: str) -> None:
    _, _, by_field = printed.partition("| field | attacks |")
    columns = {column for column, _, _ in world.text_columns() if world.why_never(column) is None}
    assert [column for column in columns if f"\n| {column} | " not in by_field] == []


def test_what_is_tried_elsewhere_is_there() -> None:
    for attempt in ELSEWHERE:
        path, _, name = attempt.test.partition("::")
        assert f"def {name}(" in (Path(settings.BASE_DIR) / path).read_text(), attempt.test
