"""Changing groups from their pages."""

from typing import Any

import pytest
from django.test import Client

from api import acts
from tests.api.conftest import Session
from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    OWNER,
    build_action,
    build_contact,
    build_group,
    build_participant,
)
from tests.dashboard.conftest import htmx, text_of
from whatsapp import actions
from whatsapp.models import Action, Connection, Group

pytestmark = pytest.mark.django_db

HERE = f"/groups/{FAMILY}"


@pytest.fixture(autouse=True)
def family(db: None) -> Group:
    """A group of which we are an admin, with Alice and Bob in it."""
    group = build_group(description="Only us")
    build_participant(OWNER, group, role="admin")
    build_contact(ALICE, name="Alice")
    build_contact(BOB, name="Bob")
    build_participant(ALICE, group)
    return group


def acted(session: Session) -> list[tuple[str, dict[str, Any]]]:
    return [(action.kind, action.payload) for action in session.taken]


def done_for(**codes: str) -> dict[str, Any]:
    """What the session finds of each person: JID's number → WhatsApp's code."""
    people = [
        {"status": code, "jid": f"{number[1:]}@s.whatsapp.net", "content": {}}
        for number, code in codes.items()
    ]
    return {"status": "done", "result": {"result": people}}


# Name and description


def test_the_group_is_renamed(owner: Client, session: Session) -> None:
    session.will("done")
    assert 'value="Family"' in owner.get(f"{HERE}/subject").content.decode()
    response = owner.post(f"{HERE}/subject", {"subject": " Kin "}, follow=True)
    assert response.redirect_chain == [(HERE, 302)]
    assert "The group has a new name." in text_of(response)
    assert acted(session) == [("set_group_subject", {"jid": FAMILY, "subject": "Kin"})]


@pytest.mark.parametrize(
    ("typed", "why"), [("", "may not be blank"), ("x" * 101, "no more than 100 characters"), (" ", "blank")]
)
def test_a_name_that_whatsapp_has_not_room_for_is_refused_with_what_was_typed(
    owner: Client, session: Session, typed: str, why: str
) -> None:
    response = owner.post(f"{HERE}/subject", {"subject": typed})
    assert response.status_code == 422
    assert why in text_of(response)
    assert f'value="{typed}"' in response.content.decode()
    assert session.taken == []


def test_what_was_done_is_told_on_the_page_that_follows_and_not_in_a_part_that_is_asked_for_meanwhile(
    owner: Client, session: Session
) -> None:
    session.will("done")
    response = owner.post(f"{HERE}/subject", {"subject": "Kin"}, headers=htmx("dialog"))
    assert response["HX-Redirect"] == HERE
    assert "new name" not in text_of(owner.get(HERE, headers=htmx("people")))
    assert "The group has a new name." in text_of(owner.get(HERE))


def test_a_refusal_is_shown_in_the_dialog_that_asked(owner: Client, session: Session) -> None:
    session.will("failed", error="jid: Only the group's admins may do this.")
    response = owner.post(f"{HERE}/subject", {"subject": "<b>Kin</b>"}, headers=htmx("dialog"))
    assert response.status_code == 422
    page = response.content.decode()
    assert page.lstrip().startswith("<form")
    assert "Only the group's admins may do this." in text_of(response)
    assert "jid:" not in text_of(response)
    assert "&lt;b&gt;Kin&lt;/b&gt;" in page


def test_after_a_change_in_a_dialog_the_page_comes_anew(owner: Client, session: Session) -> None:
    session.will("done")
    response = owner.post(f"{HERE}/subject", {"subject": "Kin"}, headers=htmx("dialog"))
    assert response["HX-Redirect"] == HERE


def test_a_description_keeps_its_lines_and_may_be_taken_away(owner: Client, session: Session) -> None:
    session.will("done")
    assert "Only us</textarea>" in owner.get(f"{HERE}/description").content.decode()
    owner.post(f"{HERE}/description", {"description": "One\r\ntwo"})
    owner.post(f"{HERE}/description", {"description": ""})
    assert [payload["description"] for _, payload in acted(session)] == ["One\ntwo", ""]
    # Lines end with one character, as WhatsApp counts them.
    full = "\r\n".join("x" * 1023 for _ in range(2)) + "y"
    assert owner.post(f"{HERE}/description", {"description": full}).status_code == 302
    response = owner.post(f"{HERE}/description", {"description": full + "z"})
    assert response.status_code == 422
    assert "no more than 2048 characters" in text_of(response)


def test_a_change_waits_while_the_line_is_down(
    owner: Client, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "wait_for", lambda action, seconds: actions.wait_for(action, 0))
    Connection.objects.update(status=Connection.Status.DISCONNECTED)
    response = owner.post(f"{HERE}/rank", {"promote": ALICE}, follow=True)
    assert "It is queued, and will be done as soon as WhatsApp takes it." in text_of(response)
    assert Action.objects.get().status == "queued"


# The link


def test_the_known_link_is_shown_at_once(owner: Client, session: Session) -> None:
    assert "does not know the link yet" in text_of(owner.get(f"{HERE}/invite"))
    Group.objects.update(invite_code="AbC")
    assert 'value="https://chat.whatsapp.com/AbC"' in owner.get(f"{HERE}/invite").content.decode()
    assert session.taken == []


def test_whatsapp_is_asked_for_the_link(owner: Client, session: Session) -> None:
    session.will("done", result={"code": "NeW"})
    response = owner.post(f"{HERE}/invite", headers=htmx("dialog"))
    assert response.content.decode().lstrip().startswith("<form")
    assert 'value="https://chat.whatsapp.com/NeW"' in response.content.decode()
    assert acted(session) == [("get_invite_code", {"jid": FAMILY})]


def test_nobody_is_asked_for_the_link_while_the_line_is_down(owner: Client, session: Session) -> None:
    Connection.objects.update(status=Connection.Status.DISCONNECTED)
    response = owner.post(f"{HERE}/invite")
    assert response.status_code == 422
    assert "WhatsApp is not connected." in text_of(response)
    assert session.taken == []


# People


def test_people_are_added_by_number_or_jid(owner: Client, session: Session) -> None:
    session.will(**done_for(_15550111="200", _15550122="200"))
    typed = " +1 555 0111,\r\n15550122@s.whatsapp.net\r\n\r\n"
    response = owner.post(f"{HERE}/add", {"participants": typed}, follow=True)
    assert "2 people were added." in text_of(response)
    payload = {"jid": FAMILY, "participants": [BOB, "15550122@s.whatsapp.net"], "action": "add"}
    assert acted(session) == [("change_participants", payload)]


@pytest.mark.parametrize("typed", ["", "12", "<b>Bob</b>", "15550111, nobody"])
def test_what_is_no_number_is_refused_with_what_was_typed(
    owner: Client, session: Session, typed: str
) -> None:
    response = owner.post(f"{HERE}/add", {"participants": typed})
    assert response.status_code == 422
    page = response.content.decode()
    assert 'class="wrong"' in page
    assert typed in text_of(response) or not typed
    assert "<b>Bob" not in page
    assert session.taken == []


def test_what_came_of_each_of_several_people_is_told(owner: Client, session: Session) -> None:
    session.will(**done_for(_15550100="409", _15550111="200", _15550122="403", _15550133="999"))
    response = owner.post(f"{HERE}/add", {"participants": "15550100,15550111"}, follow=True)
    assert response.redirect_chain == [(f"{HERE}/results/{session.taken[0].pk}", 302)]
    text = text_of(response)
    assert "Alice is in the group already." in text
    assert "Bob was added." in text
    assert "+1 5550122 can only be invited" in text
    assert "WhatsApp answered 999" in text


def test_results_that_are_still_to_come_are_followed(owner: Client) -> None:
    waiting = build_action("change_participants", jid=FAMILY, payload={"action": "add"})
    page = owner.get(f"{HERE}/results/{waiting.pk}").content.decode()
    assert 'data-live="action"' in page
    assert "It is queued" in page
    other = build_action("change_participants", jid="120363000000000009@g.us")
    assert owner.get(f"{HERE}/results/{other.pk}").status_code == 404


def test_removing_asks_first(owner: Client, session: Session) -> None:
    session.will(**done_for(_15550100="200"))
    path = f"{HERE}/remove?person={ALICE}"
    asked = owner.get(path, headers=htmx("dialog"))
    assert "Remove Alice?" in text_of(asked)
    assert session.taken == []
    assert "Alice was removed." in text_of(owner.post(path, follow=True))
    assert acted(session)[0][1] == {"jid": FAMILY, "participants": [ALICE], "action": "remove"}
    assert "Nobody of that address is known." in text_of(owner.get(f"{HERE}/remove?person=1", follow=True))


@pytest.mark.parametrize(
    ("act", "told"), [("promote", "Alice is an admin now."), ("demote", "Alice is no admin any more.")]
)
def test_somebodys_rank_is_changed(owner: Client, session: Session, act: str, told: str) -> None:
    session.will(**done_for(_15550100="200"))
    assert told in text_of(owner.post(f"{HERE}/rank", {act: ALICE}, follow=True))
    assert acted(session)[0][1] == {"jid": FAMILY, "participants": [ALICE], "action": act}


def test_what_whatsapp_refuses_for_one_person_is_told(owner: Client, session: Session) -> None:
    session.will(**done_for(_15550100="404"))
    assert "Alice is not in the group." in text_of(
        owner.post(f"{HERE}/rank", {"promote": ALICE}, follow=True)
    )
    session.will("failed", error="jid: Only the group's admins may do this.")
    text = text_of(owner.post(f"{HERE}/rank", {"promote": ALICE}, follow=True))
    assert "Only the group's admins may do this." in text


def test_who_is_no_admin_changes_nothing(owner: Client, session: Session, family: Group) -> None:
    family.participants.update(role="member")
    family.is_restrict = True
    family.save()
    for path, form in (
        ("subject", {"subject": "Kin"}),
        ("description", {"description": "x"}),
        ("add", {"participants": "15550111"}),
        (f"remove?person={ALICE}", {}),
        ("rank", {"promote": ALICE}),
        ("invite", {}),
    ):
        response = owner.post(f"{HERE}/{path}", form, follow=True)
        assert response.redirect_chain == [(HERE, 302)], path
        assert "only admins can change anything here" in text_of(response)
    assert session.taken == []


# Bringing groups up to date


def test_all_groups_are_synced(owner: Client, session: Session) -> None:
    session.will("done", result={"synced": 12, "failed": 0, "total": 12})
    response = owner.post("/groups/sync", follow=True)
    assert "12 groups are now as WhatsApp has them." in text_of(response)
    assert owner.post("/groups/sync", headers=htmx(""))["HX-Redirect"] == "/groups"
    session.will("failed", error="It took too long.")
    assert "It took too long." in text_of(owner.post("/groups/sync", follow=True))


def test_one_group_is_synced(owner: Client, session: Session) -> None:
    session.will("done", result={})
    assert "The group is as WhatsApp has it now." in text_of(owner.post(f"{HERE}/sync", follow=True))
    assert acted(session) == [("get_group_metadata", {"jid": FAMILY})]
    Connection.objects.update(status=Connection.Status.DISCONNECTED)
    assert "WhatsApp is not connected." in text_of(owner.post(f"{HERE}/sync", follow=True))


def test_changes_are_no_links(owner: Client) -> None:
    for path in ("/groups/sync", f"{HERE}/sync", f"{HERE}/rank"):
        assert owner.get(path).status_code == 405
