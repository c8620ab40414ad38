"""Webhooks of the environment, and leases that nobody gives back."""

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.builders import build_account, build_delivery, build_event, build_webhook
from whatsapp import processes, sealing
from whatsapp.models import Delivery, Webhook
from whatsapp.webhooks import interruptions, subscriptions
from whatsapp.webhooks.subscriptions import now_ms

pytestmark = pytest.mark.django_db

ONE, TWO = "https://one.example/hook", "https://two.example/hook"


@pytest.fixture(autouse=True)
def account() -> None:
    build_account()


def environments() -> list[Webhook]:
    return list(Webhook.objects.filter(source="environment").order_by("pk"))


def test_the_environments_webhooks_are_what_it_says(settings: Any) -> None:
    mine = build_webhook(ONE)
    newest = build_event().pk
    settings.WEBHOOK_URLS, settings.WEBHOOK_SECRET = [ONE, TWO], "hush-hush"
    subscriptions.follow_environment()
    made = environments()
    assert [webhook.url for webhook in made] == [ONE, TWO]
    assert {sealing.unseal(webhook.secret or "") for webhook in made} == {"hush-hush"}
    assert {webhook.cursor for webhook in made} == {newest}

    subscriptions.follow_environment()  # as at the next start
    assert environments() == made
    assert [webhook.secret for webhook in environments()] == [webhook.secret for webhook in made]

    settings.WEBHOOK_URLS, settings.WEBHOOK_SECRET = [TWO], ""
    subscriptions.turn_off(made[1])
    build_delivery(made[0])
    subscriptions.follow_environment()
    (left,) = environments()
    assert (left.pk, left.secret, left.is_active) == (made[1].pk, None, False)
    assert not Delivery.objects.exists()
    assert Webhook.objects.filter(pk=mine.pk).exists()


def test_a_secret_of_the_environment_that_can_not_be_opened_is_set_anew(settings: Any) -> None:
    settings.WEBHOOK_URLS, settings.WEBHOOK_SECRET = [ONE], "hush-hush"
    subscriptions.follow_environment()
    settings.ENCRYPTION_KEY = "another key than before"
    subscriptions.follow_environment()
    assert sealing.unseal(environments()[0].secret or "") == "hush-hush"


def test_leases_of_the_dead_are_given_back_and_those_of_the_living_are_not() -> None:
    host = processes.own_host()
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    holders = {
        f"worker-{host}-{dead.pid}-5": None,
        f"worker-{host}-{os.getpid()}-0": None,  # of a process before, with our number
        f"worker-{host}-1-7": f"worker-{host}-1-7",
        f"worker-elsewhere-{dead.pid}-1": f"worker-elsewhere-{dead.pid}-1",
    }
    for holder in holders:
        build_webhook(drained_by=holder, drained_until=now_ms() + 60_000)
    interruptions.free_forgotten()
    assert list(Webhook.objects.order_by("pk").values_list("drained_by", flat=True)) == list(holders.values())


def test_a_new_address_is_tried_at_once() -> None:
    webhook = build_webhook(failures=3, retry_at=2**50)
    subscriptions.edit(webhook, events=["wa.call"])
    assert Webhook.objects.get().retry_at == 2**50
    subscriptions.edit(webhook, url=TWO)
    assert (Webhook.objects.get().retry_at or 0) <= now_ms()


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("https://bot.example/hook?a=b#c", True),
        ("http://bot.example:8080", True),
        ("https://93.184.215.14/", True),
        ("https://[2606:4700::1111]/", True),
        ("https://bücher.example/", True),
        ("http://127.1/", True),  # found out when it is used
        ("http://192.168.1.5/", False),
        ("http://169.254.169.254/latest", False),
        ("http://[::ffff:127.0.0.1]/", False),
        ("http://app.localhost/", False),
        ("https://", False),
        ("https://bot.example:99999/", False),
        ("https://bot.example/\n", False),
        ("javascript:alert(1)", False),
    ],
)
def test_urls_are_checked_by_their_looks(settings: Any, url: str, is_right: bool) -> None:
    settings.ALLOW_PRIVATE_URLS = False
    if is_right:
        subscriptions.check_url(url)
        return
    with pytest.raises(subscriptions.InvalidUrl):
        subscriptions.check_url(url)
