"""What is tried, by route and by field: the tests themselves say it.

`python -m pytest tests/attacks --coverage-table` prints it, and runs nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.attacks.routes import routes

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


@dataclass(frozen=True)
class Attempt:
    attack: str
    routes: tuple[str, ...]
    fields: tuple[str, ...]
    test: str


# Tried beside what they are about, and not again here: attack, routes, fields, test.
ELSEWHERE = [
    Attempt(*said)
    for said in (
        (
            "SSRF: names that come to mean another address (rebinding)",
            ("/api/webhooks",),
            ("Webhook.url",),
            "tests/whatsapp/webhooks/test_delivering.py::test_a_name_that_comes_to_mean_a_private_address_is_refused",
        ),
        (
            "SSRF: the address that was looked at is the one that is connected to",
            ("/api/actions/send/…",),
            ("url",),
            "tests/whatsapp/test_outgoing_http.py::test_what_is_checked_is_what_is_connected_to",
        ),
        (
            "SSRF: redirects",
            ("/api/actions/send/…",),
            ("url",),
            "tests/whatsapp/test_outgoing_http.py::test_a_redirect_inside_is_refused",
        ),
        (
            "SSRF: redirects of webhooks",
            ("/api/webhooks",),
            ("Webhook.url",),
            "tests/whatsapp/webhooks/test_delivering.py::test_redirects_are_followed_nowhere",
        ),
        (
            "keys in a copy of the database",
            (),
            ("ApiKey.digest",),
            "tests/whatsapp/test_api_keys.py::test_a_key_is_kept_as_its_digest_alone",
        ),
        (
            "a ticket that is used twice",
            ("/ws", "/api/events/stream"),
            ("ticket",),
            "tests/api/test_streams.py::test_a_ticket_lets_in_once",
        ),
        (
            "a ticket that is too old",
            ("/ws", "/api/events/stream"),
            ("ticket",),
            "tests/api/test_streams.py::test_a_ticket_that_is_too_old_lets_nobody_in",
        ),
        (
            "guessing the key",
            ("/login",),
            ("key",),
            "tests/dashboard/test_access.py::test_who_guesses_has_to_wait",
        ),
        (
            "what another account has",
            ("/api/…",),
            ("every text",),
            "tests/api/test_nothing_leaks.py::test_no_answer_about_home_has_anything_of_the_offices",
        ),
        (
            "random bytes in place of events",
            (),
            ("every field of every event",),
            "tests/whatsapp/ingest/test_fuzz.py::test_whatever_comes_is_stored_or_kept_with_its_bytes",
        ),
        (
            "random requests",
            ("/api/…",),
            ("every field",),
            "tests/contract/test_fuzz.py::test_it_keeps_its_description",
        ),
    )
]


def attempts(items: Iterable[Any]) -> list[Attempt]:
    """Of pytest's items, those that say what they try, each test once; and what is tried elsewhere."""
    found: dict[str, Attempt] = {}
    for item in items:
        said = getattr(getattr(item, "function", None), ATTRIBUTE, None)
        name = item.nodeid.partition("[")[0]
        if said is not None and name not in found:
            attack, where, fields = said
            paths = dict.fromkeys("/" + str(getattr(one, "path", one)).lstrip("/") for one in where())
            found[name] = Attempt(attack, tuple(paths), tuple(dict.fromkeys(fields())), name)
    return [*found.values(), *ELSEWHERE]


def table(items: Iterable[Any]) -> Iterator[str]:
    """The lines of the table: by attack, by route and by field."""
    every = attempts(items)
    yield "| attack | routes | fields | test |"
    yield "| --- | --- | --- | --- |"
    for one in every:
        yield f"| {one.attack} | {shortened(one.routes)} | {shortened(one.fields)} | `{one.test}` |"
    for title, places in (("route", by(every, "routes")), ("field", by(every, "fields"))):
        yield ""
        yield f"| {title} | attacks |"
        yield "| --- | --- |"
        for place, attacks in sorted(places.items()):
            yield f"| {place} | {'; '.join(attacks)} |"


def by(every: Iterable[Attempt], what: str) -> dict[str, list[str]]:
    places: dict[str, dict[str, None]] = defaultdict(dict)
    for one in every:
        for place in getattr(one, what):
            places[place][one.attack] = None
    return {place: list(attacks) for place, attacks in places.items()}


def shortened(places: tuple[str, ...]) -> str:
    if len(places) == len(routes()):
        return f"all {len(places)}"
    return ", ".join(places) if len(places) <= 8 else f"{', '.join(places[:4])} … ({len(places)})"
