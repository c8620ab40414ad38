"""Files in a real browser: how they come, how they are looked at, and another try."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.demo_hub import ALICE, Hub
from tests.e2e.dashboard.conftest import Window, live
from tests.waiting import eventually

BEN = "12025550172@s.whatsapp.net"  # who sends no pictures, and gets none


def send_document(hub: Hub, name: str) -> None:
    content = base64.b64encode(name.encode()).decode()
    hub.call("/api/actions/send/document", {"jid": ALICE, "base64": content, "filename": name})


@pytest.fixture
def image(hub: Hub) -> dict[str, Any]:
    """The oldest image: Chiara's, of the history."""
    images = "/api/media?kind=image&status=downloaded"
    found: list[dict[str, Any]] = eventually(lambda: hub.call(images)["data"], "an image")
    return found[-1]


@pytest.fixture
def failed(hub: Hub, image: dict[str, Any]) -> str:
    """The id of that image, whose download has failed: its bytes are forgotten."""
    hub.sql(
        "UPDATE whatsapp_media SET download_status = 'failed', download_error = 'The line broke.', "
        "file_path = NULL, file_hash = NULL, next_attempt_at = 4000000000 "
        f"WHERE id = {int(image['id'])}"
    )
    return str(image["id"])


def test_a_file_appears_as_it_comes_and_opens_in_a_dialog(window: Window, hub: Hub) -> None:
    page = window.open("/media")
    documents = page.locator("#summary .figure", has_text="Documents").locator("dd").first
    before = int(documents.inner_text())
    with live(page):
        send_document(hub, "<b>plan.txt")
        page.get_by_role("link", name="_b_plan.txt").click()
        expect(page.locator("#dialog h1")).to_have_text("_b_plan.txt")
        expect(page.locator("#dialog .facts")).to_contain_text("<b>plan.txt")
        window.check()
        page.keyboard.press("Escape")
        expect(page.locator("#dialog")).to_be_hidden()
        eventually(lambda: int(documents.inner_text()) > before, "the file to be counted")
    page.get_by_role("link", name="_b_plan.txt").click()
    with page.expect_download() as download:
        page.locator("#dialog").get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "_b_plan.txt"
    page.locator("#dialog").get_by_role("link", name="Its message").click()
    expect(page.locator(".message.found")).to_contain_text("plan")
    window.require_quiet()


def test_a_failed_download_is_tried_again_by_keyboard_and_shown_as_it_comes(
    window: Window, failed: str
) -> None:
    page = window.open("/media?status=failed")
    expect(page.locator("#summary")).to_contain_text("The line broke.")
    with live(page):
        page.locator(f"#media-{failed}").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#dialog .notice")).to_contain_text("Failed. The line broke.")
        window.check()
        page.locator("#dialog").get_by_role("button", name="Try again now").focus()
        page.keyboard.press("Enter")
        picture = page.locator(f"#dialog img[src='/api/media/{failed}/download']")
        expect(picture).to_be_visible()
        page.wait_for_function("image => image.naturalWidth > 0", arg=picture.element_handle())
        page.keyboard.press("Escape")
        expect(page.locator(f"#media-{failed}")).to_have_count(0)
    window.check()


def test_all_that_failed_is_tried_again_at_once(window: Window, hub: Hub, failed: str) -> None:
    page = window.open("/media")
    page.get_by_role("button", name="that failed for now").click()
    expect(page.locator("#toasts")).to_contain_text("will be fetched again.")
    eventually(
        lambda: hub.call(f"/api/media/{failed}")["download_status"] == "downloaded", "the file to be there"
    )


def test_files_are_filtered_and_shown_in_a_table_on_a_phone(phone: Window, image: dict[str, Any]) -> None:
    page = phone.open("/media")
    page.locator(".media-tile").first.wait_for()
    phone.check()
    with live(page):
        page.get_by_label("Type").select_option(label="Images")
        page.wait_for_url("**/media?kind=image")
        page.get_by_role("combobox", name="Chat").press_sequentially("ben")
        page.get_by_role("option", name="Ben Carter").click()
        page.wait_for_url(f"**/media?kind=image&chat={BEN.replace('@', '%40')}")
        expect(page.locator("#results")).to_contain_text("No such files")
    page.goto(phone.hub.url + "/media?kind=image")
    page.get_by_role("link", name="Table").click()
    page.wait_for_url("**/media?kind=image&view=table")
    row = page.get_by_role("row").filter(has=page.locator(f"#media-{image['id']}"))
    expect(row).to_contain_text("Chiara Rossi")
    phone.check()
    row.get_by_role("link").click()
    expect(page.locator("#dialog img")).to_be_visible()
    phone.check()


def test_a_picture_keeps_its_place_while_it_loads(window: Window, image: dict[str, Any]) -> None:
    window.page.route("**/download", lambda route: route.abort())
    page = window.open(f"/media/{image['id']}")
    box = page.locator(".media-preview img").bounding_box()
    assert box is not None
    assert box["height"] > 200


def test_files_can_be_read_filtered_and_tried_again_without_javascript(
    open_window: Callable[..., Window], failed: str
) -> None:
    window = open_window(java_script_enabled=False)
    page = window.open("/media")
    page.get_by_label("State", exact=True).select_option("failed")
    page.get_by_role("button", name="Filter").click()
    assert "status=failed" in page.url
    page.locator(f"#media-{failed}").click()
    page.wait_for_url(f"**/media/{failed}")
    page.get_by_role("button", name="Try again now").click()
    expect(page.locator("#toasts")).to_contain_text("The file will be fetched again.")
    window.require_quiet()
