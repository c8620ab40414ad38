"""Actions: the form of each act, its curl line, and the queue."""

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from api import schema
from dashboard.data.actions.kinds import FORMS
from tests.api.conftest import Session
from tests.builders import ALICE, BOB, FAMILY, build_action, build_contact, build_group
from tests.dashboard.conftest import htmx, text_of
from whatsapp import preferences
from whatsapp.models import Account, Action

pytestmark = pytest.mark.django_db

PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x04\x00\x00\x00\xb5\x1c\x0c\x02"
    b"\x00\x00\x00\x0bIDATx\xdacd\xf8\x0f\x00\x01\x05\x01\x01'\x18\xe3f\x00\x00\x00\x00IEND\xaeB`\x82"
)
# What makes each form right; a file comes besides.
FILLED: dict[str, dict[str, str]] = {
    "text": {"jid": ALICE, "text": "Hello"},
    "image": {"jid": ALICE, "caption": "Look"},
    "video": {"jid": ALICE},
    "audio": {"jid": ALICE},
    "document": {"jid": ALICE, "filename": "a.txt"},
    "sticker": {"jid": ALICE},
    "location": {"jid": ALICE, "latitude": "52.5", "longitude": "13.25"},
    "contact": {"jid": ALICE, "contact_jid": BOB, "name": "Bob"},
    "poll": {"jid": ALICE, "name": "Lunch?", "options": "Soup\r\nSalad\r\n", "selectable": "1"},
    "react": {"jid": ALICE, "message_id": "A1", "emoji": ""},
    "edit": {"jid": ALICE, "message_id": "A1", "text": "Hi"},
    "revoke": {"jid": ALICE, "message_id": "A1", "sure": "yes"},
    "forward": {"jid": ALICE, "message_id": "A1", "to": BOB},
    "star": {"jid": ALICE, "message_id": "A1", "starred": "false"},
    "read": {"jid": ALICE, "message_ids": "A1\nA2"},
    "chat": {"jid": ALICE, "archive": "true", "pin": "", "mute": "false"},
    "presence": {"type": "composing", "jid": ALICE},
    "profile-status": {"status": "At sea"},
    "reject-call": {"call_id": "C1"},
    "group-subject": {"jid": FAMILY, "subject": "Family"},
    "group-description": {"jid": FAMILY, "description": ""},
    "group-participants": {"jid": FAMILY, "participants": ALICE, "add_participants": BOB, "action": "add"},
    "group-sync": {},
}
WITH_FILE = [slug for slug, form in FORMS.items() if form.has_file]
OTHERS = [slug for slug in FORMS if slug not in WITH_FILE]


def test_there_is_a_form_for_every_act_of_the_api() -> None:
    """One that has to do with the queue or only asks is no act."""
    no_acts = {"/api/actions/{action_id}/retry"}
    asked = {
        (method.upper(), path)
        for path, methods in schema.document()["paths"].items()
        for method in methods
        if path.startswith(("/api/actions/", "/api/groups/")) and method in ("post", "put", "patch")
    }
    asked -= {("POST", path) for path in no_acts}
    assert {(form.method, form.path) for form in FORMS.values()} == asked


@pytest.mark.parametrize("slug", FORMS)
def test_each_form_has_the_fields_of_its_call_and_can_be_filled_in(owner: Client, slug: str) -> None:
    form = FORMS[slug]
    taken = {name for name in form.rules if name != "base64"}
    assert {field.name for field in form.fields if field.name != "mime_type"} == taken - {"mime_type"}
    page = owner.get(f"/actions/new/{slug}").content.decode()
    for field in form.fields:
        assert f'name="{field.name}"' in page, field.name
    assert "$API_KEY" in page


@pytest.mark.parametrize("slug", OTHERS)
def test_each_form_does_what_it_says(owner: Client, session: Session, slug: str) -> None:
    session.will("done")
    response = owner.post(f"/actions/new/{slug}", FILLED[slug])
    assert response.status_code == 302, text_of(response)
    (action,) = session.taken
    assert response["Location"] == f"/actions/{action.pk}"
    assert action.kind == FORMS[slug].kind


@pytest.mark.parametrize("slug", [slug for slug in FORMS if slug != "group-sync"])
def test_each_form_says_what_is_missing_and_does_nothing(owner: Client, session: Session, slug: str) -> None:
    response = owner.post(f"/actions/new/{slug}", {"sure": "yes"})
    assert response.status_code == 422
    assert "Nothing was done." in text_of(response)
    assert 'class="wrong"' in response.content.decode() or "Give at least one" in text_of(response)
    assert session.taken == []


def test_what_was_typed_becomes_what_the_api_takes(owner: Client, session: Session) -> None:
    session.will("done")
    for slug in ("text", "location", "poll", "star", "read", "chat", "group-participants"):
        owner.post(f"/actions/new/{slug}", FILLED[slug])
    text, place, poll, star, read, chat, people = [action.payload for action in session.taken]
    assert text == {"jid": ALICE, "text": "Hello", "quoted_id": None, "mentions": []}
    assert (place["latitude"], place["longitude"], place["name"]) == (52.5, 13.25, None)
    assert (poll["options"], poll["selectable"]) == (["Soup", "Salad"], 1)
    assert star["starred"] is False
    assert read["message_ids"] == ["A1", "A2"]
    assert chat == {"jid": ALICE, "archive": True, "mute": False}
    assert people == {"jid": FAMILY, "participants": [ALICE, BOB], "action": "add"}


def test_lines_of_a_text_are_sent_as_they_were_typed(owner: Client, session: Session) -> None:
    session.will("done")
    owner.post("/actions/new/text", {"jid": ALICE, "text": " a\r\nb "})
    assert session.taken[0].payload["text"] == " a\nb "


def test_somebody_is_meant_by_name(owner: Client, session: Session) -> None:
    session.will("done")
    build_contact(BOB, name="Bob Miller")
    owner.post("/actions/new/text", {"jid": "Bob Miller", "text": "Hello"})
    assert session.taken[0].jid == BOB


def test_what_was_typed_stays_when_it_is_refused(owner: Client, session: Session) -> None:
    response = owner.post("/actions/new/location", {"jid": ALICE, "latitude": "far", "longitude": "13"})
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="far"' in page
    assert 'value="13"' in page
    assert "A valid number is required." in text_of(response)


def test_why_whatsapp_has_refused_stands_beside_its_field_with_the_act(
    owner: Client, session: Session
) -> None:
    session.will("failed", error="jid: 15550100 is not on WhatsApp.")
    response = owner.post("/actions/new/text", FILLED["text"])
    assert response.status_code == 422
    assert "15550100 is not on WhatsApp." in text_of(response)
    assert f'href="/actions/{session.taken[0].pk}"' in response.content.decode()


def test_what_cant_be_undone_is_asked_twice(owner: Client, session: Session) -> None:
    response = owner.post("/actions/new/revoke", {"jid": ALICE, "message_id": "A1"})
    assert (response.status_code, session.taken) == (422, [])
    assert "Say that you mean it." in text_of(response)


def test_a_group_is_asked_for_where_only_one_will_do(owner: Client, session: Session) -> None:
    response = owner.post("/actions/new/group-subject", {"jid": ALICE, "subject": "Family"})
    assert "is no group" in text_of(response)


def test_a_form_is_filled_in_by_its_address(owner: Client) -> None:
    build_contact(BOB, name="Bob <b>Miller</b>")
    page = owner.get(f"/actions/new/react?jid={BOB}&message_id=A1").content.decode()
    assert f'value="{BOB}"' in page
    assert 'data-shown="Bob &lt;b&gt;Miller&lt;/b&gt;"' in page


def test_a_small_file_is_sent_without_script(owner: Client, session: Session) -> None:
    session.will("done")
    file = SimpleUploadedFile("tiny.png", PICTURE)
    response = owner.post("/actions/new/image", {**FILLED["image"], "file": file})
    assert response.status_code == 302, text_of(response)
    assert session.taken[0].payload["file"]["mime_type"] in ("image/png", "image/jpeg")


@pytest.mark.parametrize("slug", WITH_FILE)
def test_a_file_comes_in_one_way(owner: Client, session: Session, slug: str) -> None:
    both = {"file": SimpleUploadedFile("a.png", PICTURE), "url": "https://example.org/a"}
    for form in ({}, both):
        response = owner.post(f"/actions/new/{slug}", {**FILLED[slug], **form})
        assert response.status_code == 422
        assert "Choose a file, or give its URL" in text_of(response)
    assert session.taken == []


def test_a_file_that_is_not_what_it_should_be_is_refused(owner: Client, session: Session) -> None:
    file = SimpleUploadedFile("a.png", b"no picture at all")
    response = owner.post("/actions/new/image", {"jid": ALICE, "file": file})
    assert (response.status_code, session.taken) == (422, [])


def test_a_url_in_the_own_network_is_refused_as_the_api_refuses_it(owner: Client, session: Session) -> None:
    response = owner.post("/actions/new/image", {"jid": ALICE, "url": "http://127.0.0.1/a.png"})
    assert (response.status_code, session.taken) == (422, [])
    assert 'class="wrong"' in response.content.decode()


# curl

HOSTILE = "it's $(rm -rf /) `id` \"q\" \\ \n!x; 'a' &"


def typed(**fields: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(fields)
    return query


def test_the_curl_line_quotes_whatever_was_typed() -> None:
    form = FORMS["text"]
    words = shlex.split(form.curl(form.values(typed(jid=ALICE, text=HOSTILE)), "http://hub:3100/"))
    assert words[0] == "curl"
    assert words[words.index("-H") + 1] == "x-api-key: $API_KEY"
    body = words[words.index("-d") + 1]
    assert '"text": "it\'s $(rm -rf /) `id`' in body
    assert words[-1] == "http://hub:3100/api/actions/send/text"


def test_so_it_does_with_forms_and_names_of_files() -> None:
    form = FORMS["image"]
    values = form.values(typed(jid=ALICE, caption="@/etc/passwd;type=x"))
    words = shlex.split(form.curl(values, "http://hub:3100/", "a\"b,c;d'.png"))
    assert "caption=@/etc/passwd;type=x" in words
    assert words[words.index("caption=@/etc/passwd;type=x") - 1] == "--form-string"
    assert 'file=@"a\\"b,c;d\'.png"' in words


def test_a_group_stands_in_the_path_and_can_get_nowhere_else() -> None:
    form = FORMS["group-subject"]
    line = form.curl(form.values(typed(jid="../../keys?x=' ;id", subject="Family")), "http://hub/")
    assert shlex.split(line)[-1] == "http://hub/api/groups/..%2F..%2Fkeys%3Fx%3D%27%20%3Bid/subject"
    assert line.startswith("curl -X PUT ")


def test_the_curl_line_follows_what_is_typed_and_has_no_key(owner: Client, settings: Any) -> None:
    response = owner.post("/actions/new/text/curl", FILLED["text"], headers=htmx("curl"))
    # What listens to the form stays: an answer that took its place would take along what is typed meanwhile.
    assert "hx-trigger" not in response.content.decode()
    assert '"text": "Hello"' in text_of(response)
    assert "<h1" not in response.content.decode()
    assert settings.API_KEY not in response.content.decode()
    assert Action.objects.count() == 0


# The queue


def test_the_queue_shows_what_was_asked_for_and_what_came_of_it(owner: Client) -> None:
    build_contact(ALICE, name="Alice <i>")
    build_action(
        jid=ALICE, payload={"jid": ALICE, "text": "<script>x</script>"}, status="failed", error="No."
    )
    page = text_of(owner.get("/actions"))
    assert "Alice <i>" in page
    assert "<script>x</script>" in page
    assert "failed No." in page


def test_the_queue_is_narrowed(owner: Client) -> None:
    build_action(jid=ALICE, payload={"text": "first"}, status="done")
    build_action("react", jid=BOB, payload={"emoji": "x", "text": "second"}, status="failed")
    today = Action.objects.latest("pk").created_at.date().isoformat()
    for query, first, second in (
        ("kind=react", False, True),
        ("status=done", True, False),
        (f"jid={BOB}", False, True),
        (f"day={today}", True, True),
        ("day=2001-01-01", False, False),
        ("day=never&status=odd&cursor=made-up", True, True),
    ):
        page = text_of(owner.get(f"/actions?{query}"))
        assert ("first" in page, "second" in page) == (first, second), query


def test_the_queue_goes_on(owner: Client) -> None:
    for number in range(51):
        build_action(payload={"text": f"text-{number}-"})
    page = owner.get("/actions").content.decode()
    assert "text-0-" not in page
    following = re.search(r'href="(\?cursor=[^"]+)" rel="next"', page)
    assert following is not None
    assert "text-0-" in text_of(owner.get("/actions" + following[1]))


def test_the_number_of_queries_does_not_grow_with_the_queue(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    build_contact()
    build_action(jid=ALICE)
    build_group()
    build_action(jid=FAMILY)
    few = count_queries(lambda: owner.get("/actions"))
    for number in range(20):
        jid = f"1555020{number:02}@s.whatsapp.net"
        build_contact(jid)
        build_action(jid=jid)
    assert count_queries(lambda: owner.get("/actions")) == few


def test_an_empty_queue_says_so(owner: Client) -> None:
    assert "Nothing was asked for yet" in text_of(owner.get("/actions"))
    assert "No action is like that" in text_of(owner.get("/actions?status=failed"))


def test_one_act_is_told_as_it_stands(owner: Client) -> None:
    result = {"key": {"remoteJid": ALICE, "fromMe": True, "id": "A1"}}
    file = {"name": "0" * 32, "path": "received", "size": 2048, "mime_type": "application/pdf"}
    action = build_action(
        "send_document",
        jid=ALICE,
        payload={"jid": ALICE, "filename": "offer.pdf", "file": file},
        status="sent",
        message_id="A1",
        result=result,
        idempotency_key="owner secret",
    )
    page = text_of(owner.get(f"/actions/{action.pk}"))
    assert "offer.pdf" in page
    assert "Idempotency key Set" in page
    assert "secret" not in page
    assert "0" * 32 not in page
    part = owner.get(f"/actions/{action.pk}", headers=htmx("act")).content.decode()
    assert f'href="/messages/{ALICE}?message=A1"' in part
    assert "<h1" not in part


def test_a_queued_act_is_cancelled_once_that_is_meant(owner: Client) -> None:
    action = build_action()
    asked = owner.get(f"/actions/{action.pk}/cancel", headers=htmx("dialog"))
    assert "Cancel this action?" in text_of(asked)
    owner.post(f"/actions/{action.pk}/cancel")
    action.refresh_from_db()
    assert action.status == "cancelled"
    again = owner.post(f"/actions/{action.pk}/cancel", follow=True)
    assert "It is cancelled, not queued any more." in text_of(again)


def test_a_failed_act_is_tried_again_unless_its_message_may_have_arrived(owner: Client) -> None:
    action = build_action(status="failed", error="No line.")
    owner.post(f"/actions/{action.pk}/retry")
    action.refresh_from_db()
    assert action.status == "queued"
    doubtful = build_action(status="failed", error="No answer.", message_id="A1")
    answer = owner.post(f"/actions/{doubtful.pk}/retry", follow=True)
    assert "Its message may have arrived, and would come twice." in text_of(answer)


def test_another_accounts_act_is_not_there(owner: Client) -> None:
    action = build_action()
    Action.objects.update(account=Account.objects.create(name="other"))
    for path in ("", "/cancel"):
        assert owner.get(f"/actions/{action.pk}{path}").status_code == 404
    assert owner.post(f"/actions/{action.pk}/retry").status_code == 404
    assert owner.get("/actions/new/nothing").status_code == 404


def test_the_pace_is_told_as_it_is_set(owner: Client) -> None:
    preferences.change({"sendRatePerMinute": 7, "sendJitterSeconds": 3})
    assert "7 messages a minute go out, each up to 3 s late by chance" in text_of(owner.get("/actions"))
    preferences.change({"sendRatePerMinute": 0})
    assert "without a limit" in text_of(owner.get("/actions"))
