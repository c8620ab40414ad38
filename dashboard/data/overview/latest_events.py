"""The newest events in words, as the overview tells them: what happened, and not each step of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.data.events.words import Words, words_of
from dashboard.data.faces import faces
from whatsapp import events
from whatsapp.models import Account, Event

MOST_LOOKED_AT = 300  # events, of which most may be nothing to tell
TIMES_AS_MANY = 5  # are read: several may tell of the same thing

# Type → the icon beside it. What isn't here goes without saying: it is a step of something that is, or
# happens all the time.
TOLD = {
    events.MESSAGES_UPSERT: "chat",
    events.MESSAGES_DELETE: "trash",
    events.MESSAGES_REACTION: "smile",
    events.RECEIPT_UPDATE: "ticks",
    events.POLL_VOTE: "poll",
    events.CALL: "phone",
    events.STORY: "story",
    events.STORY_VIEW: "story",
    events.GROUP_PARTICIPANTS_UPDATE: "people",
    events.GROUPS_UPSERT: "people",
    events.GROUPS_UPDATE: "people",
    events.CONTACTS_UPSERT: "person",
    events.IDENTITY_CHANGE: "key",
    events.BLOCKLIST_UPDATE: "person",
    events.HISTORY_SET: "clock",
    events.MEDIA_FAILED: "alert",
    events.CONNECTION_STATUS: "link",
    events.CONNECTION_LOGGED_OUT: "leave",
    events.CONNECTION_FAILED: "alert",
    events.ACTION_UPDATED: "send",
    events.WEBHOOK_PAUSED: "pause",
    events.SETTINGS_UPDATED: "sliders",
}


@dataclass(frozen=True, slots=True)
class Line:
    key: int
    icon: str
    text: str
    path: str
    logged_at: int  # Unix seconds


def latest(account: Account, most: int) -> Sequence[Line]:
    """The newest events that are worth telling, the latest first; seven queries at the most. Of several of
    one type about the same thing, the newest is told."""
    rows = Event.objects.filter(account=account, pk__gt=Event.objects.newest_id() - MOST_LOOKED_AT)
    types = rows.order_by("-pk").values_list("pk", "event_type")
    keys = [key for key, event_type in types if event_type in TOLD][: TIMES_AS_MANY * most]
    told: dict[tuple[str, str], tuple[Event, Words]] = {}
    for event in Event.objects.filter(pk__in=keys).order_by("-pk"):
        words = words_of(event.event_type, json.loads(event.payload))
        told.setdefault((event.event_type, words.path or str(event.pk)), (event, words))
    newest = list(told.values())[:most]
    names = {
        jid: face.name for jid, face in faces(account, (j for _, words in newest for j in words.jids)).items()
    }
    return [
        Line(
            event.pk,
            TOLD[event.event_type],
            words.text(names),
            words.path or f"/events/{event.pk}",
            event.logged_at // 1000,
        )
        for event, words in newest
    ]
