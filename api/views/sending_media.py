"""Sending files.

Each is taken in, fetched and made fit here, before its act is queued: so the client learns at once what is
wrong with it, and the session's process, which all messages come through, has nothing to do with files from
anywhere. What takes long holds up this one request.
"""

import threading
from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import acts
from api.errors import Unavailable
from api.resources import sending_media as bodies
from api.resources.acts import SentSerializer
from api.resources.sending_media import SOURCES
from api.uploads import FileJSONParser, FileMultiPartParser, FileTooLarge, require_fair_length
from api.views.base import ApiViewSet
from api.views.stored import require_messages
from whatsapp import actions, media_files, outbox, outgoing_http
from whatsapp.jids import NEWSLETTER_SERVER
from whatsapp.models import Action
from whatsapp.preparation import Busy, NotSuitable, Prepared, prepare

FETCHES_AT_ONCE = threading.BoundedSemaphore(8)  # each holds one of the threads that answer requests
WAIT_FOR_FETCH = 10.0  # seconds
SNIFFED = 65536  # bytes


def sending(summary: str, body: type[bodies.SendFileBody], example: dict[str, Any]) -> Any:
    """Describes a call that sends a file, as JSON and as a form."""
    return acts.call(
        summary,
        request={
            "application/json": without(body, "file"),
            "multipart/form-data": without(body, "base64"),
        },
        request_example=example,
    )


def without(body: type[bodies.SendFileBody], name: str) -> Any:
    """The body without that field, which another kind of body has in its place."""
    form = "Form" if name == "base64" else ""
    fields = {key: field for key, field in body().get_fields().items() if key != name}
    return inline_serializer(body.__name__ + form, fields)


class SendingMediaViewSet(ApiViewSet):
    queryset = Action.objects.all()
    serializer_class = SentSerializer
    filter_backends = []
    parser_classes = [FileJSONParser, FileMultiPartParser]
    draft: outbox.Draft

    @property
    def is_about_chats(self) -> bool:
        return True

    @sending("Send an image", bodies.SendImageBody, bodies.SEND_IMAGE)
    def send_image(self, request: Request) -> Response:
        return self._send(request, actions.SEND_IMAGE, bodies.SendImageBody)

    @sending("Send a video", bodies.SendVideoBody, bodies.SEND_VIDEO)
    def send_video(self, request: Request) -> Response:
        return self._send(request, actions.SEND_VIDEO, bodies.SendVideoBody)

    @sending("Send audio, or a voice note", bodies.SendAudioBody, bodies.SEND_AUDIO)
    def send_audio(self, request: Request) -> Response:
        return self._send(request, actions.SEND_AUDIO, bodies.SendAudioBody)

    @sending("Send a document", bodies.SendDocumentBody, bodies.SEND_DOCUMENT)
    def send_document(self, request: Request) -> Response:
        return self._send(request, actions.SEND_DOCUMENT, bodies.SendDocumentBody)

    @sending("Send a sticker", bodies.SendStickerBody, bodies.SEND_STICKER)
    def send_sticker(self, request: Request) -> Response:
        return self._send(request, actions.SEND_STICKER, bodies.SendStickerBody)

    def _send(self, request: Request, kind: str, body_class: type[bodies.SendFileBody]) -> Response:
        with outbox.Draft() as self.draft:
            try:
                require_fair_length(request)
                body = body_class(data=request.data, context={"draft": self.draft})
                body.is_valid(raise_exception=True)
                return self._send_checked(kind, body)
            except outbox.FileTooLarge as error:
                raise FileTooLarge from error
            except OSError as error:
                raise Unavailable(f"The file can't be stored: {error.strerror or error}.") from error

    def _send_checked(self, kind: str, body: bodies.SendFileBody) -> Response:
        values = body.validated_data
        jid, quoted_id = values["jid"], values.get("quoted_id") or None
        self.require_chat(jid)
        require_no_newsletter(jid)
        options = acts.Options.of(self)
        if not options.may_queue and options.key is None:
            acts.require_connected(self.account)  # before a file is fetched and made fit in vain
        if quoted_id is not None:
            require_messages(self.account, jid, [quoted_id], "quoted_id")
        payload = payload_of(kind, values, self.draft)
        request = request_of(values, self.draft)
        return acts.sent(acts.perform(self, kind, payload, fields=body.fields, body=request))


def require_no_newsletter(jid: str) -> None:
    """Raises ValidationError for a newsletter."""
    if jid.endswith("@" + NEWSLETTER_SERVER):
        raise ValidationError({"jid": ["Files can't be sent to newsletters."]})


def payload_of(kind: str, values: dict[str, Any], draft: outbox.Draft) -> dict[str, Any]:
    """What the act needs, once its file has been fetched, where `values` has its URL, and made fit.
    Raises ValidationError, FileTooLarge, Unavailable."""
    source = values["source"]
    if source == "url":
        fetch(values["url"], draft)
    draft.close()
    try:
        prepared = prepared_file(kind, draft, values)
    except NotSuitable as error:
        raise ValidationError({source: [str(error)]}) from error
    except Busy as error:
        raise Unavailable("Too many files are being converted: try again in a moment.") from error
    return {
        "jid": values["jid"],
        "quoted_id": values.get("quoted_id") or None,
        **details_of(kind, values),
        "file": outbox.file_of(draft, prepared),
    }


def fetch(url: str, draft: outbox.Draft) -> None:
    """Writes the file at `url` into the draft. Raises ValidationError, FileTooLarge, Unavailable."""
    if not FETCHES_AT_ONCE.acquire(timeout=WAIT_FOR_FETCH):
        raise Unavailable("Too many files are being fetched: try again in a moment.")
    try:
        outgoing_http.fetch(url, draft)
    except outgoing_http.NotFetched as error:
        raise ValidationError({"url": [str(error)]}) from error
    finally:
        FETCHES_AT_ONCE.release()
    if not draft.is_begun:
        raise ValidationError({"url": ["The file is empty."]})


def prepared_file(kind: str, draft: outbox.Draft, values: dict[str, Any]) -> Prepared:
    """The file as it is to be sent. Raises NotSuitable."""
    if kind == actions.SEND_DOCUMENT:
        with draft.path.open("rb") as file:
            head = file.read(SNIFFED)
        return Prepared(str(draft.path), media_files.detect_mime_type(head, values.get("mime_type")))
    name = "voice" if values.get("ptt") else kind.removeprefix("send_")
    return prepare(name, draft.path)


def details_of(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    """What the message says beside the file."""
    if kind == actions.SEND_AUDIO:
        return {"ptt": values["ptt"]}
    if kind == actions.SEND_STICKER:
        return {}
    caption = {"caption": values.get("caption") or None}
    return {"filename": values["filename"], **caption} if kind == actions.SEND_DOCUMENT else caption


def request_of(values: dict[str, Any], draft: outbox.Draft) -> dict[str, Any]:
    """What tells two requests apart: their fields, and the file as it came or the URL of it."""
    file = values["url"] if values["source"] == "url" else draft.sha256
    return {name: value for name, value in values.items() if name not in SOURCES} | {"content": file}
