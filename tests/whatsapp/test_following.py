"""What a follower wants of the log, and what of an event is about the chats that it may see."""

from typing import Any

import orjson
import pytest

from tests.builders import ALICE, BOB, build_event, build_message
from tests.whatsapp.ingest.arriving import arrive, drain
from tests.whatsapp.ingest.test_order import one_of_everything
from whatsapp import events
from whatsapp.following import NARROWED, NoSuchEvents, Wish, bounds, parse_prefixes
from whatsapp.models import Account, Event

pytestmark = pytest.mark.django_db

ABOUT_NO_CHAT = {
    *("connection.status", "connection.qr", "connection.logged_out", "connection.failed"),
    *("accounts.updated", "settings.updated", "webhook.paused", "wa.messaging-history.set"),
    *("wa.story", "wa.story.view", "wa.story.delete"),
    *("wa.blocklist.update", "wa.privacy.update", "wa.identity.change"),
    *events.UNHEARD,
}


def test_prefixes_are_told_apart_and_said_when_they_are_none() -> None:
    assert parse_prefixes(["wa.messages", " connection ", "", "wa.messages"]) == ("wa.messages", "connection")
    assert parse_prefixes([""]) == parse_prefixes(["wa.call", "*"]) == ()
    for word in ("wa.mesages", "messages", "x" * 500, "%", "WA"):
        with pytest.raises(NoSuchEvents, match=r"^No event begins with '"):
            parse_prefixes([word])


def test_a_page_of_the_log_is_what_is_wanted_in_order_and_no_more(account: Account) -> None:
    ids = [build_event(kind).pk for kind in ("wa.call", "wa.story", "wa.call", "wa.call", "wa.callous")]
    wish = Wish(account, ("wa.call",))
    assert [event.pk for event in wish.next_after(ids[0] - 1, ids[3], 10)] == [ids[0], ids[2], ids[3]]
    assert [event.pk for event in wish.next_after(ids[0], ids[4], 2)] == [ids[2], ids[3]]
    assert wish.next_after(ids[4], ids[4], 10) == []
    assert bounds() == (ids[0], ids[4])


def test_a_prefix_is_no_pattern(account: Account) -> None:
    build_event("wa.call")
    assert Wish(account, ("w_.c%",)).next_after(0, 2**40, 10) == []


def test_of_every_type_it_is_known_whether_it_is_about_chats() -> None:
    assert set(NARROWED) | ABOUT_NO_CHAT == set(events.TYPES)
    assert not set(NARROWED) & ABOUT_NO_CHAT


def test_what_really_happens_can_be_narrowed_to_its_own_chats(account: Account) -> None:
    """Of one of each kind of event: all of it for whoever may see its chats, nothing for others."""
    arrive(account, list(one_of_everything()))
    drain(account)
    everything = events.render(Event.objects.select_related("account").order_by("pk"))
    tried = set()
    for envelope in everything:
        mine = Wish(account, chats=frozenset(jids_in(envelope["data"])))
        if envelope["type"] in ABOUT_NO_CHAT:
            assert mine.visible(envelope) is None
        else:
            tried.add(envelope["type"])
            assert mine.visible(envelope) == envelope
        assert Wish(account, chats=frozenset({"120363999999999999@g.us"})).visible(envelope) is None
        assert Wish(account).visible(envelope) is envelope
    assert len(tried) >= 13


def jids_in(data: Any) -> set[str]:
    """Every text in it, whatever it is: a chat is one of them."""
    if isinstance(data, dict):
        return set().union(*map(jids_in, data.values())) if data else set()
    if isinstance(data, list):
        return set().union(*map(jids_in, data)) if data else set()
    return {data} if isinstance(data, str) else set()


def test_of_a_list_only_what_is_about_the_chats_is_left(account: Account) -> None:
    payload = [{"id": ALICE, "unread_count": 1}, {"id": BOB, "unread_count": 2}]
    [envelope] = events.render([build_event(events.CHATS_UPDATE, payload)])
    seen = Wish(account, chats=frozenset({BOB})).visible(envelope)
    assert seen is not None
    assert seen["data"] == payload[1:]
    assert orjson.dumps(envelope["data"]) == orjson.dumps(payload)  # others get it whole


def test_a_message_that_is_gone_is_told_as_it_was_logged(account: Account) -> None:
    message = build_message("Hello")
    record = {"id": message.message_id, "remote_jid": ALICE, "timestamp": 1, "push_name": None}
    event = events.append(account, events.MESSAGES_UPSERT, {"key": {}, "record": record, "type": "notify"}, 1)
    message.delete()
    [envelope] = events.render([event])
    assert envelope["data"]["messages"][0]["message"] is None
    assert Wish(account, chats=frozenset({ALICE})).visible(envelope) == envelope


def test_several_accounts_are_followed_in_the_order_of_the_log(account: Account) -> None:
    office, third = (Account.objects.create(name=name) for name in ("office", "third"))
    ids = [build_event("wa.call", account=one).pk for one in (office, account, third, office)]
    everything = Wish(None).next_after(0, ids[-1], 10)
    assert [(event.pk, event.account.name) for event in everything] == list(
        zip(ids, ["office", account.name, "third", "office"], strict=True)
    )
    some = Wish(None, among=frozenset({office.pk, third.pk}))
    assert [event.pk for event in some.next_after(0, ids[-1], 10)] == [ids[0], ids[2], ids[3]]
    assert [one.is_of(account.pk) for one in (Wish(None), some, Wish(account), Wish(office))] == [
        *(True, False, True, False),
    ]
