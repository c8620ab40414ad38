"""Conversations as they are read."""

import re
from collections.abc import Callable
from copy import copy
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.builders import (
    ALICE,
    ALICE_LID,
    BOB,
    CHARLIE_LID,
    FAMILY,
    NEWS,
    NOON,
    OWNER,
    build_account,
    build_call,
    build_chat,
    build_contact,
    build_edit,
    build_group,
    build_group_change,
    build_media,
    build_message,
    build_newest_reaction,
    build_newsletter,
    build_participant,
    build_poll_vote,
    build_presence,
    build_reaction,
    build_receipt,
)
from tests.dashboard.conftest import htmx, text_of
from tests.tools import about_sqlite
from whatsapp.models import Chat, Message

pytestmark = pytest.mark.django_db

TALK = f"/messages/{ALICE}"
DAY = 86_400


def page_of(browser: Client, path: str, **headers: str) -> str:
    response = browser.get(path, headers=headers)
    assert response.status_code == 200, response.content
    return str(response.content.decode())


def log_of(browser: Client, path: str) -> str:
    """What a person reads of a conversation itself."""
    page = page_of(browser, path)
    log = page[page.index('id="log"') : page.index('id="to-newest"')]
    return " ".join(re.sub(r"<[^>]+>", " ", "<" + log).split())


def write(count: int, chat: str = ALICE, start: int = NOON) -> list[Message]:
    """That many messages, a minute apart: `text 1`, `text 2`, …"""
    return [
        build_message(f"text {number}.", chat=chat, at=start + 60 * number) for number in range(1, count + 1)
    ]


# The list


def test_chats_are_listed_with_the_newest_first_and_pinned_ones_at_the_top(owner: Client) -> None:
    build_chat(ALICE, last_message_ts=NOON)
    build_chat(BOB, last_message_ts=NOON + 5)
    build_group()
    build_chat(FAMILY, last_message_ts=NOON - 5, is_pinned=True)
    build_contact(ALICE, name="Alice")
    build_contact(BOB, name="Bob")
    text = text_of(owner.get("/messages"))
    assert text.index("Family") < text.index("Bob") < text.index("Alice")


def test_a_chat_shows_what_was_said_last_and_by_whom(owner: Client) -> None:
    build_group()
    build_chat(FAMILY, last_message_ts=NOON, unread_count=3)
    build_contact(ALICE, name="Alice")
    message = build_message("Dinner at eight", chat=FAMILY, sender=ALICE)
    build_reaction(message, at=NOON + 9)
    build_chat(ALICE, last_message_ts=NOON)
    build_message(None, message_type="image", from_me=True, status="read")
    text = text_of(owner.get("/messages"))
    assert "Alice: Dinner at eight" in text
    assert "3 unread" in text
    assert "Read Photo" in text


def test_chats_are_found_by_name_and_narrowed(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_chat(ALICE, name="Alice", last_message_ts=NOON)
    build_chat(BOB, name="Bob", last_message_ts=NOON, unread_count=1)
    build_chat(FAMILY, name="Family", last_message_ts=NOON, is_archived=True)

    def listed(query: str) -> list[str]:
        text = text_of(owner.get("/messages" + query, headers=htmx("chats")))
        return [name for name in ("Alice", "Bob", "Family") if name in text.replace("“", "")]

    assert listed("") == ["Alice", "Bob"]
    assert listed("?q=ali") == ["Alice"]
    assert listed("?only=unread") == ["Bob"]
    assert listed("?only=archived") == ["Family"]
    assert listed("?only=groups") == []
    assert "Everything is read" not in text_of(owner.get("/messages?only=unread"))


def test_a_number_that_has_no_chat_can_be_written_to(owner: Client) -> None:
    page = page_of(owner, "/messages?q=%2B1 555 0133000")
    assert 'href="/messages/15550133000@s.whatsapp.net"' in page
    assert "Write the first one" in text_of(owner.get("/messages/15550133000@s.whatsapp.net"))


def test_without_a_phone_one_is_led_to_linking_it(owner: Client) -> None:
    build_account(status="disconnected", device=None)
    assert "Link a phone" in text_of(owner.get("/messages"))
    build_account(device="15550199:3@s.whatsapp.net")
    assert "No chats yet" in text_of(owner.get("/messages"))


def test_the_list_costs_the_same_however_long_it_is(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    def grow(first: int, last: int) -> int:
        for number in range(first, last):
            jid = f"4915100000{number:03}@s.whatsapp.net"
            build_contact(jid, name=f"Person {number}")
            build_chat(jid, last_message_ts=NOON + number)
            build_message(f"Hello {number}", chat=jid)
        return count_queries(lambda: owner.get("/messages"))

    assert grow(1, 4) == grow(4, 30)


# A conversation


def test_own_messages_and_those_of_others_stand_on_their_sides_with_their_ticks(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_message("From her")
    mine = build_message("From me", from_me=True, status="delivered")
    page = page_of(owner, TALK)
    assert page.count('class="message mine') == 1
    assert page.count("<h1") == 1
    text = text_of(owner.get(TALK))
    assert "You: From me" in text
    assert "Delivered" in text
    assert f'id="m-{mine.pk}"' in page


def test_a_lid_and_a_bare_number_lead_to_the_persons_chat(owner: Client) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    build_message("Hello")
    for address in (ALICE_LID, "15550100"):
        assert owner.get(f"/messages/{address}?day=2024-05-01")["Location"] == TALK + "?day=2024-05-01"
    assert owner.get("/messages/nobody!").status_code == 404


def test_names_and_texts_of_others_can_do_nothing(owner: Client) -> None:
    evil = '<script>alert(1)</script> "><img src=x onerror=alert(1)>'
    build_group(name=evil)
    build_contact(ALICE, name=evil)
    message = build_message(evil, chat=FAMILY, sender=ALICE, quoted_id="X", quoted_body=evil)
    build_media(message=message, original_filename=evil, kind="document", mime_type="text/html")
    build_message(evil, chat=FAMILY, sender=ALICE, message_type="notification")
    build_message(None, chat=FAMILY, sender=ALICE, message_type="poll", poll_name=evil, poll_options=[evil])
    Message.objects.filter(pk=message.pk).update(has_media=True)
    for path in ("", f"/{message.pk}", f"/{message.pk}/forward", f"/{message.pk}/delete"):
        page = page_of(owner, f"/messages/{FAMILY}{path}")
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_texts_are_shown_as_they_were_meant(owner: Client) -> None:
    build_contact(BOB, name="Bob")
    build_message(
        "*Bold*, _slanted_, ~gone~, ```x*y*```, see https://example.org/a_b_c?x=1&y=2. @15550111!",
        mentions=[BOB],
    )
    page = page_of(owner, TALK)
    assert "<strong>Bold</strong>, <em>slanted</em>, <s>gone</s>, <code>x*y*</code>" in page
    assert 'href="https://example.org/a_b_c?x=1&amp;y=2" target="_blank"' in page
    assert '<b class="mention">@Bob</b>!' in page


def test_days_are_those_of_the_readers_time_zone(owner: Client) -> None:
    owner.cookies["hub_time_zone"] = "Pacific/Auckland"
    build_message("Hello", at=NOON)  # midnight there
    build_message("Bye", at=NOON - 60)
    page = page_of(owner, TALK)
    assert 'data-day="2024-05-01"' in page
    assert 'data-day="2024-05-02"' in page


def test_reactions_are_put_together_and_say_whose_they_are(owner: Client) -> None:
    build_contact(BOB, name="Bob")
    message = build_message("Good news")
    for sender in (BOB, OWNER, CHARLIE_LID):
        build_newest_reaction(message, "🎉", sender=sender)
    build_newest_reaction(message, "👍", sender=ALICE)
    build_reaction(message, "🎉")
    page = page_of(owner, TALK)
    assert "🎉 3" in page
    assert "Bob, You, Hidden number" in page
    assert page.count("<article") == 1  # a reaction is no message of its own


def test_what_was_deleted_can_still_be_read(owner: Client) -> None:
    build_message("Secret", is_deleted=True, deleted_at=timezone.now(), deleted_by=build_contact(ALICE))
    text = text_of(owner.get(TALK))
    assert "deleted this message Show what it was Secret" in text


def test_a_quote_leads_to_what_it_quotes(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    first = build_message("When do we meet?")
    build_message("At noon", from_me=True, quoted_id=first.message_id, quoted_body="When")
    build_message("Not stored", quoted_id="GONE", quoted_body="An old text")
    page = page_of(owner, TALK)
    assert f'href="{TALK}?message={first.message_id}#m-{first.pk}" data-jump="m-{first.pk}"' in page
    assert "An old text" in page


def test_each_kind_of_message_says_what_it_is(owner: Client) -> None:
    build_message(None, message_type="order")
    build_message("Here", message_type="location", latitude=46.5, longitude=-10.25, location_name="The hut")
    card = {"name": "Bob", "phones": [{"number": "+1 555 0111", "waid": "15550111", "label": None}]}
    build_message("Bob", message_type="contact", contacts=[card])
    build_message(
        "Hut evening", message_type="event", details={"event": {"name": "Hut evening", "start": NOON}}
    )
    build_message(None, message_type="teleport")
    build_message(None, message_type="call_log", details={"call": {"is_video": True, "outcome": "missed"}})
    build_message("Look", message_type="text", is_forwarded=True, is_starred=True, is_view_once=True)
    page, text = page_of(owner, TALK), text_of(owner.get(TALK))
    assert "https://www.openstreetmap.org/?mlat=46.5&amp;mlon=-10.25" in page
    assert f'href="/messages/{BOB}"' in page.replace("%40", "@")
    for words in ("Order", "The hut", "Hut evening", "kind “teleport”", "Missed video call", "Forwarded"):
        assert words in text
    assert "Starred" in text
    assert "View once" in text


def test_files_are_shown_played_or_offered_and_those_that_are_missing_say_why(owner: Client) -> None:
    image = build_media(width=640, height=480)
    voice = build_message(None, message_type="audio", has_media=True, details={"is_voice_note": True})
    build_media(message=voice, kind="audio", mime_type="audio/ogg; codecs=opus", duration=7)
    paper = build_message("Read it", message_type="document", has_media=True)
    build_media(message=paper, kind="document", mime_type="application/pdf", original_filename="plan.pdf")
    lost = build_message(None, message_type="image", has_media=True)
    build_media(None, message=lost, download_status="failed", download_error="WhatsApp has it no more.")
    page, text = page_of(owner, TALK), text_of(owner.get(TALK))
    assert f'src="/api/media/{image.pk}/download"' in page
    assert 'width="640" height="480"' in page
    assert '<audio controls preload="none"' in page
    assert "0:07" in text
    assert "plan.pdf PDF" in text
    assert "The download failed: WhatsApp has it no more." in text
    assert f'action="{TALK}/{lost.pk}/file"' in page.replace("%40", "@")


def test_a_poll_shows_how_it_stands(owner: Client) -> None:
    build_contact(BOB, name="Bob")
    poll = build_message(None, message_type="poll", poll_name="Lunch?", poll_options=["Soup", "Salad"])
    build_poll_vote(poll, "Soup")
    page, text = page_of(owner, TALK), text_of(owner.get(TALK))
    assert "Soup 1 vote : Bob" in text.replace("vote:", "vote :")
    assert 'value="100" aria-label="Soup: 100 percent of the votes"' in page
    assert "1 voted" in text


def test_calls_and_what_people_do_to_a_group_stand_between_the_messages(owner: Client) -> None:
    build_message("Before", at=NOON - 60)
    build_call(started_at=NOON)
    build_message("After", at=NOON + 60)
    text = log_of(owner, TALK)
    assert text.index("Before") < text.index("Missed call") < text.index("After")
    build_message("Hello", chat=FAMILY, sender=ALICE, at=NOON - 60)
    build_group_change(
        "add", actor=build_contact(ALICE, name="Alice"), contact=build_contact(BOB, name="Bob")
    )
    build_call(chat=build_chat(ALICE), started_at=NOON, call_id="OTHER")
    assert "added Bob" in text_of(owner.get(f"/messages/{FAMILY}"))


def test_what_is_not_read_yet_is_marked_where_it_begins(owner: Client) -> None:
    build_message("Old", at=NOON)
    build_message("New", at=NOON + 60)
    Chat.objects.update(read_at=NOON, unread_count=1)
    text = log_of(owner, TALK)
    assert text.index("Old") < text.index("1 unread message") < text.index("New")


# Windows


def test_a_conversation_opens_at_its_newest_messages_and_goes_on_both_ways(owner: Client) -> None:
    messages = write(120)
    page = page_of(owner, TALK)
    assert "text 120." in page
    assert "text 71." in page
    assert "text 70." not in page
    assert f"?before={messages[70].pk}" in page
    assert "?after=" not in page
    piece = page_of(owner, f"{TALK}?before={messages[70].pk}", **htmx("piece"))
    assert "<html" not in piece
    assert "text 70." in piece
    assert "text 21." in piece
    assert "text 20." not in piece
    back = page_of(owner, f"{TALK}?after={messages[19].pk}")
    assert "text 21." in back
    assert "text 20." not in back


def test_a_conversation_opens_at_a_message_whoever_sent_it(owner: Client) -> None:
    messages = write(120)
    mine = build_message("Mine", from_me=True, at=NOON + 60 * 60 + 1)
    page = page_of(owner, f"{TALK}?message={mine.message_id}")
    assert 'data-anchor data-id="' + mine.message_id in page
    assert "found" in page
    assert "text 60." in page
    assert "text 120." not in log_of(owner, f"{TALK}?message={mine.message_id}")
    assert "?before=" in page
    assert "?after=" in page
    reaction = build_reaction(messages[3])
    assert 'data-anchor data-id="' + messages[3].message_id in page_of(
        owner, f"{TALK}?message={reaction.message_id}"
    )
    assert "That message is not stored" in text_of(owner.get(f"{TALK}?message=NOWHERE"))


def test_a_conversation_opens_at_a_day_of_the_readers(owner: Client) -> None:
    owner.cookies["hub_time_zone"] = "America/New_York"
    write(30, start=NOON - DAY)
    first = build_message("In the morning there", at=NOON - 4 * 3600)  # four in the morning there
    write(30, start=NOON + DAY)
    page = page_of(owner, f"{TALK}?day=2024-05-01")
    assert f'data-anchor data-id="{first.message_id}"' in page
    assert "That is no date" in text_of(owner.get(f"{TALK}?day=soon"))
    assert "text 30." in page_of(owner, f"{TALK}?day=2031-01-01")
    assert "text 1." in page_of(owner, f"{TALK}?day=1971-01-01")


def test_messages_are_shown_anew_by_their_ids_and_new_ones_after_the_last(owner: Client) -> None:
    first, last = build_message("One"), build_message("Two", at=NOON + 60)
    Message.objects.filter(pk=first.pk).update(body="One, edited")
    build_message("Three", at=NOON + 120)
    elsewhere = build_message("Elsewhere", chat=BOB)
    page = page_of(owner, f"{TALK}/bubbles?ids={first.message_id},{elsewhere.message_id}&after={last.pk}")
    assert "One, edited" in page
    assert "Three" in page
    assert "Two" not in page
    assert "Elsewhere" not in page
    assert "data-day" not in page  # it is the day of the message before


def copies(message: Message, count: int) -> None:
    """That many more of a message, with all that a bubble can have."""
    made = []
    for number in range(count):
        other = copy(message)
        other.pk = message.pk + ((number + 1) << 20)
        other.message_id = f"{message.message_id}-{number}"
        other.timestamp = message.timestamp + number + 1
        made.append(other)
    Message.objects.bulk_create(made)


def a_bit_of_everything(start: int) -> None:
    build_group()
    contact = build_contact(ALICE, name="Alice")
    sent = build_message("Mine", chat=FAMILY, from_me=True, at=start, status="read")
    build_receipt(sent, delivered_at=start)
    build_message("Hers", chat=FAMILY, sender=ALICE, at=start + 1, quoted_id=sent.message_id, mentions=[BOB])
    edited = build_message("New", chat=FAMILY, sender=ALICE, at=start + 2, edited_at=timezone.now())
    build_edit(edited, "Old", start + 2)
    build_newest_reaction(edited)
    poll = build_message(
        None, chat=FAMILY, sender=ALICE, at=start + 3, message_type="poll", poll_name="?", poll_options=["a"]
    )
    build_poll_vote(poll, "a")
    build_media(message=build_message(None, chat=FAMILY, sender=ALICE, at=start + 4, has_media=True))
    build_group_change(actor=contact, contact=contact, timestamp=start + 5)


def test_ten_messages_cost_as_many_queries_as_fifty(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    path = f"/messages/{FAMILY}"
    for number in range(2):
        a_bit_of_everything(NOON + 10 * number)
    assert page_of(owner, path).count("<article") == 10
    few = count_queries(lambda: owner.get(path))
    for number in range(2, 10):
        a_bit_of_everything(NOON + 10 * number)
    assert page_of(owner, path).count("<article") == 50
    assert count_queries(lambda: owner.get(path)) == few


@about_sqlite
@pytest.mark.parametrize("query", ["", "?message=MIDDLE", "?day=2024-05-01", "?before={key}", "?after={key}"])
def test_every_window_is_a_walk_along_an_index(owner: Client, query: str) -> None:
    message = build_message("Hello", message_id="MIDDLE", from_me=True, quoted_id="MIDDLE")
    build_message("Elsewhere", chat=FAMILY, sender=ALICE)
    build_call()
    copies(message, 2000)
    with CaptureQueriesContext(connection) as queries:
        page_of(owner, TALK + query.format(key=message.pk + (1000 << 20)))
    plans = plans_of(queries)
    assert any("INDEX message_chat" in plan for plan in plans)
    for plan in plans:
        assert "TEMP B-TREE" not in plan, plan
        if not plan.startswith("SCAN json_each "):  # the values that a statement is given
            assert not ("SCAN" in plan and "whatsapp_message" in plan), plan


def plans_of(queries: CaptureQueriesContext) -> list[str]:
    plans: list[str] = []
    with connection.cursor() as cursor:
        for query in queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"].replace("%", "%%"), [])
                plans += [f"{row[3]} in {query['sql'][:200]}" for row in cursor.fetchall()]
    return plans


# Who is there, and where one may write


def test_the_head_says_what_the_other_side_does(owner: Client) -> None:
    chat = build_chat()
    now = int(timezone.now().timestamp() * 1000)
    presence = build_presence(chat_state="composing", chat=chat, chat_state_at=now)
    head = htmx("head")
    assert "typing …" in text_of(owner.get(TALK, headers=head))
    presence.chat_state_at = now - 60_000
    presence.save()
    assert "online" in text_of(owner.get(TALK, headers=head))
    build_participant(BOB, added_at=NOON)
    build_presence(BOB, chat_state="recording", chat=build_chat(FAMILY), chat_state_at=now)
    build_contact(BOB)
    assert "is recording audio …" in text_of(owner.get(f"/messages/{FAMILY}", headers=head))


def test_only_admins_write_where_only_admins_may(owner: Client) -> None:
    build_group(is_announce=True)
    build_message("Hello", chat=FAMILY, sender=ALICE)
    path = f"/messages/{FAMILY}"
    assert "Only admins may write" in text_of(owner.get(path))
    assert 'id="composer"' not in page_of(owner, path)
    build_participant(OWNER, role="admin")
    assert 'id="composer"' in page_of(owner, path)


def test_nobody_writes_to_channels_and_stories(owner: Client) -> None:
    build_newsletter()
    build_message("News", chat=NEWS, sender=ALICE, views=7, reaction_counts={"👍": 5})
    page, text = page_of(owner, f"/messages/{NEWS}"), text_of(owner.get(f"/messages/{NEWS}"))
    assert 'id="composer"' not in page
    assert "7 views" in text
    assert "👍 5" in text
    assert 'id="composer"' not in page_of(owner, "/messages/status@broadcast")


def test_without_a_line_one_is_told_so(owner: Client) -> None:
    build_account(status="disconnected", device="15550199:3@s.whatsapp.net")
    build_message()
    assert "WhatsApp is not connected" in text_of(owner.get(TALK))
    assert 'data-connected="no"' in page_of(owner, TALK)
