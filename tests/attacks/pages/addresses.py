"""The addresses of all pages that show what strangers wrote, put together from the routes and the rows."""

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.attacks.routes import Route, api_routes, pages, routes

Things = dict[str, list[list[Any]]]

# Beginning of a page's or call's path → the things that its parameters name, in their order.
NAMES = {
    "messages/<str:jid>/<int:key>": "messages",
    "messages/<str:jid>/acts": "nothing",
    "messages/<str:jid>": "chats",
    "contacts/<str:jid>": "contacts",
    "groups/<str:jid>/results": "nothing",
    "groups/<str:jid>": "groups",
    "thumbnails": "media",
    "media": "media",
    "webhooks/deliveries": "deliveries",
    "webhooks": "webhooks",
    "events/calls": "calls",
    "events/quarantine": "quarantine",
    "events": "events",
    "actions/new": "forms",
    "actions": "actions",
    "docs": "nothing",
    "keys": "keys",
    "api/messages": "message_ids",
    "api/media/by-message": "message_ids",
    "api/media": "media",
    "api/chats": "chats",
    "api/contacts": "contacts",
    "api/groups": "groups",
    "api/presence": "contacts",
    "api/calls": "call_ids",
    "api/stories": "stories",
    "api/newsletters": "newsletters",
    "api/accounts": "accounts",
    "api/actions": "actions",
    "api/keys": "nothing",
    "api/webhooks/deliveries": "deliveries",
    "api/webhooks": "webhooks",
}
# Lists that show more, or other things, when they are asked for it.
QUERIES = {
    "": ["?days=30"],
    "messages": ["?q=hacked"],
    "messages/search": ["?q=hacked", "?q=javascript", "?q=%22%27%3E%3Cx-hacked%3E"],
    "contacts": ["?q=hacked"],
    "groups": ["?q=hacked"],
    "media": ["?view=table", "?status=failed", "?q=%22%27%3E%3Cx-hacked%3E"],
    "events": ["?type=wa.messages"],
    "choose": ["?q=hacked&kind=chats", "?q=hacked"],
    "docs": ["/messages/messages_list"],
    "login": ["?next=%22%27%3E%3Cx-hacked%3E"],
    "api/messages/search": ["?q=hacked"],
    "api/search": ["?q=hacked"],
    "api/messages": ["?search=hacked", "?chat=%22%27%3E%3Cx-hacked%3E", "?limit=500"],
}
FORMS = [["text"], ["document"], ["group-participants"]]
# Not for reading: an endless stream, and files (see tests/attacks/test_files.py).
APART = ("api/events/stream", "api/media/<str:media_id>/download", "api/openapi.json")


def things_of(route: Route, things: Things) -> list[list[Any]]:
    """The values for the route's parameters."""
    fitting = [name for name in NAMES if route.path.startswith(name)]
    assert fitting, f"tests/attacks/pages/addresses.py does not know what to put into {route.path}"
    return ({"nothing": [], "forms": FORMS} | things)[NAMES[max(fitting, key=len)]]


def filled(route: Route, values: list[Any]) -> str:
    """JIDs are written as links write them: what can't be in a path can't be in a link either."""
    given = {
        name: quote(str(value), safe="@:") for (_, name), value in zip(route.parameters, values, strict=False)
    }
    return route.at(**given)


def addresses_of(route: Route, things: Things, most: int) -> Iterator[str]:
    if not route.parameters:
        yield route.at()
        yield from (route.at() + query for query in QUERIES.get(route.path, []))
        return
    for values in itertools.islice(things_of(route, things), most):
        yield filled(route, values)


def of_pages(things: Things, most: int) -> Iterator[str]:
    for route in pages():
        yield from addresses_of(route, things, most)


def of_calls(things: Things, most: int) -> Iterator[str]:
    for route in api_routes():
        if "get" in route.methods and route.path not in APART:
            yield from addresses_of(route, things, most)


def of_tables(things: Things) -> Iterator[str]:
    """The admin's lists."""
    for app, model, *_ in things["tables"]:
        yield f"/admin/{app}/{model}/"


def of_rows(things: Things, most: int, page: str = "change") -> Iterator[str]:
    """The admin's pages of rows."""
    for app, model, *keys in things["tables"]:
        for key in keys[:most]:
            yield f"/admin/{app}/{model}/{quote(str(key), safe='')}/{page}/"


def every_route() -> list[Route]:
    """All that may have a page: the dashboard's, the admin's, and the API's for people."""
    calls = [route for route in api_routes() if "get" in route.methods and route.path not in APART]
    return [*pages(), *calls, *(route for route in routes() if route.path.startswith("admin/"))]
