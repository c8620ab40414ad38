"""What asks for an act, and how an act is answered."""

import time
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.resources.fields import FILLED, JidField, TextField, one_of
from whatsapp.models import Action

LONGEST_TEXT = 65536
LONGEST_CAPTION_NAME = 255
MOST_MENTIONS = 1024
MOST_IDS = 1000
LONGEST_ABOUT = 139
MOST_OPTIONS, LONGEST_OPTION = 12, 100
MOST_PARTICIPANTS = 256


class MessageKeySerializer(serializers.Serializer[Any]):
    remoteJid = TextField()
    fromMe = serializers.BooleanField()
    id = TextField()


class SentSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    key = MessageKeySerializer(allow_null=True, help_text="Null while it is queued.")
    action_id = serializers.IntegerField()
    status = one_of(Action.Status, "How far it has come.")


class DoneSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    action_id = serializers.IntegerField()
    status = one_of(Action.Status, "How far it has come.")


class KeptSerializer(DoneSerializer):
    synced = serializers.BooleanField(
        help_text="Whether the phone was told. The library can't tell it, so this is false: the phone shows "
        "what was set there."
    )


class MessageIdField(TextField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=128, **options)


# What asks


class ToChatBody(serializers.Serializer[Any]):
    jid = JidField(help_text="A JID, or a phone number with country code.")


class ToMessageBody(serializers.Serializer[Any]):
    jid = JidField(help_text="The chat that the message is in.")
    message_id = MessageIdField()


class SendTextBody(ToChatBody):
    text = TextField(max_length=LONGEST_TEXT, trim_whitespace=False)
    quoted_id = TextField(
        required=False,
        allow_null=True,
        max_length=128,
        help_text="The message of the same chat that this one answers.",
    )
    mentions = serializers.ListField(
        child=JidField(),
        required=False,
        max_length=MOST_MENTIONS,
        help_text="JIDs of people who are mentioned. Who is known and written as `@number` is so anyway.",
    )


class SendLocationBody(ToChatBody):
    latitude = serializers.FloatField(min_value=-90, max_value=90, help_text="Degrees.")
    longitude = serializers.FloatField(min_value=-180, max_value=180, help_text="Degrees.")
    name = TextField(required=False, allow_null=True, allow_blank=True, max_length=1000)
    address = TextField(required=False, allow_null=True, allow_blank=True, max_length=1000)


class SendContactBody(ToChatBody):
    contact_jid = JidField(help_text="Whose card it is: a JID, or a phone number with country code.")
    name = TextField(max_length=LONGEST_CAPTION_NAME)


@extend_schema_field(
    {
        "type": "array",
        "items": {**FILLED, "maxLength": LONGEST_OPTION},
        "minItems": 2,
        "maxItems": MOST_OPTIONS,
        "uniqueItems": True,
    }
)
class OptionsField(serializers.ListField):
    child = TextField(max_length=LONGEST_OPTION)

    def __init__(self, **more: Any) -> None:
        super().__init__(min_length=2, max_length=MOST_OPTIONS, **more)


class SendPollBody(ToChatBody):
    name = TextField(max_length=LONGEST_CAPTION_NAME, help_text="The question.")
    options = OptionsField(help_text="What there is to choose from.")
    selectable = serializers.IntegerField(
        required=False,
        default=1,
        min_value=0,
        max_value=MOST_OPTIONS,
        help_text="How many options each person may choose; 0: as many as they like.",
    )

    def validate_options(self, options: list[str]) -> list[str]:
        if len(set(options)) < len(options):
            raise serializers.ValidationError("Each option must be there once.")
        return options

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["selectable"] > len(attrs["options"]):
            raise serializers.ValidationError({"selectable": "There are not so many options."})
        return attrs


class ReactBody(ToMessageBody):
    emoji = TextField(
        allow_blank=True, max_length=64, help_text="An empty one takes an earlier reaction back."
    )


class EditBody(ToMessageBody):
    text = TextField(
        max_length=LONGEST_TEXT, trim_whitespace=False, help_text="The new text, or caption of a file."
    )


class ForwardBody(ToMessageBody):
    to = JidField(help_text="The chat that it is passed on to.")


class StarBody(ToMessageBody):
    starred = serializers.BooleanField(required=False, default=True, help_text="False takes the star away.")


class ReadBody(ToChatBody):
    message_ids = serializers.ListField(child=MessageIdField(), min_length=1, max_length=MOST_IDS)


class ChatBody(ToChatBody):
    """What is not given stays as it is."""

    archive = serializers.BooleanField(required=False)
    pin = serializers.BooleanField(required=False)
    mute = serializers.BooleanField(required=False)
    mute_expiry = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="With `mute`: until when, in Unix seconds, kept to the next two minutes or so. Without it, "
        "the chat is muted for ever.",
    )
    mark_unread = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        expiry = attrs.get("mute_expiry")
        if expiry is not None and attrs.get("mute") is not True:
            raise serializers.ValidationError({"mute_expiry": "It goes with mute: true."})
        if expiry is not None and not time.time() < expiry < 2**31:
            raise serializers.ValidationError({"mute_expiry": "It must be a time to come, in Unix seconds."})
        if not set(attrs) & {"archive", "pin", "mute", "mark_unread"}:
            raise serializers.ValidationError("Give at least one of archive, pin, mute, mark_unread.")
        return attrs


class PresenceBody(serializers.Serializer[Any]):
    type = serializers.ChoiceField(
        ["available", "unavailable", "composing", "recording", "paused"],
        help_text="`available` and `unavailable` are for all, the others for the chat `jid`.",
    )
    jid = JidField(required=False, allow_null=True, help_text="A JID, or a phone number with country code.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["type"] not in ("available", "unavailable") and not attrs.get("jid"):
            raise serializers.ValidationError({"jid": f"Say in which chat you are {attrs['type']}."})
        return attrs


class ProfileStatusBody(serializers.Serializer[Any]):
    status = TextField(max_length=LONGEST_ABOUT, help_text="The about text of your own profile.")


class RejectCallBody(serializers.Serializer[Any]):
    call_id = TextField(max_length=128, help_text="The `id` of a call that rings.")


# Groups


class SubjectBody(serializers.Serializer[Any]):
    subject = TextField(max_length=100)


class DescriptionBody(serializers.Serializer[Any]):
    description = TextField(
        max_length=2048, allow_blank=True, trim_whitespace=False, help_text="An empty one takes it away."
    )


class ParticipantsBody(serializers.Serializer[Any]):
    participants = serializers.ListField(child=JidField(), min_length=1, max_length=MOST_PARTICIPANTS)
    action = serializers.ChoiceField(["add", "remove", "promote", "demote"])


class ParticipantResultSerializer(serializers.Serializer[Any]):
    status = TextField(
        help_text="WhatsApp's code: 200 done, 403 may be invited only, 404 not in the group, 408 has left "
        "lately, 409 is in it already."
    )
    jid = TextField()
    content = serializers.DictField(help_text="WhatsApp's own answer.")


class ParticipantsResultSerializer(DoneSerializer):
    result = ParticipantResultSerializer(many=True, allow_null=True, help_text="Null while it is queued.")


class GroupsSyncedSerializer(DoneSerializer):
    synced = serializers.IntegerField(allow_null=True)
    failed = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField(allow_null=True)


class InviteCodeSerializer(serializers.Serializer[Any]):
    code = TextField(help_text="The group's link is https://chat.whatsapp.com/ and this.")


class MetadataParticipantSerializer(serializers.Serializer[Any]):
    id = TextField()
    lid = TextField(allow_null=True)
    admin = TextField(allow_null=True, help_text="One of admin, superadmin.")


class GroupMetadataSerializer(serializers.Serializer[Any]):
    """Times are in Unix seconds, to the nearest two minutes."""

    id = TextField()
    subject = TextField()
    subjectOwner = TextField(allow_null=True)
    subjectTime = serializers.IntegerField(allow_null=True)
    creation = serializers.IntegerField(allow_null=True)
    owner = TextField(allow_null=True)
    desc = TextField(allow_null=True)
    descId = TextField(allow_null=True)
    descOwner = TextField(allow_null=True)
    descTime = serializers.IntegerField(allow_null=True)
    restrict = serializers.BooleanField()
    announce = serializers.BooleanField()
    isCommunity = serializers.BooleanField()
    linkedParent = TextField(allow_null=True)
    ephemeralDuration = serializers.IntegerField(allow_null=True)
    inviteCode = TextField(allow_null=True)
    size = serializers.IntegerField()
    participants = MetadataParticipantSerializer(many=True)


# Examples

ALICE, BOB = "15550100@s.whatsapp.net", "15550111@s.whatsapp.net"
FAMILY = "120363000000000001@g.us"
MESSAGE_ID = "3EB0C431C26A1916E07E"

KEY = {"remoteJid": ALICE, "fromMe": True, "id": "3EB09B1E1B1A0C0D0E0F"}
SENT = {"success": True, "key": KEY, "action_id": 42, "status": "sent"}
DONE = {"success": True, "action_id": 42, "status": "done"}
KEPT = {**DONE, "synced": False}

SEND_TEXT = {"jid": "15550100", "text": "At noon, yes.", "quoted_id": MESSAGE_ID}
SEND_LOCATION = {"jid": "15550100", "latitude": 52.5163, "longitude": 13.3777, "name": "Brandenburg Gate"}
SEND_CONTACT = {"jid": "15550100", "contact_jid": "15550111", "name": "Bob"}
SEND_POLL = {"jid": FAMILY, "name": "Lunch?", "options": ["Soup", "Salad"], "selectable": 1}
REACT = {"jid": ALICE, "message_id": MESSAGE_ID, "emoji": "👍"}
EDIT = {"jid": ALICE, "message_id": "3EB09B1E1B1A0C0D0E0F", "text": "At one."}
REVOKE = {"jid": ALICE, "message_id": "3EB09B1E1B1A0C0D0E0F"}
FORWARD = {"jid": ALICE, "message_id": MESSAGE_ID, "to": BOB}
STAR = {"jid": ALICE, "message_id": MESSAGE_ID, "starred": True}
READ = {"jid": ALICE, "message_ids": [MESSAGE_ID]}
CHAT = {"jid": ALICE, "archive": True, "mute": True}
PRESENCE = {"type": "composing", "jid": ALICE}
PROFILE_STATUS = {"status": "At sea until Monday"}
REJECT_CALL = {"call_id": "1F2E3D4C5B6A79880F1E2D3C4B5A6978"}

SUBJECT = {"subject": "Family"}
DESCRIPTION = {"description": "Nobody but us."}
PARTICIPANTS = {"participants": [BOB], "action": "add"}
PARTICIPANTS_RESULT = {
    **DONE,
    "result": [{"status": "200", "jid": BOB, "content": {"tag": "participant", "attrs": {"jid": BOB}}}],
}
GROUPS_SYNCED = {**DONE, "synced": 12, "failed": 0, "total": 12}
INVITE_CODE = {"code": "LxQ3vTn9kYd0aBcDeFgHiJ"}
GROUP_METADATA = {
    "id": FAMILY,
    "subject": "Family",
    "subjectOwner": ALICE,
    "subjectTime": 1714564800,
    "creation": 1714564800,
    "owner": ALICE,
    "desc": "Nobody but us.",
    "descId": "3EB0AA00",
    "descOwner": ALICE,
    "descTime": 1714564800,
    "restrict": False,
    "announce": False,
    "isCommunity": False,
    "linkedParent": None,
    "ephemeralDuration": None,
    "inviteCode": None,
    "size": 1,
    "participants": [{"id": ALICE, "lid": None, "admin": "superadmin"}],
}
