"""Settings over HTTP."""

from typing import Any

import pytest
from django.test import Client

from whatsapp import preferences

pytestmark = pytest.mark.django_db


def put(client: Client, body: Any) -> Any:
    return client.put("/api/settings", body, content_type="application/json")


def named(answer: Any, key: str) -> Any:
    return next(item for item in answer.json()["data"] if item["key"] == key)


def test_each_setting_is_listed_with_its_default(api: Client) -> None:
    answer = api.get("/api/settings")
    assert [item["key"] for item in answer.json()["data"]][:3] == [
        *("logLevel", "autoDownloadMedia", "maxMediaSizeMB")
    ]
    assert named(answer, "logLevel") == {
        "key": "logLevel",
        "value": "info",
        "defaultValue": "info",
        "isOverridden": False,
    }


def test_a_change_is_answered_and_in_force(api: Client) -> None:
    answer = put(api, {"maxMediaSizeMB": 5, "sendJitterSeconds": 0})
    assert answer.status_code == 200
    assert named(answer, "maxMediaSizeMB") == {
        "key": "maxMediaSizeMB",
        "value": 5,
        "defaultValue": 100,
        "isOverridden": True,
    }
    assert preferences.get("maxMediaSizeMB") == 5
    assert named(put(api, {"maxMediaSizeMB": None}), "maxMediaSizeMB")["isOverridden"] is False
    assert preferences.get("maxMediaSizeMB") == 100


def test_a_whole_number_may_be_written_with_a_point(api: Client) -> None:
    put(api, '{"maxMediaSizeMB": 5.0}')
    value = preferences.get("maxMediaSizeMB")
    assert (value, type(value)) == (5, int)


def test_a_value_like_the_default_is_a_change_too(api: Client) -> None:
    assert named(put(api, {"maxMediaSizeMB": 100}), "maxMediaSizeMB")["isOverridden"] is True


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"maxMediaSizeMB": "5"}, "maxMediaSizeMB: It must be a whole number from 0 to 10000"),
        ({"logLevel": "loud"}, "logLevel: It must be one of trace, debug"),
        ({"geminiModel": "x"}, "geminiModel: There is no such setting. There are: logLevel,"),
        ({}, "The body must be an object with at least one setting"),
        ([], "The body must be an object with at least one setting"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(api: Client, body: Any, error: str) -> None:
    response = put(api, body)
    assert response.status_code == 400
    assert response.json()["error"].startswith(error)
    assert not preferences.overrides()


def test_every_bad_value_is_named(api: Client) -> None:
    details = put(api, {"logLevel": 1, "trackPresence": "no", "requestsPerMinute": 1}).json()["details"]
    assert set(details) == {"logLevel", "trackPresence"}
