"""The place of a hit in its message, as HTML that is safe to show: everything is escaped but the marks.

FTS5's own `snippet` weighs each hit in a message against all others: seconds, for a long message full of
hits. `highlight` goes through a text once; what lies around the first hit is cut out here.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Func, QuerySet, TextField, Value

from whatsapp.search.messages import TEXTS

BEFORE, MOST = 80, 240  # characters: of what comes before the hit, and of all
ELLIPSIS = "…"
SPACE = re.compile(r"\s")


class Highlight(Func):
    """A column's text with each hit between two marks. Of the index's `row`."""

    function = "highlight"
    output_field = TextField()


def snippets(hits: QuerySet[Any], keys: Iterable[int]) -> dict[int, str]:
    """key → what of the message was found, for those of `hits` (rows of the index) that have these keys.

    The text is escaped for HTML, and what was found stands between `<mark>` and `</mark>`; `…` shows that
    the text goes on. It comes from the body, else the file's name, else what else was found of the message.
    """
    wanted = sorted(keys)
    if not wanted:
        return {}
    # No message can contain marks that nobody knows beforehand.
    opening, closing = f"\x02{secrets.token_hex(4)}", f"\x03{secrets.token_hex(4)}"
    columns = {
        f"in_{name}": Highlight(F("row"), Value(place), Value(opening), Value(closing))
        for place, name in enumerate(TEXTS)
    }
    # One walk over the hits between the first and the last; asked for one by one, each would begin anew.
    between = hits.filter(pk__gte=wanted[0], pk__lte=wanted[-1])
    key = ExpressionWrapper(F("message_id") + 0, BigIntegerField())
    rows = between.alias(key=key).filter(key__in=wanted).order_by("-pk").annotate(**columns)
    found = {}
    for pk, *texts in rows.values_list("pk", *columns).iterator(chunk_size=1):
        known = [text for text in texts if text]
        best = next((text for text in known if opening in text), next(iter(known), ""))
        found[pk] = to_html(best, opening, closing)
    return found


def to_html(text: str, opening: str, closing: str) -> str:
    """What lies around the first hit in `text`, its hits marked."""
    first = max(text.find(opening), 0)
    start = 0
    if first > BEFORE:
        start = first - BEFORE
        if space := SPACE.search(text, start, first):
            start = space.end()
    parts = [ELLIPSIS] if start else []
    left = MOST
    for piece, is_hit in pieces(text, start, opening, closing):
        shown = piece if len(piece) <= left else shortened(piece, left)
        parts.append(f"<mark>{escape(shown)}</mark>" if is_hit and shown else escape(shown))
        left -= len(piece)
        if len(shown) < len(piece) or left <= 0:
            parts.append(ELLIPSIS)
            break
    return "".join(parts)


def pieces(text: str, start: int, opening: str, closing: str) -> Iterator[tuple[str, bool]]:
    """The text from `start` on, in pieces that are each a hit or not."""
    is_hit = False
    while start < len(text):
        mark = closing if is_hit else opening
        end = text.find(mark, start)
        piece = text[start:] if end < 0 else text[start:end]
        if piece:
            yield piece, is_hit
        if end < 0:
            return
        start, is_hit = end + len(mark), not is_hit


def shortened(piece: str, length: int) -> str:
    """At most so much of the piece, in whole words if it has more than one."""
    spaces = [space.start() for space in SPACE.finditer(piece, 0, length + 1)]
    return piece[: spaces[-1]] if spaces else piece[:length]
