"""What a conversation does by itself in a real browser, and files that come by hand."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.demo_hub import ALICE, Hub
from tests.e2e.dashboard.conftest import Window, live
from tests.waiting import eventually

DANIEL = "447700900154@s.whatsapp.net"
LOW = {"width": 900, "height": 420}

HAND_OVER = """
([way, name]) => {
  const files = new DataTransfer();
  files.items.add(new File(["Up, then down"], name, {type: "text/plain"}));
  const target = document.getElementById(way === "paste" ? "text" : "log");
  const event = way === "paste"
    ? new ClipboardEvent("paste", {clipboardData: files, bubbles: true, cancelable: true})
    : new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true});
  target.dispatchEvent(event);
}
"""


def chat_of(hub: Hub, jid: str) -> Any:
    return hub.call(f"/api/chats/{jid}")


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_file_that_is_pasted_or_dropped_is_shown_sent_and_can_be_taken_away(
    window: Window, way: str
) -> None:
    page = window.open(f"/messages/{DANIEL}")
    name = f"{way}.txt"
    page.evaluate(HAND_OVER, [way, name])
    page.evaluate(HAND_OVER, [way, "another.txt"])
    expect(page.locator(".attachment")).to_have_count(2)
    page.locator(".attachment", has_text="another.txt").get_by_label("Remove this file").click()
    expect(page.locator(".attachment")).to_have_count(1)
    with live(page):
        page.get_by_label("Send").click()
        expect(page.locator("#bubbles .message.mine", has_text=name).last).to_be_visible()
        expect(page.locator(".attachment")).to_have_count(0)
    window.require_quiet()


def test_what_one_has_before_oneself_is_marked_as_read(window: Window, hub: Hub) -> None:
    hub.call("/api/actions/send/text", {"jid": ALICE, "text": "Are you awake?"})
    eventually(lambda: chat_of(hub, ALICE)["unread_count"] > 0, "an answer that nobody has read")
    page = window.open(f"/messages/{ALICE}")
    page.locator("#log").focus()
    eventually(lambda: chat_of(hub, ALICE)["unread_count"] == 0, "the answer to be read")
    window.require_quiet()


def test_who_reads_further_up_is_told_of_new_messages_and_not_moved(open_window: Any, hub: Hub) -> None:
    for number in range(6):
        hub.call("/api/actions/send/text", {"jid": ALICE, "text": f"One more line {number}\n\n\n"})
    window = open_window(LOW)
    page = window.open(f"/messages/{ALICE}")
    expect(page.locator("#bubbles .message").last).to_be_visible()
    page.locator("#log").evaluate("log => { log.scrollTop = -log.scrollHeight; }")
    expect(page.locator("#to-newest")).to_be_visible()
    name = page.locator("#bubbles .message").nth(1).get_attribute("id")
    assert name
    first = page.locator(f"[id='{name}']")  # older ones may still come before it
    place = first.bounding_box()
    assert place is not None
    hub.call("/api/actions/send/text", {"jid": ALICE, "text": "Do you read this?"})
    button = page.locator("#to-newest", has_text="new message")
    expect(button).to_be_visible()
    after = first.bounding_box()
    assert after is not None
    assert after["y"] == pytest.approx(place["y"], abs=2)  # browsers scroll by whole pixels
    button.click()
    expect(page.locator("#to-newest")).to_be_hidden()
    assert page.locator("#log").evaluate("log => log.scrollTop") == 0
    window.require_quiet()


def test_the_other_side_is_told_that_somebody_types_and_has_stopped(window: Window, hub: Hub) -> None:
    page = window.open(f"/messages/{DANIEL}")
    page.locator("#text").press_sequentially("Let me")
    told = "/api/actions?kind=set_presence&limit=2"

    def types() -> list[str]:
        return [hub.call(f"/api/actions/{act['id']}")["payload"]["type"] for act in hub.call(told)["data"]]

    eventually(lambda: types()[:1] == ["composing"], "it to be told")
    page.locator("#text").blur()
    eventually(lambda: types() == ["paused", "composing"], "the pause to be told")
    window.require_quiet()
