"""The place of a hit in its message, as HTML that is safe to show: everything is escaped but the marks.

FTS5's own `snippet` weighs each hit in a message against all others: seconds, for a long message full of
hits. `highlight` goes through a text once; what lies around the first hit is cut out here.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Func, TextField, Value
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from whatsapp.models import MessageIndex
from whatsapp.prepared import Prepared, Slot, Slots
from whatsapp.search.marking import Marker
from whatsapp.search.messages import TEXTS, in_texts, is_postgresql

BEFORE, MOST = 80, 240  # characters: of what comes before the hit, and of all
ELLIPSIS = "…"
SPACE = re.compile(r"\s")


class Highlight(Func):
    """A column's text with each hit between two marks. Of the index's `row`."""

    function = "highlight"
    output_field = TextField()


def texts(rows: Any) -> Any:
    """Keys and texts of those of `rows` whose key is one of the slots `keys`.

    One walk over the hits between the first and the last; asked for one by one, each would begin anew.
    """
    marks = (Slot("opening"), Slot("closing"))
    columns = {f"in_{name}": Highlight(F("row"), Value(place), *marks) for place, name in enumerate(TEXTS)}
    between = rows.filter(pk__gte=Slot("first"), pk__lte=Slot("last"))
    key = ExpressionWrapper(F("message_id") + 0, BigIntegerField())
    wanted = between.alias(key=key).filter(key__in=Slots("keys")).order_by()
    return wanted.annotate(**columns).values_list("pk", *columns)


TEXTS_OF = Prepared(
    lambda: MessageIndex.objects.filter(pk__in=Slots("keys")).order_by().values_list("pk", *TEXTS)
)
HITS = Prepared(lambda: texts(MessageIndex.objects.filter(row__fts=Slot("query"))))
OTHERS = Prepared(lambda: texts(MessageIndex.objects.all()))


def snippets(text: str, keys: Iterable[int]) -> dict[int, SafeString]:
    """key → what of the message `text` has found, for those messages, found by it, that have these keys.

    The snippet is escaped for HTML, and what was found stands between `<mark>` and `</mark>`; `…` shows that
    it goes on. It comes from the body, else the file's name, else what else was found of the message. With no
    words in `text`, nothing is marked.
    """
    wanted = sorted(keys)
    if not wanted:
        return {}
    # No message can contain marks that nobody knows beforehand.
    opening, closing = f"\x02{secrets.token_hex(4)}", f"\x03{secrets.token_hex(4)}"
    found = {}
    for pk, *columns in marked_texts(text, wanted, opening, closing):
        known = [column for column in columns if column]
        best = next((column for column in known if opening in column), next(iter(known), ""))
        found[pk] = to_html(best, opening, closing)
    return found


def marked_texts(text: str, keys: list[int], opening: str, closing: str) -> Iterable[tuple[Any, ...]]:
    """The key of each message, and its texts with what `text` has found between the marks."""
    if is_postgresql():
        marker = Marker(text, opening, closing)
        return [(pk, *map(marker.marked, columns)) for pk, *columns in TEXTS_OF.rows(keys=keys)]
    asked: dict[str, Any] = {"opening": opening, "closing": closing}
    asked |= {"first": keys[0], "last": keys[-1], "keys": keys}
    query = in_texts(text)
    return HITS.rows(query=query, **asked) if query else OTHERS.rows(**asked)


def to_html(text: str, opening: str, closing: str) -> SafeString:
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
        parts.append(format_html("<mark>{}</mark>", shown) if is_hit and shown else shown)
        left -= len(piece)
        if len(shown) < len(piece) or left <= 0:
            parts.append(ELLIPSIS)
            break
    return format_html_join("", "{}", ((part,) for part in parts))


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
