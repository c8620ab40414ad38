"""A resource as a table: each of its keys with the path to its value, so that one declaration serves rows as
the database gives them and objects in memory alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that is shown in another form: `form` takes what stands at each of `paths`."""

    form: Callable[..., Any]
    paths: tuple[str, ...]


def shown(form: Callable[..., Any], *paths: str) -> Shown:
    return Shown(form, paths)


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
        forms: list[tuple[str, Callable[..., Any], tuple[int, ...]]] = []
        for name, source in keys.items():
            if isinstance(source, str):
                continue
            for path in source.paths:
                if path not in places:
                    places[path] = len(paths)
                    paths.append(path)
            forms.append((name, source.form, tuple(places[path] for path in source.paths)))
        self.beside = tuple(beside)
        self.paths = (*paths, *beside)
        self._forms = tuple(forms)
        self._width = len(paths)
        self._readers = _readers(paths)

    def beside_row(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """What a row gives beside its record: the values of `beside`."""
        return tuple(row[self._width : len(self.paths)])

    @property
    def is_joined(self) -> bool:
        """Whether it shows anything of a related row."""
        return any(relation for relation, _, _ in self._readers)

    def of_row(self, row: Sequence[Any]) -> Record:
        """The record of a row that begins with the values of `paths`."""
        record = dict(zip(self._keys, row, strict=False))
        for name, form, places in self._forms:
            record[name] = form(*[row[place] for place in places])
        record.update(self._constants)
        return record

    def of(self, instance: Any, **related: Any) -> Record:
        """The record of an object whose relations are loaded; those in `related` count as given."""
        row: list[Any] = [None] * self._width
        for relation, places, read in self._readers:
            owner = instance
            if relation:
                owner = related[relation] if relation in related else getattr(instance, relation, None)
            if owner is None:
                continue
            values = read(owner)
            if len(places) == 1:
                row[places[0]] = values
                continue
            for place, value in zip(places, values, strict=True):
                row[place] = value
        return self.of_row(row)


def _readers(paths: Sequence[str]) -> list[tuple[str, list[int], Callable[[Any], Any]]]:
    """(relation, places of its values, what reads them all at once) for each; "" is the row itself."""
    groups: dict[str, dict[int, str]] = {}
    for place, path in enumerate(paths):
        relation, _, attribute = path.rpartition("__")
        groups.setdefault(relation, {})[place] = attribute
    return [
        (relation, list(attributes), attrgetter(*attributes.values()))
        for relation, attributes in groups.items()
    ]
