"""Rows for tests: each with what a test does not care about filled in.

The cast: the account is the owner's; Alice and Bob are people, Charlie is known by his LID alone.
"""

import itertools
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from whatsapp import api_keys, events
from whatsapp.media_files import store
from whatsapp.models import (
    Account,
    Action,
    ApiKey,
    Call,
    Chat,
    Connection,
    Contact,
    Delivery,
    DeliveryAttempt,
    Event,
    Group,
    GroupChange,
    GroupParticipant,
    HistorySync,
    InboxEvent,
    Label,
    LabelAssociation,
    Media,
    Message,
    MessageEdit,
    Newsletter,
    PollVote,
    Presence,
    PresenceChange,
    Process,
    Reaction,
    Receipt,
    Story,
    StoryView,
    Webhook,
)
from whatsapp.models.api_key import Scope
from whatsapp.models.message import KEY_BITS
from whatsapp.protobuf import neonize_pb2
from whatsapp.webhooks import replaying, subscriptions

OWNER = "15550199@s.whatsapp.net"
ALICE, ALICE_LID = "15550100@s.whatsapp.net", "81000@lid"
BOB = "15550111@s.whatsapp.net"
CHARLIE_LID = "83000@lid"
FAMILY = "120363000000000001@g.us"
NEWS = "120363000000000002@newsletter"

NOON = 1_714_564_800  # 2024-05-01 12:00:00 UTC

# Processes that write to one database must not choose the same keys and ids.
_numbers = itertools.count(int(time.time() * 50) % (1 << 19))


def build_account(status: str = Connection.Status.CONNECTED, **fields: Any) -> Account:
    """The default account; its connection has `status`."""
    account = Account.default()
    Account.objects.filter(pk=account.pk).update(**{"jid": OWNER, **fields})
    Connection.objects.filter(account=account).update(status=status, since=NOON)
    found = Account.objects.named(account.name)
    assert isinstance(found, Account)
    return found


def build_api_key(
    *scopes: str, chats: list[str] | None = None, accounts: list[Account] | None = None, **fields: Any
) -> tuple[ApiKey, str]:
    """A key with these scopes (else all of them) and its row, on which `fields` are set."""
    only = None if accounts is None else [account.pk for account in accounts]
    row, key = api_keys.create("Bot", map(Scope, scopes or Scope.values), accounts=only, chats=chats)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row, key


def build_contact(jid: str = ALICE, **fields: Any) -> Contact:
    now = timezone.now()
    contact, _ = Contact.objects.get_or_create(
        account=Account.default(),
        jid=jid,
        defaults={"first_seen_at": now, "updated_at": now, **fields},
    )
    return contact


def build_chat(jid: str = ALICE, **fields: Any) -> Chat:
    now = timezone.now()
    chat, _ = Chat.objects.get_or_create(
        account=Account.default(),
        jid=jid,
        defaults={"created_at": now, "updated_at": now, "is_group": jid.endswith("@g.us"), **fields},
    )
    return chat


def build_message(
    body: str | None = "Hello",
    *,
    chat: str | Chat = ALICE,
    sender: str | Contact | None = None,
    at: int = NOON,
    raw: bool = False,
    **fields: Any,
) -> Message:
    """A message in the chat with `chat`, from `sender` (the chat's person, or the owner if `from_me`)."""
    number = next(_numbers)
    conversation = build_chat(chat) if isinstance(chat, str) else chat
    from_me = bool(fields.pop("from_me", False))
    who = sender or (OWNER if from_me else conversation.jid)
    content = {
        "id": at << KEY_BITS | number,
        "account": conversation.account,
        "chat": conversation,
        "sender": build_contact(who) if isinstance(who, str) else who,
        "message_id": f"3EB0{number:08X}",
        "from_me": from_me,
        "timestamp": at,
        "message_type": "text",
        "body": body,
        "created_at": datetime.fromtimestamp(at, UTC),
        "raw": raw_bytes(body or "") if raw else None,
        **fields,
    }
    return Message.objects.create(**content)


def raw_bytes(text: str) -> bytes:
    """A Message event of neonize's with that text; it requires what the others leave empty."""
    event = neonize_pb2.Message()
    event.Message.conversation = text
    return event.SerializePartialToString()


def build_reaction(target: Message, emoji: str | None = "👍", sender: str = BOB, **fields: Any) -> Message:
    return build_message(
        None,
        chat=target.chat,
        sender=sender,
        message_type="reaction",
        reaction_emoji=emoji,
        reaction_target_id=target.message_id,
        **fields,
    )


def build_edit(message: Message, body: str = "Helo", at: int = NOON) -> MessageEdit:
    return MessageEdit.objects.create(message=message, body=body, edited_at=datetime.fromtimestamp(at, UTC))


def build_receipt(message: Message, jid: str = ALICE, **times: int) -> Receipt:
    return Receipt.objects.create(
        message_id=message.message_id, chat=message.chat, contact=build_contact(jid), **times
    )


def build_media(
    content: bytes | None = b"a picture", *, message: Message | None = None, **fields: Any
) -> Media:
    """The file of a message; stored below MEDIA_DIR unless `content` is None, and then still to download."""
    owner = message or build_message("Look", message_type="image", has_media=True)
    described: dict[str, Any] = {
        "id": owner.pk,
        "account": owner.account,
        "kind": "image",
        "mime_type": "image/jpeg",
        "created_at": owner.created_at,
    }
    if content is not None:
        mime_type = str(fields.get("mime_type") or described["mime_type"])
        path, digest = store(content, mime_type, owner.timestamp)
        described |= {
            "file_path": path,
            "file_hash": digest,
            "file_size": len(content),
            "download_status": Media.Status.DOWNLOADED,
        }
    return Media.objects.create(message=owner, **{**described, **fields})


def stored_file(media: Media) -> Path:
    assert media.file_path is not None
    return Path(settings.MEDIA_DIR) / media.file_path


def build_action(kind: str = "send_text", **fields: Any) -> Action:
    return Action.objects.create(account=Account.default(), kind=kind, **fields)


def build_event(event_type: str = events.CONNECTION_STATUS, payload: Any = None, **fields: Any) -> Event:
    event = events.append(Account.default(), event_type, payload or {"status": "connected"})
    if fields:
        Event.objects.filter(pk=event.pk).update(**fields)
        event.refresh_from_db()
    return event


def build_process(kind: str = Process.Kind.WEB, **fields: Any) -> Process:
    """A web or worker process that has just given a sign of life."""
    now = int(time.time())
    described = {"id": f"{kind}-{next(_numbers)}", "started_at": now, "seen_at": now, **fields}
    return Process.objects.create(kind=kind, **described)


def build_inbox_event(data: bytes = b"{}", code: int = 1, **fields: Any) -> InboxEvent:
    return InboxEvent.objects.create(
        account=Account.default(), code=code, data=data, **{"received_at": NOON * 1000, **fields}
    )


def build_history_sync(event: InboxEvent | None = None, **fields: Any) -> HistorySync:
    described = {"sync_type": "recent", "started_at": NOON * 1000, **fields}
    return HistorySync.objects.create(account=Account.default(), event=event, **described)


def build_group(jid: str = FAMILY, **fields: Any) -> Group:
    now = timezone.now()
    group, _ = Group.objects.get_or_create(
        account=Account.default(),
        jid=jid,
        defaults={"name": "Family", "first_seen_at": now, "updated_at": now, **fields},
    )
    return group


def build_participant(jid: str = ALICE, group: Group | None = None, **fields: Any) -> GroupParticipant:
    return GroupParticipant.objects.create(
        group=group or build_group(), contact=build_contact(jid), **{"added_at": NOON, **fields}
    )


def build_group_change(kind: str = GroupChange.Kind.SUBJECT, **fields: Any) -> GroupChange:
    described = {"group": build_group(), "value": "Relatives", "timestamp": NOON, **fields}
    return GroupChange.objects.create(kind=kind, **{"digest": f"{next(_numbers):x}", **described})


def build_newsletter(jid: str = NEWS, **fields: Any) -> Newsletter:
    now = timezone.now()
    described = {"name": "News", "first_seen_at": now, "updated_at": now, **fields}
    return Newsletter.objects.create(account=Account.default(), jid=jid, **described)


def build_presence(jid: str = ALICE, **fields: Any) -> Presence:
    return Presence.objects.create(contact=build_contact(jid), **{"is_online": True, **fields})


def build_presence_change(jid: str = ALICE, at: int = NOON, **fields: Any) -> PresenceChange:
    who = build_contact(jid)
    described = {"state": Presence.State.AVAILABLE, "changed_at": at * 1000, **fields}
    return PresenceChange.objects.create(account=who.account, contact=who, **described)


def build_call(jid: str = ALICE, **fields: Any) -> Call:
    now = timezone.now()
    caller = build_contact(jid)
    described = {
        "account": caller.account,
        "caller": caller,
        "chat": build_chat(jid),
        "call_id": f"CALL{next(_numbers):X}",
        "status": Call.Status.MISSED,
        "started_at": NOON,
        "created_at": now,
        "updated_at": now,
    }
    return Call.objects.create(**{**described, **fields})


def build_story(
    body: str | None = "On the beach", sender: str = ALICE, at: int = NOON, **fields: Any
) -> Story:
    number = next(_numbers)
    who = build_contact(sender)
    described = {
        "id": at << KEY_BITS | number,
        "account": who.account,
        "sender": who,
        "message_id": f"3EB0{number:08X}",
        "from_me": sender == OWNER,
        "timestamp": at,
        "expires_at": at + 24 * 3600,
        "story_type": "text",
        "body": body,
        "created_at": datetime.fromtimestamp(at, UTC),
    }
    return Story.objects.create(**{**described, **fields})


def build_story_view(story: Story, jid: str = BOB, **fields: Any) -> StoryView:
    return StoryView.objects.create(
        account=story.account,
        message_id=story.message_id,
        contact=build_contact(jid),
        **{"viewed_at": story.timestamp + 60, **fields},
    )


def build_newest_reaction(
    target: Message, emoji: str | None = "👍", sender: str = BOB, at: int | None = None
) -> Reaction:
    """The row that says what `sender` thinks of `target` now."""
    return Reaction.objects.create(
        chat=target.chat,
        target_id=target.message_id,
        sender=build_contact(sender),
        emoji=emoji,
        reacted_at=(at or target.timestamp) * 1000,
    )


def build_poll_vote(poll: Message, *options: str, voter: str = BOB) -> PollVote:
    return PollVote.objects.create(
        chat=poll.chat,
        poll_id=poll.message_id,
        voter=build_contact(voter),
        options=list(options),
        voted_at=poll.timestamp * 1000 + 1,
    )


def build_label(label_id: str = "1", **fields: Any) -> Label:
    label, _ = Label.objects.get_or_create(
        account=Account.default(), label_id=label_id, defaults={"name": "New customer", **fields}
    )
    return label


def build_label_association(message: Message, label: Label | None = None) -> LabelAssociation:
    return LabelAssociation.objects.create(
        label=label or build_label(), chat=message.chat, message_id=message.message_id
    )


def build_webhook(url: str = "https://bot.example/hook", **fields: Any) -> Webhook:
    """`prefixes`, `chats`, `headers` and `secret` as `subscriptions.create` takes them; else columns."""
    names = {"prefixes", "chats", "headers", "secret", "source"} & fields.keys()
    asked = {name: fields.pop(name) for name in names}
    account = fields.pop("account") if "account" in fields else Account.default()
    made = subscriptions.create(account, url, **asked)
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    return made


def build_delivery(webhook: Webhook | None = None, event: Event | None = None, **fields: Any) -> Delivery:
    """In line, unless `fields` say something else."""
    logged = event or build_event()
    delivery = replaying.new_delivery((webhook or build_webhook()).pk, logged.pk, logged.event_type)
    for name, value in fields.items():
        setattr(delivery, name, value)
    if delivery.status not in ("pending", "failed"):
        delivery.place = delivery.aside_at = None
    delivery.save()
    return delivery


def build_delivery_attempt(delivery: Delivery | None = None, **fields: Any) -> DeliveryAttempt:
    described = {
        "number": 1,
        "at": NOON * 1000,
        "duration_ms": 12,
        "status_code": 200,
        "answer": "ok",
        **fields,
    }
    return DeliveryAttempt.objects.create(delivery=delivery or build_delivery(), **described)
