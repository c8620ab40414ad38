"""Acts over HTTP: the options that every call of one takes, waiting for what comes of it, and saying so."""

import hashlib
import json
import math
import threading
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from api import schema
from api.access import Scope
from api.errors import ApiError, NotConnected, Unavailable
from api.filters import FALSE, TRUE, refuse_unknown
from api.resources.acts import SENT, SentSerializer
from api.schema import in_query
from api.views.base import ApiViewSet
from hub.threads import REQUESTS_AT_ONCE
from whatsapp import actions
from whatsapp.models import Account, Action, Connection

# How long a request waits for the session process: for WhatsApp's word, and for a command to the line.
RESULT_SECONDS = 20.0
COMMAND_SECONDS = 5.0
MOST_SECONDS = 60.0

# How many requests may wait at once, each in a thread of the server's: those of all others stay free. Whoever
# comes on top is told at once what there is to tell.
MOST_WAITING = REQUESTS_AT_ONCE - 8
_places = threading.BoundedSemaphore(MOST_WAITING)

IDEMPOTENCY_KEY = "Idempotency-Key"
LONGEST_KEY = 200

Status = Action.Status
# What `?wait=` can wait for, and by which states of an act that is reached.
REACHED: dict[str, tuple[str, ...]] = {
    "sent": actions.DONE,
    "delivered": (Status.DELIVERED, Status.READ, Status.PLAYED),
    "read": (Status.READ, Status.PLAYED),
}
QUESTION_PARAMETERS = [
    in_query(
        "timeout",
        f"How many seconds to wait at most, up to {MOST_SECONDS:g}; {RESULT_SECONDS:g} if not given.",
        {"type": "number", "minimum": 0, "maximum": MOST_SECONDS},
    ),
]
KEY_PARAMETER = OpenApiParameter(
    IDEMPOTENCY_KEY,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": r"^[!-~]([ -~]*[!-~])?$"},
    OpenApiParameter.HEADER,
    description="Any text of the client's own, for one request: the same key with the same body is done "
    f"once, and always answered with what came of it. At most {LONGEST_KEY} characters.",
)
WAIT_PARAMETER = OpenApiParameter(
    "wait",
    OpenApiTypes.STR,
    OpenApiParameter.QUERY,
    enum=list(REACHED),
    description="What to wait for before answering: `sent` (WhatsApp has taken it, the default), "
    "`delivered` or `read`. What is not reached in time is answered with the `status` reached.",
)
WAIT_UNTIL_DONE_PARAMETER = OpenApiParameter(
    "wait",
    OpenApiTypes.STR,
    OpenApiParameter.QUERY,
    enum=["sent"],
    description="What to wait for before answering: `sent` (WhatsApp has taken it, the default). No "
    "message comes of this act, so nothing is delivered or read.",
)
QUEUE_PARAMETER = in_query(
    "queue",
    "With `true` the act is taken while WhatsApp is not connected too, and answered at once with the "
    "status `queued`, or after what `wait` asks for.",
    OpenApiTypes.BOOL,
)

F = TypeVar("F", bound=Callable[..., Any])


def call(
    summary: str,
    *,
    tag: str = "actions",
    answer: Any = SentSerializer,
    example: Any = SENT,
    request: type[Serializer[Any]] | Mapping[str, Any] | None = None,
    request_example: Any = None,
    scope: Scope = Scope.SEND,
    parameters: Iterable[OpenApiParameter] = (),
    errors: Iterable[int] = (400, 409, 413, 503, 504),
    is_message: bool = True,
) -> Callable[[F], F]:
    """Describes a call that makes an act, with the options that all of them take; `is_message`: what it sends
    is delivered and read."""
    wait = WAIT_PARAMETER if is_message else WAIT_UNTIL_DONE_PARAMETER
    return schema.call(
        summary,
        tag=tag,
        answer=answer,
        example=example,
        errors=errors,
        request=request,
        request_example=request_example,
        scope=scope,
        parameters=[*parameters, KEY_PARAMETER, wait, *QUESTION_PARAMETERS, QUEUE_PARAMETER],
    )


@dataclass(frozen=True, slots=True)
class Options:
    """What a request asks of its act beside the act itself. `seconds` is how long it waits at most."""

    key: str | None
    reached: tuple[str, ...]
    seconds: float
    may_queue: bool

    @classmethod
    def of(cls, view: ApiViewSet, *, is_message: bool = True) -> "Options":
        """The options of the view's request; `is_message`: what it sends is delivered and read. Raises
        ValidationError."""
        request = view.request
        query = request.query_params
        refuse_unknown(request, ("wait", "timeout", "queue"))
        wait = query.get("wait")
        if wait is not None and wait not in REACHED:
            raise ValidationError({"wait": [f"{wait[:40]!r} is none of {', '.join(REACHED)}."]})
        if wait not in (None, "sent") and not is_message:
            raise ValidationError({"wait": ["This is done or not, but never delivered or read: use sent."]})
        queue = (query.get("queue") or "false").lower()
        if queue not in (*TRUE, *FALSE):
            raise ValidationError({"queue": [f"{queue[:40]!r} is neither true nor false."]})
        may_queue = queue in TRUE
        at_once = may_queue and wait is None
        return cls(
            key=key_of(request, view.principal.name),
            reached=REACHED[wait or "sent"],
            seconds=0.0 if at_once else seconds_of(request),
            may_queue=may_queue,
        )


def seconds_of(request: Request) -> float:
    """How long the request wants to wait for an answer at most. Raises ValidationError."""
    text = request.query_params.get("timeout")
    if text is None:
        return RESULT_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= MOST_SECONDS:
        raise ValidationError({"timeout": [f"Give seconds from 0 to {MOST_SECONDS:g}."]})
    return seconds


def key_of(request: Request, program: str) -> str | None:
    """The request's idempotency key; each program has its own. Raises ValidationError."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is None:
        return None
    key = key.strip()
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise ValidationError({IDEMPOTENCY_KEY: [f"Use 1 to {LONGEST_KEY} printable characters."]})
    return f"{program[:50]} {key}"


def perform(
    view: ApiViewSet,
    kind: str,
    payload: dict[str, Any],
    *,
    fields: Container[str] = (),
    body: Any = None,
    is_message: bool = True,
) -> Action:
    """Queues an act as the request's options want it, and waits for what comes of it.

    `payload` is what the act needs; `fields` are those of the request, so that an error which begins with the
    name of one is the client's to mend. `body` is what makes two requests with one key the same, by default
    the payload. Returns the act: done, or still under way where the request allows that.
    Raises what the client has to know otherwise.
    """
    options = Options.of(view, is_message=is_message)
    account = view.account
    once = None
    if options.key is not None:
        once = actions.Once(options.key, digest_of(kind, payload if body is None else body))
    try:
        action = actions.known_by(account, once) if once is not None else None
        if action is None:
            if not options.may_queue:
                require_connected(account)
            action = actions.queue(account, kind, payload, once)
    except actions.AnotherRequest as error:
        raise ApiError(
            409, f"{IDEMPOTENCY_KEY}: this key was used for another request; use a new one."
        ) from error
    action = wait_for(action, options.seconds, options.reached)
    if action.status in actions.UNFINISHED and options.may_queue:
        return action
    return result_or_error(action, fields, options.seconds)


def ask(view: ApiViewSet, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What WhatsApp answers to a question. Nothing but the answer stays of it."""
    refuse_unknown(view.request, ("timeout",))
    seconds = seconds_of(view.request)
    require_connected(view.account)
    action = wait_for(actions.queue(view.account, kind, payload), seconds)
    try:
        result = result_or_error(action, payload, seconds).result or {}
    finally:
        if action.status not in actions.UNFINISHED:
            action.delete()
    return result


def digest_of(kind: str, body: Any) -> str:
    """Tells a request from another."""
    text = json.dumps([kind, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def require_connected(account: Account) -> None:
    """Raises NotConnected unless the line to WhatsApp is up."""
    if account.connection.status != Connection.Status.CONNECTED:
        raise NotConnected


def result_of(action: Action, fields: Container[str] = ()) -> Action:
    """The act, done. Raises what the client has to know otherwise: that it failed, or has no result yet.

    An error that begins with the name of one of the request's `fields` is the client's to mend.
    """
    return result_or_error(wait_for(action, RESULT_SECONDS), fields, RESULT_SECONDS)


def wait_for(action: Action, seconds: float, reached: Container[str] = actions.DONE) -> Action:
    """As `actions.wait_for`; does not wait at all while too many requests do."""
    if not _places.acquire(blocking=False):
        return actions.wait_for(action, 0.0, reached)
    try:
        return actions.wait_for(action, seconds, reached)
    finally:
        _places.release()


def result_or_error(action: Action, fields: Container[str], seconds: float) -> Action:
    if action.status in actions.UNFINISHED:
        raise ApiError(
            504,
            f"The act is queued, but has no result within {seconds:g} seconds. "
            f"Ask for it later: GET /api/actions/{action.pk}",
            action_id=action.pk,
        )
    if action.status == Status.CANCELLED:
        raise ApiError(409, "The act was cancelled.", action_id=action.pk)
    if action.status == Status.FAILED:
        error = action.error or "The act failed."
        field, colon, sentence = error.partition(": ")
        if colon and field in fields:
            raise ValidationError({field: [sentence]})
        raise Unavailable(error, action_id=action.pk)
    return action


def sent(action: Action) -> Response:
    """The answer to an act that sends something: `key` is null while it is queued."""
    key = (action.result or {}).get("key")
    return Response({"success": True, "key": key, "action_id": action.pk, "status": action.status})


def done(action: Action, **more: Any) -> Response:
    """The answer to any other act."""
    return Response({"success": True, "action_id": action.pk, "status": action.status, **more})
