"""The order of a list: which place a row has in it, and what comes after a place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db.models import F, Func, Q, QuerySet
from django.db.models.expressions import OrderBy

KEYS = ("pk", "id")  # paths that lead to a row's key

NOTHING = Q(pk__in=())


class Unusable(ValueError):
    """A place that this order can't have."""


@dataclass(frozen=True, slots=True)
class Term:
    path: str
    is_descending: bool
    is_nullable: bool  # rows without a value come last

    @classmethod
    def of(cls, item: Any) -> "Term":
        if isinstance(item, str):
            return cls(item.removeprefix("-"), item.startswith("-"), False)
        if isinstance(item, OrderBy) and isinstance(item.expression, F) and not item.nulls_first:
            path: str = item.expression.name  # type: ignore[attr-defined]  # django-stubs gives F no `name`; Django sets it in F.__init__
            return cls(path, item.descending, bool(item.nulls_last))
        raise TypeError(f"No page can be cut out of a list in the order of {item!r}.")

    def beyond(self, value: Any, or_there: bool = False) -> Q:
        """What comes after `value`, or also what has it."""
        if value is None:
            return Q(**{f"{self.path}__isnull": True}) if or_there else NOTHING
        lookup = ("lt" if self.is_descending else "gt") + ("e" if or_there else "")
        condition = Q(**{f"{self.path}__{lookup}": value})
        return condition | Q(**{f"{self.path}__isnull": True}) if self.is_nullable else condition


@dataclass(frozen=True, slots=True)
class Ordering:
    """The order of a query set; the last of its terms is unique."""

    terms: tuple[Term, ...]

    @classmethod
    def of(cls, queryset: QuerySet[Any]) -> "Ordering":
        items: Iterable[Any] = queryset.query.order_by
        terms = tuple(Term.of(item) for item in items)
        if not terms:
            raise TypeError(f"The list of {queryset.model.__name__} has no order: pages need one.")
        return cls(terms)

    @staticmethod
    def is_kept_by(queryset: QuerySet[Any]) -> bool:
        """Whether the order is one of values that the rows keep, and not, say, of how well each fits."""
        return not any(isinstance(item, Func) for item in queryset.query.order_by)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(term.path for term in self.terms)

    @property
    def is_by_key(self) -> bool:
        return len(self.terms) == 1 and self.terms[0].path in KEYS

    @property
    def is_descending(self) -> bool:
        return self.terms[0].is_descending

    def values_of(self, instance: Any) -> list[Any]:
        """The place of a row that is an object."""
        if self.is_by_key:
            return [instance.pk]
        return [attrgetter(path.replace("__", "."))(instance) for path in self.paths]

    def after(self, queryset: QuerySet[Any], place: Sequence[Any]) -> QuerySet[Any]:
        """The rows of `queryset` that come after `place`, the values of the terms. Raises Unusable.

        Of two terms: a ≤ x AND (a < x OR b < y). Unlike a < x OR (a = x AND b < y), this lets a database
        begin at x in the index.
        """
        if len(place) != len(self.terms):
            raise Unusable(f"{len(self.terms)} values are a place in this list, and not {len(place)}.")
        *leading, (last, value) = zip(self.terms, place, strict=True)
        condition = last.beyond(value)
        for term, value in reversed(leading):
            condition = term.beyond(value, or_there=True) & (term.beyond(value) | condition)
        return queryset.filter(condition)
