"""What is tried, by route and by field: the tests themselves say it, and `--coverage-table` prints it."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])

ATTRIBUTE = "attack"


def tried(
    attack: str,
    where: Callable[[], Iterable[Any]] = tuple,
    fields: Callable[[], Iterable[str]] = tuple,
) -> Callable[[Test], Test]:
    """Says of a test which attack it tries, at which routes and in which fields; both are looked up when the
    table is printed."""

    def mark(test: Test) -> Test:
        setattr(test, ATTRIBUTE, (attack, where, fields))
        return test

    return mark


def rows(tests: Iterable[tuple[str, Any]]) -> list[tuple[str, list[str], list[str], str]]:
    """Attack, routes, fields and test of each test (its name and function) that says so."""
    found = []
    for name, function in tests:
        said = getattr(function, ATTRIBUTE, None)
        if said is not None:
            attack, where, fields = said
            paths = ["/" + getattr(one, "path", one).lstrip("/") for one in where()]
            found.append((attack, paths, sorted(fields()), name))
    return found
