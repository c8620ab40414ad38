"""Every page as it is opened: at each width, in each scheme, and without JavaScript."""

from collections.abc import Callable

import pytest

from tests.demo_hub import ALICE
from tests.e2e.dashboard.conftest import DESKTOP, PHONE, WIDE, Window

PAGES = [
    "/settings",
    "/connection",
    "/connection/logout",
    "/connection/new-qr",
    "/connection/try",
    "/",
    "/messages/statistics",
    "/contacts",
    f"/contacts/{ALICE}",
    f"/contacts/{ALICE}/presence",
    "/groups",
    "/webhooks",
    "/webhooks/new",
    "/webhooks/deliveries",
    "/events",
    "/events/1",
    "/events/calls",
    "/events/presence",
    "/events/quarantine",
    "/actions",
    "/actions/new/text",
    "/actions/new/document",
    "/actions/new/group-participants",
    "/docs",
    "/docs/actions/actions_send_text",
    "/docs/messages/messages_list",
    "/docs/clients",
    "/keys",
    "/messages",
    "/messages/search?q=the",
    "/messages/120363341314281647@g.us",
    "/media",
    "/media?view=table",
]


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark"), (PHONE, "light"), (WIDE, "dark")]
)
def test_each_page_fits_is_open_to_everybody_and_has_nothing_to_complain_of(
    open_window: Callable[..., Window], viewport: dict[str, int], scheme: str
) -> None:
    window = open_window(viewport, scheme)
    for path in PAGES:
        page = window.open(path)
        assert page.locator("h1").count() == 1, path
        assert page.locator(".menu [aria-current=page]").count() == 1, path
        window.check()


def test_each_page_can_be_read_without_javascript(open_window: Callable[..., Window]) -> None:
    window = open_window(java_script_enabled=False)
    for path in PAGES:
        page = window.open(path)
        assert page.locator("h1").is_visible(), path
        assert page.locator(".menu").is_visible(), path
    window.require_quiet()


def test_the_sign_in_page_is_open_to_everybody(open_window: Callable[..., Window]) -> None:
    for viewport, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
        window = open_window(viewport, scheme)
        window.context.clear_cookies()
        window.open("/settings")
        assert window.page.locator("h1").inner_text() == "Sign in"
        window.check()
