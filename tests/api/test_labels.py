"""GET /api/labels, /api/labels/associations, /api/newsletters and /api/accounts."""

import pytest
from django.test import Client

from tests.builders import (
    ALICE,
    BOB,
    NEWS,
    build_account,
    build_label,
    build_label_association,
    build_message,
    build_newsletter,
)
from whatsapp.models import Account

pytestmark = pytest.mark.django_db


def test_labels_and_what_they_are_on(api: Client) -> None:
    build_label("2", name="Paid", color=3)
    build_label_association(build_message(chat=ALICE, message_id="A"), build_label("1"))
    build_label_association(build_message(chat=BOB, message_id="B"), build_label("2"))
    assert api.get("/api/labels").json()["data"] == [
        {"id": "1", "name": "New customer", "color": None},
        {"id": "2", "name": "Paid", "color": 3},
    ]

    def ids(query: str = "") -> list[str]:
        return [one["message_id"] for one in api.get(f"/api/labels/associations?{query}").json()["data"]]

    assert ids() == ["B", "A"]
    assert ids("label=1") == ["A"]
    assert ids("chat=15550111") == ["B"]
    assert ids("message_id=A") == ["A"]
    assert api.get("/api/labels/associations?label=1").json()["data"] == [
        {"label_id": "1", "remote_jid": ALICE, "message_id": "A"}
    ]


def test_newsletters_are_listed_narrowed_and_shown(api: Client) -> None:
    build_newsletter(NEWS, subscriber_count=7)
    build_newsletter("120363000000000003@newsletter", name="Sports", is_followed=False, is_muted=True)

    def names(query: str = "") -> list[str]:
        return [one["name"] for one in api.get(f"/api/newsletters?{query}").json()["data"]]

    assert names() == ["News", "Sports"]
    assert names("search=spor") == ["Sports"]
    assert names("followed=true") == ["News"]
    assert names("muted=true") == ["Sports"]
    assert api.get(f"/api/newsletters/{NEWS}").json()["subscriber_count"] == 7
    assert api.get("/api/newsletters/120363000000000004@newsletter").status_code == 404


def test_accounts_are_shown_with_the_state_of_their_lines(api: Client) -> None:
    account = build_account(push_name="Olivia")
    Account.objects.create(name="another")
    body = api.get("/api/accounts").json()
    assert [one["name"] for one in body["data"]] == ["another", account.name]
    assert [one["status"] for one in body["data"]] == [None, "connected"]
    assert (body["data"][1]["jid"], body["data"][1]["push_name"]) == (account.jid, "Olivia")
    assert body["total"] == 2
