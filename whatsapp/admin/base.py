"""What all tables have in common: they are looked at, not changed, however many rows they have."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from whatsapp.admin.columns import Column, in_list, named, on_page, short
from whatsapp.admin.lists import BoundedPaginator, RecordList
from whatsapp.admin.related import Related, links
from whatsapp.admin.typing import Field, ModelAdmin, Paginator


class RecordAdmin(ModelAdmin):
    """Shows every column of a table, read-only.

    A list's order is one that an index of the table gives, so no heading sorts it. Where a filter makes
    another index the way to the rows, `order_when` names the order that this one gives.
    """

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they would count
    sortable_by = ()
    list_display: tuple[str, ...] = ("pk",)
    ordering: ClassVar[Any] = ("-pk",)
    order_when: dict[str, tuple[str, ...]] = {}  # filtered field → order
    columns: dict[str, Column] = {}  # field → what shows it, in lists and pages
    related: tuple[Related, ...] = ()

    class Media:
        css = {"all": ["css/admin.css"]}

    # Nothing is changed

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether something may be tried again: Django asks for actions that name this permission."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))

    # Lists

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordList]:
        return RecordList

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **options: Any
    ) -> Paginator:
        return BoundedPaginator(queryset, per_page, *args, request=request, **options)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        filtered = {name.partition("__")[0] for name in request.GET}
        return next((order for field, order in self.order_when.items() if field in filtered), self.ordering)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The first column leads to the record's own page, so it can't be a link elsewhere."""
        first, *others = self.list_display
        return [self._first_column(first), *map(self._list_column, others)]

    def _first_column(self, name: str) -> Any:
        field = self._field(name)
        if field is not None and field.is_relation:
            return named(field, lambda row: short(str(getattr(row, name))))
        return self._list_column(name)

    def _list_column(self, name: str) -> Any:
        field = self._field(name)
        if field is None:
            return name
        return named(field, self.columns[name]) if name in self.columns else in_list(field)

    def _field(self, name: str) -> Field | None:
        return next((field for field in self.opts.concrete_fields if field.name == name), None)

    def rows_in_list(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows, in no order, with what a list shows of them; large columns stay behind."""
        relations = [name for name in self.list_display if (field := self._field(name)) and field.is_relation]
        large = large_columns(self.model) + [
            f"{name}__{column}"
            for name in relations
            for column in large_columns(self.model._meta.get_field(name).related_model)
        ]
        return self.get_queryset(request).order_by().select_related(*relations).defer(*large)

    # Search

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.replace("\0", "").strip()
        return (self.find(queryset, text) if text else queryset), False

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Those of `rows` that `text` names: here by the look-up that `search_fields` has."""
        return rows.filter(**{self.search_fields[0]: text})

    # A record's own page

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [self._page_column(field) for field in self.opts.concrete_fields]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What is known, and folded away after it the columns that hold nothing."""
        known: list[Any] = []
        empty: list[Any] = []
        for field in self.opts.concrete_fields:
            holds_nothing = getattr(obj, field.attname, None) is None
            (empty if holds_nothing else known).append(self._page_column(field))
        folded = ("Empty columns", {"fields": empty, "classes": ["collapse"]})
        return [(None, {"fields": known}), *([folded] if empty else [])]

    def _page_column(self, field: Field) -> Any:
        return named(field, self.columns[field.name]) if field.name in self.columns else on_page(field)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        original = context["original"]  # None where a row is to be added
        context["related"] = links(original, self.related) if original is not None else []
        return super().render_change_form(request, context, *args, **options)


def large_columns(model: Any) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if isinstance(field, models.BinaryField)]
