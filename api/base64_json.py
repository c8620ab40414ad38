"""JSON with a file in it: the top-level member `base64` is decoded piece by piece as the body is read, and
only the rest of the body is ever in memory."""

import binascii
import re
from typing import IO, Protocol

import orjson

MEMBER = "base64"
PIECE = 64 * 1024  # bytes
LARGEST_REST = 1024 * 1024  # bytes of the body without the file
LONGEST_HEAD = 1024  # characters of what a data: URL says before its file

TOKEN = re.compile(rb'["{}\[\],:]')
END_OF_TEXT = re.compile(rb'["\\]')
ESCAPE = re.compile(rb'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
ESCAPED = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
LONGEST_ESCAPE = 6
BLANKS = b" \t\r\n"
URL_SAFE = bytes.maketrans(b"-_", b"+/")


class BadBase64(ValueError):
    """The text is no base64; the message says so."""


class RestTooLarge(ValueError):
    """What the body has beside the file is too large to be read."""


class Sink(Protocol):
    def write(self, data: bytes) -> None: ...


class Decoder:
    """Takes base64 in pieces and writes what it stands for. Line breaks, the URL-safe alphabet, a missing
    padding and the head of a `data:` URL are all right."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._head: bytes | None = b""  # until it is clear whether it is a data: URL
        self._left = b""  # less than four characters
        self._is_padded = False

    def feed(self, text: bytes) -> None:
        """Raises BadBase64, and what the sink raises."""
        if self._head is not None:
            self._head += text
            if self._head[:5].lower() != b"data:"[: len(self._head)]:
                text, self._head = self._head, None
            elif b"," in self._head:
                head, _, text = self._head.partition(b",")
                if not head.lower().rstrip().endswith(b";base64"):
                    raise BadBase64("A data: URL must say ;base64 before its comma.")
                self._head = None
            elif len(self._head) > LONGEST_HEAD:
                raise BadBase64("This data: URL has no comma.")
            else:
                return
        self._decode(text.translate(URL_SAFE, BLANKS))

    def end(self) -> None:
        """All of it has been fed."""
        if self._head:
            if self._head[:5].lower() == b"data:":
                raise BadBase64("This data: URL has no comma.")
            head, self._head = self._head, None
            self._decode(head.translate(URL_SAFE, BLANKS))
        if self._left:
            left, self._left = self._left, b""
            self._write(left.ljust(4, b"="))

    def _decode(self, text: bytes) -> None:
        if not text:
            return
        if self._is_padded:
            raise BadBase64("Something follows the end of the base64.")
        text = self._left + text
        whole = len(text) - len(text) % 4
        self._left = text[whole:]
        if whole:
            self._write(text[:whole])

    def _write(self, text: bytes) -> None:
        try:
            data = binascii.a2b_base64(text, strict_mode=True)
        except binascii.Error as error:
            raise BadBase64("This is not base64.") from error
        self._is_padded = text.endswith(b"=")
        self._sink.write(data)


def read(stream: IO[bytes], sink: Sink) -> bytes:
    """The JSON in `stream`, not yet parsed. Where it is an object whose member `base64` is a text, the file
    goes to `sink`, and the member is true.

    Raises orjson.JSONDecodeError for what is no JSON, BadBase64, RestTooLarge, and what the sink raises.
    """
    return Reader(stream, sink).read()


class Reader:
    """Walks through the tokens of a body, and keeps all of them but the file."""

    def __init__(self, stream: IO[bytes], sink: Sink) -> None:
        self._stream = stream
        self._sink = sink
        self._buffer = b""
        self._at = 0
        self._rest = bytearray()
        self._depth = 0
        self._is_file_taken = False

    def read(self) -> bytes:
        is_in_object = is_key = is_file_next = False
        while (token := self._next_token()) is not None:
            if token == b'"':
                if is_file_next:
                    self._take_file()
                    is_file_next = False
                    continue
                text = self._take_text()
                if is_in_object and self._depth == 1 and is_key:
                    is_file_next = is_name_of_file(text)
                    is_key = False
                continue
            self._keep(token)
            if token in b"{[":
                self._depth += 1
                if self._depth == 1:
                    is_in_object = token == b"{"
                    is_key = True
            elif token in b"}]":
                self._depth -= 1
            if token != b":":
                is_file_next = False
                if token == b"," and self._depth == 1:
                    is_key = True
        return bytes(self._rest)

    def _fill(self) -> bool:
        """Reads on. False at the end of the body."""
        piece = self._stream.read(PIECE)
        self._buffer, self._at = self._buffer[self._at :] + piece, 0
        return bool(piece)

    def _keep(self, data: bytes) -> None:
        self._rest += data
        if len(self._rest) > LARGEST_REST:
            raise RestTooLarge(f"Beside the file, the body may have {LARGEST_REST} bytes.")

    def _next_token(self) -> bytes | None:
        """The next sign that matters, with what is before it kept; None at the end."""
        while True:
            found = TOKEN.search(self._buffer, self._at)
            end = found.start() if found is not None else len(self._buffer)
            self._keep(self._buffer[self._at : end])
            self._at = end
            if found is not None:
                self._at += 1
                return found.group()
            if not self._fill():
                return None

    def _take_text(self) -> bytes:
        """A text that stays in the rest, with its quotes."""
        start = len(self._rest)
        self._keep(b'"')
        while True:
            found = END_OF_TEXT.search(self._buffer, self._at)
            if found is None:
                self._keep(self._buffer[self._at :])
                self._at = len(self._buffer)
                if not self._fill():
                    return bytes(self._rest[start:])
            elif found.group() == b'"':
                self._keep(self._buffer[self._at : found.end()])
                self._at = found.end()
                return bytes(self._rest[start:])
            elif found.end() == len(self._buffer):
                if not self._fill():
                    self._keep(self._buffer)
                    self._at = len(self._buffer)
                    return bytes(self._rest[start:])
            else:
                self._keep(self._buffer[self._at : found.end() + 1])
                self._at = found.end() + 1

    def _take_file(self) -> None:
        """The text that is the file; `true` takes its place."""
        if self._is_file_taken:
            raise BadBase64("The file is given twice.")
        self._is_file_taken = True
        decoder = Decoder(self._sink)
        while True:
            quote = self._buffer.find(b'"', self._at)
            text = self._buffer[self._at : quote if quote >= 0 else None]
            if quote < 0:
                text = text[: start_of_unfinished_escape(text)]
            decoder.feed(unescaped(text))
            self._at += len(text)
            if quote >= 0:
                self._at = quote + 1
                break
            if not self._fill():
                raise orjson.JSONDecodeError("unexpected end of data", "", 0)
        decoder.end()
        self._keep(b"true")


def is_name_of_file(text: bytes) -> bool:
    """Whether a text of JSON is the name of the member."""
    if b"\\" not in text:
        return text == b'"base64"'
    try:
        return bool(orjson.loads(text) == MEMBER)
    except orjson.JSONDecodeError:
        return False  # the whole body is no JSON, which is found at its end


def start_of_unfinished_escape(text: bytes) -> int:
    """Where an escape begins whose end is still to come; the end of the text when there is none."""
    start = text.rfind(b"\\", max(0, len(text) - LONGEST_ESCAPE + 1))
    return len(text) if start < 0 or ESCAPE.match(text, start) else start


def unescaped(text: bytes) -> bytes:
    """What a piece of a JSON text stands for. Raises BadBase64 for what can't be part of base64."""
    if b"\\" not in text:
        return text
    if b"\\" in ESCAPE.sub(b"", text):
        raise BadBase64("This is not base64.")
    return ESCAPE.sub(character, text)


def character(escape: re.Match[bytes]) -> bytes:
    number, sign = escape.groups()
    if number is not None:
        return bytes([min(int(number, 16), 0x7F)])  # none beyond ASCII is part of base64, nor is the last
    return ESCAPED.get(sign, sign)
