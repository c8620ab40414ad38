"""Statistics of messages."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.data import figures
from tests.builders import ALICE, ALICE_LID, BOB, FAMILY, build_contact, build_group, build_message
from tests.dashboard.conftest import htmx, text_of
from tests.tools import about_sqlite
from whatsapp.models import Account, Chat

pytestmark = pytest.mark.django_db

PAGE = "/messages/statistics"
DAY = 86_400


def some_messages() -> None:
    now = int(time.time())
    build_contact(ALICE, name="Alice", lid=ALICE_LID)
    build_group(name="Family")
    build_message(chat=ALICE, at=now)
    build_message(chat=ALICE, at=now - 40 * DAY, from_me=True)
    build_message(chat=FAMILY, at=now - 200 * DAY, sender=ALICE, message_type="image", has_media=True)
    build_message(chat=FAMILY, at=now - 700 * DAY, sender=ALICE)


def test_messages_are_counted_by_direction_file_type_and_chat(owner: Client) -> None:
    some_messages()
    response = owner.get(PAGE)
    text, page = text_of(response), response.content.decode()
    assert "Messages 4 Received 3 Sent 1 With a file 1" in text
    assert "Messages by direction, 4 in all: Received 75 %, Sent 25 %." in page
    assert "Messages by content, 4 in all: With a file 25 %, Without 75 %." in page
    assert "Messages by type, 4 in all: Text 75 %, Images 25 %." in page
    assert "The busiest 2" in text
    assert "Family" in text
    assert f'href="{PAGE}?chat={FAMILY.replace("@", "%40")}"' in page


@pytest.mark.parametrize(
    ("span", "number", "columns", "step"),
    [("30d", 1, 30, "day"), ("90d", 2, 90, "day"), ("1y", 3, 53, "week"), ("all", 4, 24, "month")],
)
def test_the_time_goes_back_as_far_as_was_chosen(
    owner: Client, span: str, number: int, columns: int, step: str
) -> None:
    some_messages()
    response = owner.get(f"{PAGE}?range={span}", headers=htmx("days"))
    page = response.content.decode()
    assert f"Messages by {step}: {number} in all;" in page
    assert columns <= page.count('<th scope="row">') <= columns + 1  # as weeks and months begin
    assert f"One column for each {step}" in text_of(response)
    assert f'id="range-{span}"' in page
    assert page.count('aria-current="true"') == 1


def test_a_range_that_is_none_is_the_first(owner: Client) -> None:
    some_messages()
    assert "One column for each day" in text_of(owner.get(f"{PAGE}?range=century"))


def test_a_chat_can_be_looked_at_alone(owner: Client) -> None:
    some_messages()
    response = owner.get(f"{PAGE}?chat={ALICE}&range=90d")
    text, page = text_of(response), response.content.decode()
    assert "Statistics of a chat" in text
    assert "Messages 2 Received 1 Sent 1 With a file 0" in text
    assert "Messages by day: 2 in all" in page
    assert "By chat" not in text
    assert "The newest 2 messages" in text
    assert "?chat=15550100%40s.whatsapp.net&amp;range=1y" in page


def test_a_person_is_found_by_lid_too(owner: Client) -> None:
    some_messages()
    assert "Messages 2 Received 1" in text_of(owner.get(f"{PAGE}?chat={ALICE_LID}"))


def test_there_is_no_page_of_a_chat_that_is_not_there(owner: Client) -> None:
    assert owner.get(f"{PAGE}?chat={BOB}").status_code == 404
    build_message(chat=BOB)
    other = Account.objects.create(name="other")
    Chat.objects.update(account=other)
    assert owner.get(f"{PAGE}?chat={BOB}").status_code == 404


def test_a_hub_without_messages_says_so(owner: Client) -> None:
    text = text_of(owner.get(PAGE))
    assert "No messages yet" in text
    assert "No messages in this time" in text


def test_it_is_the_third_tab_of_messages(owner: Client) -> None:
    page = owner.get(PAGE).content.decode()
    assert f'<a href="{PAGE}" aria-current="page">Statistics</a>' in page
    assert '<a href="/messages/search">Search</a>' in page


def test_hours_and_weekdays_are_the_readers(owner: Client) -> None:
    build_message(at=1_714_604_400)  # Wednesday, 1 May 2024, 23:00 in UTC
    page = owner.get(PAGE).content.decode()
    assert "the most, 1, 23:00–23:59." in page
    assert "the most, 1, Wednesday." in page
    owner.cookies["hub_time_zone"] = "Asia/Kathmandu"  # 5:45 ahead
    page = owner.get(PAGE).content.decode()
    assert "the most, 1, 04:00–04:59." in page
    assert "the most, 1, Thursday." in page


def test_only_the_newest_messages_are_walked_for_hours(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "NEWEST", 3)
    for number in range(5):
        build_message(at=1_714_604_400 + number * DAY)
    assert "The newest 3 messages, since 3 May 2024 , in your time zone" in text_of(owner.get(PAGE))


@about_sqlite
@pytest.mark.parametrize("analyzed", [False, True])
def test_no_message_is_read_but_for_the_key_of_the_newest(owner: Client, analyzed: bool) -> None:
    for number in range(60):
        build_message(chat=(ALICE, BOB)[number % 2], at=1_714_604_400 + number * DAY)
    if analyzed:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    for path in (PAGE, f"{PAGE}?range=all", f"{PAGE}?chat={ALICE}", "/"):
        with CaptureQueriesContext(connection) as queries:
            owner.get(path)
        asked = [query["sql"] for query in queries if 'FROM "whatsapp_message"' in query["sql"]]
        assert len(asked) == 1, path
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + asked[0])
            plan = "\n".join(str(row[3]) for row in cursor.fetchall())
        assert "USING COVERING INDEX message_" in plan, plan
        assert "TEMP B-TREE" not in plan, plan


def test_the_number_of_queries_does_not_grow_with_the_rows(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    build_message()
    paths = (PAGE, f"{PAGE}?range=all", f"{PAGE}?chat={ALICE}")
    few = [count_queries(lambda path=path: owner.get(path)) for path in paths]  # type: ignore[misc]
    for number in range(30):
        build_message(
            chat=f"1666{number:07}@s.whatsapp.net",
            at=1_714_604_400 + number * DAY,
            message_type=f"type_{number}",
        )
        build_message(chat=ALICE, at=1_714_604_400 + number * DAY)
    assert [count_queries(lambda path=path: owner.get(path)) for path in paths] == few  # type: ignore[misc]


def test_the_twenty_busiest_chats_are_shown(owner: Client) -> None:
    for number in range(25):
        for _ in range(2 if number == 24 else 1):
            build_message(chat=f"1666{number:07}@s.whatsapp.net")
    response = owner.get(PAGE)
    assert "The busiest 20" in text_of(response)
    assert response.content.decode().count('class="who"') == 20
    assert "?chat=16660000024%40" in response.content.decode()


# Weeks and months


def day(text: str) -> int:
    return (date.fromisoformat(text) - figures.EPOCH).days


def test_weeks_begin_on_monday_and_the_first_is_whole() -> None:
    numbers = {day("2024-04-29"): 1, day("2024-05-05"): 2, day("2024-05-06"): 4}
    chart = figures.of_weeks(numbers, day("2024-05-08"), 7)
    assert [(value.name, value.number) for value in chart.values] == [
        ("week of 29 Apr 2024", 3),
        ("week of 6 May 2024", 4),
    ]


def test_months_without_messages_are_among_those_with_some() -> None:
    numbers = {day("2023-11-30"): 1, day("2024-01-01"): 2, day("2024-01-31"): 3}
    chart = figures.of_months(numbers, day("2024-02-10"))
    assert [(value.name, value.number) for value in chart.values] == [
        ("November 2023", 1),
        ("December 2023", 0),
        ("January 2024", 5),
        ("February 2024", 0),
    ]


def test_days_are_those_of_utc() -> None:
    assert figures.date_of(figures.today()) == datetime.now(UTC).date()
