"""Rows in memory, made without what Django does for every value of each.

`Model(...)` walks through all fields, sets each through its descriptor and sends two signals: for a message
that is a tenth of what ingest may take for it. A row made here is the same object with the same state;
nothing in the hub listens to these signals.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=models.Model)


class Blank(NamedTuple):
    """What a new row of a model begins as."""

    defaults: dict[str, Any]  # by attribute
    callables: dict[str, Callable[[], Any]]  # defaults that each row gets its own of, by attribute
    relations: tuple[tuple[str, Any], ...]  # name and field
    names: frozenset[str]


@cache
def blank(model: type[models.Model]) -> Blank:
    fields = model._meta.concrete_fields
    own = {
        field.attname: field.default for field in fields if field.has_default() and callable(field.default)
    }
    return Blank(
        {field.attname: field.get_default() for field in fields if field.attname not in own},
        own,
        tuple((field.name, field) for field in fields if field.is_relation),
        frozenset(name for field in fields for name in (field.name, field.attname)),
    )


def made(model: type[Row], **values: Any) -> Row:
    """A new row, as `model(**values)` is one."""
    start = blank(model)
    if not start.names.issuperset(values):
        raise TypeError(f"{model.__name__} has no {', '.join(values.keys() - start.names)}")
    row = model.__new__(model)
    state = ModelState()
    state.fields_cache = related = {}
    attributes = row.__dict__
    attributes["_state"] = state
    attributes.update(start.defaults)
    for name, default in start.callables.items():
        attributes[name] = default()
    for name, field in start.relations:
        if name in values:
            other = related[name] = values.pop(name)
            attributes[field.attname] = None if other is None else other.pk
            if other is not None and not field.remote_field.multiple:
                field.remote_field.set_cached_value(other, row)
    attributes.update(values)
    return row


@cache
def attributes_of(model: type[models.Model]) -> tuple[str, ...]:
    """Those of the columns, in the order in which a query set selects them."""
    return tuple(field.attname for field in model._meta.concrete_fields)


def loaded(model: type[Row], values: Sequence[Any]) -> Row:
    """A stored row, from the values of all its columns."""
    row = model.__new__(model)
    state = ModelState()
    state.adding, state.db, state.fields_cache = False, DEFAULT_DB_ALIAS, {}
    attributes = row.__dict__
    attributes["_state"] = state
    attributes.update(zip(attributes_of(model), values, strict=True))
    return row
