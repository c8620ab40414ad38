"""GET /api/messages/stats and /api/stats."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.api.test_lists import limited_to
from tests.builders import (
    ALICE,
    BOB,
    NOON,
    build_call,
    build_chat,
    build_contact,
    build_group,
    build_media,
    build_message,
)
from whatsapp.models import Account, Message

pytestmark = pytest.mark.django_db

DAY = 86_400


def test_messages_are_counted_by_type_chat_and_day(api: Client) -> None:
    build_message(chat=ALICE)
    build_message(chat=ALICE, at=NOON + DAY)
    build_message(chat=BOB, at=NOON + DAY, message_type="image", has_media=True)
    assert api.get("/api/messages/stats").json() == {
        "total": 3,
        "byType": [{"message_type": "text", "count": 2}, {"message_type": "image", "count": 1}],
        "byChat": [{"remote_jid": ALICE, "count": 2}, {"remote_jid": BOB, "count": 1}],
        "byDay": [{"day": "2024-05-02", "count": 2}, {"day": "2024-05-01", "count": 1}],
        "mediaCount": 1,
    }


def test_there_are_no_counts_of_nothing(api: Client) -> None:
    build_message().delete()
    empty: dict[str, Any] = {"total": 0, "byType": [], "byChat": [], "byDay": [], "mediaCount": 0}
    assert api.get("/api/messages/stats").json() == empty
    other = Account.objects.create(name="another")
    build_message()
    assert api.get(f"/api/messages/stats?account={other.name}").json() == empty


def test_the_twenty_busiest_chats_and_the_thirty_newest_days_are_counted(api: Client) -> None:
    for number in range(33):
        build_message(chat=f"1666{number:04}@s.whatsapp.net", at=NOON + number * 2 * DAY)
    stats = api.get("/api/messages/stats").json()
    assert (len(stats["byChat"]), len(stats["byDay"]), stats["total"]) == (20, 30, 33)
    assert stats["byDay"][0]["day"] == "2024-07-04"


def test_a_key_for_one_chat_is_told_its_counts_alone(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    build_message(chat=ALICE)
    build_message(chat=BOB)
    limited_to(monkeypatch, ALICE)
    stats = api.get("/api/messages/stats").json()
    assert (stats["total"], stats["byChat"]) == (1, [{"remote_jid": ALICE, "count": 1}])
    assert stats["byDay"] == [{"day": "2024-05-01", "count": 1}]
    assert api.get("/api/stats").status_code == 403


def test_everything_is_counted(api: Client) -> None:
    build_contact(BOB)
    build_group()
    build_call(ALICE)
    build_chat(BOB)
    build_media(b"12345")
    stats = api.get("/api/stats").json()
    assert stats == {
        "messages": api.get("/api/messages/stats").json(),
        "contacts": 2,
        "groups": 1,
        "media": api.get("/api/media/stats").json(),
        "calls": 1,
        "chats": 2,
    }
    assert stats["media"] == {
        "total": 1,
        "downloaded": 1,
        "pending": 0,
        "failed": 0,
        "totalSize": 5,
        "byType": [{"mime_type": "image/jpeg", "count": 1}],
    }
    assert stats["messages"]["total"] == Message.objects.all().count() == 1


@pytest.mark.parametrize("path", ["/api/stats", "/api/messages/stats", "/api/media/stats"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    api: Client, count_queries: Callable[[Callable[[], Any]], int], path: str
) -> None:
    build_media(None)
    few = count_queries(lambda: api.get(path))
    for number in range(20):
        message = build_message(
            chat=f"1666{number:04}@s.whatsapp.net", at=NOON + number * DAY, has_media=True
        )
        build_media(None, message=message, mime_type=f"image/{number}")
    assert count_queries(lambda: api.get(path)) == few
