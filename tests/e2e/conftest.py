"""A real browser."""

from collections.abc import Iterator

import pytest
from playwright import sync_api as playwright

from tests.tools import program


@pytest.fixture(scope="session")
def chromium() -> Iterator[playwright.Browser]:
    path = program("chromium", "chromium-browser", "google-chrome")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
