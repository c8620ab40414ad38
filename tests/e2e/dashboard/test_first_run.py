"""The first run: a hub that nobody has linked yet, its owner in a browser, and their phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import segno
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.demo_hub import Hub, free_port
from tests.e2e.conftest import PATIENCE
from tests.e2e.dashboard.conftest import DESKTOP, PHONE, Window, live
from tests.waiting import eventually

if TYPE_CHECKING:
    from whatsapp.simulator import Authority
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone

LINK_SECONDS = 60.0  # only a failing test waits so long
SHARP = 3  # pixels of the screen for one of the page, as phones have
CORNER = 8 * SHARP  # pixels at most that the round corners around a code cut off


@dataclass
class World:
    hub: Hub
    olivia: Phone
    alice: Person


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[World]:
    from whatsapp.simulator import Simulator

    with Simulator(tmp_path_factory.mktemp("whatsapp"), authority=authority) as simulator:
        olivia, alice = simulator.phone("Olivia", "15550100"), simulator.person("Alice", "15550101")
        settings = {"SIMULATOR": str(simulator.config_path), "SEND_JITTER_SECONDS": "0"}
        folder = tmp_path_factory.mktemp("hub")
        hub = Hub(folder, free_port(), demo=False, is_new=True, settings=settings)
        try:
            hub.start()
            yield World(hub, olivia, alice)
        finally:
            hub.stop()
            print(hub.output[-10_000:])  # pytest shows it when a test fails


@pytest.fixture
def open_stranger(chromium: Browser, world: World) -> Iterator[Callable[..., Window]]:
    """Opens windows in which nobody has signed in."""
    opened = []

    def opening(viewport: dict[str, int], scheme: str) -> Window:
        context = chromium.new_context(viewport=viewport, color_scheme=scheme, device_scale_factor=SHARP)
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return Window(context, world.hub)

    yield opening
    for context in opened:
        context.close()


def sign_in(window: Window, path: str) -> Page:
    """What everybody does first; returns the page that they are led to."""
    page = window.open(path)
    expect(page).to_have_url(f"{window.hub.url}/login?next={path}")
    page.fill("#key", window.hub.key)
    with page.expect_navigation():  # and its end: a click before that opens no dialog
        page.press("#key", "Enter")
    return page


def seen_code(page: Page) -> list[list[bool]]:
    """The squares of the QR code as they look on the screen: rows of dark or not."""
    # To hide the caret Playwright would leave an empty style on each field, which htmx then may not copy.
    shot = page.locator("#code").screenshot(caret="initial")
    picture = Image.open(BytesIO(shot)).convert("L")
    picture = picture.crop((CORNER, CORNER, picture.width - CORNER, picture.width - CORNER))
    dark = picture.point(lambda value: 255 if value < 128 else 0)
    left, top, right, _ = dark.getbbox() or (0, 0, 0, 0)
    border = picture.crop((left, top, right, top + 1)).tobytes()
    finder = next(place for place, value in enumerate(border) if value >= 128)  # 7 squares wide
    count = 17 + 4 * round(((right - left) / (finder / 7) - 17) / 4)  # as every version has
    size = (right - left) / count
    assert left + CORNER >= 4 * size - 1, "no quiet zone"
    return [
        [
            bool(dark.getpixel((int(left + (x + 0.5) * size), int(top + (y + 0.5) * size))))
            for x in range(count)
        ]
        for y in range(count)
    ]


def code_to_scan(hub: Hub, page: Page) -> str | None:
    """WhatsApp's code, once it is the one that the page shows."""
    text = str(hub.call("/api/connection/qr")["raw"])
    drawn = [[bool(dark) for dark in row] for row in segno.make(text, error="m", micro=False).matrix]
    return text if seen_code(page) == drawn else None


def answered_after(happens: Callable[[], None]) -> Callable[[Route], None]:
    """Lets the hub's answer come to the page after something else has happened."""

    def answer(route: Route) -> None:
        response = route.fetch()
        happens()
        route.fulfill(response=response)

    return answer


def is_read(hub: Hub, alice: Person) -> None:
    alice.reads(alice.waits_for("Hello, Alice"))
    eventually(lambda: hub.call("/api/actions?limit=1")["data"][0]["status"] == "read", "a blue tick")


def test_from_the_sign_in_to_the_first_message(open_stranger: Callable[..., Window], world: World) -> None:
    hub, olivia, alice = world.hub, world.olivia, world.alice
    window = open_stranger(DESKTOP, "dark")
    page = sign_in(window, "/")
    expect(page).to_have_url(hub.url + "/connection")
    expect(page.locator("#code .qr > svg")).to_be_visible()
    window.check()
    with live(page):
        olivia.scan(eventually(lambda: code_to_scan(hub, page), "the code on the page", LINK_SECONDS))
        expect(page.locator("#line h2")).to_have_text("Connected")
        expect(page.locator("#toasts")).to_contain_text("Linked as")
        expect(page.locator("#link-title")).to_have_count(0)
        alice.send_text(olivia, "Hello, Olivia")
        eventually(lambda: hub.messages(search="Hello"), "Alice's message")
        page.fill("#to", "+1 555-0101")
        page.fill("#text", "Hello, Alice")
        page.press("#text", "Tab")
        page.route("**/first-message", answered_after(lambda: is_read(hub, alice)))
        page.keyboard.press("Enter")
        expect(page.locator("#message")).to_contain_text("Read by +1 5550101")
    expect(page.get_by_role("link", name="Open the chat")).to_have_attribute(
        "href", "/messages/15550101@s.whatsapp.net"
    )
    window.check()


def test_a_phone_is_unlinked_and_linked_again_by_a_code_that_is_typed(
    open_stranger: Callable[..., Window], world: World
) -> None:
    hub, olivia = world.hub, world.olivia
    if hub.call("/api/connection/status")["status"] != "connected":
        olivia.scan(eventually(lambda: raw_code(hub), "a code", LINK_SECONDS))
        hub.waits_for("connected", LINK_SECONDS)
    window = open_stranger(PHONE, "light")
    page = sign_in(window, "/connection")
    page.get_by_role("link", name="Log out").click()
    expect(page.locator("#dialog")).to_contain_text("All that is stored")
    page.locator("#dialog").get_by_role("button", name="Log out").click()
    expect(page.locator("#link-title")).to_be_visible()
    assert not olivia.companions
    expect(page.locator("#code .qr > svg")).to_be_visible()
    window.check()
    with live(page):
        page.fill("#phone", "me")
        page.press("#phone", "Enter")
        expect(page.locator("#pairing .wrong")).to_be_visible()
        assert all("422" in error for error in window.errors)  # Chromium complains of what was refused
        window.errors.clear()
        page.fill("#phone", "+1 555-0100")
        page.press("#phone", "Enter")
        code = page.locator("#pairing-code")
        expect(code).to_be_visible()
        window.check()
        olivia.enter_code(code.inner_text())
        expect(page.locator("#line h2")).to_have_text("Connected")
        expect(page.locator("#pairing")).to_have_count(0)
    assert [str(companion.jid.user) for companion in olivia.companions] == ["15550100"]


def raw_code(hub: Hub) -> str | None:
    try:
        return str(hub.call("/api/connection/qr")["raw"])
    except AssertionError:  # there is none yet
        return None
