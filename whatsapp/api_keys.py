"""Making, finding, changing and revoking the keys that programs show.

A key is 256 random bits, so nobody can guess one from its digest, however fast they compute digests: a plain
SHA-256 keeps it as well as a slow hash for passwords would, and costs a microsecond a call instead of a tenth
of a second. It is not salted by the owner's key either, which may be replaced without ending all others.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone

from whatsapp.jids import is_lid
from whatsapp.models import Account, ApiKey, Contact
from whatsapp.models.api_key import Scope

log = logging.getLogger(__name__)

PREFIX = "wah_"  # tells people and scanners for leaked secrets what it is
RANDOM_BYTES = 32
LENGTH = len(PREFIX) + 43  # 32 bytes in URL-safe Base64
SHOWN = len(PREFIX) + 6  # the first characters, which stay known

USE_NOTED_EVERY = timedelta(minutes=1)


def create(
    name: str,
    scopes: Iterable[Scope],
    *,
    accounts: Iterable[int] | None = None,
    chats: Iterable[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Makes a key. Returns its row and the key itself, which can't be had again.

    `accounts` are their keys: another account of the same name would be another one. `chats` are JIDs; a
    person's LID is kept as their phone JID where one of these accounts knows that.
    """
    key = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    only = None if accounts is None else sorted(set(accounts))
    row = ApiKey.objects.create(
        name=name,
        prefix=key[:SHOWN],
        digest=digest_of(key.encode()),
        scopes=sorted(Scope(scope).value for scope in set(scopes)),
        accounts=only,
        chats=None if chats is None else phone_jids(chats, only),
        expires_at=expires_at,
    )
    log.info("Made the API key %s for %s", row, ", ".join(row.scopes))
    return row, key


def edit(row: ApiKey, *, name: str, expires_at: datetime | None) -> None:
    """Gives the key another name or end. What it may do is for ever: make a new one instead."""
    row.name, row.expires_at = name, expires_at
    row.save(update_fields=["name", "expires_at"])


def revoke(row: ApiKey) -> bool:
    """Ends the key at once, for good. False when that has been done before."""
    now = timezone.now()
    revoked = bool(ApiKey.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now))
    row.refresh_from_db(fields=["revoked_at"])
    if revoked:
        log.info("Revoked the API key %s", row)
    return revoked


def forget_account(account: Account) -> None:
    """Revokes the keys that are for that account alone."""
    for row in ApiKey.objects.filter(accounts__isnull=False, revoked_at=None):
        if row.accounts == [account.pk]:
            revoke(row)


def is_well_formed(key: bytes) -> bool:
    """Whether it looks like a key that was made here."""
    return len(key) == LENGTH and key.startswith(PREFIX.encode())


def find(key: bytes) -> ApiKey | None:
    """The row of a key that may be used now, in one query; none at all for what no key looks like.

    It is asked for on every call, so that a key stops to work everywhere the moment it is revoked.
    """
    if not is_well_formed(key):
        return None
    digest = digest_of(key)
    row = ApiKey.objects.filter(digest=digest).first()
    if row is None or not hmac.compare_digest(row.digest, digest):
        return None
    now = timezone.now()
    if not row.is_good(now):
        return None
    note_use(row, now)
    return row


def note_use(row: ApiKey, now: datetime) -> None:
    """Writes down when the key was last used, once a minute at most."""
    if row.last_used_at is not None and now - row.last_used_at < USE_NOTED_EVERY:
        return
    try:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)
    except OperationalError as error:
        # Whoever only reads need not fail because somebody else writes.
        log.warning("The last use of an API key can't be written down: %s", error)


def digest_of(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


# Chats


def phone_jids(jids: Iterable[str], accounts: list[int] | None = None) -> list[str]:
    """The same chats, a person's by their phone JID where one of `accounts` (their keys; None: any) knows it;
    in order, each once."""
    given = set(jids)
    phones = {lid: jid for jid, lid in addresses_of((jid for jid in given if is_lid(jid)), accounts)}
    return sorted({phones.get(jid, jid) for jid in given})


def both_addresses(*groups: Iterable[str]) -> list[frozenset[str]]:
    """Of each group of JIDs: these, and by what other address WhatsApp may call these people. The number of
    queries does not grow with the groups."""
    given = [frozenset(group) for group in groups]
    pairs = addresses_of(frozenset().union(*given))
    return [
        group.union(jid for pair in pairs if not group.isdisjoint(pair) for jid in pair if jid)
        for group in given
    ]


def addresses_of(jids: Iterable[str], accounts: list[int] | None = None) -> list[tuple[str, str | None]]:
    """(JID, LID) of each person who has one of these addresses, in one of `accounts` (None: in any)."""
    given = list(jids)
    if not given:
        return []
    if accounts is None:
        accounts = list(Account.objects.values_list("pk", flat=True))  # the indexes begin with the account
    people = Contact.objects.filter(Q(jid__in=given) | Q(lid__in=given), account__in=accounts)
    return list(people.values_list("jid", "lid"))
