"""Two accounts in one hub: no answer about the one has anything of the other's, whoever asks and however."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern

from api.urls import urlpatterns
from tests.api.conftest import Session
from tests.builders import ALICE, FAMILY, NOON, build_action, build_api_key, build_event, build_webhook
from tests.two_accounts import HOME, OFFICE, SHARED_ID, World, build_home, build_office, only_of
from whatsapp import upkeep
from whatsapp.models import Account, Action, Event, Media, Webhook
from whatsapp.session.claiming import claim

pytestmark = pytest.mark.django_db

MISSING = 999_999_999


@pytest.fixture
def home(db: None) -> World:
    return build_home()


@pytest.fixture
def office(home: World) -> World:
    return build_office()


def client_of(key: str) -> Client:
    return Client(headers={"x-api-key": key})


# How somebody asks about one account → the client, and what its addresses have


def owner_of_default(world: World) -> tuple[Client, dict[str, str]]:
    return client_of(settings.API_KEY), {}


def owner_naming_it(world: World) -> tuple[Client, dict[str, str]]:
    return client_of(settings.API_KEY), {"account": world.account.name}


def key_for_it(world: World) -> tuple[Client, dict[str, str]]:
    return client_of(build_api_key(accounts=[world.account])[1]), {}


def key_for_it_naming_it(world: World) -> tuple[Client, dict[str, str]]:
    return client_of(build_api_key(accounts=[world.account])[1]), {"account": world.account.name}


def key_for_it_of_all(world: World) -> tuple[Client, dict[str, str]]:
    """Where all accounts may be asked for, those that the key may see are meant."""
    return client_of(build_api_key(accounts=[world.account])[1]), {"account": "*"}


ABOUT_HOME = [owner_of_default, owner_naming_it, key_for_it, key_for_it_naming_it, key_for_it_of_all]
ABOUT_OFFICE = ABOUT_HOME[1:]


# Every route

ROUTES = [
    (str(pattern.pattern), method)
    for pattern in urlpatterns
    if isinstance(pattern, URLPattern) and hasattr(pattern.callback, "actions")
    for method in pattern.callback.actions
]
GETS = [
    route for route, method in ROUTES if method == "get" and route not in ("events/stream", "openapi.json")
]
# What is of the hub, and names the accounts to whom may see them all.
OF_THE_HUB = ("accounts", "accounts/<str:name>", "settings", "keys", "keys/<str:key_id>")
QUERIES = {
    "messages": ["", "search=tea", "search=shared", "has_reactions=true", "starred=true", f"chat={FAMILY}"],
    "messages/search": ["q=tea", "q=shared", "q=lost", "q=tea&order=rank", f"q=shared&chat={FAMILY}"],
    "search": ["q=tea", "q=alice", "q=family", "q=friend&limit=50"],
    "chats": ["", "search=alice", "search=family"],
    "contacts": ["", "search=alice"],
    "groups": ["", "search=family"],
    "newsletters": ["", "search=news"],
    "media": ["", "status=failed", "kind=image", f"chat={FAMILY}"],
    "stats/events": ["", "type=wa.messages", "since_id=0&order=asc"],
    "webhooks/deliveries": ["", "status=delivered"],
}


def things_of(world: World) -> dict[str, list[str]]:
    """Parameter of a path → what the account has that it may name."""
    return {
        "message_id": [world.message.message_id, SHARED_ID],
        "jid": [world.friend, ALICE, world.group, FAMILY, world.newsletter],
        "call_id": [world.call.call_id],
        "story_id": [world.story.message_id],
        "media_id": [str(world.media.pk), str(world.failed.pk)],
        "action_id": [str(world.act.pk), str(world.failed_act.pk)],
        "webhook_id": [str(world.webhook.pk)],
        "delivery_id": [str(world.delivery.pk)],
        "name": [world.account.name],
        "key_id": [str(MISSING)],
    }


def paths_of(route: str, things: dict[str, list[str]]) -> Iterator[str]:
    """The route with each of the things in its place."""
    if "<" not in route:
        yield f"/api/{route}"
        return
    before, _, rest = route.partition("<str:")
    name, _, after = rest.partition(">")
    for thing in things[name]:
        yield f"/api/{before}{thing}{after}"


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace") + json.dumps(dict(response.headers))


def test_the_two_have_enough_that_is_theirs_alone(home: World, office: World) -> None:
    for one, other in ((home, office), (office, home)):
        only = only_of(one, other)
        assert {one.jid, one.friend, f"tea {one.word}", f"{one.word}.jpg", f"answer {one.word}"} <= only
        assert len(only) > 60
        assert FAMILY not in only


@pytest.mark.parametrize("asks", ABOUT_HOME)
def test_no_answer_about_home_has_anything_of_the_offices(
    impatient: None, home: World, office: World, asks: Callable[[World], Any]
) -> None:
    assert_nothing_leaks(home, office, *asks(home))


@pytest.mark.parametrize("asks", ABOUT_OFFICE)
def test_no_answer_about_the_office_has_anything_of_homes(
    impatient: None, home: World, office: World, asks: Callable[[World], Any]
) -> None:
    assert_nothing_leaks(office, home, *asks(office))


def assert_nothing_leaks(mine: World, other: World, client: Client, named: dict[str, str]) -> None:
    name = other.account.name
    secrets = only_of(other, mine) | {f'"{name}"', f'\\"{name}\\"'}
    is_owner = client.defaults["HTTP_X_API_KEY"] == settings.API_KEY
    answered = 0
    for route in GETS:
        if is_owner and route in OF_THE_HUB:
            continue
        for path in paths_of(route, things_of(mine)):
            for query in QUERIES.get(route, [""]):
                asked = f"{path}?{'&'.join(filter(None, [query, *(f'{k}={v}' for k, v in named.items())]))}"
                response = client.get(asked)
                text = text_of(response)
                assert [secret for secret in secrets if secret in text] == [], asked
                answered += response.status_code == 200
    assert answered > (2 if named.get("account") == "*" else 40)


@pytest.mark.parametrize("asks", [owner_of_default, owner_naming_it, key_for_it])
def test_what_is_the_offices_is_not_found_about_home(
    impatient: None, home: World, office: World, asks: Callable[[World], Any]
) -> None:
    client, named = asks(home)
    only = only_of(office, home)
    tried = set()
    before = snapshot(office)
    for route, method in ROUTES:
        if (
            "<" not in route
            or route in OF_THE_HUB
            or route.startswith(("groups/", "contacts/<str:jid>/profile"))
        ):
            continue
        for path in paths_of(route, things_of(office)):
            thing = next(
                part
                for part in path.split("/")
                if part in only or part.isdecimal() or "@" in part or "3EB0" in part or "CALL" in part
            )
            if thing in (ALICE, FAMILY, SHARED_ID):
                continue
            response = getattr(client, method)(path, {}, content_type="application/json", query_params=named)
            if route == "webhooks/<str:webhook_id>" and method == "delete":
                assert response.json() == {"success": True, "deleted": False}
            else:
                assert response.status_code == 404, (method, path, response.content)
            assert [
                secret for secret in only - {thing, thing.partition("@")[0]} if secret in text_of(response)
            ] == []
            tried.add((route, method))
    assert len(tried) >= 20
    assert snapshot(office) == before


def snapshot(world: World) -> Any:
    """What a call about something of the account's might have changed."""
    return (
        list(Action.objects.filter(account=world.account).order_by("pk").values("pk", "status", "attempts")),
        list(Media.objects.filter(account=world.account).order_by("pk").values("pk", "download_status")),
        list(Webhook.objects.filter(account=world.account).values("pk", "is_active", "secret", "url")),
    )


def test_a_person_of_both_has_the_name_that_each_has_given_them(
    home: World, office: World, api: Client
) -> None:
    assert api.get(f"/api/contacts/{ALICE}").json()["name"] == "Alice hearth"
    assert api.get(f"/api/contacts/{ALICE}?account={OFFICE}").json()["name"] == "Alice ledger"


def test_a_message_that_both_have_got_is_each_ones_own(home: World, office: World, api: Client) -> None:
    mine, theirs = (api.get(f"/api/messages/{SHARED_ID}?account={name}").json() for name in (HOME, OFFICE))
    assert (mine["body"], theirs["body"]) == ("shared hearth", "shared ledger")
    assert [one["emoji"] for one in mine["reactions"]] == ["👍"]
    assert [one["emoji"] for one in theirs["reactions"]] == ["❤️"]


def test_counts_are_of_one_account(home: World, office: World, api: Client) -> None:
    alone = api.get("/api/stats").json()
    assert alone == api.get(f"/api/stats?account={HOME}").json()
    Media.objects.filter(account=office.account).update(mime_type="video/mp4")
    build_event(account=office.account)
    assert api.get("/api/stats").json() == alone
    assert api.get("/api/media/stats").json()["total"] == 2
    totals = api.get("/api/search?q=shared").json()["totals"]
    assert totals["messages"] == 1
    assert api.get("/api/messages?search=tea").json()["total"] == 1


# Acts


ACTS: dict[str, dict[str, Any]] = {
    "send/text": {"text": "Hello"},
    "send/location": {"latitude": 1, "longitude": 2},
    "send/contact": {"contact_jid": ALICE, "name": "Alice"},
    "send/poll": {"name": "Lunch?", "options": ["soup", "cake"]},
    "send/document": {"base64": "aGVsbG8=", "filename": "a.txt", "mime_type": "text/plain"},
    "chat": {"archive": True},
    "presence": {"type": "composing"},
}


@pytest.mark.parametrize("in_body", [False, True], ids=["in the query", "in the body"])
@pytest.mark.parametrize("kind", ACTS)
def test_an_act_goes_over_the_account_that_is_named(
    home: World, office: World, api: Client, session: Session, kind: str, in_body: bool
) -> None:
    body = {"jid": office.friend if kind == "chat" else ALICE, **ACTS[kind]}
    place = {} if in_body else {"account": OFFICE}
    sent = api.post(
        f"/api/actions/{kind}",
        {**body, "account": OFFICE} if in_body else body,
        content_type="application/json",
        query_params={"queue": "true", **place},
    )
    assert sent.status_code == 200, sent.content
    (act,) = session.taken
    assert act.account == office.account
    assert act.pk == sent.json()["action_id"]
    assert "account" not in act.payload


def test_an_act_that_names_no_account_goes_over_the_default_one(
    home: World, office: World, api: Client, session: Session
) -> None:
    body = {"jid": ALICE, "text": "Hello"}
    api.post("/api/actions/send/text?queue=true", body, content_type="application/json")
    assert [act.account.name for act in session.taken] == [HOME]


@pytest.mark.parametrize(
    ("in_query", "in_body", "sentence"),
    [
        ("", "nobody", "account: There is no account 'nobody': see GET /api/accounts."),
        ("nobody", None, "account: There is no account 'nobody': see GET /api/accounts."),
        ("office", "home", "account: The address and the body name different ones: name one."),
        ("", 7, "account: This must be the name of an account."),
        ("*", None, "account: There is no account '*': see GET /api/accounts."),
    ],
)
def test_an_act_over_an_account_that_is_not_there_is_none(
    home: World, office: World, api: Client, session: Session, in_query: str, in_body: Any, sentence: str
) -> None:
    body = {"jid": ALICE, "text": "Hello", "account": in_body}
    refused = api.post(
        f"/api/actions/send/text?queue=true&account={in_query}", body, content_type="application/json"
    )
    assert (refused.status_code, refused.json()["error"]) == (400, sentence)
    assert session.taken == []


def test_an_act_about_another_accounts_message_is_refused(
    home: World, office: World, api: Client, session: Session
) -> None:
    body = {"jid": office.friend, "message_id": office.message.message_id, "emoji": "👍"}
    refused = api.post("/api/actions/react?queue=true", body, content_type="application/json")
    assert (refused.status_code, "message_id" in refused.json()["details"]) == (400, True)
    assert session.taken == []


@pytest.mark.parametrize("command", ["restart", "new-qr", "logout"])
@pytest.mark.parametrize("in_body", [False, True])
def test_a_command_is_for_the_line_of_the_account_that_is_named(
    home: World, office: World, api: Client, session: Session, command: str, in_body: bool
) -> None:
    session.will("done", result={})
    named = {"account": OFFICE}
    place: dict[str, Any] = {} if in_body else {"query_params": named}
    answer = api.post(
        f"/api/connection/{command}", named if in_body else {}, content_type="application/json", **place
    )
    assert answer.status_code == 200
    assert [act.account.name for act in session.taken] == [OFFICE]


def test_one_idempotency_key_is_one_for_each_account(
    home: World, office: World, api: Client, session: Session
) -> None:
    ids = set()
    for name in (HOME, OFFICE, HOME):
        sent = api.post(
            f"/api/actions/send/text?queue=true&account={name}",
            {"jid": ALICE, "text": "Hello"},
            content_type="application/json",
            headers={"idempotency-key": "the same"},
        )
        ids.add(sent.json()["action_id"])
    assert sorted(act.account.name for act in session.taken) == [HOME, OFFICE]
    assert len(ids) == 2


# Upkeep


def test_failed_files_of_one_account_alone_are_fetched_again(home: World, office: World) -> None:
    assert upkeep.retry_media(account=home.account) == 1
    office.failed.refresh_from_db()
    home.failed.refresh_from_db()
    assert (home.failed.download_status, office.failed.download_status) == ("pending", "failed")


def test_the_log_of_one_account_alone_is_pruned(home: World, office: World, api: Client) -> None:
    Event.objects.update(logged_at=NOON)
    build_event()
    kept = Event.objects.filter(account=office.account).count()
    Webhook.objects.update(is_active=False)
    assert api.delete("/api/stats/events/prune?days=1").json()["deleted"] > 0
    assert Event.objects.filter(account=office.account).count() == kept
    assert Event.objects.filter(account=home.account).count() == 1


# Queries


def test_the_queries_do_not_grow_with_the_accounts(
    home: World, api: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    build_office()
    paths = ["/api/messages", "/api/chats", "/api/media", "/api/webhooks?account=*", "/api/accounts"]
    before = {path: count_queries(lambda path=path: api.get(path)) for path in paths}
    for number in range(5):
        build_webhook(account=Account.objects.create(name=f"other-{number}"))
    for path in paths:
        assert count_queries(lambda path=path: api.get(path)) == before[path], path


def test_acts_of_other_accounts_do_not_block_the_queue(home: World, office: World) -> None:
    build_action(payload={"jid": ALICE, "text": "later"})
    taken = claim(office.account, connection_kinds=False)
    assert taken is not None
    assert taken.account == office.account
