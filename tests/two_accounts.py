"""Two accounts full of data, of which each has its own: `home`, which is the default one, and `office`.

Both know Alice and are in the family's group, in which they have got the same message: what is shared by two
numbers of one household is where a mistake would show.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.test import override_settings

from tests.builders import (
    ALICE,
    FAMILY,
    NOON,
    build_account,
    build_action,
    build_call,
    build_chat,
    build_contact,
    build_delivery,
    build_delivery_attempt,
    build_edit,
    build_event,
    build_group,
    build_group_change,
    build_history_sync,
    build_inbox_event,
    build_label,
    build_label_association,
    build_media,
    build_message,
    build_newest_reaction,
    build_newsletter,
    build_participant,
    build_poll_vote,
    build_presence,
    build_presence_change,
    build_receipt,
    build_story,
    build_story_view,
    build_webhook,
)
from whatsapp import events
from whatsapp.accounts import WAYS
from whatsapp.models import Account, Action, Delivery, DeliveryAttempt, Lease, Media, Message, Webhook
from whatsapp.records import message_key, message_record
from whatsapp.slugs import is_slug

HOME, OFFICE = settings.SESSION_NAME, "office"
SHARED_ID = "3EB0SHARED"


@dataclass(frozen=True, slots=True)
class World:
    """An account with everything, and what its things are called. `word` is in all that somebody wrote."""

    account: Account
    word: str
    jid: str
    friend: str
    group: str
    newsletter: str
    message: Message
    media: Media
    failed: Media
    story: Any
    call: Any
    act: Action
    failed_act: Action
    webhook: Webhook
    delivery: Delivery


def build_home() -> World:
    return everything(HOME, "hearth", "1555201")


def build_office() -> World:
    with override_settings(SESSION_NAME=OFFICE):
        return everything(OFFICE, "ledger", "1555902")


def everything(name: str, word: str, digits: str) -> World:
    """One of each kind of row, all of the account that SESSION_NAME names."""
    jid, friend, lid = (f"{digits}{end}" for end in ("0199@s.whatsapp.net", "0100@s.whatsapp.net", "81@lid"))
    group, newsletter = f"120363{digits}01@g.us", f"120363{digits}02@newsletter"
    account = build_account(
        jid=jid, lid=f"{digits}99@lid", device=f"{digits}0199:3@s.whatsapp.net", push_name=f"Olivia {word}"
    )
    build_contact(jid, name=f"Me {word}")
    build_contact(
        friend,
        lid=lid,
        name=f"Friend {word}",
        notify_name=f"notify {word}",
        status_text=f"about {word}",
        phone_number=f"{digits}0100",
        profile_pic_url=f"https://pps.example/{word}.jpg",
    )
    build_contact(ALICE, name=f"Alice {word}")
    build_chat(friend, name=f"Friend {word}", last_message_ts=NOON, last_message_body=f"last {word}")
    build_chat(ALICE, name=f"Alice {word}", unread_count=1)
    build_chat(FAMILY, name=f"Family {word}")
    build_group(FAMILY, name=f"Family {word}", invite_code=f"code-family-{word}")
    own_group = build_group(
        group,
        name=f"Group {word}",
        description=f"for {word}",
        invite_code=f"code-{word}",
        participant_count=2,
    )
    build_participant(friend, own_group)
    build_group_change(group=own_group, value=f"once {word}")

    message = build_message(f"tea {word}", chat=friend, raw=True, push_name=f"pushed {word}", is_starred=True)
    build_edit(message, f"tee {word}", at=NOON - 60)
    build_edit(message, f"tea {word}", at=NOON)
    Message.objects.filter(pk=message.pk).update(edited_at=message.created_at)
    build_newest_reaction(message, sender=friend)
    shared = build_message(f"shared {word}", chat=FAMILY, sender=friend, message_id=SHARED_ID)
    build_newest_reaction(shared, "❤️" if word == "ledger" else "👍", sender=ALICE)
    mine = build_message(f"mine {word}", chat=friend, from_me=True, sender=jid)
    build_receipt(mine, friend, read_at=NOON)
    poll = build_message(
        None,
        chat=friend,
        message_type="poll",
        poll_name=f"lunch {word}",
        poll_options=[f"soup {word}", "cake"],
    )
    build_poll_vote(poll, f"soup {word}", voter=friend)
    build_label_association(message, build_label(f"label-{word}", name=f"Label {word}"))
    picture = build_message(f"picture {word}", chat=friend, message_type="image", has_media=True)
    media = build_media(f"bytes of {word}".encode(), message=picture, original_filename=f"{word}.jpg")
    lost = build_message(f"lost {word}", chat=friend, message_type="image", has_media=True)
    failed = build_media(
        None, message=lost, original_filename=f"lost-{word}.jpg", download_status="failed", next_attempt_at=1
    )
    story = build_story(f"story {word}", sender=jid, from_me=True)
    build_story_view(story, friend)
    call = build_call(friend)
    build_presence(friend, last_seen=NOON)
    build_presence_change(friend)
    build_newsletter(newsletter, name=f"News {word}", description=f"new {word}")

    payload = {"jid": friend, "text": f"act {word}", "quoted_id": None, "mentions": []}
    act = build_action(jid=friend, payload=payload, status="queued", idempotency_key=f"once {word}")
    failed_act = build_action(jid=friend, payload=payload, status="failed", error=f"No, {word}.")
    build_inbox_event(f"inbox {word}".encode(), state=3, error=f"ValueError: {word}")
    build_history_sync(sync_type="recent")
    Lease.objects.create(account=account, holder=f"holder {word}", host=f"host of {word}")
    build_event(events.CONNECTION_STATUS, {"status": "connected", "jid": jid})
    told = {"record": message_record(message), "key": message_key(message), "type": "notify"}
    event = build_event(events.MESSAGES_UPSERT, told, message_id=message.pk)
    webhook = build_webhook(f"https://{word}.example/hook")
    tried = {"attempts": 1, "last_attempt_at": NOON * 1000, "last_status_code": 200, "last_duration_ms": 12}
    delivery = build_delivery(webhook, event, status="delivered", **tried)
    build_delivery_attempt(delivery, answer=f"answer {word}")
    assert is_slug(name)
    return World(
        *(account, word, jid, friend, group, newsletter, message, media, failed, story, call),
        *(act, failed_act, webhook, delivery),
    )


def texts_of(account: Account) -> set[str]:
    """Every text in the account's rows that somebody could know it by."""
    found = set(texts_in([account.jid, account.lid, account.device, account.push_name]))
    rows = [
        row for model, way in WAYS.items() for row in model._base_manager.filter(**{way: account.pk}).values()
    ]
    rows += Webhook.objects.filter(account=account).values()
    rows += Delivery.objects.filter(webhook__account=account).values()
    rows += DeliveryAttempt.objects.filter(delivery__webhook__account=account).values()
    found.update(texts_in(rows))
    return {text for text in found if len(text) > 3}


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            yield from texts_in(one)
    elif isinstance(value, str):
        yield value
        yield value.partition("@")[0]
    elif isinstance(value, datetime):
        return


def only_of(one: World, other: World) -> set[str]:
    """The texts of the one's that the other has not got, and its words and the keys of what sorts by time."""
    keys = {str(key) for key in (one.message.pk, one.media.pk, one.failed.pk, one.story.pk)}
    return (texts_of(one.account) - texts_of(other.account)) | keys | {one.word}
