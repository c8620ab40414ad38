"""GET /api/contacts, /:jid and /:jid/profile-pic."""

import pytest
from django.test import Client

from tests.builders import ALICE, ALICE_LID, BOB, CHARLIE_LID, FAMILY, build_contact, build_group

pytestmark = pytest.mark.django_db


def jids(api: Client, query: str = "") -> list[str]:
    response = api.get(f"/api/contacts?{query}")
    assert response.status_code == 200, response.content
    return [contact["jid"] for contact in response.json()["data"]]


def test_people_come_by_name_and_who_has_none_by_number(api: Client) -> None:
    build_contact(CHARLIE_LID, notify_name="Charlie")
    build_contact(BOB)
    build_contact(ALICE, name="Alice Liddell", notify_name="zz")
    assert jids(api) == [BOB, ALICE, CHARLIE_LID]


def test_a_person_is_shown_with_every_key(api: Client) -> None:
    build_contact(
        ALICE,
        lid=ALICE_LID,
        notify_name="alice",
        business_name="Alice & Co",
        phone_number="15550100",
        is_business=True,
        status_text="Busy",
        profile_pic_url="https://pps.whatsapp.net/a",
    )
    (shown,) = api.get("/api/contacts").json()["data"]
    assert shown == api.get(f"/api/contacts/{ALICE}").json()
    assert {name: shown[name] for name in ("jid", "lid", "name", "notify_name", "short_name")} == {
        "jid": ALICE,
        "lid": ALICE_LID,
        "name": "Alice & Co",
        "notify_name": "alice",
        "short_name": None,
    }
    assert (shown["phone_number"], shown["is_business"], shown["status_text"]) == ("15550100", True, "Busy")


def test_five_hundred_people_are_a_page_so_that_clients_of_old_get_all(api: Client) -> None:
    for number in range(120):
        build_contact(f"1666{number:04}@s.whatsapp.net")
    body = api.get("/api/contacts").json()
    assert (len(body["data"]), body["total"], body["next"]) == (120, 120, None)


def test_people_are_found_by_a_part_of_any_name_or_of_the_number(api: Client) -> None:
    build_contact(ALICE, name="Alice Liddell")
    build_contact(BOB, notify_name="Bobby")
    assert jids(api, "search=lidd") == [ALICE]
    assert jids(api, "search=bobb") == [BOB]
    assert jids(api, "search=0111") == [BOB]
    assert api.get("/api/contacts?search=lidd").json()["total"] == 1


def test_people_are_narrowed_by_what_they_are(api: Client) -> None:
    build_contact(ALICE, name="Alice", is_business=True)
    build_contact(BOB, is_blocked=True)
    assert jids(api, "business=true") == [ALICE]
    assert jids(api, "blocked=true") == [BOB]
    assert jids(api, "saved=true") == [ALICE]
    assert jids(api, "saved=false") == [BOB]
    assert api.get("/api/contacts?blocked=maybe").json()["error"].startswith("blocked: ")


@pytest.mark.parametrize("jid", [ALICE, "15550100", "+15550100", "15550100@c.us", ALICE_LID])
def test_a_person_is_found_by_any_address(api: Client, jid: str) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    assert api.get(f"/api/contacts/{jid}").json()["jid"] == ALICE


def test_a_person_who_is_not_there_is_not_found(api: Client) -> None:
    response = api.get("/api/contacts/15550100")
    assert (response.status_code, response.json()) == (404, {"error": "Contact not found"})
    assert api.get("/api/contacts/nobody").status_code == 400


def test_the_address_of_a_picture_is_given_or_null(api: Client) -> None:
    build_contact(ALICE, profile_pic_url="https://pps.whatsapp.net/a")
    build_contact(BOB)
    build_group(FAMILY, profile_pic_url="https://pps.whatsapp.net/g")
    assert api.get(f"/api/contacts/{ALICE}/profile-pic").json() == {"url": "https://pps.whatsapp.net/a"}
    assert api.get(f"/api/contacts/{FAMILY}/profile-pic").json() == {"url": "https://pps.whatsapp.net/g"}
    assert api.get(f"/api/contacts/{BOB}/profile-pic").json() == {"url": None}
    assert api.get("/api/contacts/15550123/profile-pic").json() == {"url": None}
    assert api.get("/api/contacts/nobody/profile-pic").status_code == 400
