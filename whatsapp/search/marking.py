"""Marks in a text what a search has found there, where the database's own way parts words otherwise."""

from collections.abc import Sequence

from whatsapp.search.language import WITH_MARKS, fold, parse, words_in

Span = tuple[int, int]

ENOUGH = 1_000  # characters behind the first hit, in which others are marked, too


class Marker:
    """Sets what the query `text` has found between two marks, from the first hit on as far as it is shown."""

    def __init__(self, text: str, opening: str, closing: str) -> None:
        group = parse(text)
        phrases = group.phrases() if group else ()
        wanted = ((words_in(phrase.text), phrase.is_prefix) for phrase in phrases)
        self._wanted = [(words, is_prefix) for words, is_prefix in wanted if words]
        self._opening, self._closing = opening, closing

    def marked(self, text: str | None) -> str | None:
        if not text:
            return text
        places: list[Span] = []
        words: list[str] = []
        end = len(text)
        for found in WITH_MARKS.finditer(text):
            if found.start() > end:
                break
            places.append(found.span())
            words.append(fold(found.group()))
            if end == len(text) and any(fits(words, *phrase) for phrase in self._wanted):
                end = found.end() + ENOUGH
        parts, done = [], 0
        for first, last in joined(self._hits(words)):
            start, end = places[first][0], places[last][1]
            parts += [text[done:start], self._opening, text[start:end], self._closing]
            done = end
        return "".join([*parts, text[done:]])

    def _hits(self, words: list[str]) -> list[Span]:
        """First and last word of each hit."""
        return sorted(
            (place, place + len(wanted) - 1)
            for wanted, is_prefix in self._wanted
            for place in range(len(words) - len(wanted) + 1)
            if fits(words[place : place + len(wanted)], wanted, is_prefix)
        )


def fits(words: list[str], wanted: list[str], is_prefix: bool) -> bool:
    """Whether `words` end with those that are wanted."""
    last = words[-1].startswith(wanted[-1]) if is_prefix else words[-1] == wanted[-1]
    return last and words[-len(wanted) :][:-1] == wanted[:-1]


def joined(spans: Sequence[Span]) -> list[Span]:
    """The spans, in order; those that share a word are one."""
    found: list[Span] = []
    for first, last in spans:
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
