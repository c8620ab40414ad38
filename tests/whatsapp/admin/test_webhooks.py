"""Webhooks in the admin: the owner makes and changes them; secrets are never shown."""

from typing import Any

import pytest
from django.test import Client

from tests.builders import ALICE, BOB, build_account, build_delivery, build_delivery_attempt, build_webhook
from tests.whatsapp.admin.rows import list_of, page_of, text_of
from whatsapp import sealing
from whatsapp.models import Delivery, Event, Webhook

pytestmark = pytest.mark.django_db

NEW = list_of(Webhook) + "add/"
FORM = {"url": "https://bot.example/hook", "events": "", "chats": "", "headers": "", "secret": ""}


@pytest.fixture(autouse=True)
def account() -> None:
    build_account()


def test_a_webhook_is_made(owner: Client) -> None:
    form = {
        **FORM,
        "events": "wa.messages, connection",
        "chats": "+1 555 0100",
        "headers": "X-Token: my-token\nX-Other: 1",
        "secret": "hush-hush",
        "is_active": "on",
    }
    page = owner.post(NEW, form, follow=True).content.decode()
    assert "was added successfully" in page
    webhook = Webhook.objects.get()
    assert (webhook.events, webhook.chats, webhook.is_on) == (["wa.messages", "connection"], [ALICE], True)
    assert sealing.unseal(webhook.secret or "") == "hush-hush"
    assert {name: sealing.unseal(value) for name, value in webhook.headers.items()} == {
        "X-Token": "my-token",
        "X-Other": "1",
    }
    for path in (list_of(Webhook), page_of(webhook)):
        shown = text_of(owner, path)
        for secret in ("hush-hush", "my-token", webhook.secret or "", *webhook.headers.values()):
            assert secret not in shown
    assert "X-Other, X-Token" in text_of(owner, page_of(webhook))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"url": "nowhere"}, "begins with http"),
        ({"url": "http://10.0.0.1/"}, "private network"),
        ({"events": "wa.nothing"}, "No event begins with"),
        ({"chats": "nobody"}, "is not a JID or phone number"),
        ({"headers": "Host: x"}, "is set by the hub itself"),
        ({"headers": "nonsense"}, "Name: value"),
        ({"secret": "x" * 257}, "at most 256 characters"),
    ],
)
def test_bad_input_is_named_and_nothing_is_made(owner: Client, change: dict[str, str], error: str) -> None:
    assert error in owner.post(NEW, {**FORM, **change}).content.decode()
    assert not Webhook.objects.exists()


def test_a_change_keeps_secrets_that_are_left_empty(owner: Client) -> None:
    webhook = build_webhook(secret="hush-hush", headers={"X-Token": "x"}, chats=[ALICE])
    assert ALICE in text_of(owner, page_of(webhook))
    owner.post(page_of(webhook), {**FORM, "url": "https://bot.example/new", "chats": BOB, "is_active": "on"})
    changed = Webhook.objects.get()
    assert (changed.url, changed.chats) == ("https://bot.example/new", [BOB])
    assert (changed.secret, changed.headers) == (webhook.secret, webhook.headers)
    owner.post(page_of(webhook), {**FORM, "secret": "another-one"})
    changed.refresh_from_db()
    assert sealing.unseal(changed.secret or "") == "another-one"
    assert (changed.chats, changed.is_active) == (None, False)


def test_a_paused_webhook_goes_on(owner: Client) -> None:
    webhook = build_webhook(paused_at=5, pause_reason="It has failed for 24 hours.", failures=12)
    assert "It has failed for 24 hours." in text_of(owner, page_of(webhook))
    owner.post(page_of(webhook), {**FORM, "is_active": "on"})
    webhook.refresh_from_db()
    assert (webhook.is_on, webhook.failures) == (True, 0)


def test_the_environments_webhook_is_only_turned_off(owner: Client) -> None:
    webhook = build_webhook(source="environment", secret="hush-hush")
    page = text_of(owner, page_of(webhook))
    assert 'name="is_active"' in page
    assert 'name="url"' not in page
    owner.post(page_of(webhook), {**FORM, "url": "https://other.example/"})
    webhook.refresh_from_db()
    assert (webhook.url, webhook.is_active) == ("https://bot.example/hook", False)
    assert owner.post(page_of(webhook, "delete"), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [webhook.pk], "post": "yes"}
    owner.post(list_of(Webhook), chosen)
    assert Webhook.objects.exists()


def test_deleting_takes_the_log_along(owner: Client) -> None:
    webhook, kept = build_webhook(), build_delivery(build_webhook())
    build_delivery_attempt(build_delivery(webhook))
    owner.post(page_of(webhook, "delete"), {"post": "yes"})
    assert list(Delivery.objects.all()) == [kept]
    chosen = {"action": "delete_selected", "_selected_action": [kept.webhook_id], "post": "yes"}
    owner.post(list_of(Webhook), chosen)
    assert not Webhook.objects.exists()


def test_deliveries_show_what_was_posted_and_are_sent_again(owner: Client) -> None:
    delivery = build_delivery(status="exhausted", attempts=12)
    attempt = build_delivery_attempt(delivery, answer="<b>no</b>")
    page = text_of(owner, page_of(delivery))
    assert "connection.status" in page
    assert page_of(attempt) in page
    assert "&lt;b&gt;no&lt;/b&gt;" in text_of(owner, page_of(attempt))
    assert send_again(owner, delivery) == "1 deliveries are sent again."
    delivery.refresh_from_db()
    assert delivery.status == "pending"
    Event.objects.all().delete()
    assert send_again(owner, delivery) == "0 deliveries are sent again."


def send_again(owner: Client, delivery: Delivery) -> str:
    form: dict[str, Any] = {"action": "retry", "_selected_action": [delivery.pk]}
    page = owner.post(list_of(Delivery), form, follow=True).content.decode()
    return next(line for number in "01" if (line := f"{number} deliveries are sent again.") in page)


def test_the_first_page_says_which_webhooks_are_paused(owner: Client) -> None:
    build_webhook()
    assert "is paused" not in text_of(owner, "/admin/")
    webhook = build_webhook("https://bot.example/?token=my-token", paused_at=1, pause_reason="It has failed.")
    page = text_of(owner, "/admin/")
    assert f'<a href="{page_of(webhook)}">Webhook {webhook.pk}</a> for bot.example is paused.' in page
    assert "It has failed." in page
    assert "my-token" not in page
