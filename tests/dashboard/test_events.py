"""The event log, calls, presence and the quarantine."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import Session
from tests.builders import (
    ALICE,
    ALICE_LID,
    BOB,
    FAMILY,
    NOON,
    build_call,
    build_chat,
    build_contact,
    build_event,
    build_group,
    build_inbox_event,
    build_message,
    build_presence,
    build_presence_change,
    build_webhook,
)
from tests.dashboard.conftest import htmx, text_of
from tests.tools import about_sqlite
from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.models import Account, Call, Connection, Event, InboxEvent, Presence
from whatsapp.records import message_key, message_record, short_record

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"
DAY_MS = 86_400_000


def ids_in(response: Any) -> list[int]:
    return [int(key) for key in re.findall(r'data-id="(\d+)"', response.content.decode())]


def plans(call: Callable[[], Any], table: str) -> str:
    """The plans of the queries that the call makes of that table."""
    with CaptureQueriesContext(connection) as queries:
        call()
    lines = []
    with connection.cursor() as cursor:
        for query in queries:
            if query["sql"].startswith("SELECT") and f'FROM "{table}"' in query["sql"]:
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"].replace("%", "%%"), [])
                lines += [str(row[3]) for row in cursor.fetchall()]
    return "\n".join(lines)


def logged_message(body: str = "Hello", chat: str = ALICE, **fields: Any) -> Event:
    message = build_message(body, chat=chat, **fields)
    payload = {"key": message_key(message), "record": short_record(message_record(message)), "type": "notify"}
    return events.append(message.account, events.MESSAGES_UPSERT, payload, message.pk)


# The log


def test_a_message_is_told_in_words_with_a_way_to_it(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    event = logged_message("See you at seven")
    response = owner.get("/events")
    assert "Alice sent a text message: “See you at seven”" in text_of(response)
    key = json.loads(event.payload)["key"]["id"]
    assert f"/messages/15550100%40s.whatsapp.net?message={key}" in response.content.decode()


@pytest.mark.parametrize(
    ("event_type", "payload", "sentence"),
    [
        (
            "wa.messages.update",
            [
                {
                    "key": {"remoteJid": ALICE, "fromMe": False, "id": "A"},
                    "update": {"body": "B", "editedAt": 1},
                }
            ],
            "Alice: a message was edited: “B”",
        ),
        (
            "wa.messages.delete",
            {"keys": [{"remoteJid": ALICE, "fromMe": False, "id": "A"}]},
            "Alice: a message was deleted",
        ),
        (
            "wa.messages.reaction",
            [
                {
                    "key": {"remoteJid": FAMILY, "fromMe": True, "id": "A"},
                    "reaction": {
                        "key": {"remoteJid": FAMILY, "fromMe": False, "id": "B", "participant": ALICE},
                        "text": "👍",
                    },
                }
            ],
            "Alice reacted with 👍 in Family",
        ),
        (
            "wa.message-receipt.update",
            [
                {
                    "key": {"remoteJid": ALICE, "fromMe": True, "id": "A"},
                    "receipt": {"userJid": ALICE, "readTimestamp": 1},
                }
            ],
            "Alice has read your message",
        ),
        (
            "wa.poll.vote",
            {"key": {"remoteJid": FAMILY, "id": "A"}, "voter": ALICE, "options": ["8:00"], "timestamp": 1},
            "Alice voted for “8:00” in Family",
        ),
        (
            "wa.presence.update",
            {"id": FAMILY, "presences": {ALICE: {"lastKnownPresence": "composing", "lastSeen": None}}},
            "Alice is typing in Family",
        ),
        ("wa.contacts.update", [{"id": ALICE}, {"id": BOB}], "Contact changed: Alice and 1 more"),
        (
            "wa.group-participants.update",
            {"id": FAMILY, "author": ALICE, "participants": [BOB], "action": "promote"},
            "was made admin of Family, by Alice",
        ),
        (
            "wa.call",
            [
                {
                    "status": "missed",
                    "is_video": True,
                    "from_me": False,
                    "from_jid": ALICE,
                    "chat_jid": ALICE,
                }
            ],
            "Missed video call from Alice",
        ),
        (
            "wa.story",
            {"from_me": False, "from_jid": ALICE, "story_type": "image", "body": "Sea"},
            "Alice posted an image story: “Sea”",
        ),
        ("wa.story.view", {"viewer_jid": ALICE}, "Alice has seen your story"),
        ("connection.status", {"status": "qr"}, "Waiting for a phone to be linked"),
        (
            "media.failed",
            {
                "kind": "image",
                "remote_jid": ALICE,
                "message_id": "A",
                "download_error": "It is too large.",
            },
            "Image could not be downloaded of Alice: It is too large.",
        ),
        (
            "action.updated",
            {"id": 3, "kind": "send_text", "status": "failed", "error": "No.", "jid": ALICE},
            "Send text: failed, to Alice: No.",
        ),
        (
            "webhook.paused",
            {"id": "3", "host": "bot.example", "reason": "It is gone."},
            "Webhook of bot.example is paused: It is gone.",
        ),
        ("settings.updated", {}, "Settings changed"),
        ("accounts.updated", {}, "Another account, or one less"),
        ("wa.chats.update", {"of": "another shape"}, "wa.chats.update"),
    ],
)
def test_each_type_is_told_in_words(owner: Client, event_type: str, payload: Any, sentence: str) -> None:
    build_contact(ALICE, name="Alice")
    build_group(FAMILY, name="Family")
    build_event(event_type, payload) if payload else events.append(Account.default(), event_type, payload)
    assert sentence in text_of(owner.get("/events"))


def test_every_type_is_either_described_or_never_comes() -> None:
    from dashboard.data.events.words import DESCRIBED

    assert set(events.TYPES) - set(DESCRIBED) == set(events.UNHEARD)


def test_what_people_write_stays_text(owner: Client) -> None:
    build_contact(ALICE, name=HOSTILE)
    event = logged_message(HOSTILE)
    for path in ("/events", f"/events/{event.pk}"):
        response = owner.get(path)
        assert HOSTILE in text_of(response)
        assert HOSTILE not in response.content.decode()


def test_the_log_is_filtered_by_type_and_by_the_beginning_of_one(owner: Client) -> None:
    call = build_event("wa.call", [{}])
    chat = build_event("wa.chats.update", [{"id": ALICE}])
    other = build_event("wa.chats.delete", [ALICE])
    build_event()
    assert ids_in(owner.get("/events?type=wa.call")) == [call.pk]
    assert ids_in(owner.get("/events?type=wa.chats")) == [other.pk, chat.pk]
    assert ids_in(owner.get("/events?type=wa.cha")) == []
    assert "wa.chats.update (1)" in text_of(owner.get("/events"))


def test_the_counts_of_types_are_bounded(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.data.events import log as data

    monkeypatch.setattr(data, "MOST_COUNTED", 3)
    for _ in range(5):
        build_event("wa.call", [{}])
    assert "wa.call (3+)" in text_of(owner.get("/events"))


def test_the_log_goes_on_page_by_page(owner: Client) -> None:
    made = [build_event().pk for _ in range(55)]
    first = owner.get("/events")
    assert ids_in(first) == made[:4:-1]
    following = re.search(r'href="(\?[^"]*cursor=[^"]+)" rel="next"', first.content.decode())
    assert following is not None
    second = owner.get("/events" + following[1])
    assert ids_in(second) == made[4::-1]
    assert "data-is-live" not in second.content.decode()


def test_new_rows_are_asked_for_by_the_newest_id(owner: Client) -> None:
    first = build_event()
    second, third = build_event(), build_event("wa.call", [{}])
    response = owner.get(f"/events?type=&after={first.pk}", headers=htmx("rows"))
    assert ids_in(response) == [third.pk, second.pk]
    assert "<html" not in response.content.decode()
    assert ids_in(owner.get(f"/events?type=wa.call&after={first.pk}", headers=htmx("rows"))) == [third.pk]
    assert ids_in(owner.get(f"/events?after={third.pk}", headers=htmx("rows"))) == []


def test_where_too_much_is_new_the_page_is_loaded_again(owner: Client) -> None:
    for _ in range(52):
        build_event()
    assert owner.get("/events?after=0", headers=htmx("rows"))["HX-Refresh"] == "true"


def test_an_event_is_shown_as_json_on_its_page_and_in_the_list(owner: Client) -> None:
    event = build_event(payload={"status": "connected", "note": HOSTILE})
    part = owner.get(f"/events/{event.pk}", headers=htmx(f"json-{event.pk}"))
    assert '"status": "connected"' in text_of(part)
    assert "<html" not in part.content.decode()
    assert HOSTILE not in part.content.decode()
    assert "<h1>" in owner.get(f"/events/{event.pk}", headers=htmx("elsewhere")).content.decode()
    assert owner.get(f"/events/{event.pk + 1}").status_code == 404
    assert owner.get(f"/events/{2**70}").status_code == 404


def test_a_very_long_event_is_cut(owner: Client) -> None:
    event = build_event("wa.contacts.upsert", [{"id": ALICE, "name": "x" * 300_000}])
    response = owner.get(f"/events/{event.pk}")
    assert len(response.content) < 250_000
    assert "Only the beginning is shown" in text_of(response)
    assert len(owner.get("/events").content) < 50_000


def test_another_accounts_events_are_not_there(owner: Client) -> None:
    event = build_event("wa.call", [{}])
    other = Account.objects.create(name="other")
    Connection.objects.create(account=other)
    Event.objects.update(account=other)
    assert ids_in(owner.get("/events")) == []
    assert "wa.call" not in text_of(owner.get("/events"))
    assert owner.get(f"/events/{event.pk}").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_events(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    def rows(number: int) -> None:
        for each in range(number):
            jid = f"1555020{each:02}@s.whatsapp.net"
            build_contact(jid)
            logged_message(chat=jid)
            build_event("wa.groups.update", [{"id": FAMILY}])

    build_group()
    rows(2)
    before = count_queries(lambda: owner.get("/events"))
    rows(15)
    assert count_queries(lambda: owner.get("/events")) == before


@about_sqlite
def test_the_log_is_walked_along_its_indexes(owner: Client) -> None:
    for _ in range(60):
        build_event("wa.call", [{}])
    for path in ("/events", "/events?type=wa.call", "/events?type=wa"):
        plan = plans(lambda path=path: owner.get(path), "whatsapp_event")  # type: ignore[misc]
        assert "TEMP B-TREE" not in plan, path
        assert "USING COVERING INDEX event_type (event_type=?)" in plan, path  # the counts
    assert "USING INDEX event_type (event_type=?)" in plans(
        lambda: owner.get("/events?type=wa.call"), "whatsapp_event"
    )


# Pruning


def test_old_events_go_after_a_question_that_says_how_many(owner: Client) -> None:
    old = build_event(logged_at=int(time.time() * 1000) - 40 * DAY_MS)
    new = build_event()
    asked = text_of(owner.get("/events/prune", headers=htmx("dialog")))
    assert "1 event is so old." in asked
    assert text_of(owner.get("/events/prune?days=50", headers=htmx("so-old"))) == "No event is so old."
    said = text_of(owner.post("/events/prune", {"days": "30"}, follow=True))
    assert "1 event is deleted." in said
    assert list(Event.objects.values_list("pk", flat=True)) == [new.pk]
    assert not Event.objects.filter(pk=old.pk).exists()


def test_what_a_webhook_still_needs_stays(owner: Client) -> None:
    build_webhook(cursor=0)
    build_event(logged_at=int(time.time() * 1000) - 40 * DAY_MS)
    build_event()
    said = text_of(owner.post("/events/prune", {"days": "30"}, follow=True))
    assert "Nothing was to be deleted." in said
    assert Event.objects.count() == 2


@pytest.mark.parametrize("typed", ["0", "", "-1", "many", "99999999", "٣"])
def test_a_wrong_number_of_days_is_refused(owner: Client, typed: str) -> None:
    build_event(logged_at=1)
    build_event()
    response = owner.post("/events/prune", {"days": typed})
    assert response.status_code == 422
    assert "whole number of days" in text_of(response)
    assert Event.objects.count() == 2


# Calls


def test_calls_stand_with_who_kind_outcome_and_duration(owner: Client) -> None:
    build_contact(ALICE, name=HOSTILE)
    build_contact(BOB, name="Bob")
    build_group(FAMILY, name="Family")
    build_call(ALICE, status=Call.Status.ENDED, duration=754, is_video=True)
    build_call(ALICE, chat=build_chat(FAMILY), is_group=True, participants=[ALICE, BOB], started_at=NOON + 60)
    response = owner.get("/events/calls")
    text = text_of(response)
    assert "12:34" in text
    assert "Received, video" in text
    assert "with Bob" in text
    assert text.index("Family") < text.index("12:34")
    assert HOSTILE in text
    assert HOSTILE not in response.content.decode()


def test_calls_are_filtered_by_outcome(owner: Client) -> None:
    build_call(status=Call.Status.MISSED)
    assert "missed" in text_of(owner.get("/events/calls?status=missed", headers=htmx("results")))
    assert "No call came out like that" in text_of(owner.get("/events/calls?status=ended"))
    assert "missed" in text_of(owner.get("/events/calls?status=nonsense", headers=htmx("results")))


def test_a_ringing_call_is_declined_by_an_act(owner: Client, session: Session) -> None:
    session.will("done")
    call = build_call(status=Call.Status.RINGING)
    other = build_call(status=Call.Status.RINGING, from_me=True)
    page = owner.get("/events/calls").content.decode()
    assert f"/events/calls/{call.pk}/reject" in page
    assert f"/events/calls/{other.pk}/reject" not in page
    said = text_of(owner.post(f"/events/calls/{call.pk}/reject", follow=True))
    assert "The call is declined." in said
    [action] = session.taken
    assert (action.kind, action.payload["call_id"]) == ("reject_call", call.call_id)


def test_a_call_that_cannot_be_declined_says_why(owner: Client, session: Session) -> None:
    session.will("failed", error="call_id: Only a call that rings can be declined; this one is missed.")
    call = build_call(status=Call.Status.RINGING)
    said = text_of(owner.post(f"/events/calls/{call.pk}/reject", follow=True))
    assert "Only a call that rings can be declined" in said
    assert owner.post("/events/calls/999/reject").status_code == 404


def test_calls_take_as_many_queries_however_many_there_are(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    build_call()
    before = count_queries(lambda: owner.get("/events/calls"))
    for number in range(10):
        build_call(f"1555030{number:02}@s.whatsapp.net")
    assert count_queries(lambda: owner.get("/events/calls")) == before
    if connection.vendor == "sqlite":
        assert "TEMP B-TREE" not in plans(lambda: owner.get("/events/calls"), "whatsapp_call")


# Presence


def test_who_is_online_stands_above_the_changes(owner: Client) -> None:
    build_contact(ALICE, name=HOSTILE)
    build_contact(BOB, name="Bob")
    build_presence(ALICE, online_at=NOON * 1000, chat_state="composing")
    build_presence(BOB, is_online=False)
    build_presence_change(BOB, state=Presence.State.UNAVAILABLE, last_seen=NOON)
    response = owner.get("/events/presence")
    text = text_of(response)
    assert text.index(HOSTILE) < text.index("typing") < text.index("Bob")
    assert "is away" in text
    assert HOSTILE not in response.content.decode()


def test_changes_of_one_person_are_found_by_either_address(owner: Client) -> None:
    build_contact(ALICE, name="Alice", lid=ALICE_LID)
    build_contact(BOB, name="Bob")
    build_presence_change(ALICE)
    build_presence_change(BOB)
    for typed in (ALICE, ALICE_LID, "+1 555 0100"):
        text = text_of(owner.get("/events/presence", {"person": typed}, headers=htmx("results")))
        assert "Alice" in text
        assert "Bob" not in text
    text = text_of(owner.get("/events/presence", {"person": HOSTILE}))
    assert "Nobody is known by that address" in text


@about_sqlite
def test_presence_walks_its_indexes_and_takes_as_many_queries(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    build_presence(ALICE)
    build_presence_change(ALICE)
    paths = ("/events/presence", f"/events/presence?person={ALICE}")
    before = [count_queries(lambda path=path: owner.get(path)) for path in paths]  # type: ignore[misc]
    for number in range(10):
        jid = f"1555040{number:02}@s.whatsapp.net"
        build_presence(jid)
        build_presence_change(jid, at=NOON + number)
        build_presence_change(ALICE, at=NOON + 1 + number)
    assert [count_queries(lambda path=path: owner.get(path)) for path in paths] == before  # type: ignore[misc]
    for path in paths:
        for table in ("whatsapp_presence", "whatsapp_presencechange"):
            plan = plans(lambda path=path: owner.get(path), table)  # type: ignore[misc]
            assert "TEMP B-TREE" not in plan, path


# The quarantine


def quarantined(data: bytes = b"\xff\xfe", **fields: Any) -> InboxEvent:
    described = {"state": InboxEvent.State.QUARANTINED, "error": "ValueError: odd\nTraceback …", **fields}
    return build_inbox_event(data, described.pop("code", codes.PRESENCE), **described)


def test_an_empty_quarantine_is_good(owner: Client) -> None:
    assert "That is good" in text_of(owner.get("/events/quarantine"))


def test_what_is_set_aside_stands_with_the_reason(owner: Client) -> None:
    event = quarantined(error=f"ValueError: {HOSTILE}\nTraceback …")
    build_inbox_event()
    response = owner.get("/events/quarantine")
    text = text_of(response)
    assert f"ValueError: {HOSTILE}" in text
    assert "Traceback" not in text
    assert "Presence" in text
    assert HOSTILE not in response.content.decode()
    detail = text_of(owner.get(f"/events/quarantine/{event.pk}"))
    assert "Traceback" in detail


def test_bytes_that_nobody_understands_are_shown_as_such(owner: Client) -> None:
    event = quarantined(b"\xff\xfe<b>hi</b>")
    response = owner.get(f"/events/quarantine/{event.pk}")
    assert "000000 ff fe 3c 62 3e" in text_of(response)
    assert "<b>hi</b>" not in response.content.decode()


def test_what_can_be_read_is_shown_as_json(owner: Client) -> None:
    event = quarantined(b'{"jid": "x"}', code=codes.ADDRESSES)
    assert '"jid": "x"' in text_of(owner.get(f"/events/quarantine/{event.pk}"))


def test_a_secret_of_the_link_is_nobodys_to_read(owner: Client) -> None:
    event = quarantined(b"the link's secret", code=codes.ROTATE_ADV_SECRET)
    page = owner.get(f"/events/quarantine/{event.pk}").content.decode()
    assert "the link" not in page
    assert b"the link's secret".hex(" ")[:20] not in page


def test_one_is_put_back_in_line(owner: Client) -> None:
    event, other = quarantined(), quarantined()
    said = text_of(owner.post(f"/events/quarantine/{event.pk}", follow=True))
    assert "1 event is back in line." in said
    event.refresh_from_db()
    other.refresh_from_db()
    assert (event.state, event.error) == (InboxEvent.State.PENDING, None)
    assert other.state == InboxEvent.State.QUARANTINED
    assert owner.get(f"/events/quarantine/{event.pk}").status_code == 404
    again = text_of(owner.post(f"/events/quarantine/{event.pk}", follow=True))
    assert "not in quarantine any more" in again


def test_all_are_put_back_after_a_question(owner: Client) -> None:
    for _ in range(3):
        quarantined()
    handled = build_inbox_event(state=InboxEvent.State.HANDLED)
    assert "(3)" in text_of(owner.get("/events/quarantine/replay", headers=htmx("dialog")))
    said = text_of(owner.post("/events/quarantine/replay", follow=True))
    assert "3 events are back in line." in said
    assert InboxEvent.objects.pending().count() == 3
    handled.refresh_from_db()
    assert handled.state == InboxEvent.State.HANDLED


@about_sqlite
def test_the_quarantine_is_walked_along_its_index(owner: Client) -> None:
    for number in range(60):
        quarantined(code=codes.PRESENCE + number % 2)
    plan = plans(lambda: owner.get("/events/quarantine"), "whatsapp_inboxevent")
    assert "inbox_state" in plan
    assert "TEMP B-TREE" not in plan
    assert 'rel="next"' in owner.get("/events/quarantine").content.decode()
