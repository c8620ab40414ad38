"""What people type becomes a query, whatever they type."""

import random

import pytest
from django.db import connection

from whatsapp.search.language import DEEPEST, MOST_CHARACTERS, MOST_WORDS, to_fts5, words_of
from whatsapp.search.messages import in_texts


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("word", '"word"'),
        ("two words", '"two" AND "words"'),
        ('"a phrase"', '"a phrase"'),
        ('"not closed', '"not closed"'),
        ("begin*", '"begin"*'),
        ('"a phrase that beg"*', '"a phrase that beg"*'),
        ("a OR b", '"a" OR "b"'),
        ("a AND b", '"a" AND "b"'),
        ("a NOT b", '"a" NOT "b"'),
        ("a AND NOT b", '"a" NOT "b"'),
        ("and or not", '"and" AND "or" AND "not"'),
        ("NOT b", '"NOT" AND "b"'),
        ("a OR", '"a" AND "OR"'),
        ("a AND OR b", '"a" AND "AND" OR "b"'),
        ("a OR *** b", '"a" OR "b"'),
        ("(a OR b) c", '("a" OR "b") AND "c"'),
        ("c NOT (a b)", '"c" NOT ("a" AND "b")'),
        ("((a))", '"a"'),
        ("() a ()", '"a"'),
        ("a NOT ()", '"a" AND "NOT"'),
        ("(a OR b", '("a" OR "b")'),
        ("a) b", '"a" AND "b"'),
        (":) a", '"a"'),
        ("body:x", '"body:x"'),
        ('he"llo', '"he llo"'),
        ("3.5%", '"3.5%"'),
        ("  ", None),
        ("***", None),
        ("-", None),
        ("()", None),
        ("", None),
    ],
)
def test_what_people_type_becomes_a_query(text: str, query: str | None) -> None:
    assert to_fts5(text) == query


def test_a_long_text_is_cut_to_the_words_that_count() -> None:
    assert (to_fts5("tea " * 1000) or "").count('"tea"') == MOST_WORDS
    assert to_fts5(f'"{"tea " * 1000}"') == f'"{" ".join(["tea"] * MOST_WORDS)}"'
    assert (to_fts5("a.b" * 1000) or "").count("a") <= MOST_WORDS
    assert to_fts5("x" * 10_000) == f'"{"x" * MOST_CHARACTERS}"'


def test_parentheses_that_are_too_deep_are_passed_over() -> None:
    deep = to_fts5("(a OR " * 20 + "b" + ")" * 20) or ""
    assert deep.count("(") == deep.count(")") == DEEPEST


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"Alice Liddell" OR bob*', "Alice Liddell bob"),
        ("(a NOT b)", "a b"),
        ("+351 910", "+351 910"),
        ("***", ""),
    ],
)
def test_names_are_looked_for_by_the_words_alone(text: str, words: str) -> None:
    assert words_of(text).split() == words.split()


PIECES = [
    *('"', '""', "(", ")", "((", "*", "**", "^", "-", "+", ":", "{", "}", "'", "\\", "%", "_", ";", "--"),
    *("AND", "OR", "NOT", "NEAR(", "NEAR/2", "and", "body:", "{body other} :", "scope:c1", "rank", "rowid"),
    *("tea", "café", "cafe\u0301", "tea*", '"green tea"', "ß", "İ", "ı", "北京", "สวัสดี", "हिन्दी", "שלום"),
    *("\0", "\t", "\n", "\r\n", "\u00a0", "\u200b", "\u200d", "\u202e", "\u2028", "\ufeff", "\ufffd"),
    *("\ud800", "\udfff", "\ue000", "\uffff", "\U0010ffff", "\U0001e900", "👩‍👩‍👧", "🇵🇹", "\u0301*"),
    *("½", "²", "Ⅷ", "٣", "x" * 300, "a.b.c", "http://a.b/c?d=(e)&f", "OR OR", "NOT NOT", " ", "  "),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(8))
def test_no_text_is_an_error_or_costs_more_than_its_words(seed: int) -> None:
    chance = random.Random(seed)
    with connection.cursor() as cursor:
        for _ in range(250):
            count = chance.choice([1, 2, 3, 8, 40, 3000])
            glue = chance.choice(["", " "])
            text = glue.join(chance.choices(PIECES, k=count))
            query = in_texts(text)
            if query is None:
                continue
            if connection.vendor == "postgresql":
                assert query.count(":ABC") <= MOST_WORDS
                condition = "whatsapp_message_fts @@ %s::tsquery"
            else:
                assert query.count('"') <= 2 * MOST_WORDS
                condition = "whatsapp_message_fts MATCH %s"
            cursor.execute(f"SELECT count(*) FROM whatsapp_message_fts WHERE {condition}", [query])
