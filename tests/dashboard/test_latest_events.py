"""The newest events, told in words on the overview."""

import pytest
from django.test import Client

from dashboard.data.events.words import DESCRIBED
from dashboard.data.overview.latest_events import TOLD
from tests.builders import ALICE, FAMILY, build_chat, build_contact, build_event, build_group
from tests.dashboard.conftest import htmx, text_of
from whatsapp import events

pytestmark = pytest.mark.django_db


def latest(browser: Client) -> str:
    """What a person reads of that part of the page."""
    return text_of(browser.get("/", headers=htmx("latest")))


def test_events_are_told_in_words_the_latest_first_each_with_its_place(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_chat(FAMILY)
    build_group(name="Family")
    record = {
        "id": "3EB0A",
        "remote_jid": FAMILY,
        "from_jid": ALICE,
        "from_me": False,
        "message_type": "text",
        "body": "Hi",
    }
    build_event(events.MESSAGES_UPSERT, {"key": {}, "record": record, "type": "notify"})
    build_event(events.PRESENCE_UPDATE, {"id": ALICE, "presences": {}})
    build_event(
        events.CALL,
        [
            {
                "id": "C",
                "chat_jid": ALICE,
                "from_jid": ALICE,
                "from_me": False,
                "is_video": False,
                "status": "missed",
            }
        ],
    )
    response = owner.get("/", headers=htmx("latest"))
    text, page = text_of(response), response.content.decode()
    assert text.index("Missed voice call from Alice") < text.index(
        "Alice sent a text message in Family: “Hi”"
    )
    assert "presence" not in text
    assert 'href="/events/calls"' in page
    assert "?message=3EB0A" in page


@pytest.mark.parametrize("event_type", TOLD)
def test_what_is_told_is_known_and_has_words_of_its_own(event_type: str) -> None:
    assert event_type in DESCRIBED


def test_an_event_of_another_version_is_named(owner: Client) -> None:
    event = build_event(events.CALL, {"from": "another version"})
    response = owner.get("/", headers=htmx("latest"))
    assert "wa.call" in text_of(response)
    assert f'href="/events/{event.pk}"' in response.content.decode()


def test_of_an_act_only_the_newest_state_is_told(owner: Client) -> None:
    act = {"id": 7, "kind": "send_text", "error": None, "jid": None, "message_id": None}
    for status in ("queued", "sent"):
        build_event(events.ACTION_UPDATED, {**act, "status": status})
    text = latest(owner)
    assert "Send text: sent" in text
    assert "queued" not in text


def test_ten_events_are_told_and_their_texts_are_cut(owner: Client) -> None:
    record = {
        "remote_jid": ALICE,
        "from_jid": ALICE,
        "from_me": False,
        "message_type": "text",
        "body": "<b>long</b> " * 99,
    }
    for number in range(15):
        build_event(events.MESSAGES_UPSERT, {"key": {}, "record": {**record, "id": f"{number}"}})
    page = owner.get("/", headers=htmx("latest")).content.decode()
    assert page.count("<li>") == 10
    assert "<b>long" not in page
    assert page.count("&lt;b&gt;long") < 150
