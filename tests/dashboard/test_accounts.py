"""Several accounts on the pages: each page is about one, says so in its address, and leads nowhere else."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client

from dashboard.naming import named, named_in_page
from dashboard.urls import urlpatterns
from tests.api.conftest import Session
from tests.builders import ALICE, FAMILY, build_delivery, build_webhook
from tests.dashboard.conftest import htmx, signed_in, text_of
from tests.two_accounts import HOME, OFFICE, World, build_home, build_office, only_of
from whatsapp.models import Account, Action, ApiKey, Connection, Event, InboxEvent, Media, Webhook

pytestmark = pytest.mark.django_db

ADDRESS = re.compile(r'\s(?:href|src|poster|action|formaction|hx-(?:get|post|put|patch|delete))="([^"]*)"')
FORM = re.compile(r"<form\b[^>]*>(?:<input type=\"hidden\" name=\"account\" value=\"([^\"]*)\">)?")
SENT_BY_GET = re.compile(r'<form\b(?![^>]*method="post")[^>]*>')  # with a field for the account
ABOUT_NOTHING = ("/static/", "/admin/", "/logout", "#", "data:", "https://", "http://")


@pytest.fixture
def home(db: None) -> World:
    return build_home()


@pytest.fixture
def office(home: World) -> World:
    return build_office()


@pytest.fixture
def owner(home: World, office: World) -> Client:
    return signed_in()


def things_of(world: World) -> dict[str, list[Any]]:
    """Parameter of a route → what the account has that it may name."""
    mine = {"account": world.account}
    return {
        "jid": [world.friend, world.group, FAMILY, ALICE],
        "key": [world.message.pk],
        "act": [world.act.pk],
        "verb": ["cancel"],
        "media_id": [world.media.pk, world.failed.pk],
        "webhook_id": [world.webhook.pk],
        "delivery_id": [world.delivery.pk],
        "event_id": [
            *Event.objects.filter(**mine).values_list("pk", flat=True)[:2],
            *InboxEvent.objects.filter(**mine).values_list("pk", flat=True)[:1],
        ],
        "call_key": [world.call.pk],
        "action_id": [world.act.pk, world.failed_act.pk],
        "slug": ["text", "poll"],
        "tag": ["messages"],
        "name": ["messages_list", "actions_send_text"],
        "key_id": [1],
    }


def paths_of(route: str, things: dict[str, list[Any]]) -> list[str]:
    paths = ["/"]
    for part in re.split(r"<\w+:(\w+)>", route):
        is_name = part in things and f":{part}>" in route
        paths = [path + str(thing) for path in paths for thing in (things[part] if is_name else [part])]
    return paths


ROUTES = [str(route.pattern) for route in urlpatterns if str(route.pattern) not in ("login", "logout")]


def addresses_in(page: str) -> list[str]:
    return [unescape(address) for address in ADDRESS.findall(page)]


def account_in(address: str) -> str | None:
    return parse_qs(urlsplit(address).query).get("account", [None])[0]


# Nothing of another account


@pytest.mark.parametrize("is_home", [True, False], ids=["home", "office"])
def test_no_page_about_one_account_has_anything_of_the_others(
    owner: Client, home: World, office: World, is_home: bool, impatient: None
) -> None:
    mine, other = (home, office) if is_home else (office, home)
    secrets = only_of(other, mine) - {other.account.name, other.account.push_name}
    opened = 0
    for route in ROUTES:
        for path in paths_of(route, things_of(mine)):
            response = owner.get(path, {"account": mine.account.name})
            content = page_of(response).replace(f"Olivia {other.word}", "")  # in the list of accounts
            if path == "/connection":
                content = content.replace(other.account.jid.partition("@")[0], "")  # likewise
            found = [secret for secret in secrets if secret in content and secret != other.word]
            assert found == [], path
            opened += response.status_code == 200
    assert opened > 40


@pytest.mark.parametrize("query", [{"q": "tea"}, {"q": "alice"}, {"find": "family"}])
@pytest.mark.parametrize("path", ["/messages/search", "/contacts", "/groups", "/messages", "/choose"])
def test_no_search_finds_anything_of_another_account(
    owner: Client, home: World, office: World, path: str, query: dict[str, str]
) -> None:
    page = page_of(owner.get(path, query)).replace(f"Olivia {office.word}", "")
    assert office.word not in page


def test_what_is_another_accounts_is_not_there(owner: Client, home: World, office: World) -> None:
    for path in (
        *(f"/messages/{office.friend}/{office.message.pk}", f"/contacts/{office.friend}"),
        *(f"/groups/{office.group}", f"/media/{office.media.pk}", f"/webhooks/{office.webhook.pk}"),
        *(f"/webhooks/deliveries/{office.delivery.pk}", f"/actions/{office.act.pk}"),
    ):
        assert owner.get(path, {"account": HOME}).status_code == 404, path
        assert owner.get(path, {"account": OFFICE}).status_code == 200, path


# Addresses


@pytest.mark.parametrize("is_home", [True, False], ids=["home", "office"])
def test_every_address_of_every_page_names_its_account(
    owner: Client, home: World, office: World, is_home: bool, impatient: None
) -> None:
    mine, other = (home, office) if is_home else (office, home)
    pages = 0
    for route in ROUTES:
        for path in paths_of(route, things_of(mine)):
            response = owner.get(path, {"account": mine.account.name})
            if response.status_code in (301, 302):
                assert account_in(response["Location"]) == mine.account.name, path
            if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
                continue
            pages += 1
            page = page_of(response)
            unnamed = [
                address
                for address in addresses_in(SENT_BY_GET.sub("", page))
                if not address.startswith(ABOUT_NOTHING)
                and account_in(address) != mine.account.name
                and not is_about(address, other)
            ]
            assert unnamed == [], path
            for tag, form in ((found[0], found[1]) for found in FORM.finditer(page)):
                is_sent_by_get = 'method="post"' not in tag
                assert form == mine.account.name if is_sent_by_get and "data-path" not in tag else not form, (
                    tag
                )
                assert is_sent_by_get or " action=" in tag, tag
    assert pages > 40


def is_about(address: str, other: World) -> bool:
    """Whether it leads to another account on purpose: to choose it, or to do something with it."""
    return account_in(address) == other.account.name and urlsplit(address).path.count("/") <= 2


def test_with_one_account_no_address_names_it(home: World) -> None:
    page = page_of(signed_in().get("/messages"))
    assert not re.search("[?&;]account=", page)
    assert 'name="account"' not in page
    assert "account-choice" not in page


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/", "/?account=a"),
        ("/messages?q=x", "/messages?q=x&account=a"),
        ("?cursor=1", "?cursor=1&account=a"),
        ("?", "?account=a"),
        ("/docs#messages", "/docs?account=a#messages"),
        ("/api/media/1/download", "/api/media/1/download?account=a"),
        ("/x?account=b", "/x?account=b"),
        ("/x?on_account=b", "/x?on_account=b&account=a"),
        ("//evil.example/", "//evil.example/?account=a"),
        *((kept, kept) for kept in ("/static/a.css", "/admin/", "/logout", "#top", "https://a.example/", "")),
    ],
)
def test_an_address_is_named(before: str, after: str) -> None:
    assert named(before, "a") == after or before.startswith("//")


def test_what_people_have_written_is_left_as_it_is() -> None:
    page = '<p>href=&quot;/x&quot; <a href="https://a.example/?q=/x">a</a> <a title="/x" href="/y">b</a></p>'
    assert named_in_page(page, "a", "/") == page.replace('"/y"', '"/y?account=a"')


def test_a_form_that_is_sent_to_its_own_page_is_told_which_that_is() -> None:
    page = named_in_page('<form class="x" method="post"><p></form>', "a", "/webhooks/new?q=1&x=2")
    assert page == '<form action="/webhooks/new?q=1&amp;x=2&amp;account=a" class="x" method="post"><p></form>'


# Which account a page is about


def test_the_account_of_the_address_is_remembered_for_pages_that_name_none(owner: Client) -> None:
    assert account_shown(owner.get("/messages")) == HOME
    assert account_shown(owner.get("/contacts", {"account": OFFICE})) == OFFICE
    assert account_shown(owner.get("/messages")) == OFFICE
    assert account_shown(owner.get("/messages", {"account": HOME})) == HOME
    assert account_shown(owner.get("/messages")) == HOME
    assert account_shown(signed_in().get("/messages")) == HOME


def test_a_part_of_a_page_and_a_form_are_about_what_they_name_and_else_the_default_one(
    owner: Client, home: World, office: World, session: Session
) -> None:
    """Another tab may have chosen another account since the page was opened."""
    owner.get("/messages", {"account": OFFICE})
    page = owner.get("/contacts", headers=htmx("results"))
    assert "Alice hearth" in page.content.decode()
    body = {"text": "Hello"}
    owner.post(f"/messages/{ALICE}/send", body)
    owner.post(f"/messages/{ALICE}/send?account={OFFICE}", body)
    assert [act.account.name for act in session.taken] == [HOME, OFFICE]


def test_an_account_that_is_not_there_is_no_page(owner: Client) -> None:
    assert owner.get("/messages", {"account": "nobody"}).status_code == 404


def test_a_choice_leads_to_the_same_section_of_another_account(owner: Client, home: World) -> None:
    page = page_of(owner.get(f"/contacts/{home.friend}"))
    assert f'href="/contacts?account={OFFICE}"' in page
    assert f'data-account="{HOME}" data-has-others' in page


def account_shown(response: HttpResponse) -> str:
    found = re.search(r'data-account="([^"]*)"', response.content.decode())
    assert found is not None
    return found[1]


def page_of(response: Any) -> str:
    """What a browser gets."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode("utf-8", "replace"))


# The page of the connection


def test_another_account_is_made_and_its_code_is_shown(home: World) -> None:
    browser = signed_in()
    response = browser.post("/connection/accounts", {"name": "office"}, follow=True)
    assert response.redirect_chain[-1][0] == "/connection?account=office"
    page = text_of(response)
    assert "The account office is made. Link its phone here." in page
    assert "Starting" in page
    Connection.objects.filter(account__name="office").update(
        status="qr", qr="2@office-code", heartbeat_at=2**31
    )
    assert "Waiting for your phone" in text_of(browser.get("/connection?account=office"))


def test_a_name_that_is_no_good_is_refused_in_words(owner: Client) -> None:
    for name, sentence in (("a b", "1 to 64 letters"), ("OFFICE", "There is an account 'office' already.")):
        response = owner.post("/connection/accounts", {"name": name})
        assert response.status_code == 422
        assert sentence in text_of(response)
        assert f'value="{name}"' in response.content.decode()
    assert Account.objects.count() == 2


def test_all_accounts_are_listed_with_what_can_be_done(owner: Client, home: World, office: World) -> None:
    page = page_of(owner.get("/connection"))
    assert f'href="/connection?account={OFFICE}"' in page
    assert f'href="/connection/logout?account={OFFICE}"' in page
    assert f'href="/connection/remove?account={OFFICE}"' in page
    assert f"/connection/remove?account={HOME}" not in page
    assert "shown on all pages" in text_of(owner.get("/connection"))


def test_before_an_account_is_removed_it_is_said_what_is_lost(owner: Client, office: World) -> None:
    page = text_of(owner.get("/connection/remove", {"account": OFFICE}))
    assert "Remove the account office?" in page
    assert "6 messages in 3 chats, and 2 files of theirs" in page
    dialog = owner.get("/connection/remove", {"account": OFFICE}, headers=htmx("dialog")).content.decode()
    assert dialog.lstrip().startswith("<form")
    assert Account.objects.kept().count() == 2


def test_an_account_is_removed_once_its_name_is_typed(owner: Client, home: World, office: World) -> None:
    path = f"/connection/remove?account={OFFICE}"
    for typed in ("", "offic", HOME):
        refused = owner.post(path, {"name": typed})
        assert (refused.status_code, "Type office" in text_of(refused)) == (422, True)
    done = owner.post(path, {"name": OFFICE}, follow=True)
    assert "The account office is removed." in text_of(done)
    assert [one.name for one in Account.objects.kept()] == [HOME]
    assert Action.objects.filter(account=office.account, kind="logout", status="queued").exists()
    assert owner.get(path).status_code == 404


def test_the_default_account_can_not_be_removed(owner: Client) -> None:
    done = owner.post(f"/connection/remove?account={HOME}", {"name": HOME}, follow=True)
    assert "SESSION_NAME names it" in text_of(done)
    assert Account.objects.kept().count() == 2


def test_unlinking_is_for_the_account_that_it_names(owner: Client, session: Session) -> None:
    session.will("done", result={})
    owner.post(f"/connection/logout?account={OFFICE}")
    assert [act.account.name for act in session.taken] == [OFFICE]


# Keys, webhooks, files


def test_a_key_is_made_for_the_accounts_that_are_chosen(owner: Client, office: World) -> None:
    assert "Only for these accounts" in text_of(owner.get("/keys"))
    body = {"name": "Olivia's", "scopes": ["read"], "accounts": [OFFICE]}
    made = text_of(owner.post("/keys", body))
    assert "for office alone" in made
    assert ApiKey.objects.get().accounts == [office.account.pk]
    owner.post("/keys", {"name": "All", "scopes": ["read"]})
    assert list(ApiKey.objects.order_by("pk").values_list("accounts", flat=True)) == [
        [office.account.pk],
        None,
    ]
    wrong = owner.post("/keys", {**body, "accounts": ["nobody"]})
    assert (wrong.status_code, "There is no account &#x27;nobody&#x27; any more." in page_of(wrong)) == (
        422,
        True,
    )


def test_with_one_account_nobody_is_asked_which(home: World) -> None:
    browser = signed_in()
    assert "Only for these accounts" not in text_of(browser.get("/keys"))
    assert "Events of all accounts" not in text_of(browser.get("/webhooks/new"))


def test_a_webhook_is_made_for_this_account_or_for_all(owner: Client, office: World) -> None:
    body = {"url": "https://bot.example/hook", "which": "all", "signs": "none"}
    Webhook.objects.all().delete()
    owner.post(f"/webhooks/new?account={OFFICE}", {**body, "accounts": "one"})
    owner.post(f"/webhooks/new?account={OFFICE}", {**body, "accounts": "all"})
    owner.post(f"/webhooks/new?account={OFFICE}", body)
    owners = Webhook.objects.order_by("pk").values_list("account__name", flat=True)
    assert list(owners) == [OFFICE, None, OFFICE]
    page = text_of(owner.get("/webhooks", {"account": HOME}))
    assert page.count("bot.example") == 1
    assert "all accounts" in page


def test_deliveries_of_a_webhook_for_all_are_on_its_own_page_alone(owner: Client, office: World) -> None:
    everywhere = build_webhook("https://everywhere.example/", account=None)
    build_delivery(everywhere, Event.objects.filter(account=office.account).first(), status="delivered")
    assert "everywhere.example" not in re.sub(
        "<select.*?</select>", "", page_of(owner.get("/webhooks/deliveries")), flags=re.DOTALL
    )
    assert "connection.status" in text_of(owner.get(f"/webhooks/{everywhere.pk}"))


def test_retrying_all_failed_files_is_for_one_account(owner: Client, home: World, office: World) -> None:
    said = text_of(owner.post(f"/media/retry?account={OFFICE}", follow=True))
    assert "1 file will be fetched again." in said
    statuses = dict(
        Media.objects.filter(pk__in=[home.failed.pk, office.failed.pk]).values_list("pk", "download_status")
    )
    assert statuses == {home.failed.pk: "failed", office.failed.pk: "pending"}


def test_naming_asks_the_database_nothing(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    owner.get("/contacts", {"account": HOME})
    before = count_queries(lambda: owner.get("/contacts", {"account": HOME}))
    for number in range(5):
        Connection.objects.create(account=Account.objects.create(name=f"other-{number}"))
    assert count_queries(lambda: owner.get("/contacts", {"account": HOME})) == before
