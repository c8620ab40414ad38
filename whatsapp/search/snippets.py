"""The place of a hit in its message, as HTML that is safe to show: everything is escaped but the marks."""

import re
import secrets
from collections.abc import Iterable
from html import escape
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Func, QuerySet, TextField, Value

from whatsapp.search.messages import TEXTS

WORDS = 24
MOST_CHARACTERS = 400  # a word can be as long as a message
BEFORE = 80  # of them, how many before the first mark at most
ELLIPSIS = "…"


class Snippet(Func):
    """Some words of a column around its hits, each hit between two marks. Of the index's `row`."""

    function = "snippet"
    output_field = TextField()


def snippets(hits: QuerySet[Any], keys: Iterable[int]) -> dict[int, str]:
    """key → what of the message was found, for those of `hits` (rows of the index) that have these keys.

    The text is escaped for HTML, and what was found stands between `<mark>` and `</mark>`; `…` shows that
    the text goes on. It comes from the message, its file's name, or what else was found of it.
    """
    wanted = sorted(keys)
    if not wanted:
        return {}
    # No message can contain marks that nobody knows beforehand.
    opening, closing = f"\x02{secrets.token_hex(8)}\x02", f"\x03{secrets.token_hex(8)}\x03"
    columns = {
        f"in_{name}": Snippet(F("row"), *map(Value, (place, opening, closing, ELLIPSIS, WORDS)))
        for place, name in enumerate(TEXTS)
    }
    # One walk over the hits between the first and the last; asked for one by one, each would begin anew.
    between = hits.filter(pk__gte=wanted[0], pk__lte=wanted[-1])
    key = ExpressionWrapper(F("message_id") + 0, BigIntegerField())
    rows = between.alias(key=key).filter(key__in=wanted)
    found = {}
    for key, *texts in rows.order_by("-pk").annotate(**columns).values_list("pk", *columns):
        known = [text for text in texts if text]
        best = next((text for text in known if opening in text), next(iter(known), ""))
        found[key] = to_html(best, opening, closing)
    return found


def to_html(text: str, opening: str, closing: str) -> str:
    pieces = re.split(f"({re.escape(opening)}|{re.escape(closing)})", text)
    left, first = MOST_CHARACTERS, pieces[0]
    if len(first) > BEFORE and len("".join(pieces)) > MOST_CHARACTERS:
        pieces[0] = ELLIPSIS + first[-BEFORE:]
    parts: list[str] = []
    is_marked = False
    for piece in pieces:
        if piece in (opening, closing):
            is_marked = piece == opening
            continue
        shown = piece if len(piece) <= left else piece[:left] + ELLIPSIS
        left -= len(piece)
        if shown:
            parts.append(f"<mark>{escape(shown)}</mark>" if is_marked else escape(shown))
        if left <= 0:
            break
    return "".join(parts)
