"""How calls are described in the OpenAPI document: one decorator for each call of the API."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from drf_spectacular.drainage import has_override
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import CharField, RegexField

from api.access import Scope
from api.authentication import QUERY_PARAMETER
from api.errors import INTERNAL, UNAUTHORIZED
from api.resources.fields import FILLED, StrictSerializer
from api.resources.service import ErrorSerializer

F = TypeVar("F", bound=Callable[..., Any])

# status → when it comes, and an example
ERRORS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("The request is wrong: `details` says where.", {"error": "jid: This field is required."}),
    401: ("The key is missing or wrong.", UNAUTHORIZED),
    403: ("The key is not for this.", {"error": "This key lacks the scope 'send'."}),
    404: ("It is not there.", {"error": "Message not found"}),
    409: (
        "It contradicts what was asked before, or comes too late.",
        {"error": "Idempotency-Key: this key was used for another request; use a new one."},
    ),
    413: ("The body is too large.", {"error": "The body is too large: 1048576 bytes is the most."}),
    416: ("The range lies outside the file.", {"error": "Range: the file has 2048 bytes."}),
    429: (
        "Too many requests; `Retry-After` says in how many seconds there may be more.",
        {"error": "This key may make 6000 requests in a minute. Try again in 12 seconds."},
    ),
    500: ("The hub failed; its log says why.", INTERNAL),
    503: ("WhatsApp can't be asked at the moment.", {"error": "WhatsApp is not connected"}),
    504: (
        "It is queued, but has no result yet.",
        {"error": "The act is queued, but has no result within 20 seconds.", "action_id": 42},
    ),
}
RETRY_AFTER = OpenApiParameter(
    "Retry-After",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    description="Seconds.",
    response=[429],
)
ACCOUNT_PARAMETER = OpenApiParameter(
    "account",
    {"type": "string", "format": "account-name"},
    OpenApiParameter.QUERY,
    description="The name of the account that the call is about; the default one's when it is absent. A call "
    "with a JSON body may have it there instead.",
)
NO_KEY: list[Any] = [{}]
# A file of any kind; generated clients know what to do with the first.
ANY_FILE = ("application/octet-stream", "*/*")


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """The three ways to show a key."""

    target_class = "api.authentication.ApiKeyAuthentication"
    name = ["apiKeyHeader", "bearer", "apiKeyQuery"]

    def get_security_requirement(self, auto_schema: Any) -> Any:
        """Any one of them will do."""
        return [{way: []} for way in self.name]

    def get_security_definition(self, auto_schema: Any) -> Any:
        return [
            {"type": "apiKey", "in": "header", "name": "x-api-key"},
            {"type": "http", "scheme": "bearer"},
            {"type": "apiKey", "in": "query", "name": QUERY_PARAMETER},
        ]


class StrictBody(OpenApiSerializerExtension):
    """What is refused is not offered: fields that the body doesn't have."""

    target_class = StrictSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        shape = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        least = {"minProperties": 1} if self.target.needs_a_field else {}
        return {**shape, "additionalProperties": False, **least}


class ExactCalls(AutoSchema):
    """Says more exactly what a body has to be.

    Names calls as generated clients call them: by their path, such as `actions_send_text`; where that is
    a noun alone, with what is done to it: `messages_list`, `messages_retrieve`."""

    def get_operation_id(self) -> str:
        parts = [part for part in self.path.split("/") if part and not part.startswith("{")]
        name = [part.replace("-", "_") for part in parts if part != "api"]
        view: Any = self.view
        return "_".join([*name, view.action] if len(name) < 2 else name)

    def get_override_parameters(self) -> list[Any]:
        """Adds the account to calls that are about one."""
        own: list[Any] = super().get_override_parameters()
        view: Any = self.view
        return [*own, ACCOUNT_PARAMETER] if view.is_of_account else own

    def _get_serializer_field_meta(self, field: Any, direction: Any) -> Any:
        """Adds that blanks alone are no text, where those at the ends don't count."""
        meta = super()._get_serializer_field_meta(field, direction)  # type: ignore[no-untyped-call]  # drf-spectacular annotates none of its methods, and has no stubs
        is_plain = isinstance(field, CharField) and not (
            isinstance(field, RegexField) or has_override(field, "field")  # these say more
        )
        if is_plain and direction == "request" and field.trim_whitespace and not field.allow_blank:
            meta["pattern"] = FILLED["pattern"]
        return meta

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        """(schema, whether there has to be a body): also where any one of its fields will do."""
        found = super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]  # drf-spectacular annotates none of its methods, and has no stubs
        schema, is_required = found
        return schema, is_required or getattr(serializer, "needs_a_field", False)


def call(
    summary: str,
    *,
    tag: str,
    answer: Any,
    example: Any = None,
    errors: Iterable[int] = (400,),
    request: Any = None,
    request_example: Any = None,
    parameters: Iterable[OpenApiParameter] = (),
    media_types: Iterable[str] = ("application/json",),
    key: bool = True,
    scope: Scope = Scope.READ,
    is_of_hub: bool = False,
    description: str = "",
    operation_id: str | None = None,
) -> Callable[[F], F]:
    """Describes a call: what it answers (200), with which errors, an example of either, the scope that
    its key must have, whether it is about the whole hub and so closed to keys for certain accounts, and what
    else there is to say (`description`)."""
    codes = sorted({*errors, 500, *([400, 401, 403, 429] if key else [])})
    examples = [OpenApiExample("Example", value=example, response_only=True, status_codes=["200"])]
    if request_example is not None:
        examples.append(OpenApiExample("Request", value=request_example, request_only=True))
    examples += [
        OpenApiExample(f"{code}", value=ERRORS[code][1], response_only=True, status_codes=[str(code)])
        for code in codes
    ]
    needed = (
        f"Needs a key with the scope `{scope}`{', for all accounts' if is_of_hub else ''}." if key else ""
    )
    responses: dict[Any, Any] = {(200, kind): answer for kind in media_types}
    for code in codes:
        responses[(code, "application/json")] = OpenApiResponse(ErrorSerializer, description=ERRORS[code][0])
    describe: Callable[[F], F] = extend_schema(
        summary=summary,
        description=" ".join(filter(None, [description, needed])) or None,
        tags=[tag],
        request=request,
        responses=responses,
        parameters=[*parameters, *([RETRY_AFTER] if key else [])],
        examples=examples if example is not None else examples[1:],
        operation_id=operation_id,
        auth=None if key else NO_KEY,
    )

    def described(view: F) -> F:
        # What the browsable pages show of it, and what MayCall asks for.
        vars(view).update(summary=summary, request_example=request_example, scope=scope, is_of_hub=is_of_hub)
        return describe(view)

    return described


def in_path(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.PATH, description=description)


def in_query(
    name: str, description: str, type: Any = OpenApiTypes.STR, required: bool = False
) -> OpenApiParameter:
    return OpenApiParameter(name, type, OpenApiParameter.QUERY, required, description=description)


@lru_cache(maxsize=1)
def document() -> Mapping[str, Any]:
    """The OpenAPI document of the whole API."""
    generator = SchemaGenerator()
    found: Mapping[str, Any] = generator.get_schema(request=None, public=True)
    return found


def endpoints() -> dict[str, dict[str, str]]:
    """tag → "METHOD /path" → what it does."""
    found: dict[str, dict[str, str]] = {}
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            group = found.setdefault(operation["tags"][0], {})
            group[f"{method.upper()} {path}"] = operation["summary"]
    return found
