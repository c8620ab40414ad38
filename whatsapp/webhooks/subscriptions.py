"""Making, changing and ending webhooks."""

import ipaddress
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from whatsapp import api_keys, events, sealing, wakeup
from whatsapp.changes import changes_of
from whatsapp.following import Wish, bounds
from whatsapp.models import Account, Delivery, DeliveryAttempt, Webhook
from whatsapp.models.webhook import Status
from whatsapp.outgoing_http import NotFetched, RefusedAddress, is_public, require_url
from whatsapp.webhooks import signing

log = logging.getLogger(__name__)

ROTATION_SECONDS = 24 * 3600  # how long the secret before is good for, too
DELETED_AT_ONCE = 500
LOCAL_NAMES = ("localhost", "localhost.localdomain")

HEALTHY: Mapping[str, Any] = {
    "failures": 0,
    "failing_since": None,
    "retry_at": None,
    "paused_at": None,
    "pause_reason": None,
}


class InvalidUrl(ValueError):
    """A URL that nothing can be posted to; the message says why."""


class SetElsewhere(Exception):
    """The webhook comes from the environment, which alone decides about it."""

    def __init__(self) -> None:
        super().__init__(
            "This webhook comes from WEBHOOK_URLS in the hub's environment: change or remove it there, and "
            "restart the hub. It can be turned off here."
        )


def now_ms() -> int:
    return int(time.time() * 1000)


def host_of(webhook: Webhook) -> str:
    """All of its URL that is no secret."""
    return urlsplit(webhook.url).hostname or ""


def check_url(url: str) -> None:
    """Raises InvalidUrl for what can be seen to be wrong; where a name leads is looked at when it is used."""
    if any(not character.isprintable() or character.isspace() for character in url):
        raise InvalidUrl("A URL has no spaces or control characters in it.")
    try:
        require_url(url)
    except NotFetched as error:
        raise InvalidUrl(str(error)) from error
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if not settings.ALLOW_PRIVATE_URLS and (is_private(host) or is_local(host)):
        raise InvalidUrl(str(RefusedAddress(host)))


def is_local(host: str) -> bool:
    return host in LOCAL_NAMES or host.endswith(".localhost")


def is_private(host: str) -> bool:
    """Whether it is an IP address, and not of the Internet at large."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return not is_public(host)


def wishes_of(webhooks: Iterable[Webhook]) -> dict[int, Wish]:
    """Webhook → what it gets of the log. A person's chat counts under either of their addresses."""
    found = list(webhooks)
    chats = iter(api_keys.both_addresses(*(one.chats for one in found if one.chats is not None)))
    return {
        one.pk: Wish(one.account, tuple(one.events), None if one.chats is None else next(chats))
        for one in found
    }


# Making and changing


def create(
    account: Account | None,
    url: str,
    *,
    prefixes: Iterable[str] = (),
    chats: Iterable[str] | None = None,
    headers: Mapping[str, str] | None = None,
    secret: str | None = None,
    source: str = Webhook.Source.API,
) -> Webhook:
    """Makes a webhook, which gets what happens to the account (None: to any) from now on. The values are good
    ones (`check_url`, `following.parse_prefixes`, `signing.require_headers`)."""
    with transaction.atomic():
        made = Webhook.objects.create(
            account=account,
            url=url,
            events=list(prefixes),
            chats=None if chats is None else api_keys.phone_jids(chats, known_to(account)),
            headers=sealed_headers(headers or {}),
            secret=sealing.seal(secret) if secret else None,
            source=source,
            cursor=bounds()[1],
        )
        transaction.on_commit(wakeup.nudge)
    log.info("Made %s for %s", made, host_of(made))
    return made


def edit(webhook: Webhook, **changes: Any) -> None:
    """Changes some of url, events, chats, headers and secret (in the clear), and is_active.

    Raises SetElsewhere when the environment decides about them.
    """
    if changes.keys() - {"is_active"} and webhook.source == Webhook.Source.ENVIRONMENT:
        raise SetElsewhere
    wanted = changes.pop("is_active", None)
    if "chats" in changes and changes["chats"] is not None:
        changes["chats"] = api_keys.phone_jids(changes["chats"], known_to(webhook.account))
    if "headers" in changes:
        changes["headers"] = sealed_headers(changes["headers"])
    if "secret" in changes:
        secret = changes["secret"]
        changes["secret"] = sealing.seal(secret) if secret else None
        changes |= {"previous_secret": None, "previous_secret_until": None}
    for name, value in changes.items():
        setattr(webhook, name, value)
    if webhook.retry_at is not None and changes.keys() & {"url", "headers", "secret"}:
        changes["retry_at"] = webhook.retry_at = now_ms()  # it may be well now
    if changes:
        webhook.save(update_fields=[*changes, "updated_at"])
        transaction.on_commit(wakeup.nudge)
    if wanted is not None and wanted != webhook.is_on:
        turn_on(webhook) if wanted else turn_off(webhook)


def known_to(account: Account | None) -> list[int] | None:
    """The accounts whose people a webhook of that account may know; None: all."""
    return None if account is None else [account.pk]


def sealed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: sealing.seal(value) for name, value in headers.items()}


def rotate(webhook: Webhook, secret: str | None = None) -> str:
    """Gives it another secret, or a random one; for a day, deliveries are signed with the one before as well.
    Returns the new one. Raises SetElsewhere."""
    if webhook.source == Webhook.Source.ENVIRONMENT:
        raise SetElsewhere
    new = secret or signing.new_secret()
    webhook.previous_secret = webhook.secret
    webhook.previous_secret_until = now_ms() + ROTATION_SECONDS * 1000 if webhook.secret else None
    webhook.secret = sealing.seal(new)
    webhook.save(update_fields=["secret", "previous_secret", "previous_secret_until", "updated_at"])
    log.info("Gave %s another secret", webhook)
    return new


def turn_off(webhook: Webhook) -> None:
    """From now on it gets nothing; what happens meanwhile is not for it."""
    change(webhook, is_active=False, paused_at=None, pause_reason=None)
    log.info("Turned %s off", webhook)


def turn_on(webhook: Webhook) -> None:
    """Lets it go on. After a pause it gets all that it has missed; else what happens from now on."""
    with transaction.atomic():
        missed = webhook.is_active and webhook.paused_at is not None
        change(webhook, is_active=True, **HEALTHY, **({} if missed else {"cursor": bounds()[1]}))
        # Each gets all its attempts again.
        Delivery.objects.filter(webhook=webhook).in_line().filter(status=Status.FAILED).update(
            attempts=0, next_retry_at=None
        )
        transaction.on_commit(wakeup.nudge)
    log.info("Turned %s on", webhook)


def change(webhook: Webhook, **values: Any) -> None:
    for name, value in values.items():
        setattr(webhook, name, value)
    webhook.save(update_fields=[*values, "updated_at"])


def pause(webhook: Webhook, reason: str, now: int) -> dict[str, Any]:
    """Logs that it is paused, in the transaction that makes it so; with the default account, when it is for
    all. Returns the values of its row."""
    told = {
        "id": str(webhook.pk),
        "host": host_of(webhook),
        "reason": reason,
        "failing_since": webhook.failing_since and webhook.failing_since // 1000,
    }
    events.append(webhook.account or Account.default(), events.WEBHOOK_PAUSED, told)
    log.warning("Paused %s for %s: %s", webhook, told["host"], reason)
    return {"paused_at": now, "pause_reason": reason}


def delete(webhook: Webhook) -> None:
    """Ends it for good, with the log of its deliveries: in small transactions, for that may be long."""
    # Whoever sends for it now drops the results.
    Webhook.objects.filter(pk=webhook.pk).update(is_active=False, drained_by=None)
    while keys := list(
        Delivery.objects.filter(webhook=webhook)
        .order_by("-pk")
        .values_list("pk", flat=True)[:DELETED_AT_ONCE]
    ):
        delete_deliveries(keys)
    webhook.delete()
    log.info("Deleted a webhook for %s", host_of(webhook))


def delete_deliveries(keys: list[int]) -> None:
    with transaction.atomic():
        DeliveryAttempt.objects.filter(delivery__in=keys).delete()
        Delivery.objects.filter(pk__in=keys)._raw_delete(Delivery.objects.db)


def forget_deliveries(moment: int, at_once: int = DELETED_AT_ONCE) -> int:
    """Deletes what was delivered or given up before `moment` (Unix milliseconds). Returns how many rows."""
    deleted = last = 0
    while rows := list(
        Delivery.objects.filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", "status", "updated_at")[:at_once]
    ):
        last = rows[-1][0]
        ended = (Status.DELIVERED, Status.EXHAUSTED)
        old = [key for key, status, at in rows if status in ended and at.timestamp() * 1000 < moment]
        if old:
            delete_deliveries(old)
            deleted += len(old)
        elif rows[0][2].timestamp() * 1000 >= moment:
            break  # rows are as old as their keys, but for those that were asked for again
    return deleted


# The environment


def follow_environment() -> None:
    """Makes, changes and removes webhooks so that they are what WEBHOOK_URLS and WEBHOOK_SECRET say. Several
    workers may begin with it at once."""
    account = Account.default()
    secret = settings.WEBHOOK_SECRET or None
    rows = Webhook.objects.filter(account=account, source=Webhook.Source.ENVIRONMENT).order_by("pk")
    unwanted = list(rows.exclude(url__in=settings.WEBHOOK_URLS))
    with changes_of(account):  # the next one finds what this one has made
        known: dict[str, Webhook] = {}
        for webhook in rows.filter(url__in=settings.WEBHOOK_URLS):
            if known.setdefault(webhook.url, webhook) is not webhook:
                unwanted.append(webhook)
            elif opened(webhook.secret) != secret:
                change(webhook, secret=sealing.seal(secret) if secret else None)
        for url in dict.fromkeys(settings.WEBHOOK_URLS):
            if url not in known:
                create(account, url, secret=secret, source=Webhook.Source.ENVIRONMENT)
    for webhook in unwanted:
        delete(webhook)


def opened(sealed: str | None) -> str | None:
    """The text; None when there is none, or it can't be opened."""
    try:
        return sealing.unseal(sealed) if sealed is not None else None
    except sealing.Unsealable:
        return None
