"""Where things are: whoever sees something on a page finds what makes it by the page's name."""

from pathlib import Path

import pytest
from django.conf import settings

from dashboard.shell import MORE, PAGES

ROOT = Path(settings.BASE_DIR)
NAMES = [place.path.strip("/") or "overview" for place in (*PAGES, *MORE)]


def names_in(folder: str) -> set[str]:
    """The names of the modules, templates and packages of a folder."""
    return {path.stem for path in (ROOT / folder).iterdir() if not path.name.startswith("_")}


@pytest.mark.parametrize(
    "folder", ["dashboard/views", "dashboard/data", "templates/dashboard", "tests/dashboard"]
)
@pytest.mark.parametrize("name", NAMES)
def test_every_page_of_the_menu_is_everywhere_under_its_name(name: str, folder: str) -> None:
    names = names_in(folder)
    assert name in names or f"test_{name}" in names


def test_what_is_no_page_is_no_folder() -> None:
    folders = {path.name for path in (ROOT / "templates/dashboard").iterdir() if path.is_dir()}
    assert folders <= {*NAMES, "parts"}


SOURCES = "\n".join(
    path.read_text()
    for folder, pattern in (
        ("dashboard", "*.py"),
        ("api", "*.py"),
        ("hub", "*.py"),
        ("whatsapp", "*.py"),
        ("templates", "*.html"),
        ("static/js", "*.js"),
    )
    for path in sorted((ROOT / folder).rglob(pattern))
)
FILES = [
    *(
        path.relative_to(ROOT / "templates")
        for path in sorted((ROOT / "templates/dashboard").rglob("*.html"))
    ),
    *(path.relative_to(ROOT / "static") for path in sorted((ROOT / "static").rglob("*.*"))),
]


@pytest.mark.parametrize("path", [str(path) for path in FILES])
def test_every_template_script_and_style_is_used(path: str) -> None:
    name = path.rpartition("/")[2] if path.startswith("js/") else path
    kind = "dashboard/messages/kinds/"  # chosen by a message's type
    assert name in SOURCES or path.startswith(kind)


def test_every_icon_that_is_shown_is_drawn() -> None:
    drawn = (ROOT / "static/icons.svg").read_text()
    for word in {part.partition('"')[0] for part in SOURCES.split('{% icon "')[1:]}:
        assert f'id="{word}"' in drawn, word
