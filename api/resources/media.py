"""Files."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import moment, one_of, text, whole
from whatsapp.models import Media


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


# Examples

MEDIA = {
    "id": "1797851591966720000",
    "message_id": "3EB0C431C26A1916E07E",
    "kind": "image",
    "mime_type": "image/jpeg",
    "file_size": 48213,
    "filename": "9f86d081884c7d659a2feaa0c55ad015.jpg",
    "original_filename": None,
    "file_path": "2024/05/01/9f86d081884c7d659a2feaa0c55ad015.jpg",
    "file_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "width": 1280,
    "height": 960,
    "duration": None,
    "download_status": "downloaded",
    "download_error": None,
    "created_at": "2024-05-01 12:00:01",
}

MEDIA_STATS = {
    "total": 3,
    "downloaded": 2,
    "pending": 1,
    "failed": 0,
    "totalSize": 96426,
    "byType": [{"mime_type": "image/jpeg", "count": 3}],
}
