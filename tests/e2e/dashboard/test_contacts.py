"""The pages of people, at a demo."""

from tests.demo_hub import ALICE, Hub
from tests.e2e.dashboard.conftest import Window, live
from tests.waiting import eventually

NAMES = "#results .who b"


def test_somebody_is_found_while_one_types_and_opened(window: Window) -> None:
    page = window.open("/contacts")
    page.locator(NAMES, has_text="Alice Novak").wait_for()
    with live(page):
        page.get_by_label("Name or number").press_sequentially("novak")
        page.locator(NAMES, has_text="Ben Carter").wait_for(state="detached")
        assert page.locator(NAMES).all_inner_texts() == ["Alice Novak"]
        assert page.url.endswith("/contacts?q=novak")
        page.get_by_label("Name or number").fill("no such person")
        page.get_by_role("heading", name="Nobody found").wait_for()
    window.check()
    page.goto(window.hub.url + "/contacts?q=0161")
    page.get_by_role("link", name="Alice Novak").click()
    page.wait_for_url(f"**/contacts/{ALICE}")
    assert page.get_by_role("heading", level=1).inner_text() == "Alice Novak"
    assert "+1 202-555-0161" in page.locator("#who").inner_text()
    page.locator("main a[href^='/groups/']").first.wait_for()
    window.check()


def test_a_page_of_a_person_shows_live_that_they_come_online_and_write(window: Window, hub: Hub) -> None:
    eventually(
        lambda: ALICE in {one["jid"] for one in hub.call("/api/presence")["data"]}, "the hub to hear of Alice"
    )
    page = window.open(f"/contacts/{ALICE}")
    messages = page.locator("#chats dd").first
    before = int(messages.inner_text())
    with live(page):
        hub.call("/api/actions/send/text", {"jid": ALICE, "text": "Are you there?"})
        page.locator("#presence .now .dot.good").wait_for()
        eventually(lambda: int(messages.inner_text()) >= before + 2, "the answer to be counted")
        page.locator("#presence svg .bar").first.wait_for(state="attached")
    window.check()


def test_people_are_found_and_opened_by_keyboard_on_a_phone(phone: Window) -> None:
    page = phone.open("/contacts")
    page.get_by_label("Name or number").focus()
    page.keyboard.type("carter")
    page.keyboard.press("Enter")
    page.locator(NAMES, has_text="Alice Novak").wait_for(state="detached")
    for _ in range(3):  # the button, the table, the name
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/12025550172@s.whatsapp.net")
    assert page.get_by_role("heading", level=1).inner_text() == "Ben Carter"
    phone.check()


def test_people_are_found_without_javascript(open_window: object) -> None:
    window: Window = open_window(java_script_enabled=False)  # type: ignore[operator]
    page = window.open("/contacts")
    page.get_by_label("Name or number").fill("novak")
    page.get_by_role("button", name="Search").click()
    assert page.locator(NAMES).all_inner_texts() == ["Alice Novak"]
    page.goto(window.hub.url + "/contacts/120255501610077@lid")
    assert page.url.endswith(f"/contacts/{ALICE}")
    window.require_quiet()
