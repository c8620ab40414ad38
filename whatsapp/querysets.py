"""One method for each question that is asked of the tables, named as the question."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from whatsapp.changes import change_all
from whatsapp.jids import LID_SERVER, USER_SERVER, is_lid
from whatsapp.prepared import Prepared, Slot
from whatsapp.search.names import found_by_name

LAST_ROW = 2**62  # more rows than any table has
UNLINKING_SECONDS = 120  # that the session of a removed account may take to unlink its phone, and to end

# What a message's resource shows of its file.
MEDIA_SHOWN = ("mime_type", "file_size", "original_filename", "duration", "width", "height")


def _models() -> Any:
    from whatsapp import models  # which import this module

    return models


ACCOUNTS = Prepared(lambda: _models().Account.objects.select_related("connection"))
CHATS_ADDRESSED = Prepared(lambda: _models().Chat.objects.filter(jid=Slot("jid")).values_list("id"))
CHATS_BY_LID = Prepared(lambda: _models().Chat.objects.addressed_by_lid(Slot("jid")).values_list("id"))
PEOPLE_ADDRESSED = Prepared(lambda: _models().Contact.objects.addressed(Slot("jid")).values_list("id"))
NEWEST_EVENT = Prepared(lambda: _models().Event.objects.order_by("-pk").values_list("pk")[:1])


def keys_of_chat(jid: str) -> list[int]:
    """The keys of the chat with that JID or LID; one in each account.

    Numbers, for a list of one is as good as an equality to the database's planner, and a subquery is not.
    """
    return (CHATS_BY_LID if is_lid(jid) else CHATS_ADDRESSED).column(jid=jid)


def keys_of_person(jid: str) -> list[int]:
    """The keys of the person with that phone JID or LID; one in each account."""
    return PEOPLE_ADDRESSED.column(jid=jid)


class AccountQuerySet(models.QuerySet[Any]):
    def by_name(self) -> dict[str, Any]:
        """name → account, with its connection: of all, for they are few; with those that are being removed,
        whose rows are there yet."""
        return {account.name: account for account in ACCOUNTS.objects()}

    def named(self, name: str) -> Any:
        """The account of that name, with its connection; None where there is none, or it is removed."""
        account = self.by_name().get(name)
        return None if account is None or account.is_removed else account

    def kept(self) -> QuerySet[Any]:
        """Those that are not removed."""
        return self.filter(Q(removed_at=None) | Q(name=settings.SESSION_NAME))

    def to_run(self) -> QuerySet[Any]:
        """Those whose sessions are to run: all that are kept; and of those that are removed, as long as they
        may take, the ones whose phone is still to be unlinked."""
        models = _models()
        unlinking = models.Action.objects.filter(
            account=OuterRef("pk"), kind="logout", status__in=("queued", "sending")
        )
        just_removed = Q(removed_at__gt=timezone.now() - timedelta(seconds=UNLINKING_SECONDS))
        return self.filter(
            Q(removed_at=None) | Q(name=settings.SESSION_NAME) | (just_removed & Exists(unlinking))
        )

    def removed(self) -> QuerySet[Any]:
        """Those whose rows are to go, the longest removed first."""
        gone = self.filter(removed_at__isnull=False).exclude(name=settings.SESSION_NAME)
        return gone.select_related("connection").order_by("removed_at", "id")


class InboxQuerySet(models.QuerySet[Any]):
    def pending(self) -> QuerySet[Any]:
        """What ingest has yet to take, in the order in which it arrived."""
        return self.filter(state=self.model.State.PENDING).order_by("id")

    def waiting_for(self, message_ids: Iterable[str]) -> QuerySet[Any]:
        """Changes of messages that had not come when the change did."""
        return self.filter(waits_for__in=list(message_ids)).order_by("id")

    def quarantined(self) -> QuerySet[Any]:
        return self.filter(state=self.model.State.QUARANTINED).order_by("id")

    def put_back_in_line(self) -> int:
        """Lets those in quarantine be handled again, in their old order. Returns how many."""
        quarantined = self.filter(state=self.model.State.QUARANTINED)
        pending = self.model.State.PENDING
        return change_all(quarantined, lambda rows: rows.update(state=pending, error=None))


class OfChats:
    """Query sets of rows that point to a chat."""

    def in_chat(self: Any, jid: str) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.filter(chat__in=keys_of_chat(jid))
        return rows


class OfChatsQuerySet(OfChats, models.QuerySet[Any]):
    pass


class ContactQuerySet(models.QuerySet[Any]):
    NAMES = ("name", "business_name", "notify_name", "short_name")  # the first that is known is shown
    SHOWN = Coalesce(
        *NAMES, "jid", output_field=models.TextField()
    )  # what a person is called: by an index, too

    def by_name(self) -> Any:
        """In the order of what people are called; who has no name goes by the number."""
        return self.annotate(shown_name=self.SHOWN).order_by("shown_name", "id")

    def addressed(self, jid: str) -> QuerySet[Any]:
        """The person with that phone JID or LID."""
        return self.filter(Q(jid=jid) | Q(lid=jid))

    def people(self) -> Any:
        """Those who are people, and not channels or lists that have sent something."""
        return self.filter(Q(jid__endswith=f"@{USER_SERVER}") | Q(jid__endswith=f"@{LID_SERVER}"))

    def owners_of(self, account: Any) -> QuerySet[Any]:
        """Who the account itself is: one contact, or two that are not yet known as one."""
        addresses = [jid for jid in (account.jid, account.lid) if jid]
        known = self.filter(account=account)
        return known.filter(jid__in=addresses).union(known.filter(lid__in=addresses))

    def found_by(self, text: str) -> QuerySet[Any]:
        """People whose names and number contain each word of `text`, whatever the case and diacritics."""
        return found_by_name(self, text)

    def profile_due(self, asked_before: int) -> QuerySet[Any]:
        """People of whose profile WhatsApp was never asked, or last before then (Unix seconds)."""
        never = self.filter(profile_asked_at=None)
        return never.union(self.filter(profile_asked_at__lt=asked_before), all=True)


class GroupQuerySet(models.QuerySet[Any]):
    SHOWN = Coalesce(
        "name", "jid", output_field=models.TextField()
    )  # what a group is called: by an index, too

    def by_name(self) -> Any:
        """In the order of what groups are called; one without a name goes by its JID."""
        return self.annotate(shown_name=self.SHOWN).order_by("shown_name", "id")

    def addressed(self, jid: str) -> QuerySet[Any]:
        return self.filter(jid=jid)

    def found_by(self, text: str) -> QuerySet[Any]:
        """Groups whose name and JID contain each word of `text`, whatever the case and diacritics."""
        return found_by_name(self, text)


class GroupParticipantQuerySet(models.QuerySet[Any]):
    def in_common_with(self, person: Any) -> QuerySet[Any]:
        """The groups that this person is or was in, those that were heard of last first."""
        return self.filter(contact=person).select_related("group").order_by("-id")

    def former(self) -> QuerySet[Any]:
        """Those who are in the group no more."""
        return self.filter(is_present=False).select_related("contact").order_by("contact_id")


class GroupChangeQuerySet(models.QuerySet[Any]):
    def newest_first(self) -> QuerySet[Any]:
        return self.order_by("-timestamp", "-id")


class HistorySyncQuerySet(models.QuerySet[Any]):
    def under_way(self) -> QuerySet[Any]:
        """What is being imported and what waits for it, the oldest first."""
        return self.filter(finished_at=None).order_by("id")


class CallQuerySet(OfChats, models.QuerySet[Any]):
    def newest_first(self) -> QuerySet[Any]:
        return self.order_by("-started_at", "-id")


class PresenceChangeQuerySet(models.QuerySet[Any]):
    def newest_first(self) -> QuerySet[Any]:
        return self.order_by("-changed_at", "-id")

    def of_person(self, contact_id: int) -> QuerySet[Any]:
        """What is known of one person's presence, newest first; in the order of their own index."""
        return self.filter(contact=contact_id).order_by("-changed_at", "-state")

    def older_than(self, moment: int) -> QuerySet[Any]:
        """Changes before `moment` (Unix milliseconds)."""
        return self.filter(changed_at__lt=moment)


class EventQuerySet(models.QuerySet[Any]):
    def newest_id(self) -> int:
        """The id of the newest event; 0 when nothing has happened yet."""
        return NEWEST_EVENT.value() or 0

    def numbers_of_types(
        self, types: Iterable[str], most: int, account_id: int | None = None
    ) -> dict[str, int]:
        """type → how many events of it are in the log, counted up to `most`. One query.

        Of one account where it is given, which the index does not know: leave it out where there is but one.
        """
        table = connection.ops.quote_name(self.model._meta.db_table)
        own = "" if account_id is None else " AND account_id = %s"
        part = f"SELECT %s, count(*) FROM (SELECT 1 FROM {table} WHERE event_type = %s{own} LIMIT %s) AS a"
        asked = [
            value
            for name in types
            for value in (name, name, *(() if account_id is None else (account_id,)), most)
        ]
        number = len(asked) // (3 if account_id is None else 4)
        if not number:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join([part] * number), asked)
            return dict(cursor.fetchall())

    def logged_since(self, moment: int) -> QuerySet[Any]:
        """What was logged at `moment` (Unix milliseconds) or later.

        Ids grow with time but for clocks that were set, so the first such id bounds the walk along them.
        """
        later = self.model.objects.filter(logged_at__gte=moment)
        # As a sum, or SQLite would look for the least id from the beginning of the log.
        first = later.aggregate(first=Min(F("id") + 0))["first"]
        return self.filter(id__gte=first, logged_at__gte=moment) if first else self.none()

    def logged_before(self, moment: int) -> QuerySet[Any]:
        """What was logged before `moment` (Unix milliseconds), the oldest first."""
        return self.filter(logged_at__lt=moment).order_by("logged_at", "id")


class StoryQuerySet(models.QuerySet[Any]):
    def alive(self, now: int) -> QuerySet[Any]:
        """What WhatsApp still shows at `now` (Unix seconds), newest first."""
        from whatsapp.models.message import KEY_BITS
        from whatsapp.models.story import LIFETIME_SECONDS

        oldest = max(0, now - LIFETIME_SECONDS) << KEY_BITS  # keys are indexed, ends are not
        return self.filter(id__gte=oldest, expires_at__gt=now, is_deleted=False).order_by("-id")

    def over(self, now: int) -> QuerySet[Any]:
        """What WhatsApp shows no more at `now` (Unix seconds), newest first."""
        return self.filter(Q(expires_at__lte=now) | Q(is_deleted=True)).order_by("-id")


class ChatQuerySet(models.QuerySet[Any]):
    def newest_first(self) -> QuerySet[Any]:
        return self.order_by(F("last_message_ts").desc(nulls_last=True), "-id")

    def addressed(self, jid: str) -> QuerySet[Any]:
        """The chat with `jid`; a LID finds the chat of the person whose LID it is."""
        return self.addressed_by_lid(jid) if is_lid(jid) else self.filter(jid=jid)

    def addressed_by_lid(self, lid: str) -> QuerySet[Any]:
        from whatsapp.models import Contact

        return self.filter(Q(jid=lid) | Q(jid__in=Contact.objects.filter(lid=lid).values("jid")))

    def found_by(self, text: str) -> QuerySet[Any]:
        """Chats whose name and JID contain each word of `text`, whatever the case and diacritics."""
        return found_by_name(self, text)


class MessageQuerySet(OfChats, models.QuerySet[Any]):
    def count(self) -> int:
        """From counts that are kept wherever they know it (`whatsapp.tallies`); else by counting."""
        from whatsapp.tallies import count_of

        known = count_of(self)
        if known is not None:
            return known
        return super().count()

    def with_relations(self) -> QuerySet[Any]:
        """All that a message's resource shows, in one query; the raw bytes stay behind."""
        related = ("chat__jid", "chat__is_group", "sender__jid", "account__name")
        own = [field.name for field in self.model._meta.concrete_fields if field.name != "raw"]
        media = [f"media__{name}" for name in MEDIA_SHOWN]
        return self.select_related("chat", "sender", "media", "account").only(*own, *related, *media)

    def with_reactions(self) -> QuerySet[Any]:
        """Those to which somebody has reacted."""
        return self.filter(self._has_reactions())

    def without_reactions(self) -> QuerySet[Any]:
        return self.filter(~self._has_reactions())

    def _has_reactions(self) -> Exists:
        from whatsapp.models import Reaction

        reactions = Reaction.objects.filter(target_id=OuterRef("message_id"), chat=OuterRef("chat"))
        return Exists(reactions.filter(emoji__isnull=False))

    def sent_by(self, jid: str) -> QuerySet[Any]:
        return self.filter(sender__in=keys_of_person(jid))


class MediaQuerySet(models.QuerySet[Any]):
    def in_chat(self, jid: str) -> QuerySet[Any]:
        """Files of the chat's messages, whose keys they have."""
        from whatsapp.models import Message

        return self.filter(pk__in=Message.objects.in_chat(jid).filter(has_media=True).values("pk"))

    def due(self, now: int | Slot) -> QuerySet[Any]:
        """Downloads to try at `now` (Unix seconds): the longest due first, then the newest."""
        return self.filter(download_status=self.model.Status.PENDING, next_attempt_at__lte=now).order_by(
            "next_attempt_at", "-id"
        )

    def failed_for_now(self) -> Any:
        """Failed downloads whose reason can pass."""
        return self.filter(download_status=self.model.Status.FAILED, is_gone=None)


class ActionQuerySet(models.QuerySet[Any]):
    def queued(self) -> QuerySet[Any]:
        return self.filter(status=self.model.Status.QUEUED).order_by("id")

    def waiting(self, account: Any) -> QuerySet[Any]:
        """The account's acts that are queued or under way."""
        unfinished = (self.model.Status.QUEUED, self.model.Status.SENDING)
        return self.filter(account=account, status__in=unfinished)

    def asked_for(
        self,
        account: Any,
        *,
        kind: str = "",
        status: str = "",
        jid: str = "",
        day: tuple[datetime, datetime] | None = None,
    ) -> QuerySet[Any]:
        """The account's acts, the newest first: of a kind, with a status, about a chat, from the moment to
        the other; each where it is given."""
        wanted = {"kind": kind, "status": status, "jid": jid}
        found = self.filter(account=account, **{name: value for name, value in wanted.items() if value})
        if day is not None:
            found = found.filter(created_at__gte=day[0], created_at__lt=day[1])
        return found.order_by("-id")

    def interrupted(self) -> QuerySet[Any]:
        """Acts that a session process had begun when it died."""
        return self.filter(status=self.model.Status.SENDING).order_by("id")

    def finished_before(self, moment: datetime) -> QuerySet[Any]:
        """Acts that nothing will be done about any more, the oldest first."""
        unfinished = (self.model.Status.QUEUED, self.model.Status.SENDING)
        return (
            self.filter(finished_at__lt=moment).exclude(status__in=unfinished).order_by("finished_at", "id")
        )
