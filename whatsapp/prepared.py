"""Questions that are asked on every call, whose SQL is made once.

Django makes the SQL of a query set each time that it is asked: for a few dozen columns that takes ten times
as long as SQLite's answer. Here a query set is written once, with slots where the values go, and only the
values change.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
from django.db import connection
from django.db.models import Expression, QuerySet
from django.db.models.query import get_related_populators
from django.utils.functional import cached_property


class Slot(Expression):
    """Where a value goes: `filter(chat=Slot("chat"))`. It is one that the database driver takes as it is: a
    number, a text, true or false."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)

    def taken(self, value: Any) -> Any:
        """The value as the driver gets it."""
        return value


class Slots(Slot):
    """Where any number of such values goes: `filter(pk__in=Slots("keys"))`."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "(SELECT unnest(%s))", (self,)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "(SELECT value FROM json_each(%s))", (self,)

    def taken(self, values: Iterable[Any]) -> Any:
        given = list(values)
        return orjson.dumps(given).decode() if connection.vendor == "sqlite" else given


class Prepared:
    """A query set with slots, which `make` returns: it is called once, when the question is first asked.

    Each question is asked with a value for every slot, by its name.
    """

    def __init__(self, make: Callable[[], QuerySet[Any, Any]]) -> None:
        self._make = make
        self._plan: Plan | None = None

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query set of `values_list`."""
        return self._planned().rows(values)

    def columns(self, **values: Any) -> list[Sequence[Any]]:
        """The same turned round: the values of each column; no columns where there are no rows."""
        return self._planned().columns(values)

    def column(self, **values: Any) -> list[Any]:
        """The first value of each row."""
        return [row[0] for row in self._planned().rows(values)]

    def value(self, **values: Any) -> Any:
        """The first value of the first row; None when there is no row."""
        return next(iter(self.column(**values)), None)

    def objects(self, **values: Any) -> list[Any]:
        """The objects of any other query set, with what it selects of related ones."""
        return self._planned().objects(values)

    def _planned(self) -> "Plan":
        if self._plan is None:
            self._plan = Plan(self._make())
        return self._plan


class Plan:
    """The SQL of a query set, and how what it answers is read: as Django does, but a column at a time."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        compiler = queryset.query.get_compiler(connection=connection)
        self._sql, self._parameters = compiler.as_sql()
        self._select: Any = compiler.select
        self._classes: Any = compiler.klass_info
        self._converters = compiler.get_converters([column for column, _, _ in self._select])

    def rows(self, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        return list(zip(*self.columns(values), strict=True)) if self._converters else self._found(values)

    def columns(self, values: dict[str, Any]) -> list[Sequence[Any]]:
        columns: list[Sequence[Any]] = list(zip(*self._found(values), strict=True))
        for place, (converters, column) in self._converters.items() if columns else ():
            for convert in converters:
                columns[place] = [convert(value, column, connection) for value in columns[place]]
        return columns

    def _found(self, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        given = [
            parameter.taken(values[parameter.name]) if isinstance(parameter, Slot) else parameter
            for parameter in self._parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, given)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def objects(self, values: dict[str, Any]) -> list[Any]:
        model, own, names, populators = self._reading
        found = []
        for row in self.rows(values):
            one = model.from_db(connection.alias, names, row[own])
            for populator in populators:
                populator.populate(row, one)
            found.append(one)
        return found

    @cached_property
    def _reading(self) -> tuple[Any, slice, list[str], list[Any]]:
        """The model of the objects; where its own values are in a row, and their names; what reads those of
        related ones."""
        places = self._classes["select_fields"]
        own = slice(places[0], places[-1] + 1)
        names = [column.target.attname for column, _, _ in self._select[own]]
        populators = get_related_populators(self._classes, self._select, connection.alias)  # type: ignore[call-arg]  # the stubs are of a later Django
        return self._classes["model"], own, names, populators
