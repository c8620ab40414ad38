"""GET /api/groups and /:jid."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.builders import ALICE, BOB, FAMILY, NOON, build_contact, build_group, build_participant

pytestmark = pytest.mark.django_db

OTHER = "120363000000000009@g.us"


def jids(api: Client, query: str = "") -> list[str]:
    response = api.get(f"/api/groups?{query}")
    assert response.status_code == 200, response.content
    return [group["jid"] for group in response.json()["data"]]


def test_groups_come_by_name_with_every_key(api: Client) -> None:
    build_group(OTHER, name="Work")
    build_group(
        FAMILY,
        owner=build_contact(ALICE),
        creation_time=NOON,
        participant_count=3,
        is_announce=True,
        invite_code="Abc",
    )
    assert jids(api) == [FAMILY, OTHER]
    shown = api.get("/api/groups").json()["data"][0]
    assert (shown["name"], shown["owner_jid"], shown["creation_time"]) == ("Family", ALICE, NOON)
    assert (shown["participant_count"], shown["is_announce"], shown["invite_code"]) == (3, True, "Abc")
    detail = api.get(f"/api/groups/{FAMILY}").json()
    assert {**shown, "participants": []} == detail


def test_groups_are_found_and_narrowed(api: Client) -> None:
    build_group(FAMILY)
    build_group(OTHER, name="Work", is_member=False, parent_jid=FAMILY)
    assert jids(api, "search=fam") == [FAMILY]
    assert jids(api, f"search={OTHER}") == [OTHER]
    assert jids(api, "member=false") == [OTHER]
    assert jids(api, f"community={FAMILY}") == [OTHER]


def test_a_group_comes_with_who_is_in_it_owners_first(api: Client) -> None:
    build_participant(BOB)
    build_participant(ALICE, role="superadmin")
    build_participant("15550133@s.whatsapp.net", role="admin", added_at=None)
    build_participant("15550122@s.whatsapp.net", is_present=False)
    participants = api.get(f"/api/groups/{FAMILY}").json()["participants"]
    assert [one["participant_jid"] for one in participants] == [ALICE, "15550133@s.whatsapp.net", BOB]
    assert participants[0] == {
        "group_jid": FAMILY,
        "participant_jid": ALICE,
        "role": "superadmin",
        "added_at": "2024-05-01 12:00:00",
    }
    assert participants[1]["added_at"] is None


def test_a_group_is_found_by_its_bare_id_or_not_at_all(api: Client) -> None:
    build_group(FAMILY)
    assert api.get("/api/groups/120363000000000001").json()["jid"] == FAMILY
    response = api.get(f"/api/groups/{OTHER}")
    assert (response.status_code, response.json()) == (404, {"error": "Group not found"})
    assert api.get("/api/groups/nothing").status_code == 400


def test_the_number_of_queries_does_not_grow_with_the_participants(
    api: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    build_participant(ALICE)
    few = count_queries(lambda: api.get(f"/api/groups/{FAMILY}"))
    for number in range(30):
        build_participant(f"1666{number:04}@s.whatsapp.net")
    assert count_queries(lambda: api.get(f"/api/groups/{FAMILY}")) == few
    assert few <= 3
