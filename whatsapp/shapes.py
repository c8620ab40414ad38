"""A resource as a table: each of its keys with the path to its value, so that one declaration serves rows as
the database gives them and objects in memory alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any

from django.db.models import Expression

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that is shown in another form: `form` takes what stands at each of `paths`. Where the database
    knows that form, rows are asked for `in_rows`, and nothing else is made of the path."""

    form: Callable[..., Any]
    paths: tuple[str, ...]
    in_rows: Expression | None = None


def shown(form: Callable[..., Any], *paths: str) -> Shown:
    return Shown(form, paths)


Form = tuple[int, Callable[..., Any], tuple[int, ...]]  # the column that it fills, and those that it takes


class Shape:
    """What a record of one noun is made of.

    `keys`: key → path (`sender__jid` follows a relation by one step) or `shown(form, *paths)`;
    `constants`: key → what it always is, until somebody fills it in;
    `beside`: paths that rows give and records don't show, for whoever fills in.
    """

    def __init__(
        self,
        keys: Mapping[str, str | Shown],
        constants: Mapping[str, Any] | None = None,
        beside: Sequence[str] = (),
    ) -> None:
        self._constants = dict(constants or {})
        self.names = (*keys, *self._constants)
        first = [source if isinstance(source, str) else source.paths[0] for source in keys.values()]
        self._keys = tuple(keys)
        paths = list(first)  # a record is a row's beginning; what else its forms need follows
        places = {path: place for place, path in reversed(list(enumerate(first)))}
        forms: list[Form] = []
        for place, source in enumerate(keys.values()):
            if isinstance(source, str):
                continue
            for path in source.paths:
                if path not in places:
                    places[path] = len(paths)
                    paths.append(path)
            forms.append((place, source.form, tuple(places[path] for path in source.paths)))
        self._width = len(paths)
        self._forms = tuple(forms)
        columns: list[str | Expression] = [*paths, *beside]
        for place, source in enumerate(keys.values()):
            if isinstance(source, Shown) and source.in_rows is not None:
                columns[place] = source.in_rows
        self.columns = tuple(columns)  # what rows are asked for
        self._forms_of_rows = tuple(form for form in forms if isinstance(columns[form[0]], str))
        groups = _by_relation(paths)
        self._readers = [
            (relation, len(attributes), _reader(list(attributes.values())))
            for relation, attributes in groups.items()
        ]
        read = [place for attributes in groups.values() for place in attributes]
        self._in_order = itemgetter(*(read.index(place) for place in range(len(paths))))

    def of_columns(self, columns: Sequence[Sequence[Any]]) -> list[Record]:
        """The records of rows of which `columns` are the columns, or the first of them. A form is given a
        whole column at once, which takes half of the time."""
        return self._records(columns, self._forms_of_rows)

    def of_rows(self, rows: Iterable[Sequence[Any]]) -> list[Record]:
        """The records of rows that begin with the values of `columns`."""
        return self.of_columns(list(zip(*rows, strict=True)))

    def beside_of(self, columns: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """What each of these rows gives beside its record: the values of `beside`."""
        return list(zip(*columns[self._width : len(self.columns)], strict=True))

    def of(self, instance: Any, **related: Any) -> Record:
        """The record of an object whose relations are loaded; those in `related` count as given."""
        values: list[Any] = []
        for relation, width, read in self._readers:
            owner = instance
            if relation:
                owner = related[relation] if relation in related else getattr(instance, relation, None)
            values += read(owner) if owner is not None else [None] * width
        row = self._in_order(values)
        record = dict(zip(self._keys, row, strict=False))
        for place, form, places in self._forms:
            record[self._keys[place]] = form(*[row[one] for one in places])
        record.update(self._constants)
        return record

    def _records(self, columns: Sequence[Sequence[Any]], forms: Iterable[Form]) -> list[Record]:
        if not columns:  # as there are none where there are no rows
            return []
        shown = list(columns[: len(self._keys)])
        for place, form, places in forms:
            shown[place] = list(map(form, *[columns[one] for one in places]))
        shown += [[value] * len(columns[0]) for value in self._constants.values()]
        return [dict(zip(self.names, row, strict=True)) for row in zip(*shown, strict=True)]


def _by_relation(paths: Sequence[str]) -> dict[str, dict[int, str]]:
    """relation → place of each of its values → attribute; "" is the row itself."""
    groups: dict[str, dict[int, str]] = {}
    for place, path in enumerate(paths):
        relation, _, attribute = path.rpartition("__")
        groups.setdefault(relation, {})[place] = attribute
    return groups


def _reader(attributes: list[str]) -> Callable[[Any], Sequence[Any]]:
    """What reads all of these of an object at once."""
    if len(attributes) == 1:
        return lambda owner: (getattr(owner, attributes[0]),)
    return attrgetter(*attributes)
