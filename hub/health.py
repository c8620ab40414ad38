"""Is the hub alive? For supervisors and monitors; no key is needed, and nothing private is said."""

import time
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from api.resources.service import HEALTH, HealthSerializer
from api.schema import call
from api.views.base import ApiViewSet
from whatsapp.models import Account, Connection, InboxEvent

# A process that has given no sign of life for so many seconds counts as dead.
ALIVE_SECONDS = 15
MOST_COUNTED = 1000


class HealthViewSet(ApiViewSet):
    authentication_classes = []
    permission_classes = []
    pagination_class = None
    filter_backends = []

    @call(
        "Tell whether the hub is alive",
        tag="service",
        answer=HealthSerializer,
        example=HEALTH,
        errors=(503,),
        key=False,
        operation_id="service_health",
    )
    def health(self, request: Request) -> Response:
        return Response(state(int(time.time())))


def state(now: int) -> dict[str, Any]:
    """What is known at `now` (Unix seconds), in two cheap queries. That it answers is what `ok` means:
    this process works, and so does its database."""
    account = Account.objects.named(settings.SESSION_NAME)
    connection = getattr(account, "connection", None)
    heartbeat = connection.heartbeat_at if connection else None
    pending = InboxEvent.objects.filter(state=InboxEvent.State.PENDING)[: MOST_COUNTED + 1].count()
    return {
        "status": "ok",
        "version": settings.VERSION,
        "connection": connection.status if connection else Connection.Status.DISCONNECTED,
        "processes": {
            "web": {"alive": True, "last_seen": now},
            "session": {"alive": is_alive(heartbeat, now), "last_seen": heartbeat},
        },
        "inbox": {"pending": min(pending, MOST_COUNTED), "more": pending > MOST_COUNTED},
    }


def is_alive(last_seen: int | None, now: int) -> bool:
    return last_seen is not None and now - last_seen < ALIVE_SECONDS
