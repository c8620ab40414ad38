"""What strangers wrote is text on every page, whichever of all fields it came in: read as HTML."""

import itertools
from html.parser import HTMLParser

import pytest

from tests.attacks import world
from tests.attacks.hostile import ELEMENT, HACKED
from tests.attacks.pages import addresses
from tests.attacks.pages.conftest import Site
from tests.attacks.table import tried

# Rows of each kind that are opened; every list and page of the menu is opened anyway.
MOST_ROWS, MOST_IN_ADMIN, MOST_OF_CALLS = 5, 2, 1

LINKS = ("href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset", "hx-get", "hx-post")
SAFE = ("http:", "https:", "mailto:", "tel:", "geo:", "data:image/", "/", "?", "#")


class Reader(HTMLParser):
    """Notes what should not be on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.script: str | None = None  # the attributes of the one that we are in

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == ELEMENT:
            self.wrong.append(f"the element {tag}")
        for name, value in attributes:
            address = "".join((value or "").split()).lower()
            scheme = address.partition(":")[0] if ":" in address.partition("/")[0] else ""
            if (
                name.startswith("on")
                or ELEMENT in name
                or name == "srcdoc"
                or (name in LINKS and scheme and not address.startswith(SAFE))
            ):
                self.wrong.append(f"{tag} {name}={value}")
        given = dict(attributes)
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.script = str(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self.script = None

    def handle_data(self, data: str) -> None:
        if self.script is not None and data.strip():
            self.wrong.append(f"a script in the page: {data[:80]}")


def wrong_on(page: str) -> list[str]:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.wrong


@pytest.mark.parametrize(
    "page",
    [
        f"<p><{ELEMENT}>",
        "<a href='javascript:x'>",
        "<a href=' java\nscript:x'>",
        "<img onerror=x>",
        "<script>x</script>",
        "<iframe srcdoc=x>",
    ],
)
def test_what_should_not_be_on_a_page_is_seen(page: str) -> None:
    assert wrong_on(page)
    assert not wrong_on("<p title='<x-hacked>'>&lt;x-hacked&gt; <a href='/messages/1@g.us'>javascript:x</a>")


def test_every_column_is_tried(site: Site) -> None:
    """A new column of texts has to be reached by ingest, or be in one of two lists with the reason."""
    columns = {column for column, _, _ in world.text_columns()}
    by_ingest, otherwise = set(site.columns["by ingest"]), set(site.columns["otherwise"])
    untried = {column for column in columns - by_ingest - otherwise if world.why_never(column) is None}
    assert untried == set()
    assert otherwise <= world.OTHERWISE.keys()
    assert [column for column in by_ingest | otherwise if world.why_never(column)] == []
    assert world.OTHERWISE.keys() <= columns
    assert len(by_ingest) > 50


@pytest.mark.parametrize("part", ["dashboard", "admin", "api"])
@tried("stored XSS: read as HTML", addresses.every_route, world.tried_columns)
def test_no_page_takes_what_strangers_wrote_for_markup(site: Site, part: str) -> None:
    things = site.things
    found = {
        "dashboard": lambda: addresses.of_pages(things, MOST_ROWS),
        "admin": lambda: itertools.chain(
            addresses.of_tables(things),
            addresses.of_rows(things, MOST_IN_ADMIN),
            addresses.of_rows(things, 1, "history"),
            addresses.of_rows(things, 1, "delete"),
        ),
        "api": lambda: addresses.of_calls(things, MOST_OF_CALLS),
    }[part]()
    wrong: dict[str, list[str]] = {}
    failed: dict[str, int] = {}
    read, hostile = 0, 0
    with site.client() as browser:
        for path in dict.fromkeys(found):
            answer = browser.get(path)
            if answer.status_code >= 500 and answer.status_code != 503:
                failed[path] = answer.status_code
            if "text/html" not in answer.headers.get("content-type", ""):
                assert answer.headers.get("x-content-type-options") == "nosniff", path
                continue
            read += answer.status_code == 200
            hostile += f"&lt;{ELEMENT}&gt;" in answer.text or f"window.{HACKED}" in answer.text
            policy = answer.headers.get("content-security-policy", "")
            if "script-src 'self';" not in policy and answer.status_code == 200:
                wrong.setdefault(path, []).append(f"the policy {policy!r}")
            if found_wrong := wrong_on(answer.text):
                wrong.setdefault(path, []).extend(found_wrong)
    assert failed == {}
    assert wrong == {}
    print(f"{part}: {read} pages were read, {hostile} with something hostile")
    assert hostile > 30
