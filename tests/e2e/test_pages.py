"""The API's pages in a real browser: what they load, and that they work."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright import sync_api as playwright

from tests.api.conftest import Hub, running_hub

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ALICE = "15550100@s.whatsapp.net"
PATIENCE = 60_000  # milliseconds; only a failing test waits so long


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        running.run(
            "build_account(); build_contact(name='Alice')\n"
            "for number in range(60): build_message(f'Message {number}', at=NOON + number)\n"
            "build_message('From Bob', chat=BOB)"
        )
        yield running


class Window:
    """A browser's window, which notes what the page asks for and complains of."""

    def __init__(self, browser: playwright.Browser, viewport: dict[str, int], scheme: str) -> None:
        self.context = browser.new_context(viewport=viewport, color_scheme=scheme)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.left: list[str] = []  # what went to other machines
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.left.append(request.url))
        self.page.on("requestfailed", self._blocked)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._told)

    def _blocked(self, request: "playwright.Request") -> None:
        """What the policy stops has not left."""
        if request.failure == "csp":
            self.left.remove(request.url)

    def _told(self, message: "playwright.ConsoleMessage") -> None:
        if message.type == "error" and "violates" in message.text and "logo-mini.svg" not in message.text:
            self.errors.append(message.text)

    def hosts(self) -> set[str | None]:
        return {urlsplit(url).hostname for url in self.left if url.startswith(("http", "ws"))}

    def fits(self) -> bool:
        """Whether nothing has to be scrolled sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.fixture(params=[(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"])
def window(chromium: playwright.Browser, request: pytest.FixtureRequest) -> Iterator[Window]:
    made = Window(chromium, *request.param)
    yield made
    made.context.close()


def sign_in(window: Window, hub: Hub, path: str) -> None:
    page = window.page
    page.goto(f"{hub.url}/login?next={path}")
    page.fill("#key", settings.API_KEY)
    page.press("#key", "Enter")
    page.wait_for_url(f"**{path}")  # and its scripts have run


def test_a_call_is_tried_with_a_key_in_swagger_ui(window: Window, hub: Hub) -> None:
    page = window.page
    page.goto(hub.url + "/api")
    assert page.url == hub.url + "/api/docs"
    page.click(".btn.authorize")
    page.locator(".auth-container input").first.fill(settings.API_KEY)
    page.locator(".auth-btn-wrapper .authorize").first.click()
    page.click(".auth-btn-wrapper .btn-done")
    page.click("#operations-tag-settings")
    page.click("#operations-settings-settings_list")
    page.click("#operations-settings-settings_list .execute")
    page.wait_for_selector("#operations-settings-settings_list .live-responses-table")
    assert "maxMediaSizeMB" in page.inner_text(".live-responses-table")
    assert window.fits()
    assert window.hosts() == {"127.0.0.1"}
    assert window.errors == []


def test_redoc_shows_every_call_and_fetches_nothing_from_elsewhere(window: Window, hub: Hub) -> None:
    page = window.page
    page.goto(hub.url + "/api/redoc")
    page.wait_for_selector("h2:has-text('Make a key, which is shown')")
    assert window.fits()
    assert window.hosts() == {"127.0.0.1"}
    assert window.errors == []


def test_the_owner_looks_around_in_pages(window: Window, hub: Hub) -> None:
    page = window.page
    sign_in(window, hub, "/api/messages")
    assert "Message 59" in page.inner_text(".answer")
    assert window.fits()
    page.click("[rel=next]")
    assert "Message 9" in page.inner_text(".answer")
    page.click(".filters summary")
    page.fill("[name=chat]", "15550111")
    page.click(".filters button")
    page.wait_for_url("**/api/messages?chat=15550111")
    assert "From Bob" in page.inner_text(".answer")
    page.click("text=15550111@s.whatsapp.net >> nth=0")
    page.wait_for_url("**/api/chats/*")
    assert "recent_messages" in page.inner_text(".answer")
    assert window.hosts() == {"127.0.0.1"}
    assert window.errors == []


def test_the_owner_makes_and_revokes_a_key_by_form(window: Window, hub: Hub) -> None:
    page = window.page
    sign_in(window, hub, "/api/keys")
    page.fill(".try textarea", '{"name": "Bot", "scopes": ["all"]}')
    page.click(".try button")
    page.wait_for_selector("text=400 Bad Request")
    page.fill(".try textarea", '{"name": "Bot", "scopes": ["read"]}')
    page.click(".try button")
    page.wait_for_selector("text=200 OK")
    assert '"key": "wah_' in page.inner_text(".answer")
    page.goto(hub.url + "/api/keys")
    page.click(".answer a >> nth=0")
    page.click("button.delete")
    page.wait_for_selector("text=200 OK")
    page.goto(hub.url + "/api/keys")
    assert '"is_active": true' not in page.inner_text(".answer")
    assert window.errors == []


def test_a_page_of_another_site_can_not_use_the_session(
    chromium: playwright.Browser, hub: Hub, tmp_path: Path
) -> None:
    window = Window(chromium, DESKTOP, "light")
    sign_in(window, hub, "/api/keys")
    before = window.page.inner_text(".answer")
    trap = tmp_path / "trap.html"
    trap.write_text(
        f'<form method="post" enctype="text/plain" action="{hub.url}/api/keys">'
        """<input name='{"name": "Evil", "scopes": ["read"], "x' value='": 1}'></form>"""
        "<script>document.forms[0].submit()</script>"
    )
    window.page.goto(trap.as_uri())
    window.page.wait_for_url(hub.url + "/api/keys")
    assert "Evil" not in window.page.content()
    window.page.goto(hub.url + "/api/keys")
    assert window.page.inner_text(".answer") == before
    window.context.close()
