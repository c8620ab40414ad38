"""The pages of groups, at a demo in whose group the owner becomes an admin."""

from collections.abc import Callable

import pytest

from tests.demo_hub import Hub
from tests.e2e.dashboard.conftest import Window, live
from tests.waiting import eventually

OWNER = "12025550143@s.whatsapp.net"
EMMA = "Emma Lindqvist"
STORY_SECONDS = 90


@pytest.fixture
def hike(hub: Hub) -> str:
    """The path of the group's page, once the demo's people have made the owner an admin there."""

    def path() -> str | None:
        for group in hub.call("/api/groups?search=hike")["data"]:
            people = hub.call(f"/api/groups/{group['jid']}")["participants"]
            roles = {one["participant_jid"]: one["role"] for one in people}
            if roles.get(OWNER) == "admin":
                return f"/groups/{group['jid']}"
        return None

    return eventually(path, "the owner to be an admin", STORY_SECONDS)


def test_a_group_is_renamed_and_every_open_page_shows_it(
    window: Window, open_window: Callable[..., Window], hike: str
) -> None:
    watching = open_window()
    watched = watching.open(hike + "/history")
    listed = open_window()
    groups = listed.open("/groups")
    page = window.open(hike)
    page.get_by_role("link", name="Rename").click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_label("Name")
    field.wait_for()
    window.check()
    field.fill("  ")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_role("alert").wait_for()
    assert all("422" in error for error in window.errors)
    window.errors.clear()
    with live(watched), live(groups):
        field.fill("Sunday <b>hike</b>")
        dialog.get_by_role("button", name="Save").click()
        page.get_by_text("The group has a new name.").wait_for()
        watched.locator("h1", has_text="Sunday <b>hike</b>").wait_for()
        watched.get_by_text("You named the group").first.wait_for()
        groups.locator(".who b", has_text="Sunday <b>hike</b>").wait_for()
    assert page.locator("h1").inner_text() == "Sunday <b>hike</b>"
    for one in (window, watching, listed):
        one.check()


def test_somebody_is_made_an_admin_and_a_plain_member_again(window: Window, hike: str) -> None:
    page = window.open(hike)
    row = page.get_by_role("row").filter(has_text=EMMA)
    row.get_by_role("button", name="Make").click()
    page.get_by_text(f"{EMMA} is an admin now.").wait_for()
    row.get_by_role("button", name="Take the admin's rights").wait_for()
    page.get_by_label("Find a participant").press_sequentially("emma")
    page.get_by_role("row").filter(has_text="Ben Carter").wait_for(state="detached")
    window.check()
    row.get_by_role("button", name="Take the admin's rights").click()
    page.get_by_text(f"{EMMA} is no admin any more.").wait_for()
    window.require_quiet()


def test_the_invite_link_is_asked_for_and_copied(window: Window, hike: str) -> None:
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = window.open(hike)
    page.get_by_role("link", name="Invite link").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Ask WhatsApp").click()
    dialog.get_by_role("button", name="Copy link").click()
    page.get_by_text("Copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == dialog.get_by_label("Whoever has this link").input_value()
    assert copied.startswith("https://chat.whatsapp.com/")
    window.check()


def test_a_description_is_changed_by_keyboard_on_a_phone(phone: Window, hike: str) -> None:
    page = phone.open(hike)
    page.locator("#remove-0, [id^=remove-]").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("heading", name="Remove").wait_for()
    phone.check()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    page.locator("#describe").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_label("Description").wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.type("Bring water")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("The group has a new description.").wait_for()
    page.locator(".about-text", has_text="Bring water").wait_for()
    phone.check()


def test_groups_are_synced_and_a_group_is_found_without_javascript(
    window: Window, open_window: Callable[..., Window], hike: str
) -> None:
    page = window.open("/groups")
    page.get_by_role("button", name="Sync all groups").click()
    page.get_by_text("now as WhatsApp has").wait_for()
    window.check()
    plain = open_window(java_script_enabled=False)
    page = plain.open("/groups?q=hike")
    page.locator(".who").first.click()
    page.get_by_role("link", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill("Monday hike")
    page.get_by_role("button", name="Save").click()
    assert "The group has a new name." in page.inner_text("#toasts")
    plain.require_quiet()
