"""Search in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.demo_hub import ALICE, Hub
from tests.e2e.dashboard.conftest import Window, live
from tests.waiting import eventually

DANIEL = "447700900154@s.whatsapp.net"
HITS = ".search-hit"


@pytest.fixture(scope="module")
def told(hub: Hub) -> None:
    """The owner has written to two people of a lighthouse; their answers don't repeat what was said."""
    if not hub.call("/api/messages/search?q=zanzibar")["total"]:
        for jid, text in (
            (DANIEL, "The lighthouse of Zanzibar"),
            (ALICE, "Zanzibar <b>again</b>"),
            (DANIEL, "And now something else"),
        ):
            hub.call("/api/actions/send/text", {"jid": jid, "text": text})
    eventually(lambda: hub.call("/api/messages/search?q=zanzibar")["total"] >= 2, "what was written")


@pytest.mark.usefixtures("told")
def test_messages_are_found_while_one_types_and_open_where_they_stand(window: Window) -> None:
    page = window.open("/messages/search")
    expect(page.get_by_label("Words to look for")).to_be_focused()
    with live(page):
        page.keyboard.type("lighthouse zanz")
        hit = page.locator(HITS, has_text="The lighthouse of Zanzibar")
        expect(hit.locator("mark")).to_have_text(["lighthouse", "Zanzibar"])
        expect(page.locator("#found")).to_have_text("1 message")
        page.wait_for_url("**/messages/search?q=lighthouse+zanz")
    window.check()
    hit.click()
    page.wait_for_url(f"**/messages/{DANIEL}?message=*")
    expect(page.locator(".message.found")).to_contain_text("The lighthouse of Zanzibar")
    expect(page.locator(".message.found")).to_be_in_viewport()
    page.go_back()
    expect(page.locator(HITS)).to_contain_text("The lighthouse of Zanzibar")
    window.require_quiet()


@pytest.mark.usefixtures("told")
def test_people_are_found_by_name_beside_messages(window: Window) -> None:
    page = window.open("/messages/search?q=novak")
    page.get_by_role("link", name="Alice Novak").first.click()
    page.wait_for_url(f"**/messages/{ALICE}")
    window.require_quiet()


@pytest.mark.usefixtures("told")
def test_a_chat_is_chosen_by_keyboard_and_a_filter_is_taken_away_again(window: Window) -> None:
    page = window.open("/messages/search?q=zanzibar")
    expect(page.locator(HITS)).to_have_count(2)
    page.get_by_text("Filters and order").click()
    field = page.get_by_role("combobox", name="Chat")
    with live(page):
        field.focus()
        page.keyboard.type("daniel ok")
        expect(page.get_by_role("option", name="Daniel Okafor")).to_be_visible()
        expect(field).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option", name="Daniel Okafor")).to_have_attribute("aria-selected", "true")
        window.check()
        page.keyboard.press("Enter")
        expect(field).to_have_value("Daniel Okafor")
        expect(field).to_have_attribute("aria-expanded", "false")
        expect(page.locator(HITS)).to_have_count(1)
        expect(page.locator(HITS)).to_contain_text("Daniel Okafor")
    page.wait_for_url("**/messages/search?q=zanzibar&chat=447700900154%40s.whatsapp.net")
    page.get_by_role("link", name="Search not only in Daniel Okafor").click()
    page.wait_for_url("**/messages/search?q=zanzibar")
    expect(page.locator(HITS)).to_have_count(2)
    expect(page.locator("#chat")).to_have_value("")
    window.require_quiet()


@pytest.mark.usefixtures("told")
def test_the_list_of_a_field_closes_by_escape_and_nobody_is_said_to_be_found(window: Window) -> None:
    page = window.open("/messages/search?mine=yes")
    field = page.get_by_role("combobox", name="Chat")
    field.press_sequentially("alice")
    expect(page.locator("#chat-list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#chat-list")).to_be_hidden()
    field.fill("nobody of that name")
    expect(page.locator(".chooser [role=status]").first).to_have_text("Nobody found")
    page.keyboard.press("Tab")
    expect(page.locator("#results .notice")).to_contain_text("means nobody")
    window.check()


@pytest.mark.usefixtures("told")
def test_a_message_is_found_and_opened_by_keyboard_on_a_phone(phone: Window) -> None:
    page = phone.open("/messages/search")
    page.keyboard.type("lighthouse")
    page.keyboard.press("Enter")
    page.locator(HITS).first.wait_for()
    phone.check()
    for _ in range(20):
        if page.evaluate("document.activeElement.matches('.search-hit')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".message.found")).to_contain_text("lighthouse")
    phone.require_quiet()


@pytest.mark.usefixtures("told")
def test_what_is_not_found_says_what_to_try(window: Window) -> None:
    page = window.open("/messages/search?q=zanzibar&type=video")
    expect(page.locator(".empty")).to_contain_text("Without the filters there are 2 messages")
    page.get_by_role("link", name="Search without filters").click()
    expect(page.locator(HITS)).to_have_count(2)
    expect(page.locator(HITS, has_text="<b>again</b>")).to_be_visible()
    window.require_quiet()


@pytest.mark.usefixtures("told")
def test_search_works_without_javascript(open_window: Callable[..., Window]) -> None:
    window = open_window(java_script_enabled=False)
    page = window.open("/messages/search")
    page.get_by_label("Words to look for").fill("zanzibar")
    page.get_by_text("Filters and order").click()
    page.get_by_role("textbox", name="Chat").fill("Daniel Okafor")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(HITS)).to_have_count(1)
    window.require_quiet()
