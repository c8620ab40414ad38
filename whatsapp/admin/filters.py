"""Filters with few, fixed choices, each of which leads along an index."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from whatsapp.admin.typing import ModelAdmin
from whatsapp.models.message import KEY_BITS

FIRST_YEAR = 2009  # WhatsApp's
DAYS = {"day": 1, "week": 7, "month": 30}
PER_SECOND_OF_KEY = 1 << KEY_BITS


class PeriodFilter(SimpleListFilter):
    """Rows of the last days, or of a year."""

    title = "time"
    parameter_name = "when"
    field = "pk"
    units_per_second = PER_SECOND_OF_KEY

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        rows = model_admin.model._default_manager.order_by(self.field)
        oldest = rows.values_list(self.field, flat=True).first()
        if oldest is None:
            return []
        this_year = datetime.now(UTC).year
        first = max(FIRST_YEAR, datetime.fromtimestamp(max(oldest, 0) // self.units_per_second, UTC).year)
        years = [str(year) for year in range(this_year, first - 1, -1)]
        return [(name, f"Past {name}") for name in DAYS] + [(year, year) for year in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        start, end = period(self.value(), time.time())
        if start is not None:
            queryset = queryset.filter(**{f"{self.field}__gte": start * self.units_per_second})
        if end is not None:
            queryset = queryset.filter(**{f"{self.field}__lt": end * self.units_per_second})
        return queryset


class ChangePeriodFilter(PeriodFilter):
    field = "changed_at"
    units_per_second = 1000


def period(name: str | None, now: float) -> tuple[int | None, int | None]:
    """(from, to) in Unix seconds, None where it is open; `now` likewise."""
    if name in DAYS:
        return int(now) - DAYS[name] * 24 * 3600, None
    if name and name.isdecimal() and FIRST_YEAR <= int(name[:5]) < 9999:
        start, end = (int(datetime(int(name) + more, 1, 1, tzinfo=UTC).timestamp()) for more in (0, 1))
        return start, end
    return None, None


def one_of(column: str, values: Iterable[Any], name: str | None = None) -> type[SimpleListFilter]:
    """A filter on `column` that offers these values without looking for them in the table."""
    choices = [(str(value), str(value).replace("_", " ")) for value in values]

    class OneOf(SimpleListFilter):
        title = name or column.replace("_", " ")
        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
            return choices

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{column: self.value()}) if self.value() else queryset

    return OneOf
