"""The same pages in a real browser, in which anything that a stranger wrote would run if it could."""

from collections.abc import Iterable, Iterator

import pytest
from playwright import sync_api as playwright

from tests.attacks import world
from tests.attacks.hostile import ELEMENT, HACKED, PEOPLE
from tests.attacks.pages import addresses
from tests.attacks.pages.conftest import Site
from tests.attacks.routes import Route, api_routes, pages, routes
from tests.attacks.table import tried

MOST_ROWS, MOST_IN_ADMIN, MOST_OF_CALLS = 1, 1, 1
PATIENCE = 20_000  # milliseconds

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
LOOK = f"""() => ({{
  hacked: typeof {HACKED} === "undefined" ? null : {HACKED},
  elements: document.querySelectorAll("{ELEMENT}, [onerror], [onmouseover]").length,
  addresses: [...document.querySelectorAll("a, area, form, iframe, img, script")]
    .map((one) => one.href || one.action || one.src || "")
    .filter((address) => typeof address === "string" && /^(javascript|data:text|vbscript)/i.test(address)),
  violations: window.violations,
  text: document.body.innerText.includes("<{ELEMENT}>"),
}})"""


ONE_MORE = """
import time
from tests import protobufs
from tests.attacks import world
from tests.attacks.hostile import MARKUP, PEOPLE
from tests.whatsapp.ingest.arriving import arrive, drain
from whatsapp.models import Account
account, now = Account.default(), int(time.time())
event = protobufs.build_message(str(now) + MARKUP, MARKUP, push_name=MARKUP, sender=PEOPLE[0], timestamp=now)
arrive(account, [(17, event, now * 1000)])
drain(account)
"""


def admin_pages() -> list[Route]:
    return [route for route in routes() if route.path.startswith("admin/")]


def shown(site: Site, paths: Iterable[str]) -> list[str]:
    """Those of the addresses that are a page with something of a stranger's on it."""
    with site.client() as browser:
        answers = {path: browser.get(path) for path in paths}
    return [path for path, answer in answers.items() if f"&lt;{ELEMENT}&gt;" in answer.text]


class Window:
    """The owner's, which notes whatever should not happen."""

    def __init__(self, context: playwright.BrowserContext, site: Site) -> None:
        self.page = context.new_page()
        self.page.add_init_script(WATCH)
        self.wrong: list[str] = []
        self.hostile = 0
        self._site = site
        self.page.on("dialog", self._asked)
        self.page.on("request", self._requested)

    def _asked(self, dialog: playwright.Dialog) -> None:
        self.wrong.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: playwright.Request) -> None:
        if not request.url.startswith(("data:", "blob:", self._site.hub.url)):
            self.wrong.append(f"{self.page.url} asks for {request.url}")

    def open(self, path: str) -> None:
        self.page.goto(self._site.hub.url + path, wait_until="load")
        self.look()

    def look(self) -> None:
        seen = self.page.evaluate(LOOK)
        self.hostile += seen.pop("text")
        found = {name: value for name, value in seen.items() if value}
        if found:
            self.wrong.append(f"{self.page.url}: {found}")


@pytest.fixture
def window(chromium: playwright.Browser, site: Site) -> Iterator[Window]:
    context = chromium.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    context.add_cookies(
        [{"name": name, "value": value, "url": site.hub.url} for name, value in site.cookies.items()]
    )
    yield Window(context, site)
    context.close()


def test_the_window_sees_what_runs(window: Window) -> None:
    window.page.route("**/hostile", lambda route: route.fulfill(content_type="text/html", body=HOSTILE))
    window.open("/hostile")
    assert len(window.wrong) == 1
    for found in ("'hacked': 1", "'elements': 2", "'addresses': ['javascript:"):
        assert found in window.wrong[0]


HOSTILE = (
    f"<{ELEMENT}></{ELEMENT}><img src='/static/none' onerror='{HACKED}=1'><a href='javascript:1'>x</a>"
    + (f"<script>{HACKED}=1</script>")
)


@tried("stored XSS: opened in a browser", pages, world.tried_columns)
def test_nothing_that_strangers_wrote_runs_on_a_page_of_the_dashboard(window: Window, site: Site) -> None:
    for path in shown(site, addresses.of_pages(site.things, MOST_ROWS)):
        window.open(path)
    assert window.wrong == []
    assert window.hostile > 30


@tried("stored XSS: opened in a browser", admin_pages, world.tried_columns)
def test_nor_in_the_admin(window: Window, site: Site) -> None:
    window.open("/admin/")
    for path in shown(site, addresses.of_rows(site.things, MOST_IN_ADMIN)):
        window.open(path)
    assert window.wrong == []
    assert window.hostile > 15


@tried("stored XSS: opened in a browser", api_routes, world.tried_columns)
def test_nor_where_a_person_opens_the_api(window: Window, site: Site) -> None:
    for path in shown(site, addresses.of_calls(site.things, MOST_OF_CALLS))[::2]:  # all are one template
        window.open(path)
    assert window.wrong == []
    assert window.hostile > 10


def is_a_piece_of_the_page(answer: playwright.Response) -> bool:
    return "text/html" in answer.headers.get("content-type", "")


@tried(
    "stored XSS: as it comes in",
    lambda: ["messages/<str:jid>", "", "events"],
    lambda: ["Message.body", "Message.push_name", "Contact.notify_name"],
)
def test_nor_as_it_comes_in_while_a_page_is_open(window: Window, site: Site) -> None:
    for path in (f"/messages/{PEOPLE[0]}", "/", "/events"):
        window.open(path)
        with window.page.expect_response(is_a_piece_of_the_page):
            site.hub.run(ONE_MORE)
        window.page.wait_for_load_state("networkidle")
        window.look()
    assert window.wrong == []
    assert window.hostile == 6
