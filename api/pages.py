"""REST framework's browsable API as the hub shows it: the answer, what it links to, filters, and forms to try
the other calls of the same address."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from django.http import QueryDict
from django.template import loader
from django.urls import resolve
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from rest_framework.exceptions import APIException
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request, override_method

from api import schema
from api.renderers import OPTIONS, plain

# Nothing of a page comes from elsewhere, runs inline or is framed.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

METHODS_WITH_FORM = ("POST", "PUT", "PATCH", "DELETE")

# Field → what its value is the id of.
LINKED = {
    "remote_jid": "chats",
    "chat_jid": "chats",
    "from_jid": "contacts",
    "participant": "contacts",
    "participant_jid": "contacts",
    "owner_jid": "contacts",
    "group_jid": "groups",
    "media_id": "media",
    "action_id": "actions",
}
LINE = re.compile(r'(?P<before>\s*"(?P<field>\w+)": )(?P<value>"(?:[^"\\]|\\.)*"|\d+)(?P<after>,?)')


@dataclass(frozen=True, slots=True)
class Form:
    """A call of this address that takes a body, or changes something without one."""

    method: str
    summary: str
    body: str


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    help_text: str
    value: str


class ApiPage(BrowsableAPIRenderer):
    template = "api/page.html"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        context = dict(renderer_context or {})
        request, view, response = context["request"], context["view"], context["response"]
        page = {
            "name": summary_of(view) or response.status_text,
            "status": f"{response.status_code} {response.status_text}",
            "is_for_other_methods": response.status_code == 405,
            "request": request,
            "allowed_methods": view.allowed_methods,
            "content": linked(pretty(data), request.path),
            "forms": list(self.forms(view, request)) if response.status_code != 403 else [],
            "filters": filters_of(view, request),
            "previous": previous_page(request),
            "next": next_page(request, data),
            "calls": calls(),
        }
        return loader.get_template(self.template).render(page, request=request._request)

    def forms(self, view: Any, request: Request) -> Iterator[Form]:
        for method in METHODS_WITH_FORM:
            sent = body_of(request) if request.method == method else None
            with override_method(view, request, method) as other:
                if not self.show_form_for_method(view, method, other, None):
                    continue
                example = getattr(getattr(view, view.action), "request_example", None)
                body = sent if sent is not None else example
                yield Form(method, summary_of(view), "" if body is None else pretty(body))


def summary_of(view: Any) -> str:
    return str(getattr(getattr(view, view.action or "", None), "summary", ""))


def body_of(request: Request) -> Any:
    """What was sent, to be put right and sent again; None when nobody can read it."""
    try:
        return request.data
    except APIException:
        return None


def pretty(data: Any) -> str:
    return orjson.dumps(data, default=plain, option=OPTIONS | orjson.OPT_INDENT_2).decode()


# Links


def linked(text: str, path: str) -> SafeString:
    """Indented JSON as HTML, in which ids lead to what they are ids of."""
    return format_html_join("\n", "{}", ((linked_line(line, path),) for line in text.split("\n")))


def linked_line(line: str, path: str) -> SafeString:
    found = LINE.fullmatch(line)
    address = address_of(found["field"], json.loads(found["value"]), path) if found else None
    if found is None or address is None:
        return format_html("{}", line)
    return format_html('{}<a href="{}">{}</a>{}', found["before"], address, found["value"], found["after"])


def address_of(field: str, value: Any, path: str) -> str | None:
    """Where the thing is whose id the field has, on the page at `path`; None when there is no such page."""
    if value == "":
        return None
    part = quote(str(value), safe="@:")
    if field in LINKED:
        places = [f"/api/{LINKED[field]}/{part}"]
    elif field in ("id", "jid"):
        places = [f"{path.rstrip('/')}/{part}", f"{path.rstrip('/').rpartition('/')[0]}/{part}"]
    else:
        return None
    return next((place for place in places if place != path and is_there(place)), None)


def is_there(path: str) -> bool:
    return "rest" not in resolve(path).kwargs  # which the route has that takes whatever is left


# Lists


def filters_of(view: Any, request: Request) -> list[Filter]:
    filterset = getattr(view, "filterset_class", None) if view.action else None
    if filterset is None or request.method != "GET" or view.detail:
        return []
    return [
        Filter(name, str(one.extra.get("help_text", "")), request.query_params.get(name, ""))
        for name, one in filterset.base_filters.items()
    ]


def with_query(request: Request, **changes: Any) -> str:
    """The address of this page with other parameters; None takes one away."""
    query: QueryDict = request.query_params.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def offset_of(request: Request) -> int:
    text = request.query_params.get("offset", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def next_page(request: Request, data: Any) -> str | None:
    """Where the list goes on: by its cursor, else by offset; None at its end, and of what is no list."""
    rows = data.get("data") if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or not rows or request.method != "GET":
        return None
    if "next" in data:
        return with_query(request, cursor=data["next"], offset=None) if data["next"] else None
    shown = offset_of(request) + len(rows)
    return with_query(request, offset=shown) if data.get("total", 0) > shown else None


def previous_page(request: Request) -> str | None:
    """The list's beginning, when this page is further on."""
    further = offset_of(request) > 0 or "cursor" in request.query_params
    return with_query(request, offset=None, cursor=None) if further else None


def calls() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """(tag, [(method, path, summary)]) of all calls whose address needs no id."""
    found = []
    for tag, operations in schema.endpoints().items():
        plain_ones = [
            (*call.split(" ", 1), summary) for call, summary in operations.items() if "{" not in call
        ]
        found.append((tag, [(method, path, summary) for method, path, summary in plain_ones]))
    return [(tag, some) for tag, some in found if some]
