"""Accounts over the API: making another one, and removing one; and keys and webhooks of certain accounts."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from api.access import Principal, Scope
from tests.api.conftest import Session
from tests.builders import (
    ALICE,
    ALICE_LID,
    build_account,
    build_api_key,
    build_contact,
    build_delivery,
    build_event,
    build_webhook,
)
from tests.two_accounts import OFFICE
from whatsapp.models import Account, Action, ApiKey, Connection, Delivery, Event, Webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None) -> Account:
    return build_account(device="15550199:3@s.whatsapp.net", push_name="Olivia")


@pytest.fixture
def office(home: Account) -> Account:
    made = Account.objects.create(
        name=OFFICE, jid="15550177@s.whatsapp.net", device="15550177:1@s.whatsapp.net"
    )
    Connection.objects.create(account=made, status="qr", qr="2@scan-me")
    return made


def client_of(*scopes: str, **limits: Any) -> Client:
    return Client(headers={"x-api-key": build_api_key(*scopes, **limits)[1]})


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(path, body or {}, content_type="application/json")


# The list


def test_each_account_is_told_with_its_line(api: Client, home: Account, office: Account) -> None:
    listed = {one["name"]: one for one in api.get("/api/accounts").json()["data"]}
    assert set(listed) == {"default", OFFICE}
    assert (listed["default"]["is_default"], listed["default"]["is_linked"]) == (True, True)
    assert listed["default"]["push_name"] == "Olivia"
    assert (listed[OFFICE]["is_default"], listed[OFFICE]["status"]) == (False, "qr")
    assert listed[OFFICE]["jid"] == "15550177@s.whatsapp.net"
    assert api.get(f"/api/accounts/{OFFICE}").json() == listed[OFFICE]
    missing = api.get("/api/accounts/nobody")
    assert (missing.status_code, missing.json()) == (404, {"error": "Account not found"})


# Another one


def test_another_account_is_made_with_a_line_of_its_own(api: Client, home: Account) -> None:
    made = post(api, "/api/accounts", {"name": "office"})
    assert made.status_code == 200
    assert made.json()["success"] is True
    assert made.json() == {"success": True, **api.get("/api/accounts/office").json()}
    assert (made.json()["is_linked"], made.json()["is_default"]) == (False, False)
    assert api.get("/api/connection/status?account=office").json()["status"] == "disconnected"
    Connection.objects.filter(account__name="office").update(status="qr", qr="2@office")
    assert api.get("/api/connection/qr?account=office").json()["raw"] == "2@office"
    assert api.get("/api/connection/qr").status_code == 404
    assert Event.objects.filter(event_type="accounts.updated", account=home).count() == 1
    assert list(Account.objects.to_run().order_by("name").values_list("name", flat=True)) == [
        "default",
        "office",
    ]


@pytest.mark.parametrize("name", ["", " ", "a b", "../etc", "a/b", "*", "x" * 65, "-", "ä ö", "a\x00b", "."])
def test_a_name_that_is_no_good_is_refused_with_what_would_be(api: Client, home: Account, name: str) -> None:
    refused = post(api, "/api/accounts", {"name": name})
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("name: ")
    if name.strip() and "\x00" not in name:
        assert "1 to 64 letters, digits, hyphens or underscores" in refused.json()["error"]
    assert Account.objects.count() == 1


@pytest.mark.parametrize("name", ["office", "OFFICE", "Office"])
def test_a_name_is_given_once_whatever_the_case(api: Client, office: Account, name: str) -> None:
    refused = post(api, "/api/accounts", {"name": name})
    assert (refused.status_code, refused.json()["error"]) == (
        400,
        "name: There is an account 'office' already.",
    )


def test_what_an_account_is_not_made_of_is_refused(api: Client, home: Account) -> None:
    assert "phone" in post(api, "/api/accounts", {"name": "office", "phone": "1"}).json()["details"]
    assert post(api, "/api/accounts", {}).json()["error"].startswith("name: ")


# Removing one


def test_an_account_is_removed_when_that_is_said_in_full(
    api: Client, office: Account, session: Session
) -> None:
    for query in ("", "?data=false", "?data="):
        kept = api.delete(f"/api/accounts/{OFFICE}{query}")
        assert kept.status_code == 400
        assert "POST /api/connection/logout?account=office" in kept.json()["error"]
    assert api.delete(f"/api/accounts/{OFFICE}?data=perhaps").json()["error"].startswith("data: ")
    assert session.taken == []
    removed = api.delete(f"/api/accounts/{OFFICE}?data=true")
    assert (removed.status_code, removed.json()["success"]) == (200, True)
    assert [act.kind for act in session.taken] == ["logout"]
    assert [one["name"] for one in api.get("/api/accounts").json()["data"]] == ["default"]
    assert api.get(f"/api/messages?account={OFFICE}").status_code == 400
    assert api.delete(f"/api/accounts/{OFFICE}?data=true").status_code == 404
    again = post(api, "/api/accounts", {"name": OFFICE}).json()["error"]
    assert again == "name: The account 'office' is being removed: the name is free when all of it is gone."


def test_the_default_account_is_never_removed(api: Client, office: Account) -> None:
    refused = api.delete("/api/accounts/default?data=true")
    assert refused.status_code == 409
    assert "SESSION_NAME" in refused.json()["error"]
    Account.objects.update(removed_at=timezone.now())
    assert api.get("/api/messages").status_code == 200
    assert [one.name for one in Account.objects.removed()] == [OFFICE]


def test_what_a_removed_account_was_to_send_is_not_sent(api: Client, office: Account) -> None:
    act = Action.objects.create(account=office, kind="send_text", jid=ALICE)
    mine = Action.objects.create(account=Account.default(), kind="send_text", jid=ALICE)
    api.delete(f"/api/accounts/{OFFICE}?data=true")
    act.refresh_from_db()
    mine.refresh_from_db()
    assert (act.status, mine.status) == ("cancelled", "queued")


def test_its_session_runs_until_its_phone_is_unlinked(api: Client, office: Account) -> None:
    api.delete(f"/api/accounts/{OFFICE}?data=true")
    assert office in Account.objects.to_run()
    Action.objects.filter(account=office, kind="logout").update(status="done")
    assert office not in Account.objects.to_run()


# Keys for certain accounts


def test_a_key_is_made_for_certain_accounts(api: Client, office: Account) -> None:
    body = {"name": "Olivia's", "scopes": ["read"], "accounts": [OFFICE]}
    made = post(api, "/api/keys", body).json()
    assert made["accounts"] == [OFFICE]
    assert ApiKey.objects.get().accounts == [office.pk]
    mine = Client(headers={"x-api-key": made["key"]})
    assert [one["name"] for one in mine.get("/api/accounts").json()["data"]] == [OFFICE]
    assert mine.get("/api/accounts/default").status_code == 404
    assert post(api, "/api/keys", {"name": "All", "scopes": ["read"]}).json()["accounts"] is None
    unknown = post(api, "/api/keys", {**body, "accounts": ["nobody"]})
    assert (unknown.status_code, unknown.json()["error"]) == (
        400,
        "accounts: There is no account 'nobody': see GET /api/accounts.",
    )
    assert post(api, "/api/keys", {**body, "accounts": []}).status_code == 400


def test_to_a_key_another_account_is_not_there(office: Account) -> None:
    mine = client_of(accounts=[office])
    for name in ("default", "nobody"):
        refused = mine.get(f"/api/messages?account={name}")
        assert refused.json()["error"] == f"account: There is no account {name!r}: see GET /api/accounts."
    assert mine.get("/api/connection/qr").json()["raw"] == "2@scan-me"  # its only account is meant


def test_a_key_for_several_says_which_unless_the_default_one_is_among_them(
    home: Account, office: Account
) -> None:
    third = Account.objects.create(name="third")
    Connection.objects.create(account=third)
    assert client_of(accounts=[home, office]).get("/api/connection/status").json()["jid"] == home.jid
    asked = client_of(accounts=[third, office]).get("/api/connection/status")
    assert (asked.status_code, asked.json()["error"]) == (400, "account: Say which account: office, third.")


def test_a_key_whose_accounts_are_gone_sees_none(office: Account) -> None:
    row, key = build_api_key(accounts=[office])
    ApiKey.objects.filter(pk=row.pk).update(accounts=[office.pk + 1000])
    mine = Client(headers={"x-api-key": key})
    assert mine.get("/api/messages").json()["error"] == "account: Say which account: none."
    assert mine.get("/api/accounts").json()["data"] == []


def test_an_account_that_is_made_later_under_the_same_name_is_another_one(office: Account) -> None:
    mine = client_of(accounts=[office])
    assert mine.get(f"/api/messages?account={OFFICE}").status_code == 200
    Account.objects.filter(pk=office.pk).delete()
    Connection.objects.create(account=Account.objects.create(name=OFFICE))
    assert mine.get(f"/api/messages?account={OFFICE}").status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("put", "/api/settings"),
        ("get", "/metrics"),
        ("post", "/api/accounts"),
        ("delete", f"/api/accounts/{OFFICE}"),
    ],
)
def test_what_is_about_the_whole_hub_is_closed_to_a_key_for_certain_accounts(
    office: Account, method: str, path: str
) -> None:
    refused = getattr(client_of(accounts=[office]), method)(path, {}, content_type="application/json")
    assert refused.status_code == 403
    assert "limited to certain accounts" in refused.json()["error"]


def test_a_key_makes_and_sees_keys_for_its_own_accounts_alone(home: Account, office: Account) -> None:
    for accounts in (None, [home], [home, office]):
        build_api_key(accounts=accounts)
    mine = client_of(accounts=[office])
    (own,) = mine.get("/api/keys").json()["data"]
    assert own["accounts"] == [OFFICE]
    other = ApiKey.objects.exclude(pk=own["id"]).first()
    assert other is not None
    assert mine.delete(f"/api/keys/{other.pk}").status_code == 404
    assert (
        mine.patch(f"/api/keys/{other.pk}", {"name": "x"}, content_type="application/json").status_code == 404
    )
    assert post(mine, "/api/keys", {"name": "x", "scopes": ["read"]}).status_code == 403
    named = {"name": "x", "scopes": ["read"], "accounts": ["default"]}
    assert "accounts" in post(mine, "/api/keys", named).json()["details"]
    assert post(mine, "/api/keys", {**named, "accounts": [OFFICE]}).status_code == 200


def test_a_key_learns_nobodys_number_from_another_account(home: Account, office: Account) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    body = {"name": "x", "scopes": ["read"], "chats": [ALICE_LID], "accounts": [OFFICE]}
    assert post(client_of(accounts=[office]), "/api/keys", body).json()["chats"] == [ALICE_LID]


def test_nobody_grants_accounts_that_they_lack() -> None:
    limited = Principal("limited", frozenset(Scope), accounts=frozenset({1, 2}))
    assert limited.may_grant(["read"], None, [1])
    assert not limited.may_grant(["read"], None, [1, 3])
    assert not limited.may_grant(["read"], None, None)
    assert Principal("free", frozenset(Scope)).may_grant(["read"], None, None)


def test_keys_for_a_removed_account_alone_are_revoked(api: Client, home: Account, office: Account) -> None:
    alone, both, free = (build_api_key(accounts=only)[0] for only in ([office], [home, office], None))
    api.delete(f"/api/accounts/{OFFICE}?data=true")
    revoked = set(ApiKey.objects.filter(revoked_at__isnull=False).values_list("pk", flat=True))
    assert revoked == {alone.pk}
    listed = {one["id"]: one["accounts"] for one in api.get("/api/keys").json()["data"]}
    assert (listed[both.pk], listed[free.pk]) == (["default"], None)


# Webhooks


URL = "https://bot.example/hook"


def test_a_webhook_is_of_one_account_or_of_all(api: Client, home: Account, office: Account) -> None:
    ids = {
        name: post(api, f"/api/webhooks{query}", {"url": URL, **body}).json()["id"]
        for name, query, body in (
            ("default", "", {}),
            (OFFICE, f"?account={OFFICE}", {}),
            ("in the body", "", {"account": OFFICE}),
            ("all", "", {"account": "*"}),
            ("all of the query", "?account=*", {}),
        )
    }
    owners = {
        str(one.pk): one.account and one.account.name for one in Webhook.objects.select_related("account")
    }
    assert [owners[ids[name]] for name in ids] == ["default", OFFICE, OFFICE, None, None]

    def listed(query: str) -> dict[str, Any]:
        return {one["id"]: one["account"] for one in api.get(f"/api/webhooks{query}").json()["data"]}

    assert listed("") == {ids["default"]: "default"}
    assert listed(f"?account={OFFICE}") == {ids[OFFICE]: OFFICE, ids["in the body"]: OFFICE}
    assert listed("?account=*") == owners
    assert api.get(f"/api/webhooks/{ids['all']}").status_code == 404
    assert api.get(f"/api/webhooks/{ids['all']}?account=*").json()["account"] is None
    change = api.patch(
        f"/api/webhooks/{ids['all']}?account=*", {"events": ["wa.call"]}, content_type="application/json"
    )
    assert change.json()["events"] == "wa.call"


def test_a_key_for_certain_accounts_makes_webhooks_of_these(home: Account, office: Account) -> None:
    build_webhook()
    build_webhook(account=None)
    mine = client_of(accounts=[office])
    assert post(mine, "/api/webhooks", {"url": URL}).status_code == 200
    refused = post(mine, "/api/webhooks?account=*", {"url": URL})
    assert (refused.status_code, "such a webhook is for all" in refused.json()["error"]) == (403, True)
    assert "account" in post(mine, "/api/webhooks", {"url": URL, "account": "default"}).json()["details"]
    assert [one["account"] for one in mine.get("/api/webhooks?account=*").json()["data"]] == [OFFICE]


def test_deliveries_of_a_webhook_for_all_are_told_where_all_are_asked_for(
    api: Client, home: Account, office: Account
) -> None:
    everywhere = build_webhook(account=None)
    event = build_event(payload={"status": "of-the-office"}, account=office)
    delivery = build_delivery(everywhere, event)
    for query in ("", f"?account={OFFICE}"):
        assert api.get(f"/api/webhooks/deliveries{query}").json()["data"] == []
        assert api.get(f"/api/webhooks/deliveries/{delivery.pk}{query}").status_code == 404
    (told,) = api.get("/api/webhooks/deliveries?account=*").json()["data"]
    assert '"account":"office"' in told["payload"]
    Account.objects.filter(pk=office.pk).delete()
    assert api.get("/api/webhooks/deliveries").json()["data"] == []  # with one account, too


def test_what_is_sent_again_is_of_the_accounts_that_are_asked_for(
    api: Client, home: Account, office: Account
) -> None:
    for account in (home, office, None):
        build_delivery(build_webhook(account=account), build_event(), status="exhausted")
    again = {"status": "exhausted"}
    assert post(api, "/api/webhooks/deliveries/replay", again).json()["queued"] == 1
    assert post(api, f"/api/webhooks/deliveries/replay?account={OFFICE}", again).json()["queued"] == 1
    assert Delivery.objects.filter(status="exhausted").count() == 1
    assert post(api, "/api/webhooks/deliveries/replay?account=*", again).json()["queued"] == 1


def test_a_test_of_a_webhook_for_all_names_no_account(
    api: Client, home: Account, office: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ALLOW_PRIVATE_URLS", True)
    webhook = build_webhook("http://127.0.0.1:9/hook", account=None)
    tested = post(api, f"/api/webhooks/{webhook.pk}/test?account=*").json()
    assert tested["success"] is False
    payload = Delivery.objects.get(pk=tested["delivery_id"]).payload or ""
    assert '"account":null' in payload
