"""The search page, at a demo."""

from collections.abc import Callable

from tests.demo_hub import ALICE, Hub
from tests.e2e.dashboard.conftest import Window, live

HITS = ".search-hit"


def test_hits_come_while_one_types_and_open_at_the_message(window: Window, hub: Hub) -> None:
    sent = hub.call("/api/actions/send/text", {"jid": ALICE, "text": "The zeppelin leaves at noon"})
    page = window.open("/messages/search")
    with live(page):
        page.locator("#q").press_sequentially("zeppel")
        page.locator(HITS).first.wait_for()
        assert page.locator(HITS).first.locator("mark").inner_text() == "zeppelin"
        assert page.locator("#found").inner_text() == "1 message"
        page.wait_for_url("**/messages/search?q=zeppel")
        page.get_by_text("Filters and order").click()
        page.get_by_label("Starred").check()
        page.get_by_text("Without the filters there is 1 message").wait_for()
        page.wait_for_url("**/messages/search?q=zeppel&starred=yes")
    window.check()
    page.get_by_role("link", name="Search without filters").click()
    page.locator(HITS).first.click()
    page.wait_for_url(f"**/messages/{ALICE}?message={sent['key']['id']}")
    window.require_quiet()


def test_somebody_is_chosen_by_keyboard_on_a_phone(phone: Window) -> None:
    page = phone.open("/messages/search?mine=no")
    field = page.get_by_role("combobox", name="Sender")
    with live(page):
        field.focus()
        page.keyboard.type("novak")
        option = page.get_by_role("option", name="Alice Novak")
        option.wait_for()
        phone.check()
        page.keyboard.press("Escape")
        assert field.get_attribute("aria-expanded") == "false"
        page.keyboard.press("ArrowDown")
        option.wait_for()
        page.keyboard.press("ArrowDown")
        assert option.get_attribute("aria-selected") == "true"
        assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Search not only from Alice Novak").wait_for()
        assert field.input_value() == "Alice Novak"
        assert "sender=" + ALICE.replace("@", "%40") in page.url
    phone.check()
    page.reload()
    assert field.input_value() == "Alice Novak"


def test_a_search_works_without_javascript(open_window: Callable[..., Window]) -> None:
    window = open_window(java_script_enabled=False)
    page = window.open("/messages/search")
    page.get_by_label("Words to look for").fill("the")
    page.get_by_text("Filters and order").click()
    page.locator("#chat").fill("Alice Novak")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Search not only in Alice Novak").wait_for()
    window.require_quiet()
