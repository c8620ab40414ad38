"""The language in which messages are searched: words, "phrases", prefix*, AND, OR, NOT and parentheses.

Operators are written in capitals; words that stand side by side must all be there. NOT binds closer than AND,
and AND closer than OR. `a AND NOT b` is `a NOT b`. Every word is quoted before FTS5 sees it, so no input is
an error: an operator without something on both sides of it is a word like any other, a quotation mark or
parenthesis without its partner is passed over. What is longer than a search can be is cut, so that no text
costs more than a bounded amount of work.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MOST_CHARACTERS = 4000
MOST_WORDS = 16  # those in phrases included
DEEPEST = 8  # parentheses in parentheses

TOKEN = re.compile(r'"(?P<phrase>[^"]*)"?(?P<star>\*?)|(?P<parenthesis>[()])|(?P<word>[^\s()]+)')
WORD = re.compile(r"[^\W_]+")  # the indexes part them where these end
AND, OR, NOT = "AND", "OR", "NOT"
OPERATORS = (AND, OR, NOT)

MARKS = "\u0300-\u036f"  # diacritics, where letters are taken apart
# What Python takes for a part of a word, and PostgreSQL doesn't: ², ½, Ⅷ, ① …
NUMERALS = "\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209c\u2150-\u2189\u2460-\u249b\u24ea-\u24ff\u2776-\u2793"
WITH_MARKS = re.compile(rf"(?:[^\W_{NUMERALS}][{MARKS}]*)+")
LONGEST = (
    500  # letters of a word on PostgreSQL, which leaves out those of more than 2 KB; the rest is cut off
)


@dataclass(slots=True)
class Phrase:
    """Words that stand side by side, one or more. The last one may be the beginning of a word."""

    text: str
    is_prefix: bool = False
    operator: str | None = None  # what it also is, as a single word in capitals


@dataclass(slots=True)
class Group:
    """What stands between two parentheses."""

    items: list["Phrase | Group"] = field(default_factory=list)

    def joined(self) -> Iterator[tuple[str | None, "Phrase | Group"]]:
        """What is looked for, each with the operator that joins it to what is before; None at the first."""
        operator: str | None = None
        is_first = True
        operators = [item.operator if isinstance(item, Phrase) else None for item in self.items]
        for place, item in enumerate(self.items):
            if operators[place] and not is_first and operator is None:
                after = operators[place + 1 : place + 3]
                if after[:1] == [None]:
                    operator = operators[place]
                    continue
                if operators[place] == AND and after == [NOT, None]:
                    continue
            yield None if is_first else operator or AND, item
            operator, is_first = None, False

    def phrases(self) -> Iterator[Phrase]:
        """All that is looked for, or must not be there."""
        for _, item in self.joined():
            if isinstance(item, Phrase):
                yield item
            else:
                yield from item.phrases()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine writes a phrase, and the operators."""

    phrase: Callable[[Phrase], str]
    operators: dict[str, str]

    def write(self, group: Group) -> str:
        parts = []
        for operator, item in group.joined():
            if operator is not None:
                parts.append(self.operators[operator])
            if isinstance(item, Phrase):
                parts.append(self.phrase(item))
            else:
                inner = self.write(item)
                parts.append(f"({inner})" if len(item.items) > 1 else inner)
        return " ".join(parts)


def fts5_phrase(phrase: Phrase) -> str:
    return f'"{phrase.text}"' + ("*" if phrase.is_prefix else "")


def tsquery_phrase(phrase: Phrase) -> str:
    """In what people have written: weights A to C. What the hub itself says of a message has D."""
    words = words_in(phrase.text) or [phrase.text.replace("\\", "").replace("'", "")]
    lexemes = [f"'{word[:LONGEST]}':ABC" for word in words]
    if phrase.is_prefix:
        lexemes[-1] += "*"
    return lexemes[0] if len(lexemes) == 1 else f"({' <-> '.join(lexemes)})"


FTS5 = Dialect(fts5_phrase, {AND: "AND", OR: "OR", NOT: "NOT"})
TSQUERY = Dialect(tsquery_phrase, {AND: "&", OR: "|", NOT: "& !"})  # ! binds closest, then <->, &, |


def parse(text: str) -> Group | None:
    """What `text` asks for; None when it holds nothing to look for."""
    groups = [Group()]
    ignored = 0  # parentheses that were opened too deep
    left = MOST_WORDS
    for token in TOKEN.finditer(readable(text)):
        if token["parenthesis"] == "(":
            if len(groups) > DEEPEST:
                ignored += 1
            else:
                groups.append(Group())
        elif token["parenthesis"]:
            if ignored:
                ignored -= 1
            elif len(groups) > 1:
                close(groups)
        elif left > 0:
            phrase, used = read(token, left)
            left -= used
            if phrase is not None:
                groups[-1].items.append(phrase)
    while len(groups) > 1:
        close(groups)
    return groups[0] if groups[0].items else None


def to_fts5(text: str) -> str | None:
    """`text` in FTS5's own syntax; None when it holds nothing to look for."""
    found = parse(text)
    return FTS5.write(found) if found else None


def to_tsquery(text: str) -> str | None:
    """`text` as PostgreSQL's tsquery; None when it holds nothing to look for."""
    found = parse(text)
    return TSQUERY.write(found) if found else None


def read(token: re.Match[str], most: int) -> tuple[Phrase | None, int]:
    """What a token asks for, and of how many words it is, at most `most`."""
    word, phrase = token["word"], token["phrase"]
    if word in OPERATORS:
        return Phrase(word, operator=word), 1
    text = word.rstrip("*") if word is not None else phrase
    is_prefix = word.endswith("*") if word is not None else bool(token["star"])
    if not WORD.search(text):
        return None, 0
    words = max((list(part.finditer(text)) for part in (WORD, WITH_MARKS)), key=len)
    if len(words) > most:
        text, is_prefix = text[: words[most - 1].end()], False
    return Phrase(text.replace('"', " ").strip(), is_prefix), min(len(words), most)


def close(groups: list[Group]) -> None:
    """Makes one thing to look for of the innermost group."""
    inner = groups.pop()
    if inner.items:
        groups[-1].items.append(inner)


def fold(word: str) -> str:
    """The word without diacritics and differences of case, as PostgreSQL's index has it."""
    apart = unicodedata.normalize("NFD", word.lower())
    return re.sub(f"[{MARKS}]", "", apart).replace("ς", "σ")


def words_in(text: str) -> list[str]:
    """The words of `text`, folded."""
    return [fold(word.group()) for word in WITH_MARKS.finditer(text)]


def words_of(text: str) -> str:
    """What is left of `text` to find names by: without quotation marks, parentheses, stars and operators."""
    found = [token["word"] or token["phrase"] or "" for token in TOKEN.finditer(readable(text))]
    return " ".join(word.strip('*"') for word in found if word not in OPERATORS)


def readable(text: str) -> str:
    """`text` as a database takes it, cut to what is looked at."""
    return text[:MOST_CHARACTERS].encode(errors="ignore").decode().replace("\0", " ")
