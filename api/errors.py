"""What programs get when a call can't be answered: `{"error": "<one sentence>"}`, and `details` of fields."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.settings import api_settings

from api.renderers import dumps
from whatsapp.ingest.faults import is_of_database

log = logging.getLogger(__name__)

UNAUTHORIZED = {"error": "Unauthorized", "message": "Invalid or missing API key"}
INTERNAL = {"error": "Internal server error"}
# What a database says of its trouble → what a program is told; all else might name hosts and users.
TROUBLES = {
    "disk is full": "The hub's disk is full.",
    "No space left": "The database's disk is full.",
    "readonly": "The hub's disk can't be written to.",
    "locked": "The database is locked by another program.",
}


class ApiError(exceptions.APIException):
    """A refusal with its status, its sentence and what else the body says."""

    def __init__(self, status_code: int, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.status_code = status_code
        self.more = more


class BadRequest(ApiError):
    def __init__(self, sentence: str) -> None:
        super().__init__(status.HTTP_400_BAD_REQUEST, sentence)


class Forbidden(ApiError):
    def __init__(self, sentence: str) -> None:
        super().__init__(status.HTTP_403_FORBIDDEN, sentence)


class NotFound(ApiError):
    def __init__(self, sentence: str) -> None:
        super().__init__(status.HTTP_404_NOT_FOUND, sentence)


class Unavailable(ApiError):
    def __init__(self, sentence: str, **more: Any) -> None:
        super().__init__(status.HTTP_503_SERVICE_UNAVAILABLE, sentence, **more)


class NotConnected(Unavailable):
    def __init__(self) -> None:
        super().__init__("WhatsApp is not connected")


class TooMany(ApiError):
    """Come again in `wait` seconds (`Retry-After`)."""

    def __init__(self, sentence: str, wait: float) -> None:
        super().__init__(
            status.HTTP_429_TOO_MANY_REQUESTS, f"{sentence} Try again in {int(wait) + 1} seconds."
        )
        self.wait = wait


class TooLarge(ApiError):
    def __init__(self, limit: int) -> None:
        super().__init__(
            status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, f"The body is too large: {limit} bytes is the most."
        )


def handle_exception(error: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to a request that raised `error`. Only the log learns what an unforeseen one was."""
    code, body, headers = answer_to(error)
    if is_of_database(error):
        log.error("A request can't be answered now, for the database is in trouble: %s", error)
    if code >= status.HTTP_500_INTERNAL_SERVER_ERROR and body is INTERNAL:
        request = context.get("request")
        where = f"{request.method} {request.path}" if request is not None else "A request"
        log.error("%s failed", where, exc_info=error)
    return Response(body, status=code, headers=headers)


def answer_to(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and headers."""
    if isinstance(error, Http404):
        return status.HTTP_404_NOT_FOUND, {"error": "Not found"}, {}
    if isinstance(error, PermissionDenied):
        return status.HTTP_403_FORBIDDEN, {"error": "Forbidden"}, {}
    if isinstance(error, RequestDataTooBig):
        return status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, {"error": "The body is too large."}, {}
    if isinstance(error, SuspiciousOperation):
        return status.HTTP_400_BAD_REQUEST, {"error": str(error) or "Bad request"}, {}
    if is_of_database(error):
        return status.HTTP_503_SERVICE_UNAVAILABLE, {"error": trouble_of(error)}, {}
    if not isinstance(error, exceptions.APIException):
        return status.HTTP_500_INTERNAL_SERVER_ERROR, INTERNAL, {}
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        challenge = getattr(error, "auth_header", None)
        headers = {"WWW-Authenticate": challenge} if challenge else {}
        return status.HTTP_401_UNAUTHORIZED, UNAUTHORIZED, headers
    if isinstance(error, exceptions.ValidationError):
        return status.HTTP_400_BAD_REQUEST, validation_body(error.detail), {}
    if isinstance(error, exceptions.UnsupportedMediaType):
        sentence = f"Content-Type: {error.detail} Send application/json."
        return status.HTTP_400_BAD_REQUEST, {"error": sentence}, {}
    wait = getattr(error, "wait", None)  # of TooMany
    headers = {"Retry-After": str(int(wait) + 1)} if wait else {}
    more = error.more if isinstance(error, ApiError) else {}
    return error.status_code, {"error": sentence_of(error.detail), **more}, headers


def trouble_of(error: Exception) -> str:
    """Why the database can't be used now. A program may ask again later."""
    known = (sentence for words, sentence in TROUBLES.items() if words in str(error))
    return next(known, "The database can't be used at the moment.")


def validation_body(detail: Any) -> dict[str, Any]:
    """`{"error", "details"}` of a serializer's or filter's errors: the first one is the sentence."""
    details: dict[str, list[str]] = {}
    for field, message in messages_in(detail):
        details.setdefault(field, []).append(message)
    field, messages = next(iter(details.items()))
    if field in ("", api_settings.NON_FIELD_ERRORS_KEY):
        return {"error": messages[0]}
    return {"error": f"{field}: {messages[0]}", "details": details}


def messages_in(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(field, message) of each message; a nested field is named `outer.inner`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from messages_in(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list | tuple):
        for inner in detail:
            yield from messages_in(inner, path)
    else:
        yield path, str(detail)


def sentence_of(detail: Any) -> str:
    return next((message for _, message in messages_in(detail)), "The request failed.")


# Outside REST framework's views: Django's own handlers


def json_error(status_code: int, sentence: str) -> HttpResponse:
    return HttpResponse(dumps({"error": sentence}), status=status_code, content_type="application/json")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return json_error(status.HTTP_400_BAD_REQUEST, "Bad request")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return json_error(status.HTTP_404_NOT_FOUND, f"There is nothing at {request.path}.")


def server_error(request: HttpRequest) -> HttpResponse:
    return json_error(status.HTTP_500_INTERNAL_SERVER_ERROR, INTERNAL["error"])
