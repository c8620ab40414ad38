"""docs/operating.md tells what came of every fault that `make faults` lets happen."""

import ast
from collections.abc import Iterator

from tests.docs.blocks import ROOT

SECTION, END = "## What faults do\n", "\n## "


def faults_of(source: str) -> Iterator[str]:
    """The names of rows: the first words of `suffers`, and `fault` of a row."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        named = [word.value for word in node.keywords if word.arg == "fault"]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "suffers":
            named.append(node.args[0])
        for word in (part for one in named for part in ast.walk(one)):
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                yield word.value


def test_every_fault_is_in_the_table() -> None:
    sources = sorted((ROOT / "tests/faults").rglob("test_*.py"))
    faults = [fault for path in sources for fault in faults_of(path.read_text())]
    assert len(faults) == len(set(faults)) > 20
    section = (ROOT / "docs/operating.md").read_text().partition(SECTION)[2].partition(END)[0]
    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")]
    assert set(rows) - {"fault"} - {row for row in rows if row.startswith("---")} == set(faults)
