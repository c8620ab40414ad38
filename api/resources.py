"""The shapes of answers and bodies, for the schema and for checking what comes in.

What goes out is rendered by `whatsapp.records`, as plain dicts; a test holds the two together.
"""

from typing import Any

from django.db.models import TextChoices
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from whatsapp import jids
from whatsapp.models import Action, Connection, Media, Message

LONGEST_TEXT = 65536


def text(help_text: str = "", **more: Any) -> serializers.CharField:
    """A text that may be null."""
    return serializers.CharField(allow_null=True, help_text=help_text, **more)


def whole(help_text: str = "") -> serializers.IntegerField:
    """A whole number that may be null."""
    return serializers.IntegerField(allow_null=True, help_text=help_text)


def moment(help_text: str = "", allow_null: bool = True) -> serializers.CharField:
    return serializers.CharField(
        allow_null=allow_null, help_text=f"{help_text} `YYYY-MM-DD HH:MM:SS`, UTC.".strip()
    )


def one_of(choices: type[TextChoices], help_text: str = "", **more: Any) -> serializers.CharField:
    """A text out of few, which the description names."""
    return serializers.CharField(help_text=f"{help_text} One of {', '.join(choices.values)}.".strip(), **more)


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


# Messages


class ReactionSerializer(serializers.Serializer[Any]):
    emoji = serializers.CharField()
    from_jid = serializers.CharField()
    timestamp = serializers.IntegerField(help_text="Unix seconds.")


class ReceiptSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField()
    delivered_at = moment()
    read_at = moment()
    played_at = moment()


class EditSerializer(serializers.Serializer[Any]):
    body = text("What the message said before.")
    edited_at = moment("Since when the message said it.", allow_null=False)
    from_jid = serializers.CharField(help_text="Who wrote it.")


class PollResultSerializer(serializers.Serializer[Any]):
    option = serializers.CharField()
    count = serializers.IntegerField()
    voters = serializers.ListField(child=serializers.CharField(), help_text="JIDs.")


class MessageSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="WhatsApp's id of the message.")
    remote_jid = serializers.CharField(help_text="The chat's JID.")
    from_jid = serializers.CharField(help_text="The sender's JID.")
    from_me = serializers.BooleanField()
    participant = text("The sender's JID, in a group.")
    timestamp = serializers.IntegerField(help_text="Unix seconds.")
    push_name = text("The name that the sender gave themself.")
    message_type = serializers.CharField(help_text="For example text, image or reaction.")
    body = text("The text that a person sees; captions included.")
    quoted_id = text()
    quoted_body = text()
    is_forwarded = serializers.BooleanField()
    forward_score = serializers.IntegerField()
    is_starred = serializers.BooleanField()
    is_broadcast = serializers.BooleanField()
    is_ephemeral = serializers.BooleanField()
    ephemeral_duration = whole("Seconds.")
    edit_type = serializers.IntegerField()
    edited_at = moment()
    is_deleted = serializers.BooleanField()
    deleted_at = moment()
    has_media = serializers.BooleanField()
    media_id = text("The file's id, for /api/media.")
    media_mime_type = text()
    media_size = whole("Bytes.")
    media_filename = text("As the sender named it.")
    media_duration = whole("Seconds.")
    media_width = whole("Pixels.")
    media_height = whole("Pixels.")
    media_transcription = text()
    media_transcription_status = text()
    reaction_emoji = text()
    reaction_target_id = text()
    poll_name = text()
    poll_options = text("A JSON string.")
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    location_name = text()
    location_address = text()
    created_at = moment("When the hub stored it.", allow_null=False)
    status = one_of(Message.Status, "Of a message that this account sent.", allow_null=True)
    is_view_once = serializers.BooleanField()
    mentions = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="JIDs.")
    contacts = serializers.ListField(
        child=serializers.DictField(), allow_null=True, help_text="The vCards that it carries, parsed."
    )
    target_id = text("The id of the message that this one pins, comments on, votes in, …")
    details = serializers.DictField(
        allow_null=True, help_text="What only some kinds have: event, invite, call, selected_id, parent, …"
    )
    account = serializers.CharField(help_text="The linked number's name in the hub.")


class MessageDetailSerializer(MessageSerializer):
    reactions = ReactionSerializer(many=True)
    poll_results = PollResultSerializer(many=True, allow_null=True, help_text="Of a poll: its votes now.")
    receipts = ReceiptSerializer(many=True)
    edits = EditSerializer(many=True)
    raw = serializers.DictField(allow_null=True, help_text="The protobuf message, in its JSON form.")


# Chats


class ChatSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField()
    name = text()
    is_group = serializers.BooleanField()
    is_archived = serializers.BooleanField()
    is_pinned = serializers.BooleanField()
    is_muted = serializers.BooleanField()
    mute_expiry = whole("Unix seconds.")
    unread_count = serializers.IntegerField()
    last_message_ts = whole("Unix seconds.")
    last_message_body = text()
    updated_at = moment(allow_null=False)


class ChatDetailSerializer(ChatSerializer):
    recent_messages = MessageSerializer(many=True, help_text="The newest 20, newest first.")


# Media


class MediaSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    message_id = text("WhatsApp's id of its message or story.")
    kind = serializers.CharField(help_text="image, video, audio, document, sticker or profile_picture.")
    mime_type = text()
    file_size = whole("Bytes.")
    filename = text("As it is stored.")
    original_filename = text("As the sender named it.")
    file_path = text("Below the folder of media.")
    file_hash = text("SHA-256, hex.")
    width = whole("Pixels.")
    height = whole("Pixels.")
    duration = whole("Seconds.")
    download_status = one_of(Media.Status)
    download_error = text()
    created_at = moment(allow_null=False)


class MimeTypeCountSerializer(serializers.Serializer[Any]):
    mime_type = text()
    count = serializers.IntegerField()


class MediaStatsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    downloaded = serializers.IntegerField()
    pending = serializers.IntegerField()
    failed = serializers.IntegerField()
    totalSize = serializers.IntegerField(help_text="Bytes.")
    byType = MimeTypeCountSerializer(many=True)


# The line


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


# Acts


class MessageKeySerializer(serializers.Serializer[Any]):
    remoteJid = serializers.CharField()
    fromMe = serializers.BooleanField()
    id = serializers.CharField()


class SentSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    key = MessageKeySerializer()
    action_id = serializers.IntegerField()


class ActionSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    status = one_of(Action.Status)
    error = text("Why it failed.")
    attempts = serializers.IntegerField()
    created_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)
    finished_at = moment()
    payload = serializers.DictField(help_text="What the act needs.")
    result = serializers.DictField(allow_null=True, help_text="What came of it; of a message its key.")
    message_id = text("WhatsApp's id of the message sent.")


# Events


class EventSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    event_type = serializers.CharField()
    payload = serializers.CharField(help_text="JSON, as a string.")
    logged_at = moment(allow_null=False)


class EventTypeSerializer(serializers.Serializer[Any]):
    event_type = serializers.CharField()
    count = serializers.IntegerField()


class EventTypesSerializer(serializers.Serializer[Any]):
    # The answer has a field of the name that serializers use for their result.
    data = EventTypeSerializer(many=True)  # type: ignore[assignment]


# The service


class ProcessSerializer(serializers.Serializer[Any]):
    alive = serializers.BooleanField()
    last_seen = whole("Unix seconds.")


class InboxSerializer(serializers.Serializer[Any]):
    pending = serializers.IntegerField(help_text="Events that wait to be taken in.")
    more = serializers.BooleanField(help_text="There are more than were counted.")


class HealthSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    version = serializers.CharField()
    connection = serializers.CharField()
    processes = serializers.DictField(child=ProcessSerializer())
    inbox = InboxSerializer()


class SummarySerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()
    endpoints = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))


# What comes in


@extend_schema_field(OpenApiTypes.STR)
class JidField(serializers.CharField):
    """A JID, or a phone number with country code; becomes the JID."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return jids.parse_jid(super().to_internal_value(data))
        except jids.InvalidJid as error:
            raise serializers.ValidationError(str(error)) from error


@extend_schema_field(OpenApiTypes.STR)
class PhoneField(JidField):
    """A phone number with country code; becomes its digits."""

    def to_internal_value(self, data: Any) -> str:
        text = str(data) if isinstance(data, int) and not isinstance(data, bool) else data
        digits = jids.phone_number(super().to_internal_value(text))
        if digits is None:
            raise serializers.ValidationError("This is not a phone number: use digits with country code.")
        return digits


class SendTextBody(serializers.Serializer[Any]):
    jid = JidField(help_text="A JID, or a phone number with country code.")
    text = serializers.CharField(max_length=LONGEST_TEXT, trim_whitespace=False)
    quoted_id = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=128,
        help_text="The message of the same chat that this one answers.",
    )


class PairBody(serializers.Serializer[Any]):
    phone = PhoneField(help_text="The phone's number with country code.")
