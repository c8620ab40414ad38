"""The service itself, its errors, and the plainest answer."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import whole


class ErrorSerializer(serializers.Serializer[Any]):
    error = serializers.CharField(help_text="One sentence that says what is wrong, and with which field.")
    message = serializers.CharField(required=False, help_text="Of 401 only.")
    details = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Field → messages, when the input is at fault.",
    )
    action_id = serializers.IntegerField(required=False, help_text="The act that has no result yet.")


class SuccessSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()


class ProcessSerializer(serializers.Serializer[Any]):
    alive = serializers.BooleanField()
    last_seen = whole("Unix seconds.")


class InboxSerializer(serializers.Serializer[Any]):
    pending = serializers.IntegerField(help_text="Events that wait to be taken in.")
    more = serializers.BooleanField(help_text="There are more than were counted.")


class QueueSerializer(serializers.Serializer[Any]):
    storage = serializers.CharField(help_text="`redis` where REDIS_URL is set, else `file`.")
    reachable = serializers.BooleanField(
        help_text="While it is false, webhooks wait and rates are counted by each machine for itself."
    )
    waiting = whole("Tasks that no worker has begun; null when the queue can't be reached.")


class LogSerializer(serializers.Serializer[Any]):
    newest = serializers.IntegerField(help_text="The id of the newest event; 0: nothing has happened yet.")


class StreamsSerializer(serializers.Serializer[Any]):
    listeners = serializers.IntegerField(help_text="WebSockets and event streams.")
    lag = serializers.IntegerField(help_text="By how many events the slowest is behind the newest.")


class WebhooksLagSerializer(serializers.Serializer[Any]):
    active = serializers.IntegerField(help_text="Webhooks that are neither turned off nor paused.")
    failing = serializers.IntegerField(help_text="Of these, those whose last delivery failed.")
    paused = serializers.IntegerField(help_text="Webhooks that failed for so long that they are paused.")
    lag = serializers.IntegerField(help_text="By how many events the slowest active one is behind.")


class FollowersSerializer(serializers.Serializer[Any]):
    streams = StreamsSerializer()
    webhooks = WebhooksLagSerializer()


class HealthSerializer(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="`ok`: the hub answers, and so does its database.")
    version = serializers.CharField()
    connection = serializers.CharField(
        help_text="To WhatsApp: `disconnected`, `connecting`, `qr` or `connected`."
    )
    processes = serializers.DictField(
        child=ProcessSerializer(), help_text="`web` (the one that answers), `session` and `worker`."
    )
    web_processes = ProcessSerializer(many=True, help_text="Each of them, the latest sign of life first.")
    inbox = InboxSerializer()
    queue = QueueSerializer(help_text="The workers' queue.")
    log = LogSerializer()
    followers = FollowersSerializer()


class SummarySerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()
    endpoints = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))


# Examples

HEALTH = {
    "status": "ok",
    "version": "0.1.0",
    "connection": "connected",
    "processes": {
        "web": {"alive": True, "last_seen": 1714564800},
        "session": {"alive": True, "last_seen": 1714564797},
        "worker": {"alive": True, "last_seen": 1714564796},
    },
    "web_processes": [{"alive": True, "last_seen": 1714564800}],
    "inbox": {"pending": 0, "more": False},
    "queue": {"storage": "file", "reachable": True, "waiting": 0},
    "log": {"newest": 20417},
    "followers": {
        "streams": {"listeners": 3, "lag": 0},
        "webhooks": {"active": 2, "failing": 0, "paused": 0, "lag": 0},
    },
}

SUMMARY = {
    "name": "WhatsApp Hub API",
    "version": "0.1.0",
    "endpoints": {"messages": {"GET /api/messages": "List messages"}},
}
