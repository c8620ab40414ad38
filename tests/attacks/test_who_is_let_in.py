"""Every route of the URL conf, with every method: without credentials, with bad ones, with a key for
something else, and in a signed-in browser without the token against forms of other sites.

What is open to everybody stands in one list. A new route that is not in it, and lets somebody in, fails here.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from api.access import Scope
from tests.api.conftest import Hub
from tests.attacks.routes import Route, api_routes, routes
from tests.attacks.table import tried
from tests.builders import build_account, build_api_key
from tests.dashboard.conftest import signed_in

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")

# The whole of what anybody may have. Route → methods that are answered, and why.
PUBLIC: dict[str, tuple[tuple[str, ...], str]] = {
    "health": (("get", "head"), "says nothing private, for whoever watches the hub"),
    "api/health": (("get", "head"), "the same"),
    "api/openapi.json": (("get", "head"), "describes the API, as the source does"),
    "api/docs": (("get", "head"), "the same for people"),
    "api/redoc": (("get", "head"), "the same for people"),
    "login": (("get", "head", "post"), "where one signs in"),
    "logout": (("post",), "ends a session, if there is one"),
    "admin/login/": (METHODS, "where users of the admin sign in"),
    "admin/logout/": (METHODS, "ends a session, if there is one"),
    "admin": (METHODS, "leads to admin/"),
}
LOGIN = ("/login?next=", "/admin/login/?next=")
UNAUTHORIZED = {"error": "Unauthorized", "message": "Invalid or missing API key"}


def call(client: Client, method: str, path: str, **headers: str) -> Any:
    given = {"headers": headers} if headers else {}
    if method in ("get", "head", "options"):
        return getattr(client, method)(path, **given)
    return getattr(client, method)(path, {}, content_type="application/json", **given)


def address(route: Route) -> str:
    """One that the route has; of a pattern that catches all, one that no other has."""
    if not route.is_pattern:
        return route.at()
    beginning = route.path.partition("^")[0] + route.path.partition("^")[2].partition("(")[0]
    return f"/{beginning}/nothing-here".replace("//", "/")


def calls() -> list[Route]:
    """Of the API, all that need a key."""
    return [route for route in api_routes() if route.path not in PUBLIC]


@pytest.mark.django_db
@tried("without credentials", routes)
def test_a_stranger_is_let_in_nowhere_else() -> None:
    build_account()
    let_in = []
    for route in routes():
        answered, _ = PUBLIC.get(route.path, ((), ""))
        for method in METHODS:
            response = call(Client(), method, address(route))
            assert response.status_code < 500, (route.path, method)
            is_led_away = response.status_code == 302 and response["Location"].startswith(LOGIN)
            if method in answered or is_led_away or response.status_code in (403, 405):
                continue
            if response.status_code != 401 or (method != "head" and response.json() != UNAUTHORIZED):
                let_in.append((route.path, method, response.status_code))
    assert let_in == []
    assert len(routes()) > 200


@pytest.mark.django_db
def test_what_is_open_to_everybody_is_there() -> None:
    assert PUBLIC.keys() <= {route.path for route in routes()}


def wrong() -> str:
    return "wrong-key-0123456789"


def unknown() -> str:
    return "wah_" + "x" * 43


def expired() -> str:
    return build_api_key(expires_at=timezone.now() - timedelta(seconds=1))[1]


def revoked() -> str:
    return build_api_key(revoked_at=timezone.now())[1]


@pytest.mark.django_db
@pytest.mark.parametrize("key", [wrong, unknown, expired, revoked])
@tried("a wrong, unknown, expired or revoked key", calls)
def test_a_bad_key_opens_no_call(key: Callable[[], str]) -> None:
    shown = key()
    opened = []
    for number, route in enumerate(calls()):
        for method in route.methods:
            headers, query = ({"x-api-key": shown}, "") if number % 2 else ({}, f"?api_key={shown}")
            response = call(Client(), method, route.at() + query, **headers)
            if (response.status_code, response.json()) != (401, UNAUTHORIZED):
                opened.append((route.path, method, response.status_code))
    assert opened == []


@pytest.mark.django_db
@tried("a key for something else", calls)
def test_a_key_opens_no_call_that_its_scopes_do_not_name(impatient: None) -> None:
    keys = {needed: build_api_key(*(other for other in Scope if other != needed))[1] for needed in Scope}
    opened, changing = [], []
    for route in calls():
        for method in route.methods:
            action = route.view.actions[method]
            needed = getattr(getattr(route.view.cls, action), "scope", Scope.READ)
            if method != "get" and needed == Scope.READ:
                changing.append(route.path)
            response = call(Client(), method, route.at(), **{"x-api-key": keys[needed]})
            if (response.status_code, response.json()) != (
                403,
                {"error": f"This key lacks the scope {needed.value!r}."},
            ):
                opened.append((route.path, method, response.status_code))
    assert opened == []
    assert changing == ["api/ws/ticket"]  # which is as good as the key, and changes nothing else


@pytest.mark.django_db
@tried("a signed-in browser that another site makes ask (CSRF)", routes)
def test_no_other_site_changes_anything_by_the_owners_browser() -> None:
    build_account()
    browser = signed_in(enforce_csrf_checks=True)
    form, text, json = "application/x-www-form-urlencoded", "text/plain", "application/json"
    origin = {"origin": "https://evil.example", "referer": "https://evil.example/"}
    done = []
    for route in routes():
        if route.path == "admin":
            continue  # leads to admin/, which refuses
        others = (("put", json), ("patch", json), ("delete", text)) if route.is_api else ()
        for method, kind in (("post", form), ("post", text), *others):
            response = browser.generic(method, address(route), b"{}", kind, headers=origin)
            if response.status_code not in (401, 403, 405):
                done.append((route.path, method, response.status_code))
    assert done == []


def tables() -> list[Route]:
    return [route for route in routes() if route.path.startswith("admin/whatsapp/")]


@pytest.mark.django_db
@tried("an account of the admin that may see nothing", tables)
def test_who_may_see_nothing_sees_nothing_in_the_admin() -> None:
    browser = Client()
    browser.force_login(
        User.objects.create_user("bob", is_staff=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    for route in tables():
        response = browser.get(address(route))
        leaves = response.status_code == 302 and response["Location"].endswith(("/1/change/", "/admin/"))
        assert leaves or response.status_code in (403, 404), route.path


# The WebSocket


def test_there_is_one_websocket_and_nothing_beside_it(hub: Hub) -> None:
    printed = hub.run(
        "from hub.asgi import application\n"
        "routes = application.application_mapping['websocket'].routes\n"
        "print([route.pattern.regex.pattern for route in routes])"
    )
    assert printed.splitlines()[-1] == "['^ws/?$', '']"


def told_by(address_of_it: str, **options: Any) -> tuple[list[str], int | None]:
    """What a WebSocket tells, besides why it is closed; and the code that it is closed with."""
    told: list[str] = []
    with connect(address_of_it, **options) as socket:
        with suppress(ConnectionClosed):
            while True:
                told.append(str(socket.recv(timeout=10)))
        return [text for text in told if not text.startswith('{"type":"error"')], socket.close_code


CREDENTIALS = [
    "",
    "?api_key=wrong-key-0123456789",
    f"?api_key=wah_{'x' * 43}",
    "?ticket=made-up",
    "?api_key=",
]


@pytest.mark.parametrize("credentials", CREDENTIALS)
@tried("a bad key or ticket", lambda: ["ws"])
def test_the_websocket_lets_nobody_in(hub: Hub, credentials: str) -> None:
    for path, code in (("/ws", 4001), ("/ws/", 4001), ("/ws/more", 4404), ("/api/events/stream", 4404)):
        address_of_it = hub.url.replace("http", "ws") + path + credentials
        assert told_by(address_of_it) == ([], code), path


@tried("a page of another origin with the owner's cookie", lambda: ["ws", "api/events/stream"])
def test_a_page_of_another_origin_does_not_listen_by_the_owners_cookie(hub: Hub) -> None:
    session = hub.run(
        "from django.contrib.auth.models import User\n"
        "from hub.browsers import SessionStore\n"
        "from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY\n"
        "user, _ = User.objects.get_or_create(username='owner', is_superuser=True)\n"
        "store = SessionStore()\n"
        "store.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: 'hub.owner.OwnerBackend',\n"
        "    HASH_SESSION_KEY: user.get_session_auth_hash()})\n"
        "store.create()\n"
        "print(store.session_key)"
    ).split()[-1]
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    address_of_it = hub.url.replace("http", "ws") + "/ws"
    with connect(address_of_it, additional_headers=cookie) as socket:
        assert "ws_connected" in str(socket.recv(timeout=10))
    for origin in ("https://evil.example", "http://127.0.0.1:1", "null"):
        told, code = told_by(address_of_it, additional_headers=cookie, origin=origin)
        assert told == []
        assert code in (4001, 4003)
