"""Marks in a text what a search has found there, where the database's own way parts words otherwise."""

from collections.abc import Sequence

from whatsapp.search.language import WITH_MARKS, fold, parse, words_in

Span = tuple[int, int]


class Marker:
    """Sets what the query `text` has found between two marks."""

    def __init__(self, text: str, opening: str, closing: str) -> None:
        group = parse(text)
        phrases = group.phrases() if group else ()
        self._wanted = [(words_in(phrase.text), phrase.is_prefix) for phrase in phrases]
        self._opening, self._closing = opening, closing

    def marked(self, text: str | None) -> str | None:
        if not text:
            return text
        places = [found.span() for found in WITH_MARKS.finditer(text)]
        words = [fold(text[start:end]) for start, end in places]
        parts, done = [], 0
        for first, last in joined(self._hits(words)):
            start, end = places[first][0], places[last][1]
            parts += [text[done:start], self._opening, text[start:end], self._closing]
            done = end
        return "".join([*parts, text[done:]])

    def _hits(self, words: Sequence[str]) -> list[Span]:
        """First and last word of each hit."""
        return sorted(
            (place, place + len(wanted) - 1)
            for wanted, is_prefix in self._wanted
            if wanted
            for place in range(len(words) - len(wanted) + 1)
            if fits(words[place : place + len(wanted)], wanted, is_prefix)
        )


def fits(words: Sequence[str], wanted: Sequence[str], is_prefix: bool) -> bool:
    if list(words[:-1]) != list(wanted[:-1]):
        return False
    return words[-1].startswith(wanted[-1]) if is_prefix else words[-1] == wanted[-1]


def joined(spans: Sequence[Span]) -> list[Span]:
    """The spans, in order; those that share a word are one."""
    found: list[Span] = []
    for first, last in spans:
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
