"""Messages and what belongs to them."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import moment, one_of, text, whole
from whatsapp.models import Message
from whatsapp.records import complete_record


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


class EditsSerializer(serializers.Serializer[Any]):
    # The answer has a field of the name that serializers use for their result.
    data = EditSerializer(many=True)  # type: ignore[assignment]  # the API's clients read `data`; DRF's metaclass moves fields out of the class, so its own property stays
    total = serializers.IntegerField()


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
    reactions = ReactionSerializer(many=True, help_text="What each person has given and not taken back.")
    receipts = ReceiptSerializer(many=True, help_text="Of a message that this account sent.")
    edits = EditSerializer(many=True, help_text="Its earlier bodies, the oldest first.")
    poll_results = PollResultSerializer(many=True, allow_null=True, help_text="Of a poll: its votes now.")


class MessageDetailSerializer(MessageSerializer):
    raw = serializers.DictField(allow_null=True, help_text="The protobuf message, in its JSON form.")


# Examples

EDIT = {
    "body": "Shall we meet?",
    "edited_at": "2024-05-01 12:00:00",
    "from_jid": "15550100@s.whatsapp.net",
}

MESSAGE = complete_record(
    {
        "id": "3EB0C431C26A1916E07E",
        "remote_jid": "15550100@s.whatsapp.net",
        "from_jid": "15550100@s.whatsapp.net",
        "from_me": False,
        "timestamp": 1714564800,
        "push_name": "Alice",
        "message_type": "text",
        "body": "Shall we meet at noon?",
        "edit_type": 1,
        "edited_at": "2024-05-01 12:01:30",
        "created_at": "2024-05-01 12:00:01",
        "account": "default",
        "reactions": [{"emoji": "👍", "from_jid": "15550111@s.whatsapp.net", "timestamp": 1714564860}],
        "edits": [EDIT],
    }
)

MESSAGE_DETAIL = {**MESSAGE, "raw": {"conversation": "Shall we meet at noon?"}}
