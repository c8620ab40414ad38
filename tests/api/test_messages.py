"""GET /api/messages, /search and /:id."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.builders import (
    ALICE,
    ALICE_LID,
    BOB,
    FAMILY,
    NOON,
    OWNER,
    build_chat,
    build_contact,
    build_edit,
    build_media,
    build_message,
    build_newest_reaction,
    build_poll_vote,
    build_reaction,
    build_receipt,
)
from whatsapp.models import Message
from whatsapp.records import message_record

pytestmark = pytest.mark.django_db


def bodies(api: Client, query: str = "") -> list[Any]:
    response = api.get(f"/api/messages?{query}")
    assert response.status_code == 200, response.content
    return [message["body"] for message in response.json()["data"]]


# Lists


def test_a_message_is_shown_with_every_key(api: Client) -> None:
    media = build_media()
    shown = api.get("/api/messages").json()["data"]
    assert shown == [message_record(Message.objects.with_relations().get())]
    assert shown[0]["media_id"] == str(media.pk)
    assert shown[0]["media_size"] == len(b"a picture")
    assert shown[0]["created_at"] == "2024-05-01 12:00:00"


def test_the_newest_message_comes_first(api: Client) -> None:
    build_message("second", at=NOON + 5)
    build_message("first", at=NOON)
    build_message("third", at=NOON + 9)
    assert bodies(api) == ["third", "second", "first"]
    assert bodies(api, "order=asc") == ["first", "second", "third"]
    assert bodies(api, "order=desc") == ["third", "second", "first"]


def test_messages_of_one_second_keep_the_order_of_their_arrival(api: Client) -> None:
    for number in range(5):
        build_message(f"{number}")
    assert bodies(api) == ["4", "3", "2", "1", "0"]


def test_a_page_is_cut_out_by_limit_and_offset_and_the_total_counts_all(api: Client) -> None:
    for number in range(7):
        build_message(f"{number}")
    assert bodies(api, "limit=2&offset=3") == ["3", "2"]
    assert bodies(api, "limit=2&offset=3&order=asc") == ["3", "4"]
    assert api.get("/api/messages?limit=2&offset=3").json()["total"] == 7
    assert api.get("/api/messages?offset=700").json() == {
        "data": [],
        "total": 7,
        "total_is_exact": True,
        "next": None,
    }


def test_fifty_messages_are_a_page_and_five_hundred_the_most(api: Client) -> None:
    chat = build_chat()
    one = build_message(chat=chat)
    fields = {field.attname: getattr(one, field.attname) for field in Message._meta.concrete_fields}
    Message.objects.bulk_create(
        Message(**{**fields, "id": one.pk + number, "message_id": f"many-{number}"})
        for number in range(1, 520)
    )
    assert len(bodies(api)) == 50
    assert len(bodies(api, "limit=501")) == 500
    assert len(bodies(api, "limit=99999999999999999999")) == 500
    assert len(bodies(api, "limit=0")) == 50
    assert len(bodies(api, "limit=-3&offset=-9")) == 50


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=ten", "limit"),
        ("limit=10.5", "limit"),
        ("offset=x", "offset"),
        ("from_me=perhaps", "from_me"),
        ("has_media=2", "has_media"),
        ("starred=no", "starred"),
        ("before=yesterday", "before"),
        ("after=2024-13-01", "after"),
        ("after=nan", "after"),
        ("order=newest", "order"),
        ("chat=nobody", "chat"),
        ("from=@s.whatsapp.net", "from"),
    ],
)
def test_what_can_not_be_understood_is_refused_by_name(api: Client, query: str, field: str) -> None:
    response = api.get(f"/api/messages?{query}")
    assert response.status_code == 400
    assert response.json()["error"].startswith(f"{field}: ")
    assert list(response.json()["details"]) == [field]


def test_an_unknown_parameter_is_refused_with_the_names_of_the_known(api: Client) -> None:
    response = api.get("/api/messages?chats=15550100")
    assert response.status_code == 400
    assert response.json()["error"].startswith(
        "chats: There is no such parameter; there are account, after, "
    )
    assert "from_me" in response.json()["error"]


def test_a_jid_that_is_none_is_refused_with_what_would_be_one(api: Client) -> None:
    sentence = api.get("/api/messages?chat=nobody").json()["error"]
    assert "'nobody' is not a JID or phone number: use 15550100" in sentence


@pytest.mark.parametrize("jid", [ALICE, "15550100", "%2B15550100", "15550100:3@s.whatsapp.net", ALICE_LID])
def test_a_chat_is_found_by_any_of_its_addresses(api: Client, jid: str) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    build_message("from Alice", chat=ALICE)
    build_message("from Bob", chat=BOB)
    assert bodies(api, f"chat={jid}") == ["from Alice"]


@pytest.mark.parametrize("jid", [ALICE, "15550100", ALICE_LID])
def test_a_sender_is_found_in_every_chat_by_any_address(api: Client, jid: str) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    build_message("alone", chat=ALICE)
    build_message("in the group", chat=FAMILY, sender=ALICE)
    build_message("of Bob", chat=FAMILY, sender=BOB)
    assert bodies(api, f"from={jid}") == ["in the group", "alone"]


def test_the_sender_of_our_own_messages_is_ourselves(api: Client) -> None:
    build_message("mine", from_me=True)
    build_message("hers")
    assert bodies(api, f"from={OWNER}") == ["mine"]


@pytest.mark.parametrize(
    ("value", "found"), [("true", "mine"), ("1", "mine"), ("false", "hers"), ("0", "hers")]
)
def test_our_own_messages_are_told_from_others(api: Client, value: str, found: str) -> None:
    build_message("mine", from_me=True)
    build_message("hers")
    assert bodies(api, f"from_me={value}") == [found]


def test_messages_are_narrowed_to_a_type(api: Client) -> None:
    build_message("text")
    build_message("picture", message_type="image")
    assert bodies(api, "type=image") == ["picture"]
    assert bodies(api, "type=hologram") == []


def test_messages_are_narrowed_to_those_with_a_file(api: Client) -> None:
    build_message("text")
    build_media()
    assert bodies(api, "has_media=true") == ["Look"]
    assert bodies(api, "has_media=false") == ["text"]


def test_messages_are_narrowed_to_those_with_a_star(api: Client) -> None:
    build_message("plain")
    build_message("dear", is_starred=True)
    assert bodies(api, "starred=true") == ["dear"]
    assert bodies(api, "starred=0") == ["plain"]


@pytest.mark.parametrize(
    "moment", [str(NOON), "2024-05-01T12:00:00Z", "2024-05-01T14:00:00+02:00", "2024-05-01 12:00:00"]
)
def test_before_and_after_leave_out_the_moment_itself(api: Client, moment: str) -> None:
    for name, at in (("earlier", NOON - 1), ("noon", NOON), ("later", NOON + 1)):
        build_message(name, at=at)
    response = api.get("/api/messages", {"before": moment})
    assert [message["body"] for message in response.json()["data"]] == ["earlier"]
    response = api.get("/api/messages", {"after": moment})
    assert [message["body"] for message in response.json()["data"]] == ["later"]


def test_a_plus_that_was_not_escaped_is_understood(api: Client) -> None:
    build_message("later", at=NOON + 1)
    assert bodies(api, "after=2024-05-01T14:00:00+02:00") == ["later"]


def test_a_day_stands_for_its_beginning(api: Client) -> None:
    build_message("noon", at=NOON)
    assert bodies(api, "after=2024-05-01&before=2024-05-02") == ["noon"]
    assert bodies(api, "before=2024-05-01") == []


def test_a_moment_within_a_second_parts_whole_seconds(api: Client) -> None:
    for name, at in (("noon", NOON), ("later", NOON + 1)):
        build_message(name, at=at)
    assert bodies(api, f"before={NOON}.5") == ["noon"]
    assert bodies(api, f"after={NOON}.5") == ["later"]


@pytest.mark.parametrize("far", ["999999999999999", "-5"])
def test_a_moment_beyond_all_messages_is_no_error(api: Client, far: str) -> None:
    build_message("noon")
    assert bodies(api, f"after={far}&before={far}") == []


def test_filters_are_joined(api: Client) -> None:
    build_message("right", chat=FAMILY, sender=ALICE, message_type="image", at=NOON + 3)
    build_message("too early", chat=FAMILY, sender=ALICE, message_type="image", at=NOON)
    build_message("not hers", chat=FAMILY, sender=BOB, message_type="image", at=NOON + 3)
    build_message("right elsewhere", chat=ALICE, message_type="image", at=NOON + 3)
    assert bodies(api, f"chat={FAMILY}&from={ALICE}&type=image&after={NOON}") == ["right"]


def test_the_list_can_be_searched_in_both_orders(api: Client) -> None:
    for number, body in enumerate(["green tea", "black tea", "coffee"]):
        build_message(body, at=NOON + number)
    assert bodies(api, "search=tea") == ["black tea", "green tea"]
    assert bodies(api, "search=tea&order=asc") == ["green tea", "black tea"]
    assert bodies(api, f"search=tea&after={NOON}") == ["black tea"]


def test_an_empty_parameter_counts_as_absent(api: Client) -> None:
    build_message("here")
    assert bodies(api, "chat=&from=&type=&search=&before=&limit=&order=&has_media=") == ["here"]


def test_messages_are_narrowed_to_those_that_somebody_reacted_to(api: Client) -> None:
    build_message("plain")
    build_newest_reaction(build_message("liked"))
    build_newest_reaction(build_message("liked no more"), None)
    build_newest_reaction(build_message("elsewhere", chat=BOB, message_id="SAME"))
    build_message("the same id", message_id="SAME")
    assert bodies(api, "has_reactions=true") == ["elsewhere", "liked"]
    assert bodies(api, "has_reactions=false") == ["the same id", "liked no more", "plain"]
    assert api.get("/api/messages?has_reactions=true").json()["total"] == 2


def test_a_list_shows_of_each_message_what_it_shows_alone(api: Client) -> None:
    poll = build_message("Cake?", message_type="poll", poll_options=["yes", "no"], message_id="POLL")
    build_poll_vote(poll, "yes", voter=BOB)
    edited = build_message(
        "Hello", message_id="EDITED", from_me=True, edited_at=datetime.fromtimestamp(NOON + 9, UTC)
    )
    build_edit(edited, "Helo", at=NOON)
    build_edit(edited, "Hello", at=NOON + 9)
    build_receipt(edited, BOB, read_at=NOON + 3)
    build_newest_reaction(edited, "🎉", sender=BOB)
    build_newest_reaction(build_message(chat=BOB, message_id="EDITED", at=NOON - 5), "👎")
    listed = {row["id"]: row for row in api.get(f"/api/messages?chat={ALICE}").json()["data"]}
    for message_id in ("POLL", "EDITED"):
        alone = api.get(f"/api/messages/{message_id}?chat={ALICE}").json()
        assert listed[message_id] == {name: value for name, value in alone.items() if name != "raw"}
    assert listed["POLL"]["poll_results"][0] == {"option": "yes", "count": 1, "voters": [BOB]}
    assert [one["body"] for one in listed["EDITED"]["edits"]] == ["Helo"]
    assert [one["emoji"] for one in listed["EDITED"]["reactions"]] == ["🎉"]
    assert api.get("/api/messages/EDITED/edits").json() == {"data": listed["EDITED"]["edits"], "total": 1}
    assert api.get("/api/messages/POLL/edits").json() == {"data": [], "total": 0}
    assert api.get("/api/messages/NONE/edits").status_code == 404


# Search


def found(api: Client, **parameters: Any) -> list[str]:
    response = api.get("/api/messages/search", parameters)
    assert response.status_code == 200, response.content
    body = response.json()
    assert set(body) == {"data", "total", "total_is_exact", "next"}
    return [message["body"] for message in body["data"]]


def test_search_finds_words_in_any_case_and_order_newest_first(api: Client) -> None:
    build_message("The kettle is on", at=NOON)
    build_message("On it goes, the KETTLE", at=NOON + 1)
    build_message("Nothing", at=NOON + 2)
    assert found(api, q="kettle on") == ["On it goes, the KETTLE", "The kettle is on"]


def test_search_understands_phrases_prefixes_and_operators(api: Client) -> None:
    for body in ("green tea", "tea, green", "teapot"):
        build_message(body)
    assert found(api, q='"green tea"') == ["green tea"]
    assert found(api, q="tea*") == ["teapot", "tea, green", "green tea"]
    assert found(api, q="tea* NOT green") == ["teapot"]
    assert found(api, q="teapot OR tea") == ["teapot", "tea, green", "green tea"]


def test_search_is_narrowed_to_a_chat(api: Client) -> None:
    build_message("tea with Alice", chat=ALICE)
    build_message("tea with Bob", chat=BOB)
    assert found(api, q="tea", chat="15550111") == ["tea with Bob"]


def test_search_goes_by_pages(api: Client) -> None:
    for number in range(5):
        build_message(f"tea {number}")
    response = api.get("/api/messages/search?q=tea&limit=2&offset=1").json()
    assert [message["body"] for message in response["data"]] == ["tea 3", "tea 2"]
    assert response["total"] == 5


def test_search_forgets_a_body_that_was_edited_away(api: Client) -> None:
    message = build_message("green tea")
    Message.objects.filter(pk=message.pk).update(body="black coffee")
    assert found(api, q="tea") == []
    assert found(api, q="coffee") == ["black coffee"]


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20%20", "?chat=15550100"])
def test_search_wants_something_to_look_for(api: Client, query: str) -> None:
    response = api.get(f"/api/messages/search{query}")
    assert response.status_code == 400
    assert response.json() == {"error": 'Missing query parameter "q"'}


@pytest.mark.parametrize("text", ['"', "AND", "*", "NEAR(", "a:b", "^x", "' OR 1=1 --", "-", "{}", "😀"])
def test_no_text_breaks_the_search(api: Client, text: str) -> None:
    build_message("tea")
    assert found(api, q=text) == []


# One message


def test_one_message_comes_with_all_that_belongs_to_it(api: Client) -> None:
    message = build_message(
        "Shall we meet at noon?",
        raw=True,
        from_me=True,
        edited_at=datetime.fromtimestamp(NOON + 45, UTC),
    )
    build_edit(message, "Shall we meet?", at=NOON + 30)
    build_edit(message, "Shall we meet at noon?", at=NOON + 45)
    build_newest_reaction(message, "👍", sender=BOB, at=NOON + 60)
    build_receipt(message, BOB, delivered_at=NOON + 1, read_at=NOON + 2)
    body = api.get(f"/api/messages/{message.message_id}").json()
    assert body["body"] == "Shall we meet at noon?"
    assert body["raw"] == {"conversation": "Shall we meet at noon?"}
    assert body["edits"] == [
        {"body": "Shall we meet?", "edited_at": "2024-05-01 12:00:30", "from_jid": OWNER}
    ]
    assert body["reactions"] == [{"emoji": "👍", "from_jid": BOB, "timestamp": NOON + 60}]
    assert body["receipts"] == [
        {
            "jid": BOB,
            "delivered_at": "2024-05-01 12:00:01",
            "read_at": "2024-05-01 12:00:02",
            "played_at": None,
        }
    ]


def test_a_reaction_that_was_changed_or_taken_back_does_not_count(api: Client) -> None:
    message = build_message(chat=FAMILY, sender=ALICE)
    build_newest_reaction(message, "❤️", sender=BOB, at=NOON + 2)
    build_newest_reaction(message, None, sender=ALICE, at=NOON + 4)
    shown = api.get(f"/api/messages/{message.message_id}").json()["reactions"]
    assert shown == [{"emoji": "❤️", "from_jid": BOB, "timestamp": NOON + 2}]


def test_what_happens_in_another_chat_to_the_same_id_is_left_out(api: Client) -> None:
    message = build_message(chat=ALICE, message_id="SAME", at=NOON + 1)
    other = build_message(chat=BOB, message_id="SAME", at=NOON)
    build_newest_reaction(other)
    build_receipt(other, BOB, read_at=NOON)
    body = api.get(f"/api/messages/{message.message_id}").json()
    assert (body["remote_jid"], body["reactions"], body["receipts"]) == (ALICE, [], [])


def test_of_several_messages_with_one_id_the_newest_counts_unless_the_chat_is_named(api: Client) -> None:
    build_message("older", chat=ALICE, message_id="SAME", at=NOON)
    build_message("newer", chat=BOB, message_id="SAME", at=NOON + 1)
    assert api.get("/api/messages/SAME").json()["body"] == "newer"
    assert api.get("/api/messages/SAME?chat=15550100").json()["body"] == "older"
    assert api.get(f"/api/messages/SAME?chat={FAMILY}").status_code == 404
    assert api.get("/api/messages/SAME?chat=nobody").status_code == 400


def test_a_message_that_is_not_there_is_not_found(api: Client) -> None:
    response = api.get("/api/messages/NOTHING")
    assert (response.status_code, response.json()) == (404, {"error": "Message not found"})


# Cost


@pytest.mark.parametrize(
    "path",
    [
        "/api/messages",
        f"/api/messages?chat={FAMILY}",
        f"/api/messages?chat={FAMILY}&search=tea",
        "/api/messages?has_media=true",
        "/api/messages/search?q=tea",
        "/api/messages/FIRST",
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(
    api: Client, count_queries: Callable[[Callable[[], Any]], int], path: str
) -> None:
    first = build_message("tea", chat=FAMILY, sender=ALICE, message_id="FIRST", raw=True)

    def add(numbers: range) -> None:
        for index in numbers:
            sender = f"1666{index:04d}@s.whatsapp.net"
            message = build_message("tea", chat=FAMILY, sender=sender, has_media=True, at=NOON + index)
            build_media(message=message)
            build_reaction(first, sender=sender)
            build_receipt(first, sender, read_at=NOON)
            build_edit(first, at=NOON + index)

    add(range(3))
    few = count_queries(lambda: api.get(path))
    add(range(3, 30))
    assert count_queries(lambda: api.get(path)) == few
    assert few <= 6
