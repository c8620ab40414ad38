"""What one does in a conversation: writing, reading, and what a message's menu offers."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.api.conftest import Session
from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    OWNER,
    build_account,
    build_action,
    build_chat,
    build_contact,
    build_edit,
    build_group,
    build_media,
    build_message,
    build_newest_reaction,
    build_receipt,
)
from tests.dashboard.conftest import htmx, text_of
from whatsapp import actions
from whatsapp.models import Action, Chat, Media

pytestmark = pytest.mark.django_db

TALK = f"/messages/{ALICE}"
SENT: dict[str, Any] = {"status": "sent", "result": {"key": {}}}


def kept(owner: Client) -> str:
    """What of the conversation is not sent yet."""
    return text_of(owner.get(TALK, headers=htmx("pending")))


# Writing


def test_a_text_is_queued_and_shown_with_a_clock_until_it_is_there(owner: Client, session: Session) -> None:
    quoted = build_message("When?")
    response = owner.post(f"{TALK}/send", {"text": "At *noon*", "quoted_id": quoted.message_id})
    assert response["Location"] == TALK
    action = Action.objects.get()
    assert (action.kind, action.jid) == ("send_text", ALICE)
    assert action.payload == {
        "jid": ALICE,
        "text": "At *noon*",
        "quoted_id": quoted.message_id,
        "mentions": [],
    }
    assert "At *noon*" in kept(owner)
    assert "Queued" in kept(owner)
    actions.finish(action, "sent", message_id="3EB0DONE")
    assert "At *noon*" in kept(owner)  # WhatsApp has it, the hub has not stored it yet
    build_message("At noon", from_me=True, message_id="3EB0DONE")
    assert "At *noon*" not in kept(owner)


def test_a_script_gets_what_is_not_sent_yet(owner: Client, session: Session) -> None:
    response = owner.post(f"{TALK}/send", {"text": "Hello"}, headers=htmx("pending"))
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert "Hello" in text_of(response)


def test_nothing_is_sent_that_says_nothing_or_may_not_be_sent(owner: Client) -> None:
    response = owner.post(f"{TALK}/send", {"text": "  "})
    assert response.status_code == 422
    assert "Write something first." in text_of(response)
    build_group(is_announce=True)
    response = owner.post(f"/messages/{FAMILY}/send", {"text": "I may not"})
    assert response.status_code == 422
    assert "Only admins may write" in text_of(response)
    assert not Action.objects.exists()


def test_a_text_waits_while_whatsapp_is_away_and_can_be_taken_back(owner: Client) -> None:
    build_account(status="disconnected")
    owner.post(f"{TALK}/send", {"text": "Later"})
    action = Action.objects.get()
    assert "Cancel" in kept(owner)
    response = owner.post(f"{TALK}/acts/{action.pk}/cancel", follow=True)
    assert "It was taken back." in text_of(response)
    action.refresh_from_db()
    assert action.status == "cancelled"
    assert "Later" not in kept(owner)


def test_what_failed_says_why_and_is_tried_again_or_put_away(owner: Client) -> None:
    payload = {"jid": ALICE, "text": "Hello"}
    failed = build_action(
        jid=ALICE, payload=payload, status="failed", error="No such number.", finished_at=timezone.now()
    )
    build_action(jid=BOB, payload={"jid": BOB, "text": "Elsewhere"}, status="failed")
    assert "No such number. Try again" in kept(owner)
    assert "Elsewhere" not in kept(owner)
    owner.post(f"{TALK}/acts/{failed.pk}/retry")
    failed.refresh_from_db()
    assert failed.status == "queued"
    actions.finish(failed, "failed", error="No such number.")
    owner.post(f"{TALK}/acts/{failed.pk}/hide")
    assert "No such number." not in kept(owner)


def test_what_may_have_arrived_is_not_sent_twice(owner: Client) -> None:
    failed = build_action(
        jid=ALICE, payload={"text": "Hi"}, status="failed", error="The line broke.", message_id="3EB0MAYBE"
    )
    assert "It may have arrived" in kept(owner)
    response = owner.post(f"{TALK}/acts/{failed.pk}/retry", follow=True)
    assert "would come twice" in text_of(response)


def test_an_act_of_another_chat_is_not_touched_from_here(owner: Client) -> None:
    other = build_action(jid=BOB, payload={"text": "Hi"})
    assert owner.post(f"{TALK}/acts/{other.pk}/cancel").status_code == 404
    assert owner.post(f"{TALK}/acts/{other.pk}/explode").status_code == 404


# Reading


def test_all_that_is_unread_is_marked_as_read(owner: Client, session: Session) -> None:
    session.will("done")
    old = build_message("Old", at=NOON)
    new = build_message("New", at=NOON + 60)
    build_message("Mine", at=NOON + 61, from_me=True)
    Chat.objects.update(read_at=old.timestamp, unread_count=1)
    owner.post(f"{TALK}/read")
    action = Action.objects.get()
    assert (action.kind, action.payload["message_ids"]) == ("mark_read", [new.message_id])


def test_reading_along_queues_nothing_while_whatsapp_is_away(owner: Client) -> None:
    build_account(status="disconnected")
    build_message("New")
    assert owner.post(f"{TALK}/read", {"automatic": "1"}).status_code == 204
    assert not Action.objects.exists()


def test_a_chat_that_was_marked_by_hand_loses_the_mark(owner: Client, session: Session) -> None:
    session.will("done")
    build_chat(is_marked_unread=True)
    owner.post(f"{TALK}/read")
    action = Action.objects.get()
    assert (action.kind, action.payload) == ("set_chat", {"jid": ALICE, "mark_unread": False})


# A message's menu


def test_the_menu_says_who_has_it_what_it_said_before_and_who_reacted(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    message = build_message("Second", from_me=True, at=NOON, edited_at=timezone.now())
    build_edit(message, "First", NOON)
    build_edit(message, "Second", NOON + 5)
    build_receipt(message, delivered_at=NOON + 1, read_at=NOON + 2)
    build_newest_reaction(message, "🎉", sender=ALICE)
    page = owner.get(f"{TALK}/{message.pk}")
    dialog = owner.get(f"{TALK}/{message.pk}", headers=htmx("dialog"))
    for response in (page, dialog):
        text = text_of(response)
        assert "Alice Read 1 May 2024, 12:00" in text
        assert "What it said before First" in text
        assert "🎉" in text
    assert page.content.decode().count("<h1") == 1
    assert "<html" not in dialog.content.decode()


def test_a_message_of_another_chat_is_not_found_here(owner: Client) -> None:
    build_chat(ALICE)
    other = build_message("Elsewhere", chat=BOB)
    for path in ("", "/react", "/edit", "/delete", "/forward"):
        assert owner.get(f"{TALK}/{other.pk}{path}").status_code == 404


@pytest.mark.parametrize(
    ("path", "form", "kind", "more"),
    [
        ("react", {"emoji": "👍"}, "react", {"emoji": "👍"}),
        ("react", {"emoji": ""}, "react", {"emoji": ""}),
        ("react", {"other": " 🦄 "}, "react", {"emoji": "🦄"}),
        ("star", {"starred": "1"}, "star", {"starred": True}),
        ("star", {}, "star", {"starred": False}),
        ("edit", {"text": "New"}, "edit", {"text": "New"}),
        ("delete", {}, "revoke", {}),
        ("forward", {"to": BOB}, "forward", {"to": BOB}),
    ],
)
def test_each_act_is_queued_for_the_message(
    owner: Client, session: Session, path: str, form: dict[str, str], kind: str, more: dict[str, Any]
) -> None:
    session.will(**SENT)
    message = build_message("Hello", from_me=True)
    response = owner.post(f"{TALK}/{message.pk}/{path}", form)
    assert response.status_code == 302, response.content
    assert response["Location"].endswith(f"?message={message.message_id}#m-{message.pk}")
    action = Action.objects.get()
    assert (action.kind, action.payload) == (kind, {"jid": ALICE, "message_id": message.message_id, **more})


def test_a_dialog_closes_when_its_act_is_done_and_says_why_when_not(owner: Client, session: Session) -> None:
    message = build_message("Hello", from_me=True)
    session.will("failed", error="The message is too old.")
    response = owner.post(f"{TALK}/{message.pk}/edit", {"text": "New"}, headers=htmx("dialog"))
    assert response.status_code == 422
    assert "The message is too old." in text_of(response)
    assert ">New</textarea>" in response.content.decode()
    session.will(**SENT)
    response = owner.post(f"{TALK}/{message.pk}/edit", {"text": "New"}, headers=htmx("dialog"))
    assert "acted" in response["HX-Trigger-After-Swap"]
    assert "The message was edited." in text_of(response)


def test_deleting_asks_first(owner: Client) -> None:
    message = build_message("Hello", from_me=True)
    assert "for everyone?" in text_of(owner.get(f"{TALK}/{message.pk}/delete"))
    assert not Action.objects.exists()


def test_own_messages_alone_offer_to_be_edited_and_deleted(owner: Client) -> None:
    theirs, mine = build_message("Theirs"), build_message("Mine", from_me=True)
    assert "Delete for everyone" not in text_of(owner.get(f"{TALK}/{theirs.pk}"))
    assert "Delete for everyone" in text_of(owner.get(f"{TALK}/{mine.pk}"))


def test_forwarding_finds_chats_by_name_and_needs_one(owner: Client) -> None:
    message = build_message("Hello")
    build_chat(BOB, name="Bob")
    build_chat(FAMILY, name="Family")
    text = text_of(owner.get(f"{TALK}/{message.pk}/forward?find=bo", headers=htmx("forward-to")))
    assert "Bob" in text
    assert "Family" not in text
    assert owner.post(f"{TALK}/{message.pk}/forward", {"to": "nobody"}).status_code == 422
    assert not Action.objects.exists()


def test_a_download_is_tried_again(owner: Client) -> None:
    media = build_media(None, download_status="failed", attempts=8)
    owner.post(f"/messages/{ALICE}/{media.message_id}/file")
    media.refresh_from_db()
    assert (media.download_status, media.attempts) == (Media.Status.PENDING, 0)


def test_a_reply_shows_what_it_answers(owner: Client) -> None:
    message = build_message("Shall we?", sender=OWNER, from_me=True)
    page = owner.get(f"{TALK}?reply={message.pk}")
    assert f'id="quoted_id" value="{message.message_id}"' in page.content.decode()
    assert "You Shall we?" in text_of(page)


def test_messages_are_kept_for_so_many_days(owner: Client) -> None:
    build_message("Hello")
    page = owner.get(f"{TALK}/keep").content.decode()
    assert 'value=""' in page
    response = owner.post(f"{TALK}/keep", {"keep_days": " 30 "}, follow=True)
    assert "Messages are kept for 30 days." in text_of(response)
    assert Chat.objects.get(jid=ALICE).keep_days == 30
    assert 'value="30"' in owner.get(f"{TALK}/keep").content.decode()
    response = owner.post(f"{TALK}/keep", {"keep_days": ""}, follow=True)
    assert "Messages stay." in text_of(response)
    assert Chat.objects.get(jid=ALICE).keep_days is None


@pytest.mark.parametrize("typed", ["0", "-1", "soon", "40000"])
def test_a_wrong_number_of_days_is_said_where_it_was_typed(owner: Client, typed: str) -> None:
    build_message("Hello")
    response = owner.post(f"{TALK}/keep", {"keep_days": typed}, headers=htmx("dialog"))
    assert response.status_code == 422
    assert f'value="{typed}"' in response.content.decode()
    assert 'aria-invalid="true"' in response.content.decode()
    assert Chat.objects.get(jid=ALICE).keep_days is None


def test_a_chat_that_is_not_there_has_no_messages_to_keep(owner: Client) -> None:
    build_contact(ALICE)
    assert owner.get(f"{TALK}/keep").status_code == 404
