"""GET /api/receipts and /api/messages/:id/receipts."""

import pytest
from django.test import Client

from tests.builders import ALICE, ALICE_LID, BOB, FAMILY, NOON, build_contact, build_message, build_receipt

pytestmark = pytest.mark.django_db


def ids(api: Client, query: str = "") -> list[str]:
    response = api.get(f"/api/receipts?{query}")
    assert response.status_code == 200, response.content
    return [receipt["message_id"] for receipt in response.json()["data"]]


def test_receipts_come_the_newest_first_and_are_narrowed(api: Client) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    first = build_message(chat=ALICE, message_id="FIRST", from_me=True)
    second = build_message(chat=FAMILY, message_id="SECOND", from_me=True)
    build_receipt(first, ALICE, delivered_at=NOON)
    build_receipt(second, BOB, delivered_at=NOON, read_at=NOON + 5)
    assert ids(api) == ["SECOND", "FIRST"]
    assert ids(api, f"chat={ALICE_LID}") == ["FIRST"]
    assert ids(api, "jid=15550111") == ["SECOND"]
    assert ids(api, "message_id=FIRST") == ["FIRST"]
    assert ids(api, "read=true") == ["SECOND"]
    assert ids(api, "read=false") == ["FIRST"]
    assert api.get("/api/receipts").json()["data"][0] == {
        "message_id": "SECOND",
        "remote_jid": FAMILY,
        "jid": BOB,
        "delivered_at": "2024-05-01 12:00:00",
        "read_at": "2024-05-01 12:00:05",
        "played_at": None,
    }


def test_a_message_tells_its_own_receipts(api: Client) -> None:
    message = build_message(chat=FAMILY, message_id="SAME", from_me=True, at=NOON + 1)
    elsewhere = build_message(chat=ALICE, message_id="SAME", from_me=True)
    for jid in (ALICE, BOB):
        build_receipt(message, jid, delivered_at=NOON)
    build_receipt(elsewhere, ALICE, read_at=NOON)
    body = api.get("/api/messages/SAME/receipts").json()
    assert ([one["jid"] for one in body["data"]], body["total"]) == ([ALICE, BOB], 2)
    body = api.get("/api/messages/SAME/receipts?chat=15550100").json()
    assert [one["read_at"] for one in body["data"]] == ["2024-05-01 12:00:00"]
    assert api.get("/api/messages/NONE/receipts").status_code == 404
