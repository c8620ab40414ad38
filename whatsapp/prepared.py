"""Questions that are asked on every call, whose SQL is made once.

Django makes the SQL of a query set each time that it is asked: for a few dozen columns that takes ten times
as long as SQLite's answer. Here it is made once, and only the values change: a question that is always the
same is a `Prepared` query set, with slots where the values go; one that is put together from what a call asks
for is answered by `rows_of` and `number_of`, which know the forms that were asked before.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import orjson
from django.db import connection
from django.db.models import BooleanField, Expression, Lookup, QuerySet
from django.db.models.expressions import Col
from django.db.models.query import get_related_populators
from django.db.models.sql.where import WhereNode

from whatsapp.rows import loaded

Rows = QuerySet[Any, Any]
Columns = list[Sequence[Any]]

TRUTH = {0: False, 1: True, None: None}  # of a database that knows numbers only

# PostgreSQL's own form for a list that is one value, of which it knows best how many rows it stands for.
IN_ARRAY = re.compile(r" IN \((%s::[\w ]+\[\])\)")

MOST_FORMS = 1_000  # that are kept
LARGEST, SMALLEST = 2**63 - 1, -(2**63)  # whole numbers that a database takes


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

    type = "bigint"  # in the words of a database that wants to know what is in a list, even an empty one

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return f"(%s::{self.type}[])", (self,)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "(SELECT value FROM json_each(%s))", (self,)

    def taken(self, values: Iterable[Any]) -> Any:
        given = list(values)
        return orjson.dumps(given).decode() if connection.vendor == "sqlite" else given


class Prepared:
    """A query set with slots, which `make` returns: it is called once, when the question is first asked.

    Each question is asked with a value for every slot, by its name.
    """

    def __init__(self, make: Callable[[], Rows]) -> None:
        self._make = make

    @cached_property
    def _plan(self) -> "Plan":
        return Plan(self._make())

    def _given(self, values: dict[str, Any]) -> list[Any]:
        return [
            slot.taken(values[slot.name]) if isinstance(slot, Slot) else slot
            for slot in self._plan.parameters
        ]

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query set of `values_list`."""
        return self._plan.rows(self._given(values))

    def columns(self, **values: Any) -> Columns:
        """The same turned round: the values of each column; no columns where there are no rows."""
        return self._plan.columns(self._given(values))

    def column(self, **values: Any) -> list[Any]:
        """The first value of each row."""
        return [row[0] for row in self.rows(**values)]

    def value(self, **values: Any) -> Any:
        """The first value of the first row; None when there is no row."""
        return next(iter(self.column(**values)), None)

    def objects(self, **values: Any) -> list[Any]:
        """The objects of any other query set, with its annotations and what it selects of related ones."""
        return self._plan.objects(self._given(values))


def give_types(node: WhereNode) -> None:
    """Says of each list of values in the conditions what they are compared with."""
    for child in node.children:
        if isinstance(child, WhereNode):
            give_types(child)
        elif isinstance(child, Lookup) and isinstance(child.rhs, Slots):
            kind = child.lhs.output_field.db_type(connection) or ""
            child.rhs.type = "text" if "char" in kind else kind


class Plan:
    """The SQL of a query set, and how what it answers is read: as Django does, but a column at a time."""

    def __init__(self, rows: Rows) -> None:
        give_types(rows.query.where)
        compiler = rows.query.get_compiler(connection=connection)
        sql, self.parameters = compiler.as_sql()
        self.sql = IN_ARRAY.sub(r" = ANY(\1)", sql)
        self._select: Any = compiler.select
        self._classes: Any = compiler.klass_info
        self._annotations: dict[str, int] = compiler.annotation_col_map or {}
        self._converters = compiler.get_converters([column for column, _, _ in self._select])

    def rows(self, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        if self._converters:
            return list(zip(*self.columns(parameters), strict=True))
        return fetched(self.sql, parameters)

    def columns(self, parameters: Sequence[Any]) -> Columns:
        columns: Columns = list(zip(*fetched(self.sql, parameters), strict=True))
        for place, (converters, column) in self._converters.items() if columns else ():
            values = columns[place]
            if values.count(None) == len(values):
                continue  # as most columns of most pages are
            if isinstance(column.output_field, BooleanField):
                columns[place] = list(map(TRUTH.get, values))
                continue
            for convert in converters:
                values = [convert(value, column, connection) for value in values]
            columns[place] = values
        return columns

    def objects(self, parameters: Sequence[Any]) -> list[Any]:
        model, own, names, populators = self._reading
        is_whole = len(names) == len(model._meta.concrete_fields)
        found = []
        for row in self.rows(parameters):
            one = loaded(model, row[own]) if is_whole else model.from_db(connection.alias, names, row[own])
            for populator in populators:
                populator.populate(row, one)
            for name, place in self._annotations.items():
                setattr(one, name, row[place])
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


def fetched(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


# Query sets that are put together

# form → its plan; None: of queries of that form the values can't be told from the statement
_plans: dict[Any, Plan | None] = {}


def rows_of(rows: Rows) -> list[tuple[Any, ...]]:
    """The rows of a query set of `values_list`."""
    known = known_plan(rows)
    if known is None:
        return list(rows)
    plan, values = known
    return plan.rows(values)


def number_of(rows: Rows) -> int:
    """How many rows a query set of `values_list` has; where it is sliced, of the slice."""
    known = known_plan(rows)
    if known is None:
        return rows.count()
    plan, values = known
    number: int = fetched(f"SELECT count(*) FROM ({plan.sql}) counted", values)[0][0]
    return number


def known_plan(rows: Rows) -> tuple[Plan, list[Any]] | None:
    """The plan for the form of that query set, and its values; None where it has something of which it isn't
    known how it is alike in two of them."""
    query: Any = rows.query
    special = (query.combinator, query.distinct, query.extra, query.annotation_select, query.group_by)
    if any(special) or not all(isinstance(term, str) for term in query.order_by):
        return None
    if query.order_by and query.annotations:
        return None
    values: list[Any] = []
    condition = form_of(query.where, values)
    if condition is None:
        return None
    form = (
        *(query.model, query.values_select, condition),
        *(query.order_by, query.standard_ordering, query.default_ordering, query.low_mark, query.high_mark),
        *(tuple(query.alias_map.values()), tuple(query.alias_refcount.items())),
    )
    if form not in _plans:
        plan = Plan(rows)
        if len(_plans) >= MOST_FORMS:
            _plans.clear()
        _plans[form] = plan if list(plan.parameters) == values else None
    known = _plans[form]
    return None if known is None else (known, values)


def form_of(node: WhereNode, values: list[Any]) -> Any:
    """What two conditions have in common that differ in their values only; the values are added to `values`
    in the order in which they stand in the statement. None where that isn't known."""
    parts: list[Any] = [node.connector, node.negated]
    for child in node.children:
        part: Any = None
        if isinstance(child, WhereNode):
            part = form_of(child, values)
        elif isinstance(child, Lookup) and isinstance(child.lhs, Col):
            part = form_of_look_up(child, values)
        if part is None:
            return None
        parts.append(part)
    return tuple(parts)


def form_of_look_up(look_up: Any, values: list[Any]) -> Any:
    value = look_up.rhs
    form = (type(look_up), look_up.lhs.alias, look_up.lhs.target, type(value))
    if isinstance(value, bool):
        return (*form, value)  # some databases have it in the statement
    if isinstance(value, str) or is_key(value):
        values.append(value)
        return form
    if (
        isinstance(value, list)
        and value
        and all(is_key(one) for one in value)
        and len(set(value)) == len(value)
    ):
        values += value
        return (*form, len(value))
    return None


def is_key(value: Any) -> bool:
    return type(value) is int and SMALLEST <= value <= LARGEST
