"""Every list of the API, and how to make rows for it."""

from collections.abc import Callable
from typing import Any

from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    OWNER,
    build_action,
    build_call,
    build_chat,
    build_contact,
    build_delivery,
    build_delivery_attempt,
    build_edit,
    build_event,
    build_group,
    build_label,
    build_label_association,
    build_media,
    build_message,
    build_newest_reaction,
    build_newsletter,
    build_poll_vote,
    build_presence,
    build_presence_change,
    build_receipt,
    build_story,
    build_webhook,
)
from whatsapp.events import MESSAGES_UPSERT
from whatsapp.models import Account, Message, Webhook
from whatsapp.records import message_key, message_record


def person(number: int) -> str:
    return f"1666{number:06d}@s.whatsapp.net"


def message(number: int) -> None:
    """With something of everything that a message can have."""
    poll = number % 3 == 0
    sent = build_message(
        "tea",
        chat=FAMILY,
        sender=OWNER,
        from_me=True,
        at=NOON + number // 2,
        message_type="poll" if poll else "image",
        poll_options=["tea", "cake"] if poll else None,
        has_media=not poll,
        is_starred=True,
    )
    Message.objects.filter(pk=sent.pk).update(edited_at=sent.created_at)
    build_newest_reaction(sent, sender=person(number))
    build_receipt(sent, person(number), read_at=NOON)
    build_edit(sent, "Tee", at=NOON)
    build_edit(sent, "tea", at=NOON + 1)
    if poll:
        build_poll_vote(sent, "tea", voter=person(number))
    else:
        build_media(None, message=sent)


def chat(number: int) -> None:
    """Some have no message yet, and two share a second."""
    seconds = None if number % 4 == 0 else NOON + number // 2
    build_chat(person(number), name=f"Person {number}", last_message_ts=seconds)


def group(number: int) -> None:
    build_group(f"{10**15 + number}@g.us", name=None if number % 4 == 0 else f"Group {number // 2}")


def receipt(number: int) -> None:
    build_receipt(build_message(from_me=True, at=NOON + number), person(number), delivered_at=NOON)


def receipt_of_one(number: int) -> None:
    one = Message.objects.filter(message_id="ONE").first()
    build_receipt(one or build_message(chat=FAMILY, message_id="ONE"), person(number))


def label_association(number: int) -> None:
    build_label_association(build_message(at=NOON + number))


def account(number: int) -> None:
    Account.objects.get_or_create(name=f"account-{number}")


def delivery(number: int) -> None:
    """Of a message, for a webhook of one chat only."""
    webhook = Webhook.objects.first() or build_webhook(chats=[FAMILY])
    sent = build_message("tea", chat=FAMILY, raw=True)
    payload = {"record": message_record(sent), "key": message_key(sent), "type": "notify"}
    event = build_event(MESSAGES_UPSERT, payload, message_id=sent.pk)
    build_delivery_attempt(build_delivery(webhook, event, status="delivered"))


# path → what makes a row for it
LISTS: dict[str, Callable[[int], Any]] = {
    "/api/messages": message,
    "/api/messages?order=asc": message,
    "/api/messages?search=tea": message,
    f"/api/messages?chat={FAMILY}": message,
    "/api/messages?starred=true&has_reactions=true": message,
    "/api/messages/search?q=tea": message,
    "/api/messages/ONE/receipts": receipt_of_one,
    "/api/chats": chat,
    "/api/chats?search=person": chat,
    "/api/contacts": lambda number: build_contact(
        person(number), name=None if number % 4 == 0 else f"Person {number // 2}"
    ),
    "/api/groups": group,
    "/api/calls": lambda number: build_call(person(number), started_at=NOON + number // 2),
    "/api/presence": lambda number: build_presence(person(number)),
    f"/api/presence/{ALICE}/log": lambda number: build_presence_change(
        at=NOON + number // 2, state=("available", "unavailable")[number % 2]
    ),
    "/api/receipts": receipt,
    "/api/stories": lambda number: build_story(sender=BOB, at=NOON + number // 2),
    "/api/labels": lambda number: build_label(f"{number}"),
    "/api/labels/associations": label_association,
    "/api/newsletters": lambda number: build_newsletter(f"{10**15 + number}@newsletter"),
    "/api/accounts": account,
    "/api/media": lambda number: build_media(None, message=build_message(has_media=True, at=NOON + number)),
    "/api/actions": lambda number: build_action(),
    "/api/webhooks": lambda number: build_webhook(prefixes=["wa.chats"], chats=[ALICE, BOB]),
    "/api/webhooks/deliveries": delivery,
    "/api/webhooks/deliveries?status=delivered": delivery,
    "/api/stats/events": lambda number: build_event(),
    "/api/stats/events?order=asc": lambda number: build_event(),
}
