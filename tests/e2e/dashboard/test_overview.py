"""The overview and the statistics of messages, in a browser, at a hub that is talked to."""

import re
import uuid
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.demo_hub import ALICE, Hub
from tests.e2e.dashboard.conftest import WIDE, Window, live
from tests.waiting import eventually


def number(page: Page, selector: str) -> int:
    return int(page.locator(selector).first.inner_text().replace(",", ""))


def send(hub: Hub) -> str:
    """Sends Alice a message; returns its text."""
    text = f"Look at {uuid.uuid4().hex[:8]}"
    hub.call("/api/actions/send/text", {"jid": ALICE, "text": text})
    return text


def test_a_message_is_counted_and_told_on_the_page_that_is_open(window: Window, hub: Hub) -> None:
    page = window.open("/")
    expect(page.locator("#health h2").first).to_have_text("All is well")
    before = number(page, "#figure-1 .value")
    with live(page):
        text = send(hub)
        line = page.locator("#latest li", has_text=f"You sent a text message to Alice Novak: “{text}”")
        expect(line).to_be_visible()
        expect(line).to_contain_text("to Alice")
        eventually(lambda: number(page, "#figure-1 .value") > before, "the message to be counted")
    assert line.locator("a").get_attribute("href").startswith("/messages/12025550161%40")  # type: ignore[union-attr]
    window.check()


def test_numbers_that_were_opened_stay_open_and_in_focus_while_the_chart_changes(
    window: Window, hub: Hub
) -> None:
    page = window.open("/")
    page.locator("#days-summary").focus()
    page.keyboard.press("Enter")
    table = page.locator("#days-numbers table")
    expect(table).to_be_visible()
    with live(page):
        drawn = page.locator("#charts").element_handle()
        send(hub)
        page.wait_for_function("drawn => !drawn.isConnected", arg=drawn)
        expect(table).to_be_visible()
        expect(page.locator("#days-summary")).to_be_focused()
    assert table.locator("tbody tr").count() == 30
    window.check()


def test_all_that_the_overview_leads_to_is_reached_by_keyboard(phone: Window) -> None:
    page = phone.open("/")
    page.locator("#line-link").focus()
    found = []
    for _ in range(60):
        page.keyboard.press("Tab")
        found.append(page.evaluate("document.activeElement.id"))
        if found[-1] == "all-events":
            break
    for name in ("webhooks-link", "figure-1", "days-summary", "types-summary", "ranked-1", "hours-summary"):
        assert name in found, found
    page.locator("#types-summary").press("Enter")
    expect(page.locator("#types-numbers table")).to_be_visible()
    phone.check()


def test_how_the_hub_is_is_asked_for_while_nothing_happens(window: Window) -> None:
    window.page.clock.install()
    page = window.open("/")
    page.wait_for_load_state("networkidle")
    with page.expect_request(lambda request: request.headers.get("hx-target") == "health"):
        page.clock.fast_forward(16_000)
    window.require_quiet()


def test_the_time_is_chosen_without_loading_the_page_and_kept_in_its_address(window: Window) -> None:
    page = window.open("/messages/statistics")
    with live(page):
        page.get_by_role("link", name="1 year").click()
        expect(page.locator("#days")).to_contain_text("One column for each week")
        expect(page.locator("#range-1y")).to_have_attribute("aria-current", "true")
        expect(page.locator("#range-1y")).to_be_focused()
    assert page.url.endswith("?range=1y")
    page.reload()
    expect(page.locator("#days")).to_contain_text("One column for each week")
    window.check()


def test_messages_are_counted_live_and_by_chat(window: Window, hub: Hub) -> None:
    page = window.open("/messages/statistics")
    page.locator("#figures .who", has_text="Alice").click()
    page.wait_for_url("**?chat=12025550161*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Statistics of a chat")
    sent = page.locator("#figures .totals div", has_text="Sent").locator("dd")
    before = int(sent.inner_text())
    with live(page):
        send(hub)
        expect(sent).to_have_text(re.compile(rf"^(?!{before}$)\d+$"))
    window.check()
    page.get_by_role("link", name="All chats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Message statistics")


def test_the_time_is_chosen_without_javascript_too(open_window: Callable[..., Window]) -> None:
    window = open_window(WIDE, java_script_enabled=False)
    page = window.open("/messages/statistics")
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.locator("#days")).to_contain_text("One column for each month")
    page.locator("#days-summary").click()
    expect(page.locator("#days-numbers table")).to_be_visible()
    window.require_quiet()
