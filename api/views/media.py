"""Files: what is known of them, their bytes, and another try at a download."""

import logging
import threading

from django.core.exceptions import SuspiciousOperation
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Scope
from api.errors import BadRequest, NotFound, Unavailable
from api.files import file_response
from api.filters import MediaFilter
from api.resources.media import MEDIA, MEDIA_STATS, MediaSerializer, MediaStatsSerializer
from api.resources.service import SuccessSerializer
from api.schema import ANY_FILE, call, in_path
from api.views.base import ApiViewSet, key_in
from hub.threads import REQUESTS_AT_ONCE
from whatsapp import stats
from whatsapp.models import Media
from whatsapp.records import MEDIA as MEDIA_SHAPE
from whatsapp.records import media_record

log = logging.getLogger(__name__)

# How many requests may look for a file at once, each in a thread of the server's: a shared volume or a store
# that hangs leaves the others free.
_places = threading.BoundedSemaphore(REQUESTS_AT_ONCE - 8)

TAG = "media"
UNSHOWN = ("thumbnail", "message__raw", "story__raw")  # bytes that no answer shows
IN_PATH = [in_path("media_id", "The `media_id` of its message.")]


class MediaViewSet(ApiViewSet):
    queryset = Media.objects.select_related("message", "story").defer(*UNSHOWN)
    chat_path = "message__chat"
    filterset_class = MediaFilter
    serializer_class = MediaSerializer
    has_account_index = False

    def found(self, media_id: str) -> Media:
        """The file with that id and its message. Raises NotFound."""
        media: Media | None = (
            self.get_queryset().filter(pk=key).first() if (key := key_in(media_id)) else None
        )
        if media is None:
            raise NotFound("Media not found")
        return media

    @call("List files, newest first", tag=TAG, answer=MediaSerializer(many=True), example=MEDIA)
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset().order_by("-id"), MEDIA_SHAPE)

    @call(
        "Get what is known of a file",
        tag=TAG,
        answer=MediaSerializer,
        example=MEDIA,
        errors=(404,),
        parameters=IN_PATH,
    )
    def retrieve(self, request: Request, media_id: str) -> Response:
        return Response(media_record(self.found(media_id)))

    @call(
        "Get the file of a message",
        tag=TAG,
        answer=MediaSerializer,
        example=MEDIA,
        errors=(404,),
        parameters=[in_path("message_id", "WhatsApp's id of the message.")],
    )
    def by_message(self, request: Request, message_id: str) -> Response:
        media: Media | None = (
            self.get_queryset().filter(message__message_id=message_id).order_by("-pk").first()
        )
        if media is None:
            raise NotFound("No media for this message")
        return Response(media_record(media))

    @call(
        "Download a file: takes Range and If-None-Match",
        tag=TAG,
        answer=OpenApiTypes.BINARY,
        errors=(404, 416, 503),
        parameters=IN_PATH,
        media_types=ANY_FILE,
    )
    def download(self, request: Request, media_id: str) -> HttpResponseBase:
        media = self.found(media_id)
        if media.download_status != Media.Status.DOWNLOADED or not media.file_path:
            raise NotFound("Media file not available")
        if not _places.acquire(blocking=False):
            raise Unavailable("Too many files are being looked for: try again in a moment.")
        try:
            return file_response(
                request._request,
                media.file_path,
                etag=media.file_hash or str(media.pk),
                mime_type=media.mime_type,
                filename=media.original_filename or media.file_path.rpartition("/")[2],
            )
        except SuspiciousOperation as error:
            log.exception("The path of the file of message %s is not to be followed", media.pk)
            raise NotFound("Media file not available") from error
        except FileNotFoundError as error:
            raise NotFound("Media file missing from disk") from error
        except OSError as error:
            log.error("The file %s can't be read: %s", media.pk, error)
            raise Unavailable(f"The file can't be read: {error.strerror or error}.") from error
        finally:
            _places.release()

    @call(
        "Try a download again",
        tag=TAG,
        answer=SuccessSerializer,
        example={"success": True},
        errors=(400, 404),
        parameters=IN_PATH,
        scope=Scope.MANAGE,
    )
    def retry(self, request: Request, media_id: str) -> Response:
        media = self.found(media_id)
        if not media.retry():
            raise BadRequest("The file is downloaded already.")
        return Response({"success": True})

    @call(
        "Count files",
        tag=TAG,
        answer=MediaStatsSerializer,
        example=MEDIA_STATS,
        errors=(),
    )
    def stats(self, request: Request) -> Response:
        return Response(stats.of_media(stats.files_of_account(self.account, self.keys_of_chats())))
