"""Sending files: an image, a video, a sound, a document or a sticker."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.resources.acts import LONGEST_TEXT
from api.resources.fields import JidField, TextField
from whatsapp.outgoing_http import LONGEST_URL

SOURCES = ("base64", "url", "file")
LONGEST_NAME = 255
MIME_TYPE = r"^[\w.+-]+/[\w.+-]+(\s*;.*)?$"
ONE_SOURCE = "Give the file in one way: as `base64`, by `url`, or as the upload `file` of a form."


@extend_schema_field(OpenApiTypes.BYTE)
class Base64Field(serializers.Field[Any, Any, Any, Any]):
    """A file in base64. Its parser has decoded it already, and left True in its place."""

    def to_internal_value(self, data: Any) -> bool:
        if data is not True:
            raise serializers.ValidationError("This must be a text: the file in base64.")
        if not self.context["draft"].is_begun:
            raise serializers.ValidationError("The file is empty.")
        return True


@extend_schema_field(OpenApiTypes.BINARY)
class UploadedField(serializers.Field[Any, Any, Any, Any]):
    """An upload. Its parser has written it down already, and left its name in its place."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("A file is uploaded as the part `file` of a form.")
        if not self.context["draft"].is_begun:
            raise serializers.ValidationError("The file is empty.")
        return data


class SendFileBody(serializers.Serializer[Any]):
    """What all kinds have in common."""

    jid = JidField(help_text="A JID, or a phone number with country code.")
    base64 = Base64Field(
        required=False, allow_null=True, help_text="The file in base64, or as a base64 `data:` URL."
    )
    url = TextField(
        required=False,
        allow_null=True,
        max_length=LONGEST_URL,
        help_text="Where the hub fetches the file: http or https, not in a private network.",
    )
    file = UploadedField(required=False, allow_null=True, help_text="The file itself.")
    quoted_id = TextField(
        required=False,
        allow_null=True,
        max_length=128,
        help_text="The message of the same chat that this one answers.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in SOURCES if attrs.get(name)]
        if len(given) != 1:
            raise serializers.ValidationError({given[1] if given else SOURCES[0]: [ONE_SOURCE]})
        attrs["source"] = given[0]
        return attrs


class CaptionField(TextField):
    def __init__(self, **more: Any) -> None:
        super().__init__(
            required=False,
            allow_null=True,
            allow_blank=True,
            max_length=LONGEST_TEXT,
            trim_whitespace=False,
            **more,
        )


class SendImageBody(SendFileBody):
    caption = CaptionField()
    mime_type = TextField(
        required=False, allow_null=True, help_text="Not needed: the file itself shows its type."
    )


class SendVideoBody(SendFileBody):
    caption = CaptionField()


class SendAudioBody(SendFileBody):
    ptt = serializers.BooleanField(
        required=False, default=False, help_text="Sends it as a voice note, converted where it has to be."
    )


class SendDocumentBody(SendFileBody):
    filename = TextField(
        required=False,
        allow_null=True,
        max_length=LONGEST_NAME,
        help_text="What it is called there; needed but for an upload that has a name.",
    )
    mime_type = serializers.RegexField(
        MIME_TYPE,
        required=False,
        allow_null=True,
        max_length=255,
        help_text="Counts where the file itself doesn't show its type.",
    )
    caption = CaptionField()

    def validate_filename(self, name: str | None) -> str | None:
        return plain_name(name) if name else None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        attrs["filename"] = attrs.get("filename") or plain_name(attrs.get("file") or "")
        if not attrs["filename"]:
            raise serializers.ValidationError({"filename": ["This field is required."]})
        return attrs


class SendStickerBody(SendFileBody):
    pass


def plain_name(name: str) -> str:
    """A file's name without the folders before it, and without what can't be shown."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable()).strip()[:LONGEST_NAME]


# Examples

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="

SEND_IMAGE = {"jid": "15550100", "base64": PICTURE, "caption": "The view from here"}
SEND_VIDEO = {"jid": "15550100", "url": "https://example.org/film.mp4", "caption": "Look!"}
SEND_AUDIO = {"jid": "15550100", "url": "https://example.org/voice.mp3", "ptt": True}
SEND_DOCUMENT = {
    "jid": "15550100",
    "url": "https://example.org/invoice.pdf",
    "filename": "invoice.pdf",
    "mime_type": "application/pdf",
}
SEND_STICKER = {"jid": "15550100", "base64": PICTURE, "quoted_id": "3EB0C431C26A1916E07E"}
