"""The owner at a running demo: a whole hub on the simulator, and windows of a browser that are signed in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright import sync_api as playwright

from tests.demo_hub import Hub, free_port
from tests.e2e.conftest import PATIENCE
from tests.waiting import eventually

DESKTOP, WIDE, PHONE = (
    {"width": 1280, "height": 900},
    {"width": 1600, "height": 1000},
    {"width": 360, "height": 740},
)
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="package")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A demo whose history has been taken in. Its people talk: tests about rows look for their own."""
    made = Hub(
        tmp_path_factory.mktemp("demo"),
        free_port(),
        settings={"SEND_JITTER_SECONDS": "0", "ALLOW_PRIVATE_URLS": "true"},
    )
    made.start()
    try:
        eventually(lambda: made.call("/api/stats")["messages"]["total"] > 30, "a history", 60)
        yield made
    finally:
        made.stop()


class Window:
    """A browser's window, signed in, which notes what the page complains of and where it asks."""

    def __init__(self, context: playwright.BrowserContext, hub: Hub) -> None:
        self.hub = hub
        self.context = context
        self.page = context.new_page()
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._told)
        self.page.on("request", lambda request: self._asked(request.url))

    def _told(self, message: playwright.ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def _asked(self, url: str) -> None:
        if not url.startswith(("data:", "blob:", self.hub.url)):
            self.hosts.add(url)

    def open(self, path: str) -> playwright.Page:
        self.page.goto(self.hub.url + path)
        return self.page

    def check(self) -> None:
        """The page as it stands: nothing to scroll sideways, nothing that shuts people out, no complaints,
        nothing from elsewhere."""
        width = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1], f"{self.page.url} has to be scrolled sideways: {width}"
        assert violations(self.page) == []
        self.require_quiet()

    def require_quiet(self) -> None:
        assert self.errors == []
        assert self.hosts == set()


def violations(page: playwright.Page) -> list[str]:
    """What axe finds serious."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {rule['id']}: {node['html'][:200]} – {node['failureSummary'][:300]}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


@pytest.fixture(scope="package")
def cookies(chromium: playwright.Browser, hub: Hub) -> Any:
    """What a browser keeps of having signed in."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(hub.url + "/login?next=/settings")
    page.fill("#key", hub.key)
    page.press("#key", "Enter")
    page.wait_for_url("**/settings")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_window(chromium: playwright.Browser, hub: Hub, cookies: Any) -> Iterator[Callable[..., Window]]:
    """Opens windows: `open_window(PHONE, "dark", java_script_enabled=False)`, say."""
    opened = []

    def opening(viewport: dict[str, int] = DESKTOP, scheme: str = "light", **options: Any) -> Window:
        context = chromium.new_context(
            viewport=viewport,
            color_scheme=scheme,
            storage_state=cookies,
            timezone_id="Europe/Berlin",
            **options,
        )
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return Window(context, hub)

    yield opening
    for context in opened:
        context.close()


@pytest.fixture
def window(open_window: Callable[..., Window]) -> Window:
    """A window on a desktop."""
    return open_window()


@pytest.fixture
def phone(open_window: Callable[..., Window]) -> Window:
    """A window on a phone, in the dark."""
    return open_window(PHONE, "dark")


@contextmanager
def live(page: playwright.Page) -> Iterator[None]:
    """What happens inside is seen on the page without loading it again."""
    page.evaluate("window.isTheSame = true")
    yield
    assert page.evaluate("window.isTheSame"), "the page was loaded again"
