"""Following the event log: what a follower wants of it and may see, and the next events after its cursor.

WebSockets, event streams and webhooks all read the log this way, so that to all of them the same event has
the same id and the same data.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from whatsapp import events
from whatsapp.models import Account, Event
from whatsapp.prepared import Prepared

EVERYTHING = "*"
LONGEST_PREFIX = 64  # as long as a type may be


class NoSuchEvents(ValueError):
    """A prefix that no type of event begins with; the message names it and says what would be right."""


def parse_prefixes(words: Iterable[str]) -> tuple[str, ...]:
    """The prefixes that `words` are, in order and each once; empty for all events. Raises NoSuchEvents."""
    prefixes = dict.fromkeys(word.strip() for word in words)
    prefixes.pop("", None)
    if EVERYTHING in prefixes:
        return ()
    for prefix in prefixes:
        if not any(known.startswith(prefix) for known in events.TYPES):
            raise NoSuchEvents(
                f"No event begins with {prefix[:LONGEST_PREFIX]!r}. "
                f"There are: {', '.join(events.TYPES)}; a prefix such as wa.messages stands for several."
            )
    return tuple(prefixes)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a follower gets of the log: one account's events (None: those of `among`, keys of accounts; None
    as well: of all), those whose type begins with one of `prefixes` (all of them if there is none), and of
    these what is about `chats` (JIDs; None: about anything)."""

    account: Account | None
    prefixes: tuple[str, ...] = ()
    chats: frozenset[str] | None = None
    among: frozenset[int] | None = None

    @property
    def account_name(self) -> str:
        return self.account.name if self.account is not None else EVERYTHING

    def is_of(self, account_id: int) -> bool:
        """Whether it is for what happens to that account."""
        if self.account is not None:
            return account_id == self.account.pk
        return self.among is None or account_id in self.among

    def wants(self, event_type: str) -> bool:
        return not self.prefixes or event_type.startswith(self.prefixes)

    def next_after(self, cursor: int, until: int, most: int) -> list[Event]:
        """The next wanted events of the log after `cursor`, up to `until` itself; `most` of them at the most.

        Whether they are about the right chats, `visible` finds out.
        """
        rows = Event.objects.filter(pk__gt=cursor, pk__lte=until)
        if self.account is not None:
            rows = rows.filter(account=self.account)
        elif self.among is not None:
            rows = rows.filter(account__in=sorted(self.among))
        if self.prefixes:
            rows = rows.filter(reduce(or_, (Q(event_type__startswith=prefix) for prefix in self.prefixes)))
        found = list(rows.order_by("pk")[:most])
        self.know_accounts(found)
        return found

    def know_accounts(self, found: Iterable[Event]) -> None:
        """Gives the events their accounts: no query for the events of one, one for those of several."""
        rows = list(found)
        known = {} if self.account is None else {self.account.pk: self.account}
        if any(event.account_id not in known for event in rows):
            known = {account.pk: account for account in Account.objects.by_name().values()}
        for event in rows:
            event.account = known[event.account_id]

    def visible(self, envelope: dict[str, Any]) -> dict[str, Any] | None:
        """The envelope with what is about the right chats alone; None when that is nothing."""
        if self.chats is None:
            return envelope
        narrow = NARROWED.get(envelope["type"])
        data = narrow(envelope["data"], self.chats) if narrow else None
        return {**envelope, "data": data} if data else None


OLDEST = Prepared(lambda: Event.objects.order_by("pk").values_list("pk")[:1])


def bounds() -> tuple[int, int]:
    """The ids of the oldest and the newest event of the log; (0, 0) when nothing has happened yet."""
    return OLDEST.value() or 0, Event.objects.newest_id()  # asked for at once, SQLite would read them all


# What of an event's data is about certain chats. The types that are left out are about none.

Narrow = Callable[[Any, frozenset[str]], Any]


def whole(*path: str) -> Narrow:
    """All of the data, when the JID at `path` is one of the chats'."""

    def narrow(data: Any, chats: frozenset[str]) -> Any:
        return data if at(data, path) in chats else None

    return narrow


def each(*path: str) -> Narrow:
    """Those items of a list of whose chat the JID is at `path`."""

    def narrow(data: Any, chats: frozenset[str]) -> Any:
        return [item for item in data if at(item, path) in chats]

    return narrow


def deleted(data: Any, chats: frozenset[str]) -> Any:
    keys = [key for key in data["keys"] if key["remoteJid"] in chats]
    return {"keys": keys} if keys else None


def first_message(data: Any, chats: frozenset[str]) -> Any:
    """An event tells of one message only."""
    return data if data["records"][0]["remote_jid"] in chats else None


def at(data: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        data = data.get(name)
    return data


NARROWED: dict[str, Narrow] = {
    events.MESSAGES_UPSERT: first_message,
    events.MESSAGES_UPDATE: each("key", "remoteJid"),
    events.MESSAGES_DELETE: deleted,
    events.MESSAGES_REACTION: each("key", "remoteJid"),
    events.RECEIPT_UPDATE: each("key", "remoteJid"),
    events.POLL_VOTE: whole("key", "remoteJid"),
    events.PRESENCE_UPDATE: whole("id"),
    events.CHATS_UPSERT: each("id"),
    events.CHATS_UPDATE: each("id"),
    events.CHATS_DELETE: each(),
    events.CONTACTS_UPSERT: each("id"),
    events.CONTACTS_UPDATE: each("id"),
    events.GROUPS_UPSERT: each("id"),
    events.GROUPS_UPDATE: each("id"),
    events.GROUP_PARTICIPANTS_UPDATE: whole("id"),
    events.NEWSLETTERS_UPDATE: each("id"),
    events.CALL: each("chat_jid"),
    events.MEDIA_DOWNLOADED: whole("remote_jid"),
    events.MEDIA_FAILED: whole("remote_jid"),
    events.ACTION_UPDATED: whole("jid"),
}
