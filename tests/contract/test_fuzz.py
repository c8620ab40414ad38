"""Every call of the hub's own description, with inputs that are meant to be right and inputs that are not.

The inputs are the same in each run, and bounded in number. The hub is one of its own: what such inputs leave
behind must not reach other tests.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import schemathesis
from django.conf import settings
from hypothesis import HealthCheck, Phase, given, strategies
from hypothesis import settings as bounds
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from tests.contract.conftest import ANSWER_SECONDS, LiveHub, live_hub
from tests.contract.shapes import ERROR, faults
from tests.demo_hub import ALICE

schemathesis.openapi.format("jid", strategies.sampled_from([ALICE, "12025550172", "+1 202 555 0161"]))
schemathesis.openapi.format("account-name", strategies.just(settings.SESSION_NAME))
schemathesis.openapi.format("phone-number", strategies.from_regex(r"1202555[0-9]{4}", fullmatch=True))
schemathesis.openapi.format(
    "unix-or-iso-time",
    strategies.integers(0, 2_000_000_000).map(str)
    | strategies.datetimes(timezones=strategies.just(UTC)).map(datetime.isoformat),
)

DESCRIPTION = settings.BASE_DIR / "openapi.json"
HOUR = 3600
NOWHERE = "http://127.0.0.1:9/"  # what files are fetched from, lest a test speaks to the world
EXAMPLES = 25  # for each call
PATIENCE_SECONDS = 1.0  # of a call that waits for what may never come, such as a message to be read

LEFT_OUT = [
    # These end the line to WhatsApp, and with it the use of every call after them.
    *("/api/connection/logout", "/api/connection/new-qr", "/api/connection/restart"),
    "/api/events/stream",  # its answer has no end
]

described = schemathesis.openapi.from_path(
    DESCRIPTION,
    config=SchemathesisConfig.from_dict(
        {
            "generation": {
                "with-security-parameters": False,  # the key is shown in each request
                "allow-x00": False,  # no text holds it, which no description can say
            },
            "checks": {
                "not_a_server_error": {"enabled": False},  # see fails_only_as_described
                "max_response_time": ANSWER_SECONDS,
            },
            "operations": [
                {
                    # That file is there already; any bytes are not yet a picture, nor any text an address;
                    # and no call rings.
                    "include-path-regex": "/retry$|/webhooks|/send/(image|video|audio|document|sticker)$"
                    "|/call/reject$",
                    "checks": {"positive_data_acceptance": {"enabled": False}},
                }
            ],
        }
    ),
).exclude(path=LEFT_OUT)
# Each account that is made has a session process of its own.
described = described.exclude(path="/api/accounts", method="POST")


def fails_only_as_described(context: Any, response: Any, case: Any) -> None:
    """WhatsApp may be out of reach (503) or slow (504), which the answer says. The hub itself never fails."""
    if response.status_code >= 500:
        assert response.status_code in (503, 504), response.text
        assert faults(response.json(), ERROR) == []


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with live_hub(tmp_path_factory.mktemp("fuzzed")) as running:
        yield running


@pytest.fixture(scope="module")
def session(fuzzed: LiveHub) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["x-api-key"] = fuzzed.key
        yield session


def test_the_live_description_is_the_one_that_is_tried(fuzzed: LiveHub) -> None:
    assert fuzzed.get("/api/openapi.json") == json.loads(DESCRIPTION.read_text())


# Not by schemathesis' own way of making tests: it gives all of them one id, and where several processes share
# the work, of tests of one id only one is run.
OPERATIONS = {found.ok().label: found.ok() for found in described.get_all_operations()}


def inputs(operation: Any) -> strategies.SearchStrategy[Any]:
    """The examples of its description, inputs that are right by it, and inputs that are not."""
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    kinds = [*operation.get_strategies_from_examples(), right]
    if operation.body or any(True for _ in operation.iter_parameters()):
        kinds.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    return strategies.one_of(kinds)


@pytest.mark.parametrize("label", OPERATIONS)
def test_it_keeps_its_description(label: str, fuzzed: LiveHub, session: requests.Session) -> None:
    @bounds(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=inputs(OPERATIONS[label]))
    def keeps(case: Any) -> None:
        try_out(case, fuzzed, session)

    keeps()


def try_out(case: Any, fuzzed: LiveHub, session: requests.Session) -> None:
    if isinstance(case.body, dict) and case.body.get("url"):
        case.body["url"] = NOWHERE
    seconds = case.query.get("timeout", PATIENCE_SECONDS if "wait" in case.query else None)
    if isinstance(seconds, int | float) and seconds > 0:
        case.query["timeout"] = min(seconds, PATIENCE_SECONDS)
        if isinstance(case.query.get("account"), str):
            # With this timeout it may be a right input; which accounts there are, no description can say.
            case.query["account"] = settings.SESSION_NAME
    if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
        name_things(case, fuzzed)
    response = case.call(base_url=fuzzed.url, session=session, timeout=ANSWER_SECONDS)
    case.validate_response(
        response,
        additional_checks=[fails_only_as_described],
        excluded_checks=[negative_data_rejection] if may_pass(case, response.request.url) else [],
    )


def name_things(case: Any, fuzzed: LiveHub) -> None:
    """Lets a right input name things that are there: random ids would only ever be 404."""
    known = fuzzed.known
    of_ones_own = case.path.endswith(("/edit", "/revoke"))
    things = {
        "jid": known["group"] if "/groups/" in case.path else known["alice"],
        "to": known["ben"],
        "contact_jid": known["ben"],
        "participants": [known["ben"]],
        "message_id": fuzzed.send()["key"]["id"] if of_ones_own else known["message"],
        "message_ids": [known["message"]],
        "quoted_id": known["message"],
        "media_id": known["media"],
        "action_id": known["action"],
        "account": settings.SESSION_NAME,
        "accounts": [settings.SESSION_NAME],
    }
    case.query.pop("cursor", None)  # which only the page before can give
    for place in (case.path_parameters, case.body):
        if isinstance(place, dict):
            place.update({name: things[name] for name in things.keys() & place.keys()})
    if isinstance(case.body, dict):
        make_consistent(case.body, case.path.rpartition("/")[2])


def make_consistent(body: dict[str, Any], noun: str) -> None:
    """Lets the fields of a right input fit together: what one means to another, no description can say."""
    if noun == "poll" and "selectable" in body:
        body["selectable"] = min(body["selectable"], len(body["options"]))
    if noun == "chat":
        body.setdefault("archive", True)  # one of several is needed
        if body.get("mute_expiry") is not None:
            body.update(mute=True, mute_expiry=int(time.time()) + HOUR)
    if noun == "presence":
        body["jid"] = ALICE
    if body.get("expires_at") is not None:
        body["expires_at"] = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        body.pop("expires_in_days", None)


def may_pass(case: Any, url: str) -> bool:
    """Whether what is wrong with an input may be lost on its way to the hub."""
    # In a query, an empty value and none at all are the same.
    has_empty_value = any(not value for _, value in parse_qsl(urlsplit(url).query, keep_blank_values=True))
    # Whatever is uploaded is a file.
    has_upload = (
        case.media_type == "multipart/form-data" and isinstance(case.body, dict) and "file" in case.body
    )
    return has_empty_value or has_upload
