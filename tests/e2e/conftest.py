"""A real browser."""

from collections.abc import Iterator

import pytest
from playwright import sync_api as playwright

from tests.tools import program

PATIENCE = 20_000  # milliseconds; only a failing test waits so long


# Playwright keeps an event loop in this thread for as long as it runs, and Django then refuses to be asked:
# so it ends with the tests of this folder.
@pytest.fixture(scope="package")
def chromium() -> Iterator[playwright.Browser]:
    path = program("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
