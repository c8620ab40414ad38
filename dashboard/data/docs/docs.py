"""The API's description as pages show it: calls by what they are about, with code that makes each.

It is made of `api.schema.document()` once in a process.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from api import schema

METHODS = ("get", "post", "put", "patch", "delete")
JSON, FORM = "application/json", "multipart/form-data"
EVENTS = "text/event-stream"

TITLES = {
    "service": "The service",
    "stats": "Statistics and the event log",
    "events": "Live events",
    "actions": "Actions",
    "connection": "Connection",
}
ALICE, FAMILY = "15550100@s.whatsapp.net", "120363000000000001@g.us"
# What stands for a part of a path in examples.
EXAMPLES = {"jid": ALICE, "message_id": "3EB0C431C26A1916E07E", "call_id": "1F2E3D4C5B6A79880F1E2D3C4B5A6978"}
# What can't be undone, or stops something: its try-it asks first.
DANGEROUS = ("connection_logout", "connection_new_qr", "connection_restart", "actions_revoke")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a call. `place` is path, query or header."""

    name: str
    place: str
    is_required: bool
    description: str
    type: str
    choices: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True)
class BodyField:
    name: str
    type: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    description: str
    example: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call. `body` is an example of what it takes, None for nothing; `answer` one of what it gives."""

    name: str
    tag: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    body: Any
    body_fields: tuple[BodyField, ...]
    takes_upload: bool
    answer: str
    answer_type: str
    failures: tuple[Failure, ...]
    needs_key: bool

    @property
    def address(self) -> str:
        """Of its page."""
        return f"/docs/{self.tag}/{self.name}"

    @property
    def example_path(self) -> str:
        path = self.path
        for one in self.parameters:
            if one.place == "path":
                path = path.replace(f"{{{one.name}}}", quote(one.example, safe="@"))
        return path

    @property
    def example_query(self) -> dict[str, str]:
        return {one.name: one.example for one in self.parameters if one.place == "query" and one.is_required}

    @property
    def has_options(self) -> bool:
        """Whether it has parameters that may be left out."""
        return any(one.place == "query" and not one.is_required for one in self.parameters)

    @property
    def has_path_parameters(self) -> bool:
        return "{" in self.path

    @property
    def body_text(self) -> str:
        return pretty(self.body) if self.body is not None else ""

    @property
    def is_dangerous(self) -> bool:
        return self.method == "DELETE" or self.name in DANGEROUS

    @property
    def is_stream(self) -> bool:
        return self.answer_type == EVENTS

    @property
    def gives_json(self) -> bool:
        return self.answer_type == JSON

    @property
    def words(self) -> str:
        """What the search box looks in."""
        return f"{self.method} {self.path} {self.summary} {self.tag}".lower()


@dataclass(frozen=True, slots=True)
class Group:
    """The calls with one tag."""

    tag: str
    calls: tuple[Call, ...]

    @property
    def title(self) -> str:
        return TITLES.get(self.tag, self.tag.title())


@lru_cache(maxsize=1)
def groups() -> tuple[Group, ...]:
    """All calls; the groups in the order of the description."""
    document = schema.document()
    found: dict[str, list[Call]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                call = call_of(document, path, method, operation)
                found.setdefault(call.tag, []).append(call)
    return tuple(Group(tag, tuple(calls)) for tag, calls in sorted(found.items()))


@lru_cache(maxsize=1)
def calls() -> dict[tuple[str, str], Call]:
    """(tag, name) → call."""
    return {(call.tag, call.name): call for group in groups() for call in group.calls}


def group_with(tag: str) -> Group | None:
    return next((group for group in groups() if group.tag == tag), None)


def call_of(document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Call:
    content = operation.get("requestBody", {}).get("content", {})
    shape = resolved(document, content.get(JSON, {}).get("schema", {}))
    answers = operation["responses"].get("200", {}).get("content", {})
    answer_type = next(iter(answers), "")
    return Call(
        name=operation["operationId"],
        tag=operation["tags"][0],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=tuple(parameter_of(document, path, one) for one in operation.get("parameters", ())),
        body=first_example(content.get(JSON, {})),
        body_fields=fields_of(document, shape),
        takes_upload=FORM in content,
        answer=pretty(first_example(answers.get(answer_type, {}))),
        answer_type=answer_type,
        failures=tuple(
            Failure(code, answer.get("description", ""), pretty(first_example(answer["content"][JSON])))
            for code, answer in operation["responses"].items()
            if code != "200" and JSON in answer.get("content", {})
        ),
        needs_key=operation.get("security") != [{}],
    )


def parameter_of(document: Mapping[str, Any], path: str, one: Mapping[str, Any]) -> Parameter:
    shape = resolved(document, one.get("schema", {}))
    choices = tuple(str(choice) for choice in shape.get("enum", ()))
    return Parameter(
        name=one["name"],
        place=one["in"],
        is_required=bool(one.get("required")),
        description=one.get("description", ""),
        type=type_of(document, shape),
        choices=choices,
        example=example_of(one["name"], path, choices, shape),
    )


def example_of(name: str, path: str, choices: tuple[str, ...], shape: Mapping[str, Any]) -> str:
    """A value that such a parameter may have."""
    if name == "jid" and path.startswith("/api/groups/"):
        return FAMILY
    if name in EXAMPLES:
        return EXAMPLES[name]
    if choices:
        return choices[0]
    is_number = shape.get("type") in ("integer", "number") or name.endswith("_id")
    return str(shape.get("minimum", 1)) if is_number else "hello"


def fields_of(document: Mapping[str, Any], shape: Mapping[str, Any]) -> tuple[BodyField, ...]:
    required = shape.get("required", ())
    return tuple(
        BodyField(name, type_of(document, one), name in required, one.get("description", ""))
        for name, one in shape.get("properties", {}).items()
    )


def resolved(document: Mapping[str, Any], shape: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, where there is only a reference to it."""
    name = shape.get("$ref", "")
    if not name:
        return shape
    found: Mapping[str, Any] = document["components"]["schemas"][name.rpartition("/")[2]]
    return found


def type_of(document: Mapping[str, Any], shape: Mapping[str, Any]) -> str:
    """A type in words: `text`, `list of text`, `whole number or null`."""
    shape = resolved(document, shape)
    choices = shape.get("oneOf") or shape.get("anyOf") or shape.get("allOf")
    if choices:
        return " or ".join(dict.fromkeys(type_of(document, one) for one in choices))
    types = shape.get("type", "anything")
    words = [word_for(document, shape, one) for one in (types if isinstance(types, list) else [types])]
    return " or ".join(words)


def word_for(document: Mapping[str, Any], shape: Mapping[str, Any], type: str) -> str:
    if type == "array":
        return f"list of {type_of(document, shape.get('items', {}))}"
    if type == "string" and shape.get("format") in ("jid", "phone-number", "date-time", "binary", "byte"):
        return {"jid": "JID", "phone-number": "phone number", "date-time": "time", "byte": "base64"}.get(
            shape["format"], "file"
        )
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(type, type)


def first_example(content: Mapping[str, Any]) -> Any:
    return next((one["value"] for one in content.get("examples", {}).values()), None)


def pretty(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
