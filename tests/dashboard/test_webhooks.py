"""The webhook pages."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.builders import (
    ALICE,
    build_delivery,
    build_delivery_attempt,
    build_event,
    build_webhook,
)
from tests.dashboard.conftest import htmx, text_of
from tests.tools import about_sqlite
from tests.whatsapp.webhooks.receiver import Receiver, answer
from whatsapp import sealing
from whatsapp.models import Account, Connection, Delivery, Event, Webhook
from whatsapp.webhooks.subscriptions import now_ms

pytestmark = pytest.mark.django_db

URL = "https://bot.example/hook"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ALLOW_PRIVATE_URLS = True
    running = Receiver()
    yield running
    running.close()


def form(**changes: Any) -> dict[str, Any]:
    return {"url": URL, "which": "all", "chats": "", "headers": "", "signs": "generated", **changes}


def plans(call: Callable[[], Any]) -> str:
    """The plans of all queries that the call makes."""
    with CaptureQueriesContext(connection) as queries:
        call()
    lines = []
    with connection.cursor() as cursor:
        for query in queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"].replace("%", "%%"), [])
                lines += [str(row[3]) for row in cursor.fetchall()]
    return "\n".join(lines)


# Making


def test_a_new_webhook_gets_a_secret_that_is_shown_once(owner: Client) -> None:
    made = owner.post("/webhooks/new", form())
    webhook = Webhook.objects.get()
    assert made["Location"] == f"/webhooks/{webhook.pk}/secret"
    assert webhook.secret is not None
    secret = sealing.unseal(webhook.secret)
    assert secret in text_of(owner.get(made["Location"]))
    for path in (made["Location"], f"/webhooks/{webhook.pk}", f"/webhooks/{webhook.pk}/edit", "/webhooks"):
        page = owner.get(path)
        assert page.status_code == 200
        assert secret not in page.content.decode()
    assert "not shown again" in text_of(owner.get(made["Location"]))


def test_the_secret_of_another_webhook_is_not_shown(owner: Client) -> None:
    owner.post("/webhooks/new", form())
    other = build_webhook(secret="another-secret")
    assert "not shown again" in text_of(owner.get(f"/webhooks/{other.pk}/secret"))


def test_a_secret_of_ones_own_signs_and_none_signs_nothing(owner: Client) -> None:
    owner.post("/webhooks/new", form(signs="own", secret="my-own-secret"))
    owner.post("/webhooks/new", form(signs="none", secret="ignored"))
    unsigned, signed = Webhook.objects.order_by("-pk")
    assert signed.secret is not None
    assert sealing.unseal(signed.secret) == "my-own-secret"
    assert unsigned.secret is None


def test_what_is_chosen_is_kept(owner: Client) -> None:
    owner.post(
        "/webhooks/new",
        form(
            which="some",
            events=["wa.messages", "connection"],
            chats=f"{ALICE}\n",
            headers="Authorization: Bearer abc\nX-Room: 7",
        ),
    )
    webhook = Webhook.objects.get()
    assert webhook.events == ["wa.messages", "connection"]
    assert webhook.chats == [ALICE]
    assert {name: sealing.unseal(value) for name, value in webhook.headers.items()} == {
        "Authorization": "Bearer abc",
        "X-Room": "7",
    }
    page = owner.get(f"/webhooks/{webhook.pk}").content.decode()
    assert "Authorization" in page
    assert "Bearer abc" not in page


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"url": "ftp://bot.example"}, "url", "http"),
        ({"url": ""}, "url", "may not be blank"),
        ({"url": "http://127.0.0.1/hook"}, "url", "127.0.0.1"),
        ({"which": "some"}, "events", "Choose at least one"),
        ({"which": "some", "events": ["nonsense"]}, "events", "No event begins with"),
        ({"chats": f"{ALICE}\nnobody at all"}, "chats", "Line 2"),
        ({"headers": "Authorization"}, "headers", "Line 1 is not of the form"),
        ({"headers": "Host: evil.example"}, "headers", "set by the hub itself"),
        ({"headers": "A: 1\na: 2"}, "headers", "there twice"),
        ({"signs": "own"}, "secret", "Type the secret"),
        ({"signs": "own", "secret": "s" * 257}, "secret", "256"),
    ],
)
def test_a_refused_form_names_the_field_and_keeps_what_was_typed(
    owner: Client, changes: dict[str, Any], field: str, sentence: str
) -> None:
    response = owner.post("/webhooks/new", form(**changes))
    page = response.content.decode()
    assert response.status_code == 422
    wrong = re.findall(r'<p class="wrong">(.*?)</p>', page)
    assert len(wrong) == 1
    assert sentence in wrong[0]
    if field != "events":
        assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', page)
    assert not Webhook.objects.exists()
    if "url" not in changes:
        assert f'value="{URL}"' in page


def test_a_refused_form_does_not_give_the_secret_back(owner: Client) -> None:
    page = owner.post("/webhooks/new", form(url="", signs="own", secret="my-own-secret"))
    assert page.status_code == 422
    assert "my-own-secret" not in page.content.decode()


# The list


def test_the_list_says_how_each_is(owner: Client) -> None:
    now = now_ms()
    build_webhook("https://a.example/x", last_success_at=now)
    build_webhook("https://b.example/x", failures=3, failing_since=now - 60_000, retry_at=now + 60_000)
    build_webhook("https://c.example/x", paused_at=now, pause_reason="It said 410: gone.")
    build_webhook("https://d.example/x", is_active=False)
    build_webhook("https://e.example/x")
    text = text_of(owner.get("/webhooks"))
    assert text.index("e.example") < text.index("a.example")  # newest first
    for word in ("healthy", "failing", "3 times in a row", "paused", "It said 410: gone.", "off"):
        assert word in text
    assert "no delivery yet" in text


def test_the_last_answer_and_what_is_pending_stand_in_the_list(owner: Client) -> None:
    webhook = build_webhook()
    tried = {"attempts": 1, "last_attempt_at": now_ms(), "last_duration_ms": 7}
    build_delivery(webhook, status="exhausted", last_status_code=502, **tried)
    build_delivery(webhook)
    build_delivery(webhook)
    text = text_of(owner.get("/webhooks"))
    assert "502 in 7 ms" in text
    assert text.endswith("2") or " 2 " in text.partition("502 in 7 ms")[2]


def test_without_webhooks_the_list_says_what_they_are_for(owner: Client) -> None:
    assert "No webhooks yet" in text_of(owner.get("/webhooks"))


def test_the_list_is_asked_for_again_only_while_something_is_pending(owner: Client) -> None:
    webhook = build_webhook()
    assert "every 3s" not in owner.get("/webhooks").content.decode()
    build_delivery(webhook)
    part = owner.get("/webhooks", headers=htmx("results")).content.decode()
    assert "every 3s" in part
    assert "<html" not in part


def test_the_number_of_queries_does_not_grow(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    webhook = build_webhook()
    build_delivery(webhook, status="delivered", last_attempt_at=1)
    paths = ("/webhooks", f"/webhooks/{webhook.pk}", "/webhooks/deliveries")
    before = [count_queries(lambda path=path: owner.get(path)) for path in paths]  # type: ignore[misc]
    for number in range(8):
        other = build_webhook(f"https://{number}.example/x")
        for status in ("pending", "delivered", "failed", "exhausted"):
            build_delivery(other, status=status, last_attempt_at=2)
            build_delivery(webhook, status=status, last_attempt_at=2)
    assert [count_queries(lambda path=path: owner.get(path)) for path in paths] == before  # type: ignore[misc]


@about_sqlite
def test_no_query_reads_all_deliveries_or_sorts_them(owner: Client) -> None:
    webhook = build_webhook()
    for _ in range(30):
        build_delivery(webhook, status="delivered", last_attempt_at=2)
    for query in ("", "?status=failed", "?webhook=1", "?webhook=1&status=failed", "?type=wa.call"):
        plan = plans(lambda query=query: owner.get("/webhooks/deliveries" + query))  # type: ignore[misc]
        assert "TEMP B-TREE" not in plan, query
        assert plan.count("SCAN whatsapp_delivery") <= (1 if "webhook" not in query else 0), plan
    plan = plans(lambda: owner.get("/webhooks"))
    assert "SCAN whatsapp_delivery" not in plan
    assert "delivery_in_line" in plan
    assert "delivery_webhook_status" in plan


def test_another_accounts_webhooks_are_not_there(owner: Client) -> None:
    delivery = build_delivery()
    other = Account.objects.create(name="other")
    Connection.objects.create(account=other)
    Webhook.objects.update(account=other)
    key = delivery.webhook_id
    for path in (
        *(f"/webhooks/{key}", f"/webhooks/{key}/edit", f"/webhooks/{key}/secret", f"/webhooks/{key}/rotate"),
        *(f"/webhooks/{key}/delete", f"/webhooks/deliveries/{delivery.pk}"),
    ):
        assert owner.get(path).status_code == 404, path
    for path in (f"/webhooks/{key}/toggle", f"/webhooks/{key}/test", f"/webhooks/{key}/delete"):
        assert owner.post(path).status_code == 404, path
    assert owner.post(f"/webhooks/deliveries/{delivery.pk}/retry").status_code == 404
    assert "No deliveries yet" in text_of(owner.get("/webhooks/deliveries"))
    assert "No webhooks yet" in text_of(owner.get("/webhooks"))


# Changing


def test_a_change_keeps_the_headers_that_nobody_typed(owner: Client) -> None:
    webhook = build_webhook(headers={"Authorization": "Bearer abc"}, secret="kept-secret")
    page = owner.get(f"/webhooks/{webhook.pk}/edit").content.decode()
    assert "Authorization" in page
    assert "Bearer abc" not in page
    owner.post(f"/webhooks/{webhook.pk}/edit", form(url="https://new.example/x", which="all"))
    webhook.refresh_from_db()
    assert webhook.url == "https://new.example/x"
    assert sealing.unseal(webhook.headers["Authorization"]) == "Bearer abc"
    assert webhook.secret is not None
    assert sealing.unseal(webhook.secret) == "kept-secret"


def test_headers_are_replaced_or_removed(owner: Client) -> None:
    webhook = build_webhook(headers={"Authorization": "Bearer abc"})
    owner.post(f"/webhooks/{webhook.pk}/edit", form(headers="X-Room: 7"))
    webhook.refresh_from_db()
    assert list(webhook.headers) == ["X-Room"]
    owner.post(f"/webhooks/{webhook.pk}/edit", form(drop_headers="on"))
    webhook.refresh_from_db()
    assert webhook.headers == {}


def test_what_is_chosen_by_the_api_is_chosen_on_the_page(owner: Client) -> None:
    webhook = build_webhook(prefixes=("wa.messages", "wa.mess"), chats=[ALICE])
    page = owner.get(f"/webhooks/{webhook.pk}/edit").content.decode()
    for prefix in ("wa.messages", "wa.mess"):
        assert re.search(rf'value="{prefix}" checked', page), prefix
    assert not re.search(r'value="wa\.call" checked', page)
    assert ALICE in page


def test_a_webhook_is_turned_off_and_on(owner: Client) -> None:
    webhook = build_webhook()
    said = text_of(owner.post(f"/webhooks/{webhook.pk}/toggle", follow=True))
    webhook.refresh_from_db()
    assert not webhook.is_active
    assert "It is off" in said
    owner.post(f"/webhooks/{webhook.pk}/toggle")
    webhook.refresh_from_db()
    assert webhook.is_active


def test_a_paused_webhook_goes_on_and_says_that_it_gets_what_it_missed(owner: Client) -> None:
    webhook = build_webhook(paused_at=now_ms(), pause_reason="It failed for a day.", failures=20)
    assert "Go on" in text_of(owner.get(f"/webhooks/{webhook.pk}"))
    said = text_of(owner.post(f"/webhooks/{webhook.pk}/toggle", follow=True))
    webhook.refresh_from_db()
    assert webhook.is_on
    assert webhook.failures == 0
    assert "gets what it has missed" in said


def test_a_new_secret_is_asked_for_first_and_shown_once(owner: Client) -> None:
    webhook = build_webhook(secret="the-old-secret")
    asked = owner.get(f"/webhooks/{webhook.pk}/rotate", headers=htmx("dialog"))
    assert "24 hours" in text_of(asked)
    webhook.refresh_from_db()
    assert webhook.secret is not None
    assert sealing.unseal(webhook.secret) == "the-old-secret"
    answer = owner.post(f"/webhooks/{webhook.pk}/rotate")
    webhook.refresh_from_db()
    new = sealing.unseal(webhook.secret)
    first = text_of(owner.get(answer["Location"]))
    assert new in first
    assert "stays good until" in first
    assert new not in owner.get(answer["Location"]).content.decode()
    assert "the-old-secret" not in first


def test_a_webhook_is_deleted_after_a_question(owner: Client) -> None:
    delivery = build_delivery()
    path = f"/webhooks/{delivery.webhook_id}/delete"
    assert "The log of its deliveries goes with it" in text_of(owner.get(path, headers=htmx("dialog")))
    assert Webhook.objects.exists()
    assert "The webhook is deleted." in text_of(owner.post(path, follow=True))
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()


def test_the_environments_webhook_can_only_be_turned_off_and_on(owner: Client) -> None:
    webhook = build_webhook(source=Webhook.Source.ENVIRONMENT, secret="of-the-environment")
    page = owner.get(f"/webhooks/{webhook.pk}").content.decode()
    assert "WEBHOOK_URLS" in page
    for act in ("edit", "rotate", "delete"):
        assert f"/webhooks/{webhook.pk}/{act}" not in page
        answer = owner.post(f"/webhooks/{webhook.pk}/{act}", form(url="https://new.example"), follow=True)
        assert "comes from WEBHOOK_URLS" in text_of(answer)
    owner.post(f"/webhooks/{webhook.pk}/toggle")
    webhook.refresh_from_db()
    assert webhook.url == URL
    assert not webhook.is_active


# Testing


def test_a_test_says_what_came_of_it(owner: Client, receiver: Receiver) -> None:
    receiver.default = answer(500, HOSTILE.encode())
    webhook = build_webhook(receiver.url(), secret="signs-with-this", headers={"X-Room": "hidden-7"})
    response = owner.post(f"/webhooks/{webhook.pk}/test", headers=htmx("outcome"))
    text = text_of(response)
    assert "The test was not taken. Status 500" in text
    assert HOSTILE in text
    assert HOSTILE not in response.content.decode()
    assert len(receiver.received) == 1
    page = owner.get(f"/webhooks/deliveries/{Delivery.objects.get().pk}").content.decode()
    assert "signs-with-this" not in page
    assert "hidden-7" not in page
    assert receiver.received[0].headers["X-Hub-Signature"] not in page
    assert "X-Room" in page


def test_without_script_the_delivery_of_the_test_is_shown(owner: Client, receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url())
    text = text_of(owner.post(f"/webhooks/{webhook.pk}/test", follow=True))
    assert "Attempt 1" in text
    assert "webhook.test" in text
    assert "none: a test" in text


def test_a_test_with_headers_that_cannot_be_read_says_so(owner: Client) -> None:
    webhook = build_webhook(secret="x")
    Webhook.objects.update(secret="nonsense")
    for headers in (htmx("outcome"), {}):
        said = text_of(owner.post(f"/webhooks/{webhook.pk}/test", headers=headers, follow=True))
        assert "can't be read" in said


# Deliveries


def test_deliveries_are_filtered(owner: Client) -> None:
    first, second = build_webhook("https://a.example"), build_webhook("https://b.example")
    call = build_event("wa.call", [{}])
    one = build_delivery(first, call, status="exhausted")
    two = build_delivery(second, call)
    three = build_delivery(second)

    def shown(query: str) -> set[int]:
        page = owner.get("/webhooks/deliveries" + query).content.decode()
        return {int(key) for key in re.findall(r'id="delivery-(\d+)"', page)}

    assert shown("") == {one.pk, two.pk, three.pk}
    assert shown("?status=exhausted") == {one.pk}
    assert shown(f"?webhook={second.pk}") == {two.pk, three.pk}
    assert shown("?type=wa") == {one.pk, two.pk}
    assert shown(f"?webhook={second.pk}&type=wa.call&status=pending") == {two.pk}
    assert shown("?webhook=nonsense&status=nonsense") == {one.pk, two.pk, three.pk}
    assert shown("?type=nonsense") == set()


def test_a_delivery_shows_its_request_and_each_attempt(owner: Client) -> None:
    delivery = build_delivery(event=build_event("connection.status", {"status": HOSTILE}), attempts=2)
    build_delivery_attempt(delivery, status_code=502, error="It answers with 502.", answer=HOSTILE)
    build_delivery_attempt(delivery, number=2)
    response = owner.get(f"/webhooks/deliveries/{delivery.pk}")
    text = text_of(response)
    assert text.index("Attempt 2") < text.index("Attempt 1")
    assert "It answers with 502." in text
    assert f'"status": "{HOSTILE}"' in text
    assert HOSTILE not in response.content.decode()


def test_a_delivery_is_tried_again(owner: Client) -> None:
    delivery = build_delivery(status="exhausted", attempts=16)
    said = text_of(owner.post(f"/webhooks/deliveries/{delivery.pk}/retry", follow=True))
    delivery.refresh_from_db()
    assert delivery.status == "pending"
    assert "It is sent again now." in said


def test_a_delivery_whose_event_is_gone_says_so(owner: Client) -> None:
    delivery = build_delivery(status="exhausted")
    Event.objects.all().delete()
    assert "nothing to show" in text_of(owner.get(f"/webhooks/deliveries/{delivery.pk}"))
    said = text_of(owner.post(f"/webhooks/deliveries/{delivery.pk}/retry", follow=True))
    assert "not in the log any more" in said


def test_deliveries_are_sent_again_by_a_filter(owner: Client) -> None:
    webhook = build_webhook()
    old = build_delivery(webhook, status="exhausted", attempts=16)
    other = build_delivery(status="exhausted")
    chosen = {"webhook": str(webhook.pk), "status": "exhausted"}
    answer = owner.post("/webhooks/replay", chosen, follow=True)
    assert "1 delivery is sent again." in text_of(answer)
    old.refresh_from_db()
    other.refresh_from_db()
    assert (old.status, other.status) == ("pending", "exhausted")
    assert "Nothing fits that" in text_of(owner.post("/webhooks/replay", chosen, follow=True))


def test_a_time_to_begin_at_is_the_readers(owner: Client) -> None:
    owner.cookies["hub_time_zone"] = "Asia%2FTokyo"
    build_webhook()
    build_event(logged_at=1_714_564_800_000)  # 21:00 in Tokyo
    Webhook.objects.update(cursor=10**9)
    late = owner.post("/webhooks/replay", {"after": "2024-05-01T21:01"}, follow=True)
    assert "Nothing fits that" in text_of(late)
    early = owner.post("/webhooks/replay", {"after": "2024-05-01T20:59"}, follow=True)
    assert "1 delivery is sent again." in text_of(early)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Say what to send again"),
        ({"webhook": "999"}, "There is no such webhook."),
        ({"status": "odd"}, "is not a valid choice"),
        ({"after": "yesterday"}, "It must be a day and a time."),
        ({"before": "0001-01-01T00:00"}, ""),
    ],
)
def test_what_cannot_be_sent_again_is_refused_by_name(
    owner: Client, typed: dict[str, str], sentence: str
) -> None:
    response = owner.post("/webhooks/replay", typed, follow=True)
    if sentence:
        assert response.status_code == 422
        assert sentence in text_of(response)
    else:
        assert "Nothing fits that" in text_of(response)
