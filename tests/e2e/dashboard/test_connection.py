"""The line to WhatsApp in a real browser: its state as it changes, and the event stream tried out."""

import re

from playwright.sync_api import Page, expect

from tests.demo_hub import ALICE, Hub
from tests.e2e.dashboard.conftest import Window, live
from tests.waiting import eventually


def send(hub: Hub, text: str) -> None:
    hub.call("/api/actions/send/text", {"jid": ALICE, "text": text})


def states(page: Page) -> list[str] | None:
    """Those that the page has been told of."""
    found: list[str] | None = page.evaluate("window.states")
    return found


def told(page: Page) -> int:
    """How many messages have come."""
    return int((page.locator("#log-count").inner_text() or "0").split()[0])


def test_a_restart_is_seen_as_it_happens(window: Window, hub: Hub) -> None:
    page = window.open("/connection")
    page.wait_for_load_state("networkidle")
    before = page.locator("#line-title + p time").get_attribute("datetime")
    page.evaluate(
        "document.addEventListener('hub:event', ({detail}) => {"
        " if (detail.type === 'connection.status') (window.states ??= []).push(detail.data.status) })"
    )
    with live(page):
        assert hub.call("/api/connection/restart", {"now": True})["success"]
        eventually(lambda: states(page) == ["connecting", "connected"], "the line to be up again", 30)
        expect(page.locator("#line h2")).to_have_text("Connected")
        expect(page.locator("#line-title + p time")).not_to_have_attribute("datetime", before or "")
    window.check()


def test_the_stream_is_tried_out_by_keyboard(window: Window, hub: Hub) -> None:
    page = window.open("/connection/try")
    page.get_by_label("wa.messages", exact=True).focus()
    page.keyboard.press("Space")
    expect(page.locator("#snippet-websocat")).to_contain_text("?events=wa.messages")
    page.locator("#since").focus()
    page.keyboard.press("Enter")
    log = page.get_by_role("log")
    expect(log).to_contain_text("ws_connected")
    expect(page.locator("#socket-state")).to_have_text(re.compile("Connected"))
    send(hub, "Do you see this?")
    newest = log.locator("details.event", has_text="wa.messages.upsert").first
    expect(newest).to_be_visible()
    number = page.locator(".id", has_text=re.compile(f"^{newest.locator('.id').inner_text()}$"))
    event = log.locator("details.event", has=number)  # others come on top of it meanwhile
    event.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(event.locator("pre")).to_contain_text('"wa.messages.upsert"')
    window.check()

    page.get_by_role("button", name="Pause").press("Space")
    shown = log.locator("details").count()
    send(hub, "And this?")
    expect(page.locator("#log-count")).to_contain_text("came while paused")
    assert log.locator("details").count() == shown
    page.get_by_role("button", name="Go on").press("Space")
    expect(log.locator("details")).not_to_have_count(shown)
    page.get_by_role("button", name="Disconnect").press("Enter")
    expect(page.locator("#socket-state")).to_have_text(re.compile("Closed: 1000"))
    page.get_by_role("button", name="Clear").press("Enter")
    expect(log.locator("details")).to_have_count(0)
    window.require_quiet()


def test_why_the_hub_closes_a_connection_is_shown_on_a_phone_too(phone: Window, hub: Hub) -> None:
    page = phone.open("/connection/try")
    page.fill("#since", "999999999")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("#socket-state")).to_have_text(
        re.compile("Closed: 4400, since: There is no such event")
    )
    expect(page.get_by_role("log")).to_contain_text("4400")
    phone.check()


def test_the_log_has_the_newest_first_and_no_more_than_two_hundred(window: Window, hub: Hub) -> None:
    page = window.open("/connection/try")
    page.fill("#since", "0")
    page.get_by_role("button", name="Connect", exact=True).click()
    newest = int(hub.call("/health")["log"]["newest"])
    eventually(lambda: told(page) > newest, "all events")
    entries = page.get_by_role("log").locator("details")
    ids = [int(text.removeprefix("#")) for text in entries.locator(".id").all_inner_texts() if text]
    assert ids == sorted(ids, reverse=True)
    assert ids[0] >= newest
    while told(page) <= 250:
        before = told(page)
        page.get_by_role("button", name="Connect anew").click()
        eventually(lambda before=before: told(page) > before + newest, "all events again")
    expect(entries).to_have_count(200)
    window.require_quiet()


def test_leaving_the_dialog_about_logging_out_changes_nothing(phone: Window, hub: Hub) -> None:
    page = phone.open("/connection")
    link = page.get_by_role("link", name="Log out")
    link.press("Enter")
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("What stays")
    phone.check()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    assert hub.call("/api/connection/status")["status"] == "connected"
