"""The code of docs/contributing.md does what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import ROOT, block, put_in
from tests.tools import program, run
from whatsapp.ingest.content import parse_content, plain
from whatsapp.ingest.content.registry import BUILDERS
from whatsapp.protobuf import waE2E


@pytest.fixture
def new_kind() -> Iterator[None]:
    """The example's kind of message is read, as if it stood in the module that the document names."""
    before = dict(BUILDERS)
    exec(block("docs/contributing.md", "python", "@kind"), dict(vars(plain)))  # noqa: S102  (our own document)
    yield
    BUILDERS.clear()
    BUILDERS.update(before)


@pytest.fixture
def its_test() -> Callable[[], None]:
    names: dict[str, Any] = {"waE2E": waE2E, "parse_content": parse_content}
    exec(block("docs/contributing.md", "python", "def test_"), names)  # noqa: S102  (the same)
    (found,) = [value for name, value in names.items() if name.startswith("test_")]
    assert callable(found)
    return found


def test_a_kind_of_message_is_added_in_one_place(new_kind: None, its_test: Callable[[], None]) -> None:
    its_test()


def test_before_it_is_added_its_test_fails(its_test: Callable[[], None]) -> None:
    with pytest.raises(AssertionError):
        its_test()


def test_two_people_talk_on_the_simulator(tmp_path: Path) -> None:
    (tmp_path / "people.py").write_text(block("docs/contributing.md", "python", "simulator.person"))
    printed = run([program("python"), str(tmp_path / "people.py")], tmp_path, PYTHONPATH=str(ROOT))
    assert printed.endswith("Hello\n")  # neonize tells of logins before


def test_the_commands_of_the_tests_are_those_of_make_and_pytest() -> None:
    """All tests would test themselves here, so of `make` it is asked what it would do."""
    commands = block("docs/contributing.md", "sh", "make test")
    commands = put_in(commands, (".venv/bin/python", program("python")), ("make ", "make --dry-run "))
    printed = run(["bash", "-euc", commands.replace("-m pytest", "-m pytest -p no:cacheprovider")], ROOT)
    assert re.search(r"-m pytest -n \d", printed)
    assert re.search(r"\d+ passed", printed)
    assert "ruff check" in printed
