"""Linked numbers: making another account, and removing one with all that is stored of it.

An account that is removed is gone for everybody at once. Its rows and files go after that, in the worker, in
small transactions with a pause after each, so that nobody who writes has to wait for it; the account's own
row goes last. Whatever stops that, it goes on afterwards.
"""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from whatsapp import actions, api_keys, events, orphans, outbox, processes
from whatsapp.changes import changes_of
from whatsapp.models import (
    Account,
    Action,
    Call,
    Chat,
    Connection,
    Contact,
    DayTally,
    Event,
    FileTally,
    Group,
    GroupChange,
    GroupParticipant,
    HistorySync,
    InboxEvent,
    Label,
    LabelAssociation,
    Lease,
    Media,
    Message,
    MessageEdit,
    MessageTally,
    Newsletter,
    PollVote,
    Presence,
    PresenceChange,
    Reaction,
    Receipt,
    Story,
    StoryView,
    TotalTally,
    Webhook,
)
from whatsapp.querysets import UNLINKING_SECONDS
from whatsapp.session.credentials import remove_all
from whatsapp.slugs import RULE, is_slug
from whatsapp.upkeep import PAUSE_SECONDS, ROWS_AT_ONCE
from whatsapp.webhooks import subscriptions

log = logging.getLogger(__name__)

LOOKED_AT_ONCE = 2000  # rows, of all accounts
YOUNG_SECONDS = 60  # so new a file may be about to get a row of another account's

# What belongs to an account, and the way to its key. No row points to one of those before it.
WAYS: dict[type[Model], str] = {
    MessageEdit: "message__account_id",
    Media: "account_id",
    Receipt: "chat__account_id",
    Reaction: "chat__account_id",
    PollVote: "chat__account_id",
    LabelAssociation: "label__account_id",
    Label: "account_id",
    StoryView: "account_id",
    Story: "account_id",
    Message: "account_id",
    Call: "account_id",
    PresenceChange: "account_id",
    Presence: "contact__account_id",
    GroupChange: "group__account_id",
    GroupParticipant: "group__account_id",
    Group: "account_id",
    Newsletter: "account_id",
    HistorySync: "account_id",
    InboxEvent: "account_id",
    Action: "account_id",
    Event: "account_id",
    Chat: "account_id",
    Contact: "account_id",
    MessageTally: "account_id",
    TotalTally: "account_id",
    FileTally: "account_id",
    DayTally: "account_id",
    Connection: "account_id",
    Lease: "account_id",
}


class BadName(ValueError):
    """No account can be called that; the message says why."""


class IsDefault(Exception):
    """The default account can't be removed."""

    def __init__(self) -> None:
        super().__init__(
            "The default account can't be removed: SESSION_NAME names it. Its phone can be unlinked."
        )


def create(name: str) -> Account:
    """Makes an account, which no phone has linked yet: its session starts by itself, and shows a code to
    scan. Raises BadName."""
    if not is_slug(name):
        raise BadName(f"It must be {RULE}.")
    # A folder is called so, and not every disk tells capitals from small letters.
    known = next((one for one in Account.objects.all() if one.name.casefold() == name.casefold()), None)
    if known is not None:
        raise BadName(why_taken(known))
    try:
        with transaction.atomic():
            account = Account.objects.create(name=name)
            Connection.objects.create(account=account)
            tell()
    except IntegrityError as error:
        raise BadName(why_taken(Account.objects.get(name=name))) from error
    log.info("Made the account %s", name)
    return account


def why_taken(known: Account) -> str:
    if known.is_removed:
        return f"The account {known.name!r} is being removed: the name is free when all of it is gone."
    return f"There is an account {known.name!r} already."


def tell() -> None:
    """Logs that there are other accounts than before; not which, as not everybody may know of them."""
    events.append(Account.default(), events.ACCOUNTS_UPDATED, {})


def remove(account: Account) -> None:
    """Removes the account: its phone is unlinked, what it was still to send is not sent, and all that is
    stored of it goes, which the worker sees to. Keys for it alone are revoked. Raises IsDefault."""
    if account.is_default:
        raise IsDefault
    now = timezone.now()
    with changes_of(account):
        if not Account.objects.filter(pk=account.pk, removed_at=None).update(removed_at=now):
            return
        account.refresh_from_db(fields=["device"])
        Action.objects.queued().filter(account=account).update(
            status=Action.Status.CANCELLED, finished_at=now, updated_at=now
        )
        Webhook.objects.filter(account=account).update(is_active=False)
        if account.device is not None:
            actions.logout(account)
        api_keys.forget_account(account)
        tell()
    log.info("Removed the account %s; what is stored of it goes now", account.name)


# What goes after that

_going = threading.Lock()


def go_on_removing() -> None:
    """Deletes what there still is of removed accounts whose sessions have ended. For the worker, now and
    then; of each worker, one thread at a time does it."""
    if not _going.acquire(blocking=False):
        return
    try:
        for account in Account.objects.removed():
            if has_session_ended(account):
                delete(account)
    finally:
        _going.release()


def has_session_ended(account: Account) -> bool:
    """Whether nothing more comes of the session process, or it has had time enough to end."""
    seen_at = Connection.objects.filter(account=account).values_list("heartbeat_at", flat=True).first()
    if not processes.is_alive(seen_at, int(time.time())):
        return True
    assert account.removed_at is not None
    return (timezone.now() - account.removed_at).total_seconds() > UNLINKING_SECONDS


def delete(account: Account) -> bool:
    """Deletes all that is stored of the account, and the account. False when there is more meanwhile."""
    remove_all(account)  # its credentials first
    for webhook in Webhook.objects.filter(account=account):
        subscriptions.delete(webhook)
    for model, way in WAYS.items():
        if model is Event:
            keep_newest_event(account)
        for keys in keys_of(account, model, way):
            delete_some(account, model, keys)
            time.sleep(PAUSE_SECONDS)
    try:
        with transaction.atomic():
            delete_rows(Account, [account.pk])
    except IntegrityError:
        log.warning("Something was still written of the removed account %s: it goes later", account.name)
        return False
    log.info("All that was stored of the account %s is deleted", account.name)
    return True


def keys_of(account: Account, model: Any, way: str) -> Iterator[list[int]]:
    """The keys of the account's rows, a portion at a time: one walk through the table, along its keys."""
    last = 0
    while rows := list(
        model._base_manager.filter(pk__gt=last).order_by("pk").values_list("pk", way)[:LOOKED_AT_ONCE]
    ):
        last = rows[-1][0]
        own = [key for key, owner in rows if owner == account.pk]
        for first in range(0, len(own), ROWS_AT_ONCE):
            yield own[first : first + ROWS_AT_ONCE]


def delete_some(account: Account, model: type[Model], keys: list[int]) -> None:
    """Deletes these rows of the account, and the files that belong to them. A file of messages may be another
    account's, too: then it stays. So does one that has just been written or found again, for the sweep of
    orphans to see."""
    paths: list[str] = []
    drafts: list[str] = []
    with changes_of(account):
        if model is Media:
            found = Media.objects.filter(pk__in=keys).values_list("file_path", flat=True)
            paths += [path for path in found if path]
        if model is Action:
            payloads = Action.objects.filter(pk__in=keys).values_list("payload", flat=True)
            drafts += [name for payload in payloads if (name := outbox.name_in(payload)) is not None]
        delete_rows(model, keys)
    orphans.remove_unnamed(paths, time.time() - YOUNG_SECONDS)
    for name in drafts:
        outbox.remove(name)


def delete_rows(model: Any, keys: list[int]) -> None:
    """By one statement: what points to these rows is gone already, and need not be looked for."""
    model._base_manager.filter(pk__in=keys)._raw_delete(connection.alias)


def keep_newest_event(account: Account) -> None:
    """Sees to it that the newest event is not the account's: ids go on from it, and followers ask for more
    after it."""
    newest = Event.objects.order_by("-pk").values_list("account", flat=True).first()
    if newest == account.pk:
        with transaction.atomic():
            tell()
