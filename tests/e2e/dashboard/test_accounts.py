"""Several accounts in real windows: choosing one, staying with it, making another, removing one."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright import sync_api as playwright
from playwright.sync_api import expect

from tests.api.conftest import Hub, running_hub
from tests.builders import ALICE, FAMILY
from tests.demo_hub import ALICE as DEMO_ALICE
from tests.e2e.dashboard.conftest import DESKTOP, PHONE, Window
from tests.e2e.dashboard.test_every_page import PAGES

OFFICE = "office"
OF_THE_DEMO = ("120363341314281647", DEMO_ALICE, "/events/1")
OPENED = [
    *(path for path in PAGES if not any(part in path for part in OF_THE_DEMO)),
    *(f"/messages/{FAMILY}", f"/contacts/{ALICE}", "/connection/remove"),
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A web process, and two accounts that no session looks after."""
    with running_hub(tmp_path_factory.mktemp("accounts")) as running:
        running.run("from tests.two_accounts import *\nbuild_home()\nbuild_office()")
        yield running


@pytest.fixture(scope="module")
def cookies(chromium: playwright.Browser, hub: Hub) -> Any:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(hub.url + "/login?next=/settings")
    page.fill("#key", settings.API_KEY)
    page.press("#key", "Enter")
    page.wait_for_url("**/settings*")
    state = context.storage_state()
    context.close()
    return state


def sent_by(hub: Hub, text: str) -> list[str]:
    """The accounts of the acts that are to send that text."""
    code = f"print(json.dumps([one.account.name for one in Action.objects.filter(payload__text={text!r})]))"
    return list(json.loads(hub.run(f"import json\n{code}")))


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark"), (PHONE, "light")])
def test_each_page_fits_and_has_nothing_to_complain_of(
    open_window: Callable[..., Window], viewport: dict[str, int], scheme: str
) -> None:
    window = open_window(viewport, scheme)
    for path in OPENED:
        mark = "&" if "?" in path else "?"
        page = window.open(f"{path}{mark}account={OFFICE}")
        assert page.locator("h1").count() == 1, path
        assert f"account={OFFICE}" in page.url, path
        window.check()
    if viewport == PHONE:
        page.locator("#menu-button").click()
    page.locator(".account-choice summary").click()
    page.locator(".account-choice a", has_text=OFFICE).wait_for()
    window.check()


def test_an_address_without_account_gets_the_one_that_is_shown(window: Window) -> None:
    window.open("/contacts?account=office")
    page = window.open("/contacts?q=alice")
    expect(page).to_have_url(re.compile(r"/contacts\?q=alice&account=office$"))
    expect(page.locator("main")).to_contain_text("Alice ledger")


def test_another_account_is_chosen_in_the_menu_and_stays(window: Window) -> None:
    page = window.open("/messages?account=default")
    expect(page.locator("#chats")).to_contain_text("Friend hearth")
    page.locator(".account-choice summary").click()
    page.locator(".account-choice a", has_text="office").click()
    expect(page.locator("#chats")).to_contain_text("Friend ledger")
    assert page.url.endswith("/messages?account=office")
    page.locator("#chats a[href*='15559020100']").click()
    expect(page.locator("#bubbles")).to_contain_text("tea ledger")
    assert "account=office" in page.url
    page.locator(".menu a", has_text="Contacts").click()
    expect(page.locator("main")).to_contain_text("Friend ledger")
    expect(page.locator("main")).not_to_contain_text("hearth")
    window.require_quiet()


def test_it_is_chosen_without_javascript_too(open_window: Callable[..., Window]) -> None:
    window = open_window(java_script_enabled=False)
    page = window.open("/contacts?account=default")
    page.locator(".account-choice summary").click()
    page.locator(".account-choice a", has_text="office").click()
    expect(page.locator("main")).to_contain_text("Friend ledger")
    page.fill("#q", "alice")
    page.locator("form.find button").click()
    expect(page.locator("main")).to_contain_text("Alice ledger")
    assert "account=office" in page.url


def test_what_is_sent_goes_over_the_account_of_its_window_whatever_another_shows(
    open_window: Callable[..., Window], hub: Hub
) -> None:
    of_home, of_office = open_window(), open_window()
    home = of_home.open(f"/messages/{ALICE}?account=default")
    office = of_office.open(f"/messages/{ALICE}?account=office")
    for page, text in ((home, "From home"), (office, "From the office")):
        page.fill("#text", text)
        page.press("#text", "Enter")
        expect(page.locator("#pending")).to_contain_text(text)
    assert sent_by(hub, "From home") == ["default"]
    assert sent_by(hub, "From the office") == [OFFICE]
    expect(home.locator("main")).not_to_contain_text("From the office")


def test_people_are_found_in_the_account_of_the_page(window: Window) -> None:
    page = window.open("/actions/new/text?account=office")
    page.locator("[data-chooser] input[role=combobox]").first.fill("friend")
    expect(page.locator("[role=listbox]").first).to_contain_text("Friend ledger")
    expect(page.locator("[role=listbox]").first).not_to_contain_text("hearth")


def test_an_account_is_made_and_removed_on_the_page_of_the_connection(window: Window, hub: Hub) -> None:
    page = window.open("/connection?account=default")
    page.fill("#new-account", "a b")
    page.locator("button", has_text="Make the account").click()
    expect(page.locator("main [role=alert]")).to_contain_text("1 to 64 letters")
    page.fill("#new-account", "cellar")
    page.locator("button", has_text="Make the account").click()
    page.wait_for_url("**/connection?account=cellar")
    expect(page.locator("#line")).to_contain_text("Starting")
    page.locator("#account-cellar a", has_text="Remove").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("What is lost, for good")
    dialog.locator("#confirm-name").fill("celar")
    dialog.locator("button.danger").click()
    expect(dialog.locator("[role=alert]")).to_contain_text("Type cellar")
    dialog.locator("#confirm-name").fill("cellar")
    dialog.locator("button.danger").click()
    page.wait_for_url("**/connection?account=default")
    expect(page.locator("#accounts")).not_to_contain_text("cellar")
    assert hub.run("print([one.name for one in Account.objects.removed()])").strip() == "['cellar']"
