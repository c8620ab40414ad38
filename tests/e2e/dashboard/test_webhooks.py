"""The webhook pages in a browser, with a receiver that answers."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.demo_hub import ALICE, Hub
from tests.e2e.dashboard.conftest import Window, live
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Receiver, answer


@pytest.fixture
def receiver(hub: Hub) -> Iterator[Receiver]:
    """A program that takes events; what the test has made for it goes with it."""
    before = {webhook["id"] for webhook in hub.call("/api/webhooks")["data"]}
    running = Receiver()
    yield running
    for webhook in hub.call("/api/webhooks")["data"]:
        if webhook["id"] not in before:
            hub.delete(f"/api/webhooks/{webhook['id']}")
    running.close()


def test_a_webhook_is_made_tested_watched_and_ended(window: Window, receiver: Receiver, hub: Hub) -> None:
    page = window.open("/webhooks/new")
    page.fill("#url", receiver.url())
    page.get_by_role("radio", name="Only these").check()
    page.locator("input[value='wa.messages']").check()
    window.check()
    page.get_by_role("button", name="Make the webhook").click()

    # The secret is shown once.
    secret = page.locator("#secret").inner_text()
    assert secret.startswith("whsec_")
    window.check()
    page.reload()
    assert secret not in page.content()
    page.get_by_role("link", name="To the webhook").click()
    assert secret not in page.content()

    # A test says at once what came of it.
    with live(page):
        page.get_by_role("button", name="Send a test").click()
        expect(page.locator("#outcome")).to_contain_text("The test was taken. Status 200")
        expect(page.locator("#results")).to_contain_text("webhook.test")
    # Once, whatever people may have written meanwhile.
    assert [got.envelope["type"] for got in receiver.received].count("webhook.test") == 1

    # An event appears in the log of deliveries by itself once it is looked at again.
    hub.call("/api/actions/send/text", {"jid": ALICE, "text": "For the webhook"})
    taken = eventually(
        lambda: next((got for got in receiver.received if b"For the webhook" in got.body), None), "a delivery"
    )
    eventually(
        lambda: (page.reload(), page.locator("#results .badge.good").count())[1], "the delivery in the log"
    )
    window.check()
    row = page.locator("#results tr", has_text="wa.messages.upsert").first
    row.get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text("Delivery")
    assert secret not in page.content()
    assert taken.headers["X-Hub-Signature"] not in page.content()
    window.check()

    # A new secret is asked for in a dialog, by keyboard.
    page.get_by_role("link", name=re.compile("^webhook ")).click()
    page.get_by_role("link", name="New secret").focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("24 hours")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="New secret").click()
    dialog.get_by_role("button", name="Make a new secret").click()
    expect(page.locator("#secret")).not_to_contain_text(secret)
    page.get_by_role("link", name="I have it").click()

    # Off, on, and gone.
    page.get_by_role("button", name="Turn off").click()
    expect(page.locator("#state")).to_contain_text("It is off")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("button", name="Turn off")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    dialog.get_by_role("button", name="Delete it").click()
    page.wait_for_url("**/webhooks")
    window.require_quiet()


def test_a_receiver_that_fails_is_seen_on_a_phone(phone: Window, receiver: Receiver, hub: Hub) -> None:
    receiver.default = answer(500, b"<b>broken</b>")
    made = hub.call("/api/webhooks", {"url": receiver.url("/bad"), "events": ["wa.messages"]})
    page = phone.open("/webhooks")
    expect(page.locator("#results")).to_contain_text("no delivery yet")
    hub.call("/api/actions/send/text", {"jid": ALICE, "text": "For nobody"})
    eventually(lambda: receiver.received, "an attempt")
    page.reload()
    with live(page):  # it is asked for again as long as something is pending
        expect(page.locator("#results")).to_contain_text("failing")
        expect(page.locator("#results")).to_contain_text("500 in")
    phone.check()
    phone.open(f"/webhooks/{made['id']}")
    expect(page.locator("#state")).to_contain_text("The receiver answers with status 500.")
    phone.check()


def test_deliveries_are_sent_again_by_a_filter(window: Window, receiver: Receiver, hub: Hub) -> None:
    made = hub.call("/api/webhooks", {"url": receiver.url(), "events": ["wa.messages"]})
    hub.call("/api/actions/send/text", {"jid": ALICE, "text": "Twice, please"})
    eventually(lambda: [got for got in receiver.received if b"Twice, please" in got.body], "a delivery")
    delivered = f"/api/webhooks/deliveries?subscription_id={made['id']}&status=delivered"
    eventually(lambda: hub.call(delivered)["data"], "its result")
    page = window.open(f"/webhooks/{made['id']}")
    page.get_by_role("link", name="Send again").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Type begins with").fill("wa.messages")
    window.check()
    dialog.get_by_role("button", name="Send again").click()
    expect(page.locator("#toasts")).to_contain_text("sent again")
    eventually(
        lambda: len([got for got in receiver.received if b"Twice, please" in got.body]) > 1, "another one"
    )
    window.require_quiet()
