"""The language in which messages are searched: words, "phrases", prefix*, AND, OR, NOT and parentheses.

Operators are written in capitals; words that stand side by side must all be there. NOT binds closer than AND,
and AND closer than OR. `a AND NOT b` is `a NOT b`. Every word is quoted before FTS5 sees it, so no input is
an error: an operator without something on both sides of it is a word like any other, a quotation mark or
parenthesis without its partner is passed over. What is longer than a search can be is cut, so that no text
costs more than a bounded amount of work.
"""

import re
from dataclasses import dataclass, field

MOST_CHARACTERS = 4000
MOST_WORDS = 16  # those in phrases included
DEEPEST = 8  # parentheses in parentheses

TOKEN = re.compile(r'"(?P<phrase>[^"]*)"?(?P<star>\*?)|(?P<parenthesis>[()])|(?P<word>[^\s()]+)')
WORD = re.compile(r"[^\W_]+")  # FTS5's tokenizer parts them where these end
AND, OR, NOT = "AND", "OR", "NOT"
OPERATORS = (AND, OR, NOT)


@dataclass(slots=True)
class Item:
    """Something to look for, in FTS5's syntax; what may be an `operator` has that as a word in `text`."""

    text: str
    operator: str | None = None


@dataclass(slots=True)
class Group:
    """What stands between two parentheses."""

    items: list[Item] = field(default_factory=list)

    def to_fts5(self) -> str:
        """Empty when there is nothing in it."""
        parts: list[str] = []
        operator: str | None = None
        for place, item in enumerate(self.items):
            if item.operator and parts and operator is None:
                after = [other.operator for other in self.items[place + 1 : place + 3]]
                if after[:1] == [None]:
                    operator = item.operator
                    continue
                if item.operator == AND and after == [NOT, None]:
                    continue
            if parts:
                parts.append(operator or AND)
            operator = None
            parts.append(item.text)
        return " ".join(parts)


def to_fts5(text: str) -> str | None:
    """`text` in FTS5's own syntax; None when it holds nothing to look for."""
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
            item, used = read(token, left)
            left -= used
            if item is not None:
                groups[-1].items.append(item)
    while len(groups) > 1:
        close(groups)
    return groups[0].to_fts5() or None


def read(token: re.Match[str], most: int) -> tuple[Item | None, int]:
    """What a token asks for, and of how many words it is, at most `most`."""
    word, phrase = token["word"], token["phrase"]
    if word in OPERATORS:
        return Item(f'"{word}"', word), 1
    text = word.rstrip("*") if word is not None else phrase
    is_prefix = word.endswith("*") if word is not None else bool(token["star"])
    words = list(WORD.finditer(text))
    if not words:
        return None, 0
    if len(words) > most:
        text, is_prefix = text[: words[most - 1].end()], False
    quoted = text.replace('"', " ").strip()
    return Item(f'"{quoted}"' + ("*" if is_prefix else "")), min(len(words), most)


def close(groups: list[Group]) -> None:
    """Makes one thing to look for of the innermost group."""
    inner = groups.pop()
    if found := inner.to_fts5():
        groups[-1].items.append(Item(f"({found})" if len(inner.items) > 1 else found))


def words_of(text: str) -> str:
    """What is left of `text` to find names by: without quotation marks, parentheses, stars and operators."""
    found = [token["word"] or token["phrase"] or "" for token in TOKEN.finditer(readable(text))]
    return " ".join(word.strip('*"') for word in found if word not in OPERATORS)


def readable(text: str) -> str:
    """`text` as a database takes it, cut to what is looked at."""
    return text[:MOST_CHARACTERS].encode(errors="ignore").decode().replace("\0", " ")
