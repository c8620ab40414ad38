"""How files to be sent come in: as base64 in JSON or as multipart uploads, piece by piece, and not beyond
what MAX_MEDIA_SIZE_MB allows."""

import re
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from api import base64_json
from api.errors import ApiError
from api.parsers import loads
from whatsapp import outbox

CALLS = re.compile(r"/api(/v1)?/actions/send/(image|video|audio|document|sticker)/?")
UPLOAD = "file"
BESIDE_THE_FILE = 1024 * 1024  # bytes of a body


class FileTooLarge(ApiError):
    def __init__(self) -> None:
        super().__init__(413, str(outbox.FileTooLarge()))


def body_limit(path: str) -> int | None:
    """How many bytes a request to that path may bring; None when any number."""
    if CALLS.fullmatch(path) is None:
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    limit = outbox.size_limit()
    # base64 adds a third, and line breaks may add another sixteenth.
    return None if limit is None else limit * 4 // 3 + limit // 12 + BESIDE_THE_FILE


def require_fair_length(request: Request) -> None:
    """Refuses a body by what it says of its length. Raises FileTooLarge."""
    limit, length = body_limit(request.path), request.META.get("CONTENT_LENGTH") or ""
    if limit is not None and length.isdecimal() and int(length) > limit:
        raise FileTooLarge


class FileJSONParser(BaseParser):
    """JSON whose top-level `base64` goes into the draft that the view has; True takes its place."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        assert parser_context is not None
        try:
            return loads(base64_json.read(stream, parser_context["view"].draft))
        except base64_json.BadBase64 as error:
            raise ValidationError({base64_json.MEMBER: [str(error)]}) from error
        except base64_json.RestTooLarge as error:
            raise ApiError(413, str(error)) from error
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from error


class FileMultiPartParser(BaseParser):
    """A form whose upload `file` goes into the draft that the view has; its name takes its place."""

    media_type = "multipart/form-data"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        assert parser_context is not None
        request = parser_context["request"]
        intake = DraftHandler(parser_context["view"].draft)
        try:
            data, _ = MultiPartParser(request.META, stream, [intake], parser_context["encoding"]).parse()
        except MultiPartParserError as error:
            raise ParseError(f"The body is not a valid form: {error}.") from error
        fields = {name: data[name] for name in data}
        if base64_json.MEMBER in fields:
            raise ValidationError(
                {base64_json.MEMBER: ["A form has the upload `file` instead; base64 is sent as JSON."]}
            )
        if UPLOAD in fields:
            raise ValidationError({UPLOAD: ["This must be an upload, with a file name."]})
        if intake.file_name is not None:
            fields[UPLOAD] = intake.file_name
        return fields


class DraftHandler(FileUploadHandler):
    """Writes the upload `file` into a draft as it comes; there is nothing of it in memory."""

    def __init__(self, draft: outbox.Draft) -> None:
        super().__init__()
        self.draft = draft

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        if field_name != UPLOAD:
            raise SkipFile
        if self.file_name is not None:
            raise ValidationError({UPLOAD: ["Send one file at a time."]})
        super().new_file(field_name, file_name, *args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.draft.write(raw_data)

    def file_complete(self, file_size: int) -> None:
        return None
