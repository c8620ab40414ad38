"""The event log and its tabs in a browser."""

import json

from playwright.sync_api import expect

from tests.demo_hub import ALICE, Hub
from tests.e2e.dashboard.conftest import Window, live


def test_the_log_shows_what_happens_and_a_pause_holds_it(window: Window, hub: Hub) -> None:
    page = window.open("/events?type=wa.messages.upsert")
    rows = page.locator("#rows")
    pause = page.locator("#pause")
    with live(page):
        expect(page.locator("#live-state")).to_be_hidden()
        hub.call("/api/actions/send/text", {"jid": ALICE, "text": "Seen at once"})
        expect(rows).to_contain_text("Seen at once")
        pause.focus()
        page.keyboard.press("Enter")
        hub.call("/api/actions/send/text", {"jid": ALICE, "text": "Held back"})
        expect(page.locator("#new")).not_to_have_text("0 new")
        assert "Held back" not in rows.inner_text()
        window.check()
        page.keyboard.press("Enter")
        expect(rows).to_contain_text("Held back")
        ids = [int(row.get_attribute("data-id") or 0) for row in rows.locator("li").all()]
        assert ids == sorted(set(ids), reverse=True)
    window.check()


def test_an_event_opens_as_json_by_keyboard_and_leads_to_what_it_is_about(window: Window, hub: Hub) -> None:
    page = window.open("/events?type=connection.status")
    row = page.locator("#rows li").first
    with live(page):
        row.locator("summary").focus()
        page.keyboard.press("Enter")
        text = row.locator("pre").inner_text()
        window.check()
    envelope = json.loads(text)
    assert envelope["type"] == "connection.status"
    assert str(envelope["id"]) == row.get_attribute("data-id")
    assert row.get_by_role("link").get_attribute("href") == "/connection"
    window.open(f"/events/{envelope['id']}")
    assert json.loads(page.locator("pre").inner_text()) == envelope


def test_old_events_are_asked_about_in_a_dialog(window: Window) -> None:
    page = window.open("/events")
    page.get_by_role("link", name="Delete old ones").click()
    dialog = page.locator("#dialog")
    days = dialog.get_by_label("Older than (days)")
    days.fill("none")
    expect(dialog.locator("#so-old")).to_contain_text("whole number of days")
    days.fill("3000")
    expect(dialog.locator("#so-old")).to_contain_text("No event is so old.")
    window.check()
    dialog.get_by_role("button", name="Delete them").click()
    expect(page.locator("#toasts")).to_contain_text("Nothing was to be deleted.")
    window.require_quiet()


def test_the_tabs_fit_a_phone(phone: Window) -> None:
    page = phone.open("/events")
    phone.check()
    for name in ("Calls", "Presence", "Quarantine"):
        page.get_by_role("navigation", name="Parts of events").get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(name)
        phone.check()
    expect(page.locator(".empty")).to_contain_text("That is good")
