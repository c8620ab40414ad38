"""Every route of the hub, as it stands in the URL conf: nothing is listed by hand."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """`path` is what it matches, with its parameters in angle brackets: `api/chats/<str:jid>`."""

    path: str
    view: Callable[..., Any]
    is_pattern: bool  # a regular expression, which catches what no other route has

    @property
    def methods(self) -> tuple[str, ...]:
        """Those that a view set of the API names; of other views nobody can tell: the usual two."""
        actions = getattr(self.view, "actions", None)
        return tuple(name for name in actions if name != "head") if actions else ("get", "post")

    @property
    def is_api(self) -> bool:
        return hasattr(self.view, "actions")

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """(kind, name) of each."""
        return [(kind or "str", name) for kind, name in PARAMETER.findall(self.path)]

    def at(self, **values: Any) -> str:
        """Its address with these values for its parameters; 1 for those that are not given."""
        return "/" + PARAMETER.sub(lambda found: str(values.get(found[2], "1")), self.path)


def walk(patterns: Any = None, before: str = "") -> Iterator[Route]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        part = str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, before + part)
        elif isinstance(pattern, URLPattern):
            is_route = isinstance(pattern.pattern, RoutePattern)
            yield Route(before + part, pattern.callback, not is_route)


@cache
def routes() -> tuple[Route, ...]:
    return tuple(walk())


def api_routes() -> list[Route]:
    return [route for route in routes() if route.is_api]


def pages() -> list[Route]:
    """The dashboard's."""
    return [
        route
        for route in routes()
        if not route.path.startswith(("api", "admin", "health", "metrics")) and not route.is_pattern
    ]
