"""One of everything, in any order, any number of times, in batches of any size: always the same rows."""

import random
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.apps import apps
from django.db.models import ForeignKey, Model

from tests.protobufs import (
    ALICE,
    BOB,
    OLIVIA,
    build_call,
    build_edit,
    build_group,
    build_group_notice,
    build_message,
    build_reaction,
    build_receipt,
    build_revoke,
    build_source,
    build_vote,
    partial,
)
from tests.whatsapp.ingest.arriving import Arrived, arrive, drain
from whatsapp.ingest import codes
from whatsapp.jids import jid_message
from whatsapp.models import (
    Account,
    Action,
    ApiKey,
    Connection,
    Delivery,
    DeliveryAttempt,
    Event,
    HistorySync,
    InboxEvent,
    Lease,
    MessageIndex,
    Preference,
    Process,
    Ticket,
    Webhook,
)
from whatsapp.protobuf import neonize_pb2, waE2E

pytestmark = pytest.mark.django_db

FRIENDS = "120363000000000001@g.us"
NEWS = "120363000000000002@newsletter"
STATUS = "status@broadcast"
BOB_LID = "900015550102@lid"
CAROL, CAROL_LID = "15550103@s.whatsapp.net", "900015550103@lid"
SECRET = bytes(range(32))
START = 1_700_000_000

OF_THE_HUB = (
    *(ApiKey, Preference, Event, InboxEvent, Action, HistorySync, Connection, Lease, MessageIndex),
    *(Process, Ticket, Webhook, Delivery, DeliveryAttempt),
)
OWN_CLOCK = {"id", "created_at", "updated_at", "first_seen_at", "raw", "spooled"}


def one_of_everything() -> Iterator[Arrived]:
    """Events, each with a second of its own."""
    n = neonize_pb2
    seconds = iter(range(START, START + 10_000, 7))

    def message(data: bytes) -> Arrived:
        return codes.MESSAGE, data, next(seconds) * 1000

    def event(code: int, data: Any) -> Arrived:
        return code, data if isinstance(data, bytes) else orjson.dumps(data), next(seconds) * 1000

    def at() -> int:
        return next(seconds)

    # A direct chat
    yield message(build_message("A", "one", timestamp=at()))
    yield message(build_edit("A", "two", moment=at()))
    yield message(build_edit("A", "three", moment=at()))
    yield message(build_message("B", "to go", timestamp=at()))
    yield message(build_revoke("B", timestamp=at()))
    yield message(build_reaction("A", "👍", moment=at()))
    yield message(build_reaction("A", "❤️", moment=at()))
    yield message(build_reaction("B", "👎", moment=at()))
    yield message(build_reaction("B", "", moment=at()))
    pin = waE2E.PinInChatMessage(key={"ID": "A"}, type=waE2E.PinInChatMessage.PIN_FOR_ALL)
    unpin = waE2E.PinInChatMessage(key={"ID": "A"}, type=waE2E.PinInChatMessage.UNPIN_FOR_ALL)
    yield message(build_message("PIN", content=waE2E.Message(pinInChatMessage=pin), timestamp=at()))
    yield message(build_message("UNPIN", content=waE2E.Message(pinInChatMessage=unpin), timestamp=at()))
    timer = waE2E.ProtocolMessage(type=waE2E.ProtocolMessage.EPHEMERAL_SETTING, ephemeralExpiration=604800)
    yield message(build_message("TIMER", content=waE2E.Message(protocolMessage=timer), timestamp=at()))
    yield message(build_message("MINE", "mine", sender=OLIVIA, chat=ALICE, from_me=True, timestamp=at()))
    for kind in (n.Receipt.DELIVERED, n.Receipt.READ, n.Receipt.PLAYED):
        yield event(codes.RECEIPT, build_receipt("MINE", kind=kind, timestamp=at()))
    yield event(codes.RECEIPT, build_receipt("A", kind=n.Receipt.READ_SELF, timestamp=at()))
    yield message(build_message("LATER", "unread", timestamp=at()))
    picture = waE2E.Message(imageMessage={"mimetype": "image/jpeg", "caption": "sea", "directPath": "/x"})
    yield message(build_message("PICTURE", content=picture, timestamp=at()))
    # What could not be decrypted at first turns out to be a text, and a reaction.
    second = at()
    texted = build_message("RETRIED", "at last", timestamp=second)
    reacted = build_reaction("A", "🎉", moment=at(), message_id="RETRIED 2")
    for data in (texted, reacted):
        undecryptable = n.UndecryptableMessage(IsUnavailable=False)
        undecryptable.Info.CopyFrom(n.Message.FromString(data).Info)
        yield event(codes.UNDECRYPTABLE, partial(undecryptable))
        yield message(data)
    unavailable = n.UndecryptableMessage(IsUnavailable=True)
    unavailable.Info.CopyFrom(n.Message.FromString(build_message("ONCE", timestamp=at())).Info)
    yield event(codes.UNDECRYPTABLE, partial(unavailable))

    # A group, in which Bob is known by his LID
    yield event(codes.GROUP, partial(build_group(FRIENDS, "Friends")))
    poll = waE2E.Message(
        pollCreationMessage={"name": "Lunch?", "options": [{"optionName": "Soup"}, {"optionName": "Fish"}]},
        messageContextInfo={"messageSecret": SECRET},
    )
    yield message(build_message("POLL", content=poll, chat=FRIENDS, timestamp=at()))
    for options in (["Soup"], ["Fish", "Soup"], []):
        vote = build_vote("POLL", SECRET, ALICE, ALICE, options, moment=at(), chat=FRIENDS)
        yield message(vote)
    yield message(
        build_vote("POLL", SECRET, ALICE, BOB_LID, ["Fish"], moment=at(), chat=FRIENDS, alternative=BOB)
    )
    yield message(build_message("RUDE", "rude", sender=BOB_LID, chat=FRIENDS, timestamp=at()))
    yield message(build_revoke("RUDE", participant=BOB_LID, chat=FRIENDS, timestamp=at()))
    for name in ("Name", "Topic", "Announce", "Locked", "Ephemeral", "NewInviteLink"):
        value: Any = {
            "Name": {"Name": "Best friends"},
            "Topic": {"Topic": "old and new"},
            "Announce": {"IsAnnounce": True},
            "Locked": {"isLocked": True},
            "Ephemeral": {"IsEphemeral": True, "DisappearingTimer": 86400},
            "NewInviteLink": "https://chat.whatsapp.com/AbC",
        }[name]
        yield event(codes.GROUP_INFO, build_group_notice(FRIENDS, at(), **{name: value}))
    yield event(codes.GROUP_INFO, build_group_notice(FRIENDS, at(), Promote=[BOB]))
    yield event(codes.GROUP_INFO, build_group_notice(FRIENDS, at(), Leave=[BOB], by=BOB))
    yield event(codes.GROUP_INFO, build_group_notice(FRIENDS, at(), Name={"Name": "Friends again"}))
    group_picture = n.Picture(
        JID=jid_message(FRIENDS), Author=jid_message(ALICE), Timestamp=at(), Remove=False
    )
    yield event(codes.PICTURE, partial(group_picture))

    # Presence, calls, stories
    for gone in (False, True):
        online = n.Presence(Unavailable=gone, LastSeen=at() if gone else 0)
        getattr(online, "From").CopyFrom(jid_message(ALICE))  # noqa: B009  (a word of Python's)
        yield event(codes.PRESENCE, partial(online))
    for state in (n.ChatPresence.COMPOSING, n.ChatPresence.PAUSED):
        typing = n.ChatPresence(MessageSource=build_source(ALICE, FRIENDS), State=state)
        yield event(codes.CHAT_PRESENCE, partial(typing))
    yield event(codes.CALL_OFFER, build_call(n.CallOffer, "TAKEN", at()))
    yield event(codes.CALL_ACCEPT, build_call(n.CallAccept, "TAKEN", at()))
    yield event(codes.CALL_TERMINATE, build_call(n.CallTerminate, "TAKEN", at()))
    yield event(codes.CALL_OFFER, build_call(n.CallOffer, "MISSED", at()))
    yield event(codes.CALL_TERMINATE, build_call(n.CallTerminate, "MISSED", at(), reason="timeout"))
    yield message(build_message("STORY", "my day", chat=STATUS, timestamp=at()))
    yield message(build_message("GONE", "not this", chat=STATUS, timestamp=at()))
    yield message(build_revoke("GONE", chat=STATUS, timestamp=at()))
    yield message(build_message("OURS", "ours", sender=OLIVIA, chat=STATUS, from_me=True, timestamp=at()))
    seen = n.Receipt(
        MessageSource=build_source(ALICE, STATUS), MessageIDs=["OURS"], Timestamp=at(), Type=n.Receipt.READ
    )
    yield event(codes.RECEIPT, partial(seen))
    for emoji in ("💚", "😮"):
        yield message(build_reaction("OURS", emoji, moment=at(), chat=STATUS, message_id=f"STORY {emoji}"))

    # People and the account
    yield event(codes.ADDRESSES, [[BOB, BOB_LID]])
    info = n.ContactInfo(FullName="Alice Adams", FirstName="Alice", PushName="", BusinessName="")
    people = n.ContactsGetAllContactsReturnFunction(Contact=[{"JID": jid_message(ALICE), "Info": info}])
    yield event(codes.CONTACTS, partial(people))
    profile = n.GetUserInfoReturnFunction(
        UsersInfo=[{"JID": jid_message(ALICE), "UserInfo": {"Status": "busy", "PictureID": "7"}}]
    )
    yield event(codes.PROFILES, partial(profile))
    yield event(codes.PROFILE_PICTURE, {"jid": BOB, "id": "7", "url": "https://pps.whatsapp.net/7"})
    yield event(codes.IDENTITY_CHANGE, partial(n.IdentityChange(JID=jid_message(BOB), Timestamp=at())))
    blocked = n.BlocklistEvent(Changes=[{"JID": jid_message(BOB), "BlockAction": n.BlocklistChange.BLOCK}])
    yield event(codes.BLOCKLIST, partial(blocked))
    yield event(codes.ALL_PRIVACY, partial(n.PrivacySettings(LastSeen=n.PrivacySettings.NONE)))
    settings = {"jid": ALICE, "archived": True, "pinned": False, "muted_until": -1}
    yield event(codes.CHAT_SETTINGS, [settings])
    yield event(codes.CHAT_READ, {"jid": FRIENDS, "at": at()})
    yield event(codes.INVITE_CODE, {"jid": FRIENDS, "code": "XyZ"})

    # A newsletter
    daily = n.NewsletterMetadata(ID=jid_message(NEWS))
    daily.ThreadMeta.Name.Text = "Daily"
    yield event(codes.NEWSLETTER_JOIN, partial(n.NewsletterJoin(NewsletterMetadata=daily)))
    yield event(
        codes.NEWSLETTER_MUTE_CHANGE, partial(n.NewsletterMuteChange(ID=jid_message(NEWS), Mute=n.ON))
    )
    yield event(codes.NEWSLETTER_LEAVE, partial(n.NewsletterLeave(ID=jid_message(NEWS))))
    yield message(build_message("NEWS", "first issue", sender=NEWS, chat=NEWS, timestamp=at()))

    # Carol, who is known by her number, by her LID, and at some time by both
    yield message(build_message("C1", "by number", sender=CAROL, timestamp=at(), push_name="Carol"))
    yield message(build_message("C2", "by LID", sender=CAROL_LID, timestamp=at(), push_name="Carol"))
    ours = {"sender": OLIVIA, "chat": CAROL, "from_me": True}
    yield message(build_message("TO CAROL", "mine", timestamp=at(), **ours))
    yield event(codes.RECEIPT, build_receipt("TO CAROL", sender=CAROL_LID, timestamp=at()))
    yield message(build_reaction("TO CAROL", "👍", moment=at(), sender=CAROL, push_name="Carol"))
    yield message(build_reaction("TO CAROL", "❤️", moment=at(), sender=CAROL_LID, push_name="Carol"))
    both = {"alternative": CAROL, "push_name": "Carol C."}
    yield message(build_message("C3", "by both", sender=CAROL_LID, timestamp=at(), **both))


def rows_of_everything() -> dict[str, list[str]]:
    """Every table that ingest fills, row by row, with what is pointed to by its name instead of its key."""
    found: dict[str, list[str]] = {}
    for model in apps.get_app_config("whatsapp").get_models():
        if model not in OF_THE_HUB:
            rows = (named(row) for row in model._default_manager.all())
            found[model.__name__] = sorted(str(row) for row in rows)
    return found


def named(row: Model) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in OWN_CLOCK:
            continue
        value = getattr(row, field.name)
        if isinstance(field, ForeignKey) and value is not None:
            value = next(
                getattr(value, name)
                for name in ("jid", "message_id", "label_id", "name")
                if hasattr(value, name)
            )
        values[field.name] = sorted(value.items()) if isinstance(value, dict) else value
    return values


@pytest.fixture
def in_order(account: Account) -> dict[str, list[str]]:
    """The rows of an orderly day; the tables are empty again."""
    arrive(account, list(one_of_everything()))
    drain(account)
    rows = rows_of_everything()
    for model in reversed(list(apps.get_app_config("whatsapp").get_models())):
        if model not in (Account, Connection, MessageIndex):
            model._default_manager.all().delete()
    Account.objects.update(privacy=None)
    return rows


def test_everything_is_handled_and_most_tables_are_filled(account: Account) -> None:
    arrive(account, list(one_of_everything()))
    drain(account)

    assert list(InboxEvent.objects.filter(state=InboxEvent.State.QUARANTINED).values_list("error")) == []
    assert not InboxEvent.objects.filter(waits_for__isnull=False).exists()
    empty = {name for name, rows in rows_of_everything().items() if not rows}
    assert empty == {"Label", "LabelAssociation", "PeriodicRun"}  # only a history has labels


def test_the_same_bytes_again_change_nothing(account: Account) -> None:
    arrive(account, list(one_of_everything()))
    drain(account)
    before, logged = rows_of_everything(), Event.objects.count()

    arrive(account, list(one_of_everything()))
    drain(account)

    assert rows_of_everything() == before
    new = Event.objects.order_by("id")[logged:]
    assert list(new.values_list("event_type", "payload")) == []


@pytest.mark.parametrize("seed", range(40))
def test_order_and_repetition_make_no_difference(
    account: Account, in_order: dict[str, list[str]], seed: int
) -> None:
    chance = random.Random(seed)
    events = list(one_of_everything())
    shuffled = events + chance.choices(events, k=20)
    chance.shuffle(shuffled)
    while shuffled:
        size = chance.choice([1, 3, 20, 100])
        arrive(account, shuffled[:size])
        del shuffled[:size]
        if chance.random() < 0.7:
            drain(account)
    drain(account)

    rows = rows_of_everything()
    for name, expected in in_order.items():
        assert rows[name] == expected, name
