"""What programs read when something is wrong: JSON with one sentence, always."""

import logging

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from whatsapp.models import Message


def test_an_unknown_path_is_not_found(api: Client) -> None:
    response = api.get("/api/nothing/here")
    assert response.status_code == 404
    assert response.json() == {"error": "There is nothing at /api/nothing/here."}


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/nothing/", "/api/v1/nothing//", "/api/v1/v1/messages"]
)
def test_an_unknown_path_is_not_found_in_any_spelling(api: Client, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 404
    assert response.json() == {"error": f"There is nothing at {path}."}


def test_an_unknown_path_outside_the_api_is_not_found_either(stranger: Client) -> None:
    response = stranger.get("/nothing")
    assert response.status_code == 404
    assert response.json()["error"]


def test_a_browser_gets_errors_in_json_too(api: Client) -> None:
    response = api.get("/api/nothing", headers={"accept": "text/html"})
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", ["/api/messages", "/api/v1/messages", "/api/messages/", "/api/v1/messages/"])
def test_every_path_answers_with_and_without_version_and_slash(api: Client, path: str) -> None:
    assert api.get(path).json() == {
        "data": [],
        "total": 0,
        "total_is_exact": True,
        "next": None,
    }


@pytest.mark.parametrize("path", ["/api/messages", "/api/messages/M1", "/api/search", "/api/settings"])
def test_a_parameter_that_is_there_twice_is_refused(api: Client, path: str) -> None:
    response = api.get(path + "?chat=15550100&chat=15550111")
    assert response.status_code == 400
    assert response.json()["error"] == "chat: Give it once: it is there 2 times."


def test_a_wrong_method_says_so(api: Client) -> None:
    response = api.delete("/api/messages")
    assert response.status_code == 405
    assert "DELETE" in response.json()["error"]
    assert "GET" in response.headers["Allow"]


def test_malformed_json_is_a_bad_request(api: Client) -> None:
    response = api.post("/api/actions/send/text", '{"jid": ', content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"].startswith("The body is not valid JSON")


@pytest.mark.parametrize("body", ["[1]", '"text"', "null", "NaN", '{"jid": "15550100", "text": "\\ud800"}'])
def test_json_that_is_no_request_is_a_bad_request(api: Client, body: str) -> None:
    response = api.post("/api/actions/send/text", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"]


def test_an_unreadable_type_of_body_is_a_bad_request(api: Client) -> None:
    response = api.post("/api/actions/send/text", "<jid/>", content_type="application/xml")
    assert response.status_code == 400
    assert "application/xml" in response.json()["error"]


def test_a_body_that_is_too_large_is_refused(api: Client, settings: object) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100  # type: ignore[attr-defined]
    body = {"jid": "15550100", "text": "x" * 200}
    response = api.post("/api/actions/send/text", body, content_type="application/json")
    assert response.status_code == 413
    assert response.json() == {"error": "The body is too large: 100 bytes is the most."}


def test_wrong_fields_are_named_in_the_sentence_and_in_the_details(api: Client) -> None:
    response = api.post("/api/actions/send/text", {"text": ""}, content_type="application/json")
    assert response.status_code == 400
    body = response.json()
    assert body["error"] == "jid: This field is required."
    assert set(body["details"]) == {"jid", "text"}


@pytest.mark.parametrize("debug", [False, True])
def test_an_unforeseen_failure_tells_the_log_and_not_the_client(
    api: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    settings: object,
    debug: bool,
) -> None:
    settings.DEBUG = debug  # type: ignore[attr-defined]

    def fail(*args: object) -> None:
        raise RuntimeError("the moon is full")

    monkeypatch.setattr(Message.objects.__class__, "all", fail)
    monkeypatch.setattr("api.views.messages.MessageViewSet.get_queryset", fail)
    with caplog.at_level(logging.ERROR):
        response = api.get("/api/messages?api_key=a-secret")
    assert response.status_code == 500
    assert response.json() == {"error": "Internal server error"}
    assert "the moon is full" in caplog.text
    assert "a-secret" not in caplog.text
    assert settings.API_KEY not in caplog.text  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("database or disk is full", "The hub's disk is full."),
        ("attempt to write a readonly database", "The hub's disk can't be written to."),
        ("database is locked", "The database is locked by another program."),
        ('connection to server at "10.0.0.7" failed', "The database can't be used at the moment."),
    ],
)
def test_trouble_with_the_database_is_told_in_a_sentence(
    api: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, words: str, told: str
) -> None:
    """It passes: a program may ask again, and need not know what the log does."""

    def fail(*args: object) -> None:
        raise OperationalError(words)

    monkeypatch.setattr("api.views.messages.MessageViewSet.get_queryset", fail)
    response = api.get("/api/messages")
    assert (response.status_code, response.json()) == (503, {"error": told})
    assert words in caplog.text


def test_the_root_is_the_dashboards(stranger: Client) -> None:
    response = stranger.get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/login?next=/")


def test_the_summary_names_every_call(api: Client) -> None:
    body = api.get("/api").json()
    assert (body["name"], body["version"]) == ("WhatsApp Hub API", settings.VERSION)
    assert "GET /api/messages" in body["endpoints"]["messages"]
    assert "POST /api/actions/send/text" in body["endpoints"]["actions"]


def test_a_person_is_shown_the_description(stranger: Client) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    response = stranger.get("/api", headers={"accept": accept})
    assert (response.status_code, response.headers["Location"]) == (302, "/api/docs")


@pytest.mark.django_db
def test_options_are_refused_and_say_what_is_not(api: Client) -> None:
    response = api.options("/api/messages")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert response.json() == {"error": 'Method "OPTIONS" not allowed.'}
