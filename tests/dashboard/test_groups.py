"""The pages of groups."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.api.test_plans import plan_of
from tests.builders import (
    ALICE,
    BOB,
    CHARLIE_LID,
    FAMILY,
    NOON,
    OWNER,
    build_contact,
    build_group,
    build_group_change,
    build_participant,
)
from tests.dashboard.conftest import htmx, text_of
from tests.dashboard.test_contacts import HOSTILE, names_in, next_page
from tests.tools import about_sqlite
from whatsapp.models import Account, Connection, Group

pytestmark = pytest.mark.django_db

CLUB = "120363000000000009@g.us"


# The list


def test_groups_are_listed_with_our_role_and_what_is_special(owner: Client) -> None:
    build_group(participant_count=3, creation_time=NOON, is_announce=True, description="Sunday lunches")
    build_participant(OWNER, role="admin")
    build_group(CLUB, name="Book club", is_member=False, parent_jid=FAMILY, is_restrict=True)
    response = owner.get("/groups")
    assert names_in(response) == ["Book club", "Family"]
    text = text_of(response)
    assert "Book club Left In a community Info locked" in text
    assert "Family Only admins write Sunday lunches 3 Admin 1 May 2024" in text


def test_the_list_says_when_there_is_nothing(owner: Client) -> None:
    assert "No groups yet" in text_of(owner.get("/groups"))
    response = owner.get("/groups", {"q": HOSTILE})
    assert "No group found" in text_of(response)
    assert HOSTILE not in response.content.decode()


def test_a_search_finds_parts_of_names(owner: Client) -> None:
    build_group(name="Família")
    build_group(CLUB, name="Book club")
    assert names_in(owner.get("/groups?q=familia")) == ["Família"]
    part = owner.get("/groups?q=club", headers=htmx("results"))
    assert part.content.decode().lstrip().startswith('<div id="results"')
    assert names_in(part) == ["Book club"]


def test_the_list_goes_on_where_a_page_ends(owner: Client) -> None:
    for number in range(60):
        build_group(f"{10**15 + number}@g.us", name=f"Group {number:02}")
    first = owner.get("/groups")
    following = next_page(first)
    assert following is not None
    both = names_in(first) + names_in(owner.get("/groups" + following))
    assert both == [f"Group {number:02}" for number in range(60)]


# One group


def test_a_groups_page_tells_what_it_is(owner: Client) -> None:
    build_group(CLUB, name="The club", is_community=True)
    group = build_group(
        description="Birthdays\nand lunches",
        owner=build_contact(ALICE, name="Alice"),
        creation_time=NOON,
        parent_jid=CLUB,
        ephemeral_duration=7 * 86_400,
        is_approval_required=True,
        participant_count=1,
    )
    build_participant(OWNER, group)
    text = text_of(owner.get(f"/groups/{FAMILY}"))
    for told in (
        "Birthdays and lunches",
        "Created 1 May 2024, 12:00 by Alice",
        "Community The club",
        "Disappear after 7 days",
        "Whom an admin approves",
        "1 participant ",
    ):
        assert told in text


def test_what_is_no_known_group_is_no_page(owner: Client) -> None:
    build_contact(ALICE)
    for address in (FAMILY, ALICE, "nothing", "1"):
        for path in ("", "/left", "/history", "/subject", "/invite", "/add"):
            assert owner.get(f"/groups/{address}{path}").status_code == 404


def test_another_accounts_group_is_not_shown(owner: Client) -> None:
    build_group()
    Group.objects.update(account=Account.objects.create(name="other"))
    assert owner.get(f"/groups/{FAMILY}").status_code == 404


def test_participants_are_in_the_order_of_their_rank_then_of_their_names(owner: Client) -> None:
    build_contact(ALICE, name="alice")
    build_contact(BOB, name="Bob")
    build_contact(CHARLIE_LID, notify_name="Charlie")
    build_participant(CHARLIE_LID, role="superadmin")
    build_participant(BOB)
    build_participant(ALICE)
    build_participant(OWNER, role="admin")
    build_participant("15550122@s.whatsapp.net", is_present=False)
    assert names_in(owner.get(f"/groups/{FAMILY}")) == ["Charlie", "+1 5550199", "alice", "Bob"]
    assert names_in(owner.get(f"/groups/{FAMILY}?q=BO", headers=htmx("people"))) == ["Bob"]
    assert "Nobody found" in text_of(owner.get(f"/groups/{FAMILY}?q=zz"))


def test_many_participants_are_shown_page_by_page(owner: Client) -> None:
    for number in range(60):
        jid = f"1666{number:04}@s.whatsapp.net"
        build_contact(jid, name=f"Person {number:02}")
        build_participant(jid)
    first, second = owner.get(f"/groups/{FAMILY}"), owner.get(f"/groups/{FAMILY}?page=2&q=person")
    assert names_in(first) + names_in(second) == [f"Person {number:02}" for number in range(60)]
    assert "1–50 of 60" in text_of(first)
    assert 'href="?page=1&amp;q=person"' in second.content.decode()
    assert len(names_in(owner.get(f"/groups/{FAMILY}?page=none"))) == 50


def test_who_left_is_listed_apart(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_participant(ALICE, is_present=False, left_at=NOON)
    build_participant(BOB)
    response = owner.get(f"/groups/{FAMILY}/left")
    assert names_in(response) == ["Alice"]
    assert "1 May 2024, 12:00" in text_of(response)


def test_names_and_descriptions_are_shown_as_they_are_and_run_nothing(owner: Client) -> None:
    build_group(name=HOSTILE, description=HOSTILE)
    build_contact(ALICE, name=HOSTILE)
    build_participant(ALICE)
    build_participant(BOB, is_present=False)
    build_group_change(value=HOSTILE, actor=build_contact(ALICE))
    for path in ("/groups", f"/groups/{FAMILY}", f"/groups/{FAMILY}/history", f"/groups/{FAMILY}/left"):
        response = owner.get(path)
        assert HOSTILE not in response.content.decode(), path
        assert HOSTILE in text_of(response), path


# What one may do


def offered(response: Any) -> list[str]:
    page = response.content.decode()
    return [
        words for words in ("Rename", "Add people", "Invite link", "Make admin", "Remove") if words in page
    ]


ALL = ["Rename", "Add people", "Invite link", "Make admin", "Remove"]


@pytest.mark.parametrize(
    ("role", "fields", "may", "why"),
    [
        ("admin", {}, ALL, ""),
        ("superadmin", {"is_restrict": True}, ALL, ""),
        ("member", {}, ["Rename"], "You are not an admin of this group: you can change its name"),
        ("member", {"is_restrict": True}, [], "only admins can change anything here"),
        ("admin", {"is_member": False}, [], "You are not in this group any more"),
        ("admin", {"is_deleted": True}, [], "This group is no more"),
    ],
)
def test_what_we_may_not_do_is_not_offered_and_the_page_says_why(
    owner: Client, role: str, fields: dict[str, bool], may: list[str], why: str
) -> None:
    group = build_group(**fields)
    build_participant(OWNER, group, role=role)
    build_participant(ALICE, group)
    response = owner.get(f"/groups/{FAMILY}")
    assert offered(response) == may
    assert why in text_of(response)
    for path in ("add", "invite", f"remove?person={ALICE}", "description"):
        allowed = "Add people" in may or (path == "description" and "Rename" in may)
        assert owner.get(f"/groups/{FAMILY}/{path}").status_code == (200 if allowed else 302), path


def test_the_owner_and_we_are_not_to_be_removed(owner: Client) -> None:
    build_participant(OWNER, role="admin")
    build_participant(ALICE, role="superadmin")
    response = owner.get(f"/groups/{FAMILY}")
    assert "Make admin" not in response.content.decode()
    assert "/remove?person=" not in response.content.decode()


def test_the_page_says_when_whatsapp_is_not_connected(owner: Client) -> None:
    build_group()
    assert "WhatsApp is not connected" not in text_of(owner.get(f"/groups/{FAMILY}"))
    Connection.objects.update(status=Connection.Status.DISCONNECTED)
    assert "WhatsApp is not connected. What you change here is queued" in text_of(
        owner.get(f"/groups/{FAMILY}")
    )


# The history


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("create", None, "Alice created the group"),
        ("add", None, "Alice added Bob"),
        ("remove", None, "Alice removed Bob"),
        ("join", None, "Bob joined"),
        ("leave", None, "Bob left"),
        ("promote", None, "Alice made Bob an admin"),
        ("demote", None, "Alice took the admin's rights from Bob"),
        ("subject", "Kin", "Alice named the group : Kin"),
        ("description", "Only us", "Alice described the group : Only us"),
        ("description", None, "Alice removed the description"),
        ("picture", None, "Alice changed the picture"),
        ("picture", "removed", "Alice removed the picture"),
        ("announce", "on", "Alice let only admins write"),
        ("announce", "off", "Alice let everybody write"),
        ("restrict", "on", "Alice let only admins change name"),
        ("approval", "on", "Alice let admins approve who joins"),
        ("ephemeral", "604800", "Alice let messages disappear after 7 days"),
        ("ephemeral", "86400", "Alice let messages disappear after 24 hours"),
        ("ephemeral", "off", "Alice turned off disappearing messages"),
        ("invite", None, "Alice reset the invite link"),
        ("link", CLUB, "Alice linked the group with The club"),
        ("unlink", CLUB, "Alice parted the group from The club"),
        ("delete", None, "Alice deleted the group"),
        ("other", "member_add_mode", "Alice changed the group : member_add_mode"),
    ],
)
def test_changes_are_told_in_words(owner: Client, kind: str, value: str | None, told: str) -> None:
    build_group(CLUB, name="The club")
    people = ("add", "remove", "join", "leave", "promote", "demote")
    build_group_change(
        kind,
        value=value,
        actor=build_contact(ALICE, name="Alice"),
        contact=build_contact(BOB, name="Bob") if kind in people else None,
    )
    text = text_of(owner.get(f"/groups/{FAMILY}/history"))
    assert told.replace(" : ", ": ") in text.replace(" :", ":")


def test_who_did_it_may_be_unknown_or_us(owner: Client) -> None:
    me = build_contact(OWNER, name="Olivia")
    build_group_change(value="Kin")
    build_group_change("promote", actor=me, contact=build_contact(ALICE, name="Alice"), timestamp=NOON + 1)
    build_group_change("add", actor=build_contact(ALICE), contact=me, timestamp=NOON + 2)
    text = text_of(owner.get(f"/groups/{FAMILY}/history"))
    told = [text.index(words) for words in ("Alice added you", "You made Alice an admin", "Somebody named")]
    assert told == sorted(told)


def test_the_history_goes_on_where_a_page_ends(owner: Client) -> None:
    for number in range(60):
        build_group_change(value=f"Name {number}", timestamp=NOON)
    first = owner.get(f"/groups/{FAMILY}/history")
    following = next_page(first)
    assert following is not None
    second = owner.get(f"/groups/{FAMILY}/history{following}")
    told = re.findall(r"<q>Name (\d+)</q>", first.content.decode() + second.content.decode())
    assert [int(number) for number in told] == list(range(59, -1, -1))


# What it costs


def fill(numbers: range) -> None:
    for one in numbers:
        jid = f"1777{one:04}@s.whatsapp.net"
        build_group(f"{10**15 + one}@g.us", name=f"Group {one}")
        build_contact(jid, name=f"Person {one}")
        build_participant(jid)
        build_participant(f"1888{one:04}@s.whatsapp.net", is_present=False)
        build_group_change(
            "add", actor=build_contact(ALICE), contact=build_contact(jid), timestamp=NOON + one
        )


PATHS = ("/groups", f"/groups/{FAMILY}", f"/groups/{FAMILY}/left", f"/groups/{FAMILY}/history")


def test_the_number_of_queries_does_not_grow_with_the_rows(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    build_participant(OWNER, build_group(owner=build_contact(ALICE)), role="admin")
    fill(range(2))
    few = [count_queries(lambda path=path: owner.get(path)) for path in PATHS]
    fill(range(2, 14))
    assert [count_queries(lambda path=path: owner.get(path)) for path in PATHS] == few
    assert max(few) < 25


@about_sqlite
def test_each_query_walks_an_index(owner: Client) -> None:
    fill(range(14))
    plan = plan_of(owner, "/groups")
    assert "INDEX group_by_name" in plan
    assert "USE TEMP B-TREE" not in plan
    assert "group_names VIRTUAL TABLE INDEX" in plan_of(owner, "/groups?q=group")
    plan = plan_of(owner, f"/groups/{FAMILY}/history")
    assert "INDEX group_change_newest" in plan
    assert "USE TEMP B-TREE" not in plan
    for path in (f"/groups/{FAMILY}", f"/groups/{FAMILY}?q=person", f"/groups/{FAMILY}/left"):
        plan = plan_of(owner, path)
        assert "INDEX sqlite_autoindex_whatsapp_groupparticipant_1 (group_id=?" in plan, plan
        assert "SCAN whatsapp_groupparticipant" not in plan
        assert "USE TEMP B-TREE" not in plan, plan
