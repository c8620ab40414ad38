"""Conversations in a real browser, with people of the demo at the other end."""

import re

from playwright.sync_api import expect

from tests.e2e.dashboard.conftest import Window, live

BEN = "12025550172@s.whatsapp.net"
GROUP = "120363341314281647@g.us"


def test_a_text_is_sent_shows_as_a_bubble_and_gets_its_ticks(window: Window) -> None:
    page = window.open(f"/messages/{BEN}")
    page.locator("#text").fill("Is *this* live?")
    with live(page):
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("It is.")
        page.keyboard.press("Enter")
        mine = page.locator("#bubbles .message.mine", has_text="live?").last
        expect(mine.locator("strong")).to_have_text("this")
        expect(mine.locator(".text")).to_contain_text("It is.")
        expect(mine.locator(".ticks[title=Delivered], .ticks.seen")).to_be_visible()
        expect(page.locator("#pending")).to_be_hidden()
        expect(page.locator("#text")).to_have_value("")
    window.check()


def test_a_message_is_reacted_to_edited_and_deleted_by_keyboard(window: Window) -> None:
    page = window.open(f"/messages/{BEN}")
    page.locator("#text").fill("To be changed")
    page.keyboard.press("Enter")
    mine = page.locator("#bubbles .message.mine", has_text="To be changed").last
    expect(mine).to_be_visible()
    message = page.locator(f"#{mine.get_attribute('id')}")

    def choose(name: str) -> None:
        message.locator(".more").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#dialog")).to_be_visible()
        page.locator("#dialog").locator("a, button", has_text=name).first.focus()
        page.keyboard.press("Enter")

    with live(page):
        choose("🎉")
        expect(message.locator(".reaction.own")).to_contain_text("🎉")
        expect(page.locator("#dialog")).to_be_hidden()
        choose("Edit")
        page.locator("#edited").fill("Changed")
        window.check()
        page.locator("#dialog button", has_text="Save").focus()
        page.keyboard.press("Enter")
        expect(message.locator(".text")).to_have_text("Changed")
        expect(message.locator(".meta")).to_contain_text("edited")
        choose("Delete for everyone")
        page.locator("#dialog button", has_text="Delete for everyone").focus()
        page.keyboard.press("Enter")
        expect(message.locator(".gone")).to_have_text("You deleted this message")
    window.check()


def test_a_file_is_shown_before_it_goes_and_sent_with_its_caption(window: Window) -> None:
    page = window.open(f"/messages/{BEN}")
    page.locator("#files").set_input_files(
        {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"Up, then down"}
    )
    expect(page.locator(".attachment-name")).to_have_text("plan.txt")
    page.locator("#text").fill("The plan")
    with live(page):
        page.keyboard.press("Enter")
        mine = page.locator("#bubbles .message.mine", has_text="plan.txt").last
        expect(mine).to_contain_text("The plan")
        expect(page.locator(".attachment")).to_have_count(0)
    window.require_quiet()


def test_an_answer_quotes_and_the_quote_leads_back(window: Window) -> None:
    page = window.open(f"/messages/{BEN}")
    theirs = page.locator("#bubbles .message:not(.mine)").first
    theirs.hover()
    theirs.get_by_label("Reply").click()
    expect(page.locator("#replying")).to_be_visible()
    page.keyboard.type("About that")
    page.keyboard.press("Enter")
    mine = page.locator("#bubbles .message.mine", has_text="About that").last
    mine.locator(".quote").click()
    expect(theirs).to_be_focused()
    expect(theirs).to_have_class(re.compile("found"))
    window.require_quiet()


def test_on_a_phone_list_and_conversation_are_two_screens(phone: Window) -> None:
    page = phone.open("/messages")
    expect(page.locator("#talk")).to_have_count(0)
    phone.check()
    page.locator(f"a.chat[href*='{GROUP}']").click()
    expect(page.locator("#log")).to_be_visible()
    expect(page.locator("#chats")).to_be_hidden()
    phone.check()
    page.get_by_label("Back to the chats").click()
    expect(page.locator("#chats")).to_be_visible()


def test_the_list_is_narrowed_as_one_types(window: Window) -> None:
    page = window.open("/messages")
    with live(page):
        page.locator("#find").fill("alice")
        expect(page.locator("#chats .chat")).to_have_count(1)
        expect(page.locator("#chats .chat")).to_contain_text("Alice")
    window.check()


def test_a_conversation_goes_on_down_to_its_newest_message_as_one_scrolls(window: Window) -> None:
    page = window.open(f"/messages/{GROUP}?day=2020-01-01")
    expect(page.locator("[data-anchor]")).to_be_visible()
    page.locator("#log").focus()
    while page.locator(".later").count():
        page.keyboard.press("End")
        page.wait_for_function("!document.querySelector('.later[aria-busy]')")
    expect(page.locator("#bubbles .message").last).to_be_visible()
    window.require_quiet()
