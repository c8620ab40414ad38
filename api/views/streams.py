"""Events as they come: the event stream, and tickets for it and for the WebSocket."""

from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.authentication import ApiKeyAuthentication
from api.errors import Forbidden
from api.filters import refuse_unknown
from api.resources.streams import TICKET, TicketSerializer
from api.schema import call, in_query
from api.streaming import admission
from api.streaming.admission import Admission, SessionAuthentication, TicketAuthentication
from api.streaming.listeners import LISTENERS
from api.streaming.sse import EventStream
from api.views.base import ApiViewSet, key_in
from whatsapp import tickets
from whatsapp.following import EVERYTHING, NoSuchEvents, Wish, bounds, parse_prefixes

TAG = "events"
EVENTS = "events"
SINCE = "since"


class EventStreamViewSet(ApiViewSet):
    """Lets listeners in, those of WebSockets too (`api.streaming.socket`)."""

    authentication_classes = [ApiKeyAuthentication, TicketAuthentication, SessionAuthentication]
    pagination_class = None
    filter_backends = []
    is_about_chats = True
    takes_all_accounts = True

    @call(
        "Follow events as they come (server-sent events)",
        tag=TAG,
        answer=OpenApiTypes.STR,
        media_types=("text/event-stream",),
        parameters=[
            in_query(EVENTS, "Prefixes of types, with commas: `wa.messages,connection`. All when absent."),
            in_query(
                SINCE,
                "The id of an event: everything that came after it is told first. The header "
                "`Last-Event-ID`, which browsers send when they connect anew, goes before it.",
                OpenApiTypes.INT64,
            ),
            in_query(admission.TICKET, "A ticket, in place of a key."),
        ],
        operation_id="events_stream",
        description=f"With `account={EVERYTHING}`, of all accounts that the key may see, in the log's order.",
    )
    def stream(self, request: Request) -> EventStream:
        if not admission.is_allowed_page(request._request):
            raise Forbidden("Origin: pages of this origin are not let in; CORS_ORIGINS names those that are.")
        refuse_unknown(request, [EVENTS, SINCE, admission.TICKET])
        LISTENERS.require_room()
        wish = self.wish(self.prefixes(request))
        oldest, newest = bounds()
        cursor = self.since(request, newest)
        session = request.auth if isinstance(request.auth, str) else None
        return EventStream(
            Admission(self.principal, session, wish, cursor, newest, has_missed=oldest > cursor + 1)
        )

    def wish(self, prefixes: tuple[str, ...]) -> Wish:
        """What the listener gets: of one account, or of all that the key may see."""
        chats, only = self.principal.chats, self.principal.accounts
        if self.is_of_all_accounts:
            return Wish(None, prefixes, chats, among=only)
        return Wish(self.account, prefixes, chats)

    def prefixes(self, request: Request) -> tuple[str, ...]:
        try:
            return parse_prefixes(request.query_params.get(EVENTS, "").split(","))
        except NoSuchEvents as error:
            raise ValidationError({EVENTS: [str(error)]}) from error

    def since(self, request: Request, newest: int) -> int:
        """The event after which to begin."""
        text = request.headers.get("Last-Event-ID") or request.query_params.get(SINCE)
        if not text:
            return newest
        cursor = 0 if text == "0" else key_in(text)
        if cursor is None:
            raise ValidationError({SINCE: ["This must be the id of an event, or 0 for all that there are."]})
        if cursor > newest:
            raise ValidationError({SINCE: [f"There is no such event yet: the newest is {newest}."]})
        return cursor


class TicketViewSet(ApiViewSet):
    pagination_class = None
    filter_backends = []
    is_of_account = False
    is_about_chats = True

    @call(
        "Get a ticket for a WebSocket or event stream, good once",
        tag=TAG,
        answer=TicketSerializer,
        example=TICKET,
        errors=(),
        operation_id="ws_ticket",
    )
    def create(self, request: Request) -> Response:
        ticket = tickets.issue(self.principal.key_id)
        return Response({"ticket": ticket, "expiresIn": tickets.SECONDS})
