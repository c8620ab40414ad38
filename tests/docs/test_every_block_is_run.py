"""Each fenced block of README and docs is asked for by a test, which runs it."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, blocks_in, blocks_of, documents, found_in

Call = tuple[str, ...]  # the words of a call of `block`

SAMPLE = """
```sh
curl http://localhost:3100
```

1. In a list:

   ```python
   print("one")
   ```

~~~
nothing is said of it
~~~
"""


def calls_in(source: str) -> Iterator[Call]:
    """What tests and fixtures ask for. Raises ValueError where they don't say it in the source."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef) or not is_run(function):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "block":
                yield tuple(ast.literal_eval(word) for word in node.args)


def is_run(function: ast.FunctionDef) -> bool:
    """Whether pytest runs it."""
    is_fixture = any("pytest.fixture" in ast.unparse(one) for one in function.decorator_list)
    return is_fixture or function.name.startswith("test_")


def left_out(blocks: Sequence[Block], calls: Sequence[Call]) -> list[str]:
    """The blocks that none of the calls is about. Raises LookupError for a call that is about none."""
    wanted = [
        found_in([one for one in blocks if one.document == document], language, words)
        for document, language, *words in calls
    ]
    return [str(one) for one in blocks if one not in wanted]


def every_call() -> list[Call]:
    return [
        call
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path != Path(__file__)
        for call in calls_in(path.read_text())
    ]


def test_a_test_asks_for_every_block_of_the_documents() -> None:
    blocks = [block for document in documents() for block in blocks_of(document)]
    assert len(blocks) > 40
    assert left_out(blocks, every_call()) == []


def test_every_block_says_its_language() -> None:
    without = [str(one) for name in documents() for one in blocks_of(name) if not one.language]
    assert without == []


def test_no_fence_is_left_open() -> None:
    for document in documents():
        fences = [line for line in (ROOT / document).read_text().splitlines() if line.strip()[:3] == "```"]
        assert len(fences) == 2 * len(blocks_of(document)), document


def test_blocks_are_found_wherever_they_stand() -> None:
    found = [(one.line, one.language, one.text) for one in blocks_in("a.md", SAMPLE)]
    assert found == [
        (3, "sh", "curl http://localhost:3100\n"),
        (9, "python", 'print("one")\n'),
        (13, "", "nothing is said of it\n"),
    ]


def test_a_block_that_nobody_asks_for_is_told() -> None:
    blocks = blocks_in("a.md", SAMPLE)
    calls = list(calls_in("def test_it():\n    block('a.md', 'sh', 'curl')\n"))
    assert calls == [("a.md", "sh", "curl")]
    assert left_out(blocks, calls) == ["a.md:9 (python)", "a.md:13 (no language)"]


@pytest.mark.parametrize("call", [("a.md", "sh", "wget"), ("a.md", "ini"), ("b.md", "sh", "curl")])
def test_asking_for_what_is_not_there_is_told(call: Call) -> None:
    with pytest.raises(LookupError, match="0 blocks"):
        left_out(blocks_in("a.md", SAMPLE), [call])


def test_what_no_test_or_fixture_asks_for_does_not_count() -> None:
    assert list(calls_in("def helper():\n    block('a.md', 'sh')\n")) == []
