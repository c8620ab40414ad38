"""Files as answers: streamed, in parts where asked for, never run by a browser."""

import re

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

from api.errors import json_error
from whatsapp import storage

OCTETS = "application/octet-stream"

MIME_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;\s*[\w.+-]+=(\"[\w.,+ -]*\"|[\w.+-]+))*", re.ASCII)
RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII)
UNSAFE_IN_NAMES = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]')

SHOWN = ("image/", "audio/", "video/")
PDF, SVG = "application/pdf", "image/svg+xml"

# What a stranger sent must not act as a page of this site. The sandbox would also keep browsers from showing
# a PDF, whose viewers have one of their own.
POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"


def file_response(
    request: HttpRequest, path: str, *, etag: str, mime_type: str | None, filename: str
) -> HttpResponseBase:
    """The stored file at `path`, or the part that the request asks for. `etag` is the file's hash.

    Raises FileNotFoundError when the file is gone, OSError when the store can't be asked, and
    SuspiciousOperation when the path leads out of it.
    """
    file = storage.media().find(path)
    tag = f'"{etag}"'
    size = file.size
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",  # kept by the client, asked for again by its tag
        **safety_headers(mime_type, filename),
    }
    early = get_conditional_response(request, etag=tag)
    if early is not None:
        early.headers["ETag"] = tag
        early.headers["Cache-Control"] = headers["Cache-Control"]
        return early
    start, length, status = 0, size, 200
    wanted = range_of(request, tag, size)
    if wanted is not None:
        start, length = wanted
        if length <= 0:
            refusal = json_error(416, f"Range: the file has {size} bytes.")
            refusal.headers["Content-Range"] = f"bytes */{size}"
            return refusal
        status = 206
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    headers["Content-Length"] = str(length)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(file.part(start, length), status=status, headers=headers)


def range_of(request: HttpRequest, tag: str, size: int) -> tuple[int, int] | None:
    """(start, length) of the one range asked for; None for the whole file; no length when it lies outside.

    Several ranges at once, and what can't be read as a range, count as not asked for.
    """
    found = RANGE.fullmatch(request.META.get("HTTP_RANGE", "").strip())
    if request.method != "GET" or found is None or request.META.get("HTTP_IF_RANGE", tag) != tag:
        return None
    first, last = found.groups()
    if not first:
        if not last:
            return None
        length = min(int(last), size)
        return size - length, length
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    return start, end - start + 1


def safety_headers(mime_type: str | None, filename: str) -> dict[str, str]:
    """What the file is, what it is called, and that it is shown only where that is safe."""
    declared = (mime_type or "").strip()
    kind = declared if MIME_TYPE.fullmatch(declared) else OCTETS
    base = kind.partition(";")[0].strip().lower()
    shown = base == PDF or (base.startswith(SHOWN) and base != SVG)
    disposition = content_disposition_header(not shown, safe_name(filename))
    return {
        "Content-Type": kind,
        "Content-Disposition": disposition or ("inline" if shown else "attachment"),
        "Content-Security-Policy": PDF_POLICY if base == PDF else POLICY,
        "X-Content-Type-Options": "nosniff",
    }


def safe_name(filename: str) -> str:
    """The name without what file systems or headers could read otherwise: 255 characters at most."""
    name = UNSAFE_IN_NAMES.sub("_", filename).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if len(name) > 255 and dot and len(extension) <= 16:
        return stem[: 254 - len(extension)] + dot + extension
    return name[:255] or "file"
