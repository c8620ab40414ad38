"""Links between the documents, and to files, lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.docs.blocks import FENCED, ROOT, documents

LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")


def links_in(text: str) -> list[str]:
    found = [one or other for one, other in LINK.findall(FENCED.sub("", text))]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors_in(text: str) -> set[str]:
    """Those that GitHub gives to headings."""
    titles = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def is_there(link: str, document: Path) -> bool:
    name, _, anchor = link.partition("#")
    path = document.parent / name if name else document
    if not path.exists():
        return False
    return not anchor or anchor in anchors_in(path.read_text())


@pytest.mark.parametrize("name", documents())
def test_every_link_leads_somewhere(name: str) -> None:
    document = ROOT / name
    links = links_in(document.read_text())
    assert [link for link in links if not is_there(link, document)] == []


def test_a_link_that_leads_nowhere_is_told() -> None:
    readme = ROOT / "README.md"
    assert is_there("docs/operating.md#reverse-proxy", readme)
    assert not is_there("docs/operating.md#no-such-heading", readme)
    assert not is_there("docs/no-such-document.md", readme)
    assert links_in("[one](docs/a.md#b), [two](https://example.org)") == ["docs/a.md#b"]
