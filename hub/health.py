"""Is the hub alive? For supervisors and monitors; no key is needed, and nothing private is said."""

import time
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from api.resources.service import HEALTH, HealthSerializer
from api.schema import call
from api.views.base import ApiViewSet
from whatsapp import followers, processes
from whatsapp.models import Account, Connection, Event, InboxEvent, Process

MOST_COUNTED = 1000
MOST_PROCESSES = 100


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
    """What is known at `now` (Unix seconds), in a few cheap queries. That it answers is what `ok` means: this
    process works, and so does its database. A supervisor must not restart it for anything else."""
    account = Account.objects.named(settings.SESSION_NAME)
    connection = getattr(account, "connection", None)
    heartbeat = connection.heartbeat_at if connection else None
    pending = InboxEvent.objects.filter(state=InboxEvent.State.PENDING)[: MOST_COUNTED + 1].count()
    newest = Event.objects.newest_id()
    seen = signs_of_life(now)
    return {
        "status": "ok",
        "version": settings.VERSION,
        "connection": connection.status if connection else Connection.Status.DISCONNECTED,
        "processes": {
            "web": life(now, now),
            "session": life(heartbeat, now),
            "worker": life(max(seen[Process.Kind.WORKER], default=None), now),
        },
        "web_processes": [life(one, now) for one in seen[Process.Kind.WEB]],
        "inbox": {"pending": min(pending, MOST_COUNTED), "more": pending > MOST_COUNTED},
        "log": {"newest": newest},
        "followers": followers.lags(newest, now),
    }


def signs_of_life(now: int) -> dict[str, list[int]]:
    """Kind → when each process of it that has not ended was last seen, the latest first. This one is seen
    now."""
    seen: dict[str, list[int]] = {kind: [] for kind in Process.Kind.values}
    others = Process.objects.exclude(pk=processes.own_id(Process.Kind.WEB)).order_by("-seen_at")
    for kind, seen_at in others.values_list("kind", "seen_at")[:MOST_PROCESSES]:
        seen[kind].append(seen_at)
    seen[Process.Kind.WEB].insert(0, now)
    return seen


def life(last_seen: int | None, now: int) -> dict[str, Any]:
    return {"alive": processes.is_alive(last_seen, now), "last_seen": last_seen}
