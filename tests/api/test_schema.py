"""The description of the API: complete, true, and committed."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from api.resources.accounts import AccountSerializer
from api.resources.actions import ActionSerializer
from api.resources.calls import CallSerializer
from api.resources.chats import ChatDetailSerializer, ChatSerializer
from api.resources.connection import ConnectionSerializer
from api.resources.contacts import ContactSerializer
from api.resources.events import EventSerializer
from api.resources.groups import GroupSerializer, ParticipantSerializer
from api.resources.labels import LabelAssociationSerializer, LabelSerializer
from api.resources.media import MediaSerializer, MediaStatsSerializer
from api.resources.messages import MessageDetailSerializer, MessageSerializer
from api.resources.newsletters import NewsletterSerializer
from api.resources.presence import PresenceChangeSerializer, PresenceSerializer
from api.resources.receipts import ReceiptOfMessageSerializer
from api.resources.search import FoundMessageSerializer, SearchSerializer, TotalsSerializer
from api.resources.service import HealthSerializer
from api.resources.stats import MessageStatsSerializer, StatsSerializer
from api.resources.stories import StorySerializer, StoryViewerSerializer
from api.urls import urlpatterns
from tests.builders import (
    build_account,
    build_action,
    build_call,
    build_chat,
    build_contact,
    build_event,
    build_group,
    build_label,
    build_label_association,
    build_media,
    build_message,
    build_newsletter,
    build_participant,
    build_presence,
    build_presence_change,
    build_receipt,
    build_story,
    build_story_view,
)
from whatsapp import records
from whatsapp.models import Message
from whatsapp.records import chat_record, connection_record, media_record, message_record
from whatsapp.shapes import Shape

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def document(stranger: Client) -> dict[str, Any]:
    response = stranger.get("/api/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_description_needs_no_key_and_is_valid(document: dict[str, Any]) -> None:
    validate_schema(document)
    assert document["info"]["title"] == "WhatsApp Hub"


def test_the_description_is_the_one_that_is_committed(tmp_path: Path) -> None:
    made = tmp_path / "openapi.json"
    call_command("spectacular", file=str(made), format="openapi-json", validate=True, fail_on_warn=True)
    committed = (ROOT / "openapi.json").read_text()
    assert json.loads(made.read_text()) == json.loads(committed), "run: make openapi.json anew"


def test_every_route_is_described_and_only_once(document: dict[str, Any]) -> None:
    routes = {
        "/api/" + str(route.pattern).replace("<str:", "{").replace(">", "}")
        for route in urlpatterns
        if isinstance(route, URLPattern) and "(?P<rest>" not in str(route.pattern)
    }
    assert set(document["paths"]) == {*routes, "/api", "/api/health", "/api/metrics"}


def test_every_call_has_a_summary_a_tag_an_example_and_its_errors(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert len(operation["tags"]) == 1, name
        assert "500" in operation["responses"], name
        open_to_all = operation["security"] == [{}]
        assert open_to_all == ("401" not in operation["responses"]), name
        for code, answer in operation["responses"].items():
            for media_type, content in answer["content"].items():
                if media_type == "application/json" and not name.endswith("openapi.json"):
                    assert content.get("examples"), (name, code)


def test_the_three_ways_to_show_a_key_are_described(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {(scheme["type"], scheme.get("in")) for scheme in schemes.values()} == {
        ("apiKey", "header"),
        ("http", None),
        ("apiKey", "query"),
    }


def test_every_filter_is_described(document: dict[str, Any]) -> None:
    parameters = {one["name"]: one for one in document["paths"]["/api/messages"]["get"]["parameters"]}
    assert set(parameters) == {
        *("chat", "from", "from_me", "type", "search", "before", "after"),
        *("has_media", "starred", "has_reactions", "limit", "offset", "cursor", "order", "account"),
    }
    assert parameters["from_me"]["schema"]["type"] == "boolean"
    assert all(one["description"] for one in parameters.values())


def shapes_of_rows() -> list[tuple[Any, Shape, Any]]:
    message = build_message(from_me=True)
    return [
        (ContactSerializer, records.CONTACT, build_contact()),
        (GroupSerializer, records.GROUP, build_group()),
        (ParticipantSerializer, records.PARTICIPANT, build_participant()),
        (CallSerializer, records.CALL, build_call()),
        (PresenceSerializer, records.PRESENCE, build_presence()),
        (PresenceChangeSerializer, records.PRESENCE_CHANGE, build_presence_change()),
        (ReceiptOfMessageSerializer, records.RECEIPT, build_receipt(message)),
        (StorySerializer, records.STORY, (story := build_story())),
        (StoryViewerSerializer, records.STORY_VIEWER, build_story_view(story)),
        (LabelSerializer, records.LABEL, build_label()),
        (LabelAssociationSerializer, records.LABEL_ASSOCIATION, build_label_association(message)),
        (NewsletterSerializer, records.NEWSLETTER, build_newsletter()),
        (AccountSerializer, records.ACCOUNT, build_account()),
        (MediaSerializer, records.MEDIA, build_media(None)),
    ]


@pytest.mark.django_db
def test_what_a_list_shows_is_what_an_object_shows() -> None:
    """Rows and objects become the same record: events and lists can't drift."""
    pairs: list[tuple[Shape, Any]] = [(shape, row) for _, shape, row in shapes_of_rows()]
    pairs += [(records.MESSAGE, build_message("tea", poll_options=["a"])), (records.CHAT, build_chat())]
    for shape, row in pairs:
        values = type(row)._default_manager.filter(pk=row.pk).values_list(*shape.columns).get()
        again = type(row)._default_manager.get(pk=row.pk)
        assert shape.of_rows([values]) == [shape.of(again)], type(row)


@pytest.mark.django_db
def test_what_is_described_is_what_is_answered(api: Client) -> None:
    account = build_account()
    message = build_message(raw=True)
    media = build_media()
    chat, action, event = build_chat(), build_action(), build_event()
    loaded = Message.objects.with_relations().get(pk=message.pk)
    detail = api.get(f"/api/messages/{message.message_id}").json()
    pairs = [
        (MessageSerializer, message_record(loaded)),
        (MessageDetailSerializer, detail),
        (ChatSerializer, chat_record(chat)),
        (ChatDetailSerializer, api.get(f"/api/chats/{chat.jid}").json()),
        (MediaSerializer, media_record(media)),
        (MediaStatsSerializer, api.get("/api/media/stats").json()),
        (ConnectionSerializer, connection_record(account.connection, account.jid, 0)),
        (ActionSerializer, api.get(f"/api/actions/{action.pk}").json()),
        (
            EventSerializer,
            api.get(f"/api/stats/events?limit=1&type={event.event_type}").json()["data"][0],
        ),
        (HealthSerializer, api.get("/health").json()),
        (FoundMessageSerializer, api.get("/api/messages/search?q=hello").json()["data"][0]),
        (SearchSerializer, api.get("/api/search?q=hello").json()),
        (TotalsSerializer, api.get("/api/search?q=hello").json()["totals"]),
        (MessageStatsSerializer, api.get("/api/messages/stats").json()),
        (StatsSerializer, api.get("/api/stats").json()),
        *((resource, shape.of(row)) for resource, shape, row in shapes_of_rows()),
    ]
    for resource, record in pairs:
        assert set(resource().fields) == set(record), resource.__name__


def test_every_example_is_what_the_description_promises(document: dict[str, Any]) -> None:
    seen = 0
    for _, operation in operations(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media_type, content in (item for body in bodies for item in body.get("content", {}).items()):
            if media_type != "application/json":
                continue
            schema = {**content["schema"], "components": document["components"]}
            for example in content.get("examples", {}).values():
                Draft202012Validator(schema).validate(example["value"])
                seen += 1
    assert seen > 100, seen
