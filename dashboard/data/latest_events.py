"""The newest events in words, with the faces of who and what they are about."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from dashboard.data.event_words import TELLERS, Words, words_of
from dashboard.data.faces import Face, faces
from whatsapp.jids import is_lid, is_phone
from whatsapp.models import Account, Event

MOST_LOOKED_AT = 300  # events, of which most may be nothing to tell


@dataclass(frozen=True, slots=True)
class Line:
    """An event in words. `who` and `where` are faces; `by_us` says that `who` is the owner."""

    key: int
    icon: str
    does: str
    who: Face | None
    by_us: bool
    text: str
    before_where: str
    where: Face | None
    path: str
    logged_at: int  # Unix seconds


def latest(account: Account, most: int) -> Sequence[Line]:
    """The newest events that are worth telling, the latest first; seven queries at the most."""
    rows = Event.objects.filter(account=account, pk__gt=Event.objects.newest_id() - MOST_LOOKED_AT)
    types = rows.order_by("-pk").values_list("pk", "event_type")
    keys = [key for key, event_type in types if event_type in TELLERS][: 5 * most]
    told: dict[Hashable, tuple[Event, Words]] = {}
    for event in Event.objects.filter(pk__in=keys).order_by("-pk"):
        words = words_of(event)
        if words is not None and len(told) < most:
            told.setdefault(words.about or event.pk, (event, words))
    found = faces(account, [jid for _, words in told.values() for jid in (words.who, words.where)])
    return [line_of(event, words, found, account) for event, words in told.values()]


def line_of(event: Event, words: Words, found: dict[str, Face], account: Account) -> Line:
    by_us = words.who is not None and words.who in (account.jid, account.lid)
    # In a direct chat it is said already by whom.
    where = found.get(words.where or "") if words.where != words.who else None
    return Line(
        key=event.pk,
        icon=words.icon,
        does=of_you(words.does) if by_us else words.does,
        who=found.get(words.who or ""),
        by_us=by_us,
        text=words.text,
        before_where=before(where, by_us=by_us) if words.before_where is None else words.before_where,
        where=where,
        path=words.path or f"/events?type={event.event_type}",
        logged_at=event.logged_at // 1000,
    )


def before(where: Face | None, *, by_us: bool) -> str:
    if where is None or not (is_phone(where.jid) or is_lid(where.jid)):
        return "in"
    return "to" if by_us else "in the chat with"


def of_you(does: str) -> str:
    """`was added` becomes `were added`, as it goes with "You"."""
    verb, _, rest = does.partition(" ")
    return f"{FORMS.get(verb, verb)} {rest}".strip()


FORMS = {"is": "are", "was": "were", "has": "have"}
