"""The newest events, told in words on the overview."""

from typing import Any

import pytest
from django.test import Client

from tests.builders import ALICE, FAMILY, OWNER, build_chat, build_contact, build_event, build_group
from tests.dashboard.conftest import htmx, text_of
from whatsapp import events
from whatsapp.models import Event

pytestmark = pytest.mark.django_db


def latest(browser: Client) -> str:
    """What a person reads of that part of the page."""
    return text_of(browser.get("/", headers=htmx("latest")))


def test_events_are_told_in_words_the_latest_first_each_with_its_place(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_chat(FAMILY)
    build_group(name="Family")
    record = {"id": "3EB0A", "remote_jid": FAMILY, "from_jid": ALICE, "message_type": "text", "body": "Hi"}
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
    assert text.index("Alice called; it was missed") < text.index("Alice wrote “Hi” in Family")
    assert "presence" not in text
    assert 'href="/events/calls"' in page
    assert "?message=3EB0A" in page


def told(browser: Client, event_type: str, payload: Any) -> str:
    Event.objects.all().delete()
    build_event(event_type, payload)
    return latest(browser)


KEY = {"remoteJid": ALICE, "fromMe": True, "id": "3EB0A"}


@pytest.mark.parametrize(
    ("event_type", "payload", "words"),
    [
        (events.CONNECTION_STATUS, {"status": "connected"}, "Connected to WhatsApp"),
        (events.CONNECTION_LOGGED_OUT, {"reason": "By phone."}, "no longer linked: “By phone.”"),
        (
            events.WEBHOOK_PAUSED,
            {"id": "3", "host": "a.example", "reason": "502"},
            "a.example is paused: “502”",
        ),
        (
            events.RECEIPT_UPDATE,
            [{"key": KEY, "receipt": {"userJid": ALICE, "readTimestamp": 1}}],
            "Alice read a message",
        ),
        (
            events.MESSAGES_REACTION,
            [{"key": KEY, "reaction": {"key": {**KEY, "fromMe": False}, "text": "👍"}}],
            "Alice reacted with “👍”",
        ),
        (
            events.MESSAGES_REACTION,
            [{"key": KEY, "reaction": {"key": KEY, "text": ""}}],
            "You took a reaction back",
        ),
        (
            events.GROUP_PARTICIPANTS_UPDATE,
            {"id": FAMILY, "author": None, "participants": [OWNER], "action": "promote"},
            "You were made an admin in Family",
        ),
        (
            events.GROUP_PARTICIPANTS_UPDATE,
            {"id": FAMILY, "author": ALICE, "participants": [ALICE], "action": "remove"},
            "Alice left Family",
        ),
        (
            events.ACTION_UPDATED,
            {
                "id": 1,
                "kind": "send_text",
                "status": "failed",
                "error": "No.",
                "jid": ALICE,
                "message_id": None,
            },
            "Action “send text”: failed “No.” for Alice",
        ),
        (events.MESSAGES_DELETE, {"keys": [KEY]}, "A message was deleted in the chat with Alice"),
        (events.POLL_VOTE, {"key": KEY, "voter": ALICE, "options": ["Tea"]}, "Alice voted for “Tea”"),
        (
            events.HISTORY_SET,
            {"messages": 5, "message_total": 9},
            "History: 5 of 9 messages imported",
        ),
        (events.CALL, {"from": "another version"}, "Event wa.call"),
    ],
)
def test_each_event_has_its_words(owner: Client, event_type: str, payload: Any, words: str) -> None:
    build_contact(ALICE, name="Alice")
    build_group(name="Family")
    assert words in told(owner, event_type, payload)


def test_of_an_act_only_the_newest_state_is_told(owner: Client) -> None:
    act = {"id": 7, "kind": "send_text", "error": None, "jid": None, "message_id": None}
    for status in ("queued", "sent"):
        build_event(events.ACTION_UPDATED, {**act, "status": status})
    text = latest(owner)
    assert "Action “send text”: sent" in text
    assert "queued" not in text


def test_ten_events_are_told_and_their_texts_are_cut(owner: Client) -> None:
    record = {"remote_jid": ALICE, "from_jid": ALICE, "message_type": "text", "body": "<b>long</b> " * 99}
    for number in range(15):
        build_event(events.MESSAGES_UPSERT, {"key": {}, "record": {**record, "id": f"{number}"}})
    page = owner.get("/", headers=htmx("latest")).content.decode()
    assert page.count("<li>") == 10
    assert "<b>long" not in page
    assert page.count("&lt;b&gt;long") < 120
