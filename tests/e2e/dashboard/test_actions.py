"""Actions, API docs and keys as a person uses them, at the running demo."""

import re
import subprocess
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page, expect

from tests.demo_hub import ALICE, Hub
from tests.e2e.dashboard.conftest import Window, live
from tests.session.pictures import jpeg
from tests.tools import program

ANSWERED = re.compile("delivered|read")


def choose(page: Page, label: str, name: str) -> None:
    page.get_by_label(label, exact=True).first.fill(name)
    page.get_by_role("option").filter(has_text=name).first.click()


def run_curl(hub: Hub, line: str) -> str:
    program("curl")
    done = subprocess.run(
        ["bash", "-euc", line],
        env={"API_KEY": hub.key, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_text_is_sent_to_somebody_found_by_name_and_seen_answered(window: Window) -> None:
    page = window.open("/actions/new/text")
    choose(page, "To", "Alice")
    page.get_by_label("Text", exact=True).fill("It's at $5 `o'clock`")
    expect(page.locator("#curl-line")).to_contain_text(ALICE)
    expect(page.locator("#curl-line")).to_contain_text("o'\"'\"'clock")
    window.check()
    line = page.locator("#curl-line").inner_text()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(re.compile(r"/actions/\d+$"))
    with live(page):
        expect(page.locator("#act .facts .badge")).to_have_text(ANSWERED)
    window.check()
    with live(window.open("/actions")):
        assert '"success":true' in run_curl(window.hub, line)
        newest = page.locator("#results tbody tr").first
        expect(newest).to_contain_text("It's at $5 `o'clock`")
        expect(newest.locator(".badge")).to_have_text(ANSWERED)
    window.check()


def test_a_location_and_a_poll_are_sent_with_the_keyboard_alone(window: Window) -> None:
    for slug, fields in (
        ("location", {"Latitude": "52.5163", "Longitude": "13.3777"}),
        ("poll", {"Question": "Lunch?", "Options": "Soup\nSalad"}),
    ):
        page = window.open(f"/actions/new/{slug}?jid={ALICE}")
        for label, value in fields.items():
            page.get_by_label(label).focus()
            page.keyboard.type(value)
        page.get_by_role("button", name="Send").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/actions/\d+$"))
        expect(page.locator("#act .facts .badge")).to_have_text(re.compile("sent|delivered|read"))
    window.require_quiet()


def test_a_file_is_uploaded_and_what_is_wrong_with_one_is_said_beside_it(
    phone: Window, tmp_path: Path
) -> None:
    picture, text = tmp_path / "sea.jpg", tmp_path / "no picture.png"
    picture.write_bytes(jpeg())
    text.write_text("no picture")
    page = phone.open(f"/actions/new/image?jid={ALICE}")
    page.set_input_files("#file", text)
    expect(page.locator("#curl-line")).to_contain_text('file=@"no picture.png"')
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".field .wrong")).to_be_visible()
    phone.errors.clear()  # browsers log the refusal
    page.set_input_files("#file", picture)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(re.compile(r"/actions/\d+$"))
    expect(page.locator("#act .facts .badge").first).to_have_text(ANSWERED)
    phone.check()


def test_a_call_is_found_and_tried(window: Window) -> None:
    page = window.open("/docs")
    page.get_by_label("Find a call").fill("get search messages")
    page.get_by_role("link").filter(has_text="/api/messages/search").click()
    page.get_by_role("radio", name="Python").check()
    expect(page.locator("#code-python")).to_be_visible()
    page.get_by_label("q (required)").fill("map")
    page.get_by_role("button", name="Send the request").click()
    expect(page.locator("#outcome-status")).to_have_text("200 OK")
    expect(page.locator("#outcome-text")).to_contain_text('"total"')
    window.check()
    for name in ("chats/chats_list", "connection/connection_status", "stats/stats_overview"):
        page = window.open(f"/docs/{name}")
        page.get_by_role("radio", name="curl").check()
        assert run_curl(window.hub, page.locator("#code-curl").inner_text()).startswith("{")
    page = window.open("/docs/actions/actions_send_text")
    page.get_by_label("Body, JSON").fill('{"jid": "12025550161", "text": "Tried"}')
    page.get_by_role("button", name="Send the request").click()
    expect(page.locator("#outcome-text")).to_contain_text('"success": true')
    window.require_quiet()


def test_a_key_is_made_used_and_revoked(window: Window) -> None:
    page = window.open("/keys")
    page.get_by_label("Name", exact=True).fill("Holiday bot")
    page.get_by_role("checkbox", name="Read Looks").check()
    choose(page, "Add a chat", "Alice")
    expect(page.locator("#chats")).to_have_value(ALICE)
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#new-key").inner_text()
    window.check()

    def status() -> int:
        answer: Any = requests.get(window.hub.url + "/api/messages", headers={"x-api-key": key}, timeout=20)
        return int(answer.status_code)

    assert status() == 200
    page.get_by_role("link", name="I have copied it").click()
    window.check()
    page.get_by_role("link", name="Revoke Holiday bot").first.click()
    page.locator("#dialog").get_by_role("button", name="Revoke it").click()
    expect(page.locator("tbody tr").first.locator("td[data-label=Status]")).to_have_text("revoked")
    assert status() == 401
    window.require_quiet()
