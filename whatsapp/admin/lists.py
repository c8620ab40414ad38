"""Lists of any length: pages are found along an index, and nothing is counted to its end."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst

from whatsapp.admin.columns import record_url
from whatsapp.admin.typing import Paginator

MOST_COUNTED = 10_000
PAGES_AHEAD = 10
LAST_ROW = 2**62  # a database takes no larger number; nothing is there long before


class BoundedPaginator(Paginator):
    """Counts to as far as the request needs and no further; `is_bounded` tells that there is more."""

    is_bounded = False

    def __init__(self, rows: Any, per_page: int, *args: Any, request: HttpRequest, **options: Any) -> None:
        super().__init__(rows, per_page, *args, **options)
        self.reach = reach_for(request, per_page)
        # The smallest index counts quickest. But what is found by full text has to be counted in its order,
        # or SQLite looks up each message of the filtered kind in the full-text index.
        self.counted = rows if request.GET.get(SEARCH_VAR) else rows.order_by()

    @cached_property
    def count(self) -> int:
        found = int(self.counted[: self.reach + 1].count())
        self.is_bounded = found > self.reach
        return min(found, self.reach)

    @property
    def count_text(self) -> str:
        return f"{self.count:,}{'+' if self.is_bounded else ''}"


def reach_for(request: HttpRequest, per_page: int) -> int:
    """How far to count: always some pages past the one that is asked for, so that one can go on."""
    page = request.GET.get(PAGE_VAR, "")
    number = int(page) if page.isdecimal() and len(page) < 18 else 1
    return min(max(MOST_COUNTED, (number + PAGES_AHEAD) * per_page), LAST_ROW)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a list was narrowed down to by the link that led to it."""

    field: str
    value: str
    url: str = ""


class RecordList(ChangeList):
    """A page's keys are found first, by an index alone. So no join can make the database sort, and what a
    page skips is neither joined nor read."""

    narrowings: list[Narrowing]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """The admin class's own: one that an index gives, and that leaves no two rows in doubt."""
        return list(self.model_admin.get_ordering(request))

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        keys = list(self.result_list.values_list("pk", flat=True))
        rows = self.model_admin.rows_in_list(request).in_bulk(keys)  # type: ignore[attr-defined]  # our base's
        self.result_list = [rows[key] for key in keys if key in rows]
        self.narrowings = [self._narrowing(name, values[-1]) for name, values in self._narrowed().items()]

    def _narrowed(self) -> dict[str, list[str]]:
        """look-up → values, of those that no filter at the side shows."""
        shown = {name for spec in self.filter_specs for name in spec.expected_parameters()}
        return {name: values for name, values in self.get_filters_params().items() if name not in shown}

    def _narrowing(self, lookup: str, value: str) -> Narrowing:
        field = self.opts.get_field(lookup.partition("__")[0])
        label = str(getattr(field, "verbose_name", field.name))
        if field.is_relation and field.related_model is not None:
            record = field.related_model._default_manager.filter(pk=value).first()
            if record is not None:
                return Narrowing(label, str(record), record_url(record))
        return Narrowing(label, value)
