"""How bodies are read."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from api.errors import TooLarge

DEEPEST = 32  # lists and objects in each other; no call needs more than four


def loads(data: bytes | bytearray) -> Any:
    """The JSON, which may be of any shape but not of any depth: what goes through it later calls itself for
    each level. Raises ParseError."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ParseError(f"The body is not valid JSON: {error}.") from error
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return value
    raise ParseError(f"The body is nested too deeply: {DEEPEST} levels are the most.")


class JSONParser(BaseParser):
    """JSON, by orjson: refuses NaN, and text that can't be stored (half of a surrogate pair)."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(limit)
        return loads(body)
