"""How columns are shown: times as times, records as links, long things short in a list.

A column is a function of a row, under the name of its field: Django looks up label and help text by that.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from whatsapp.admin.readable import json_block
from whatsapp.admin.typing import Field

Column = Callable[[Any], Any]

NOTHING = "-"
HIDDEN = "Not shown: it is a secret."
CHARACTERS_IN_LIST = 80


def in_list(field: Field) -> str | Column:
    """How a list shows `field`; its name where Django does well by itself."""
    if field.is_relation:
        return named(field, lambda row: link_of(row, field))
    if isinstance(field, models.TextField):
        return named(field, lambda row: short(getattr(row, field.name)))
    show = time_of(field)
    return named(field, lambda row: unbroken(show(row))) if show else field.name


def on_page(field: Field) -> str | Column:
    """How a record's own page shows `field`."""
    if field.is_relation:
        return named(field, lambda row: link_of(row, field))
    if isinstance(field, models.JSONField):
        return named(field, lambda row: json_block(getattr(row, field.name)))
    if isinstance(field, models.BinaryField):
        return named(field, lambda row: size(getattr(row, field.name)))
    show = time_of(field)
    return named(field, lambda row: precisely(show(row), getattr(row, field.name))) if show else field.name


def named(field: Field, show: Column) -> Column:
    """`show` under the field's name; where it has nothing to show, that is said."""

    def column(row: Any) -> Any:
        shown = show(row)
        return NOTHING if shown is None else shown

    column.__name__ = field.name
    column.short_description = field.verbose_name  # type: ignore[attr-defined]  # Django's way to label a function
    return column


# Times


def units_per_second(field: Field) -> int | None:
    """Of a column that holds Unix time, as its help text says; None of any other."""
    if not isinstance(field, models.BigIntegerField):
        return None
    units = {"Unix seconds": 1, "Unix milliseconds": 1000}
    return next((number for words, number in units.items() if words in str(field.help_text)), None)


def time_of(field: Field) -> Column | None:
    """What shows the time in `field`, as text or None; None when the field holds no time."""
    if isinstance(field, models.DateTimeField):
        return lambda row: time_text(getattr(row, field.name))
    units = units_per_second(field)
    return (lambda row: unix_time_text(getattr(row, field.name), units)) if units else None


def time_text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else None


def unix_time_text(number: int | None, units: int) -> str | None:
    """A number of `units` a second since 1970; 0 is never. The number itself if no calendar has it."""
    if not number:
        return None
    try:
        return time_text(datetime.fromtimestamp(number // units, UTC))
    except (OverflowError, OSError, ValueError):
        return str(number)


def unbroken(text: str | None) -> str | None:
    return format_html('<span class="unbroken">{}</span>', text) if text else None


def precisely(text: str | None, stored: Any) -> str | None:
    if text is None:
        return None
    return f"{text} UTC ({stored})" if isinstance(stored, int) else f"{text} UTC"


# Records


def link_of(row: Any, field: Field) -> Any:
    """A link to the record that `field` points to. The event log may point to one that has gone."""
    try:
        record = getattr(row, field.name)
    except ObjectDoesNotExist:
        return f"{getattr(row, field.attname)} (gone)"
    return record_link(record) if record is not None else None


def record_link(record: models.Model) -> str:
    return format_html('<a href="{}">{}</a>', record_url(record), short(str(record)) or record.pk)


def record_url(record: models.Model) -> str:
    return page_url(type(record), record.pk)


def page_url(model: type[models.Model], key: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])


# Texts and bytes


def short(text: str | None) -> str | None:
    """The text in one line that fits a list."""
    if text is None:
        return None
    # Cut first: a body may be long, and only its beginning is shown.
    line = " ".join(text[: 4 * CHARACTERS_IN_LIST].split())
    return Truncator(line).chars(CHARACTERS_IN_LIST)


def size(data: bytes | None) -> str | None:
    return f"{len(data):,} bytes" if data is not None else None
