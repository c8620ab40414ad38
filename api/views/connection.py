"""The line to WhatsApp: its state, the code that links a phone, and commands."""

import time
from collections.abc import Callable

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from api import acts, qr
from api.access import Scope
from api.errors import NotFound, Unavailable
from api.resources.connection import (
    CONNECTION,
    QR,
    CommandSerializer,
    ConnectionSerializer,
    PairBody,
    PairingCodeSerializer,
    QrSerializer,
)
from api.schema import call
from api.views.base import ApiViewSet
from whatsapp import actions
from whatsapp.models import Account, Action, Connection, HistorySync
from whatsapp.records import connection_record

TAG = "connection"
QUEUED = "Queued: the session process has not taken it yet."


class ConnectionViewSet(ApiViewSet):
    queryset = Connection.objects.all()
    serializer_class = ConnectionSerializer
    pagination_class = None

    @call(
        "Get the state of the line",
        tag=TAG,
        answer=ConnectionSerializer,
        example=CONNECTION,
        errors=(),
    )
    def status(self, request: Request) -> Response:
        mine = self.account
        importing = HistorySync.objects.under_way().filter(account=mine).first()
        return Response(connection_record(mine.connection, mine.jid, int(time.time()), importing))

    @call(
        "Get the QR code that links a phone",
        tag=TAG,
        answer=QrSerializer,
        example=QR,
        errors=(404,),
    )
    def qr(self, request: Request) -> Response:
        text = self.code_to_scan()
        return Response({"qr": qr.data_url(text), "raw": text})

    @call(
        "Get the QR code as a picture of 400 by 400 pixels",
        tag=TAG,
        answer=OpenApiTypes.BINARY,
        errors=(404,),
        media_types=("image/png",),
    )
    def qr_image(self, request: Request) -> HttpResponse:
        picture = qr.png(self.code_to_scan())
        return HttpResponse(picture, content_type="image/png", headers={"Cache-Control": "no-store"})

    @call(
        "Close the line and connect anew; the phone stays linked",
        tag=TAG,
        answer=CommandSerializer,
        example={"success": True, "message": "Reconnecting...", "action_id": 42},
        errors=(503,),
        scope=Scope.MANAGE,
    )
    def restart(self, request: Request) -> Response:
        return self.command(actions.restart, "Reconnecting...")

    @call(
        "Unlink, and show a new QR code",
        tag=TAG,
        answer=CommandSerializer,
        example={"success": True, "message": "Auth cleared. Generating new QR code...", "action_id": 42},
        errors=(503,),
        scope=Scope.MANAGE,
    )
    def new_qr(self, request: Request) -> Response:
        return self.command(actions.new_qr, "Auth cleared. Generating new QR code...")

    @call(
        "Unlink this device from the phone; what is stored stays",
        tag=TAG,
        answer=CommandSerializer,
        example={"success": True, "message": "Logged out", "action_id": 42},
        errors=(503,),
        scope=Scope.MANAGE,
    )
    def logout(self, request: Request) -> Response:
        return self.command(actions.logout, "Logged out")

    @call(
        "Ask for a code to link a phone by its number",
        tag=TAG,
        answer=PairingCodeSerializer,
        example={"code": "ABCD-EFGH"},
        errors=(400, 503, 504),
        request=PairBody,
        scope=Scope.MANAGE,
        request_example={"phone": "15550199"},
    )
    def pair(self, request: Request) -> Response:
        body = self.body(PairBody)
        mine = self.account
        status = mine.connection.status
        if status == Connection.Status.CONNECTED:
            raise Unavailable("A phone is linked already: log out first.")
        if status != Connection.Status.QR:
            raise Unavailable(
                f"A pairing code can be had while the status is qr, but it is {status}. "
                "Try again in a moment."
            )
        action = acts.result_of(actions.pair(mine, body.validated_data["phone"]), fields=body.fields)
        return Response({"code": (action.result or {})["code"]})

    def code_to_scan(self) -> str:
        """The text of the code that a phone may scan now. Raises NotFound."""
        text = self.account.connection.qr
        if not text:
            raise NotFound("No QR code available")
        return text

    def command(self, queue: Callable[[Account], Action], done: str) -> Response:
        """Queues a command, and says how far it came in a moment."""
        action = actions.wait_for(queue(self.account), acts.COMMAND_SECONDS)
        if action.status == Action.Status.FAILED:
            raise Unavailable(action.error or "The command failed.", action_id=action.pk)
        message = QUEUED if action.status in actions.UNFINISHED else done
        return Response({"success": True, "message": message, "action_id": action.pk})
