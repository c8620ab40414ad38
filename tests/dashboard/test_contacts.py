"""The pages of people."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.api.test_plans import plan_of
from tests.builders import (
    ALICE,
    ALICE_LID,
    BOB,
    CHARLIE_LID,
    FAMILY,
    NEWS,
    NOON,
    OWNER,
    build_call,
    build_chat,
    build_contact,
    build_group,
    build_media,
    build_message,
    build_participant,
    build_presence,
    build_presence_change,
    build_story,
)
from tests.dashboard.conftest import htmx, text_of
from tests.tools import about_sqlite
from whatsapp.models import Account, Connection, Contact, Media, Presence

pytestmark = pytest.mark.django_db

HOSTILE = '<img src=x onerror="alert(1)">'
DAY = 86_400


def names_in(response: Any) -> list[str]:
    return re.findall(r'<b class="break">([^<]*)</b>', response.content.decode())


def next_page(response: Any) -> str | None:
    found = re.search(r'href="(\?[^"]*)" rel="next"', response.content.decode())
    return found[1].replace("&amp;", "&") if found else None


# The list


def test_people_are_listed_by_name_with_what_is_known_of_them(owner: Client) -> None:
    build_contact(BOB, notify_name="Bob")
    build_contact(ALICE, lid=ALICE_LID, name="Alice", notify_name="ali", status_text="Out hiking")
    response = owner.get("/contacts")
    assert names_in(response) == ["Alice", "Bob"]
    text = text_of(response)
    for told in ("~ali", "+1 5550100", ALICE_LID, "Out hiking"):
        assert told in text


def test_who_is_a_business_or_blocked_or_the_owner_is_marked(owner: Client) -> None:
    build_contact(ALICE, business_name="Alice's", is_business=True)
    build_contact(BOB, name="Bob", is_blocked=True, is_business=True, is_verified=True)
    build_contact(OWNER, name="Olivia")
    text = text_of(owner.get("/contacts"))
    assert "Alice's Business" in text
    assert "Bob Verified business Blocked" in text
    assert "Olivia You" in text


def test_whose_number_is_hidden_is_listed_with_the_lid(owner: Client) -> None:
    build_contact(CHARLIE_LID, notify_name="Charlie")
    text = text_of(owner.get("/contacts"))
    assert f"Charlie Hidden {CHARLIE_LID}" in text


def test_channels_are_no_contacts(owner: Client) -> None:
    build_contact(NEWS, name="A channel")
    assert "No contacts yet" in text_of(owner.get("/contacts"))
    assert owner.get(f"/contacts/{NEWS}").status_code == 404


def test_a_search_finds_parts_of_names_and_of_numbers(owner: Client) -> None:
    build_contact(ALICE, name="Zoë Alice")
    build_contact(BOB, name="Bob")
    assert names_in(owner.get("/contacts?q=zoe")) == ["Zoë Alice"]
    assert names_in(owner.get("/contacts?q=0111")) == ["Bob"]
    response = owner.get("/contacts", {"q": HOSTILE})
    assert "Nobody found" in text_of(response)
    assert HOSTILE not in response.content.decode()


def test_a_search_as_one_types_brings_the_results_alone(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    response = owner.get("/contacts?q=ali", headers=htmx("results"))
    page = response.content.decode()
    assert page.lstrip().startswith('<div id="results"')
    assert 'hx-get="/contacts?q=ali"' in page
    assert "1 found" in text_of(response)


def test_the_list_goes_on_where_a_page_ends(owner: Client) -> None:
    for number in range(60):
        build_contact(f"1666{number:04}@s.whatsapp.net", name=f"Person {number:02}")
    first = owner.get("/contacts?q=person")
    following = next_page(first)
    assert following is not None
    second = owner.get("/contacts" + following)
    assert names_in(first) + names_in(second) == [f"Person {number:02}" for number in range(60)]
    assert next_page(second) is None


def test_names_are_shown_as_they_are_and_run_nothing(owner: Client) -> None:
    build_contact(ALICE, name=HOSTILE, notify_name=HOSTILE + "2", status_text=HOSTILE)
    for path in ("/contacts", f"/contacts/{ALICE}", f"/contacts/{ALICE}/presence"):
        response = owner.get(path)
        assert HOSTILE not in response.content.decode()
        assert HOSTILE in text_of(response)


# One person


def test_a_person_is_found_by_number_and_lid_and_shown_under_the_phone_jid(owner: Client) -> None:
    build_contact(ALICE, lid=ALICE_LID, name="Alice")
    for address in (ALICE_LID, "15550100", "+1 555 0100"):
        assert owner.get(f"/contacts/{address}")["Location"] == f"/contacts/{ALICE}"
    assert "Alice" in text_of(owner.get(f"/contacts/{ALICE}"))


def test_an_address_that_nobody_has_is_no_page(owner: Client) -> None:
    for address in (BOB, "nobody", "1"):
        response = owner.get(f"/contacts/{address}")
        assert response.status_code == 404
        assert "Nothing is here" in text_of(response)
    assert owner.get(f"/contacts/{FAMILY}")["Location"] == f"/groups/{FAMILY}"


def test_another_accounts_people_are_not_shown(owner: Client) -> None:
    other = Account.objects.create(name="other")
    Contact.objects.filter(pk=build_contact(ALICE, name="Alice").pk).update(account=other)
    assert owner.get(f"/contacts/{ALICE}").status_code == 404
    assert names_in(owner.get("/contacts")) == []


def test_a_persons_page_tells_all_names_and_when_the_security_code_changed(owner: Client) -> None:
    build_contact(
        ALICE,
        lid=ALICE_LID,
        name="Alice Novak",
        notify_name="ali",
        business_name="Alice's",
        identity_changed_at=NOON,
        status_text="Out hiking",
    )
    text = text_of(owner.get(f"/contacts/{ALICE}"))
    for told in ("Alice Novak", "ali", "Alice's", "Out hiking", ALICE_LID, "Changed 1 May 2024, 12:00"):
        assert told in text


def test_the_chat_is_told_with_its_counts_and_newest_files(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_chat(ALICE, unread_count=3, last_message_ts=NOON)
    build_message("Hi", chat=ALICE)
    shown = build_media(thumbnail=b"\xff\xd8small")
    bare = build_media(
        message=build_message("x", chat=ALICE, message_type="document", has_media=True),
        kind="document",
        original_filename=HOSTILE,
    )
    response = owner.get(f"/contacts/{ALICE}")
    text, page = text_of(response), response.content.decode()
    assert "Messages 3 Files 2 Unread 3" in text
    assert f"/thumbnails/{shown.pk}.jpg" in page
    assert f"/thumbnails/{bare.pk}.jpg" not in page
    assert f"/messages/{ALICE}?message={shown.message.message_id}" in page
    assert HOSTILE not in page


def test_groups_in_common_tell_the_role_and_who_left(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_participant(ALICE, role="admin")
    club = build_group("120363000000000009@g.us", name="Book club")
    build_participant(ALICE, club, is_present=False, left_at=NOON)
    text = text_of(owner.get(f"/contacts/{ALICE}"))
    assert "Family Admin Book club Left 1 May 2024" in text


def test_calls_are_told_from_whichever_chat_they_came(owner: Client) -> None:
    build_call(ALICE, started_at=NOON)
    build_call(
        ALICE, chat=build_chat(FAMILY), is_group=True, status="ended", duration=65, started_at=NOON + 9
    )
    build_call(BOB, chat=build_chat(ALICE), from_me=True, is_video=True, started_at=NOON + 20)
    text = text_of(owner.get(f"/contacts/{ALICE}"))
    told = [
        text.index(words) for words in ("You called, with video", "Called you, a group", "Called you Missed")
    ]
    assert told == sorted(told)
    assert "1:05" in text


def test_only_stories_that_can_still_be_seen_are_shown(owner: Client) -> None:
    now = int(time.time())
    alive = build_story("On the beach", at=now - 60)
    build_story("Long ago", at=now - 2 * DAY)
    Media.objects.create(
        id=alive.pk,
        account=alive.account,
        story=alive,
        kind="image",
        thumbnail=b"x",
        created_at=alive.created_at,
    )
    response = owner.get(f"/contacts/{ALICE}")
    assert "On the beach" in text_of(response)
    assert "Long ago" not in text_of(response)
    assert f"/thumbnails/{alive.pk}.jpg" in response.content.decode()


# Presence


def now_in(owner: Client) -> str:
    text = text_of(owner.get(f"/contacts/{ALICE}", headers=htmx("presence")))
    return text.removeprefix("Presence All changes ")


def test_presence_tells_how_somebody_is_now(owner: Client) -> None:
    build_contact(ALICE)
    assert now_in(owner).startswith("Nothing is known yet")
    presence = build_presence(ALICE)
    assert now_in(owner).startswith("Online now")
    now = int(time.time() * 1000)
    Presence.objects.filter(pk=presence.pk).update(chat_state="composing", chat_state_at=now)
    assert now_in(owner).startswith("Typing now")
    Presence.objects.filter(pk=presence.pk).update(chat_state_at=now - 120_000, is_online=False)
    assert now_in(owner).startswith("Offline")
    Presence.objects.filter(pk=presence.pk).update(last_seen=now // 1000 - 180)
    assert now_in(owner).startswith("Last seen 3 min ago")


def test_nobody_is_called_online_while_the_line_is_down(owner: Client) -> None:
    build_presence(ALICE)
    Connection.objects.update(status=Connection.Status.DISCONNECTED)
    assert now_in(owner).startswith("Was online when the connection was lost")


def test_the_strips_show_when_somebody_was_online(owner: Client) -> None:
    build_contact(ALICE)
    assert "Not seen online in the last 7 days" in now_in(owner)
    night = (int(time.time()) // DAY - 3) * DAY
    build_presence_change(ALICE, at=night + 3600)
    build_presence_change(ALICE, at=night + 3600 + 600, state="unavailable")
    response = owner.get(f"/contacts/{ALICE}", headers=htmx("presence"))
    assert response.content.decode().count('class="track"') == 7
    assert '<rect class="bar" x="60.0" width="10.0"' in response.content.decode()
    assert "10 min · 1×" in text_of(response)


def test_every_change_of_presence_is_listed_page_by_page(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    for number in range(60):
        build_presence_change(ALICE, at=NOON + number, state=("available", "composing")[number % 2])
    build_presence_change(ALICE, at=NOON - 5, state="composing", chat=build_chat(FAMILY))
    build_group(name="Family")
    first = owner.get(f"/contacts/{ALICE}/presence")
    assert text_of(first).count("Came online") == 25
    following = next_page(first)
    assert following is not None
    second = text_of(owner.get(f"/contacts/{ALICE}/presence{following}"))
    assert second.count("Came online") == 5
    assert "Typed Family" in second


# What it costs


def fill(numbers: range) -> None:
    for one in numbers:
        jid = f"1777{one:04}@s.whatsapp.net"
        build_contact(jid, name=f"Person {one}")
        group = build_group(f"{10**15 + one}@g.us", name=f"Group {one}")
        build_participant(ALICE, group)
        build_media(thumbnail=b"x")
        build_call(ALICE, started_at=NOON + one)
        build_story(at=int(time.time()) - 60)
        build_presence_change(ALICE, at=int(time.time()) - one * 60)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    paths = ("/contacts", f"/contacts/{ALICE}", f"/contacts/{ALICE}/presence")
    build_contact(ALICE, name="Alice")
    fill(range(2))
    few = [count_queries(lambda path=path: owner.get(path)) for path in paths]
    fill(range(2, 14))
    assert [count_queries(lambda path=path: owner.get(path)) for path in paths] == few
    assert max(few) < 35
    part = count_queries(lambda: owner.get(f"/contacts/{ALICE}", headers=htmx("presence")))
    assert part < few[1] / 2


@about_sqlite
def test_each_query_walks_an_index(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    fill(range(12))
    plan = plan_of(owner, "/contacts")
    assert "INDEX contact_by_name" in plan
    assert "USE TEMP B-TREE" not in plan
    assert "contact_names VIRTUAL TABLE INDEX" in plan_of(owner, "/contacts?q=person")
    plan = plan_of(owner, f"/contacts/{ALICE}")
    for table in ("message", "media", "presencechange", "call", "story", "groupparticipant", "contact"):
        assert not re.search(rf"SCAN (whatsapp_{table}|T\d|U\d)$", plan, re.MULTILINE), (table, plan)
    for index in ("message_chat", "call_of_chat", "call_of_caller", "story_sender"):
        assert f"INDEX {index}" in plan
    assert "(contact_id=? AND changed_at>?" in plan
    plan = plan_of(owner, f"/contacts/{ALICE}/presence")
    assert "USE TEMP B-TREE" not in plan
