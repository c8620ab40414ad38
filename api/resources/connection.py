"""The line to WhatsApp."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import PhoneField, one_of, text, whole
from whatsapp.models import Connection


class HistorySerializer(serializers.Serializer[Any]):
    sync_type = serializers.CharField(help_text="initial_bootstrap, recent, full, push_name, …")
    chunk_order = whole()
    progress = whole("Percent of all that the phone will hand over.")
    messages = serializers.IntegerField(help_text="How many of this part's messages have been handled.")
    message_total = serializers.IntegerField()
    chats = serializers.IntegerField(help_text="New ones.")
    contacts = serializers.IntegerField(help_text="New ones.")
    calls = serializers.IntegerField()
    is_latest = serializers.BooleanField(help_text="Whether the phone has no more to hand over.")
    finished = serializers.BooleanField()


class ConnectionSerializer(serializers.Serializer[Any]):
    status = one_of(Connection.Status)
    jid = text("This account's phone JID.")
    hasQR = serializers.BooleanField()
    since = whole("Unix seconds: when the status last changed.")
    reason = text("One sentence: why the status is what it is.")
    retry_in = whole("Seconds until the next try to connect.")
    last_event_at = whole("Unix seconds: the last event received.")
    history = HistorySerializer(allow_null=True, help_text="The history that is being imported.")


class QrSerializer(serializers.Serializer[Any]):
    qr = serializers.CharField(help_text="A PNG, as a data URL.")
    raw = serializers.CharField(help_text="The code's text.")


class CommandSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    message = serializers.CharField()
    action_id = serializers.IntegerField()


class PairingCodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="To type into the phone under Linked devices.")


class PairBody(serializers.Serializer[Any]):
    phone = PhoneField(help_text="The phone's number with country code.")


# Examples

CONNECTION = {
    "status": "connected",
    "jid": "15550199@s.whatsapp.net",
    "hasQR": False,
    "since": 1714564700,
    "reason": None,
    "retry_in": None,
    "last_event_at": 1714564800,
    "history": None,
}

QR = {"qr": "data:image/png;base64,iVBORw0KGgo…", "raw": "2@Zm9v…"}
