"""Hits are marked as the full-text index of SQLite marks them."""

import pytest
from django.db import connection

from tests.builders import build_message
from tests.tools import about_sqlite
from whatsapp.search.marking import Marker
from whatsapp.search.snippets import snippets


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("tea", "Tea, and more tea: teatime", "[Tea], and more [tea]: teatime"),
        ("tea*", "Tea, and more tea: teatime", "[Tea], and more [tea]: [teatime]"),
        ('"green tea"', "green tea, tea green, GREEN-TEA", "[green tea], tea green, [GREEN-TEA]"),
        ('"green te"*', "green teapot", "[green teapot]"),
        ('"a b" "b c"', "a b c", "[a b c]"),
        ("cafe", "Café, cafe\u0301, CAFÉ!", "[Café], [cafe\u0301], [CAFÉ]!"),
        ("don't", "I don't. Don, t", "I [don't]. [Don, t]"),
        ("(sea OR sun) NOT rain", "sun and sea", "[sun] and [sea]"),
        ("σοφος", "ΣΟΦΟΣ σοφός", "[ΣΟΦΟΣ] [σοφός]"),
        ("nothing", "something", "something"),
        ("***", "*** stars", "*** stars"),
    ],
)
def test_what_a_search_has_found_is_marked(query: str, text: str, marked: str) -> None:
    assert Marker(query, "[", "]").marked(text) == marked


def test_far_behind_the_first_hit_nothing_is_marked() -> None:
    marked = Marker("tea", "[", "]").marked("tea " * 100_000) or ""
    assert marked.startswith("[tea] [tea] ")
    assert len(marked) < 401_000


def test_nothing_is_marked_in_nothing() -> None:
    assert Marker("tea", "[", "]").marked(None) is None
    assert Marker("tea", "[", "]").marked("") == ""


@about_sqlite
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("tea", "Tea, and more tea: teatime"),
        ("tea*", "teatime with a teapot"),
        ('"green tea"', "green tea, tea green, GREEN-TEA"),
        ('"a b" "b c"', "a b c"),
        ("cafe", "Café, cafe\u0301, CAFÉ!"),
        ("don't", "I don't. Don, t"),
        ("a b", "a b, b a"),
    ],
)
def test_fts5_marks_the_same(query: str, text: str) -> None:
    message = build_message(text)
    assert connection.vendor == "sqlite"
    (found,) = snippets(query, [message.pk]).values()
    assert found.replace("&#x27;", "'") == Marker(query, "<mark>", "</mark>").marked(text)
