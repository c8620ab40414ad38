"""Values in the form in which records show them."""

from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import Func, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from whatsapp.shapes import Shown


def time_text(moment: datetime | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` in UTC."""
    return moment.isoformat(" ")[:19] if moment else None


class TimeText(Func):
    """What `time_text` makes of a moment, made by the database: a page may have a thousand of them."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="substr(%(expressions)s, 1, 19)")

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
        return self.as_sql(compiler, connection, template=template)


def time_shown(path: str) -> Shown:
    """`YYYY-MM-DD HH:MM:SS` in UTC of the moment at `path`."""
    return Shown(time_text, (path,), TimeText(path))


def second_text(second: int | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` of Unix seconds."""
    return time_text(datetime.fromtimestamp(second, UTC)) if second else None


def millisecond_text(moment: int | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` of Unix milliseconds."""
    return second_text(moment // 1000) if moment else None


def options_text(options: list[str] | None) -> str | None:
    """A poll's options as a JSON string."""
    return orjson.dumps(options).decode() if options is not None else None


def key_text(key: int | None) -> str | None:
    """A key as a text, which no reader rounds."""
    return str(key) if key is not None else None


def first_known_shown(*paths: str) -> Shown:
    """The first text that says anything, of those at `paths`."""
    said = (NullIf(path, Value("")) for path in paths)
    return Shown(first_known, paths, Coalesce(*said, output_field=TextField()))


def first_known(*texts: str | None) -> str | None:
    """The first of `texts` that says anything."""
    return next((text for text in texts if text), None)
