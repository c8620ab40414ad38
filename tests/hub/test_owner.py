"""Signing in to the pages: the owner has no password but the API key."""

import logging

import httpx
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.http.response import HttpResponseBase
from django.test import Client, override_settings

from tests.api.conftest import running_hub

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/?user=other&next=/admin/"  # for those with a name and password of their own
TYPED = "what-was-typed-0123456789"


def sign_in(client: Client, username: str = "owner", password: str = "", **headers: str) -> HttpResponseBase:
    return client.post(LOGIN, {"username": username, "password": password, "next": "/admin/"}, **headers)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_a_stranger_in_the_admin_is_asked_for_the_key_and_led_back(client: Client) -> None:
    wanted = "/admin/whatsapp/chat/?q=alice"
    response = client.get(wanted, follow=True)
    assert response.redirect_chain[-1] == ("/login?next=/admin/whatsapp/chat/%3Fq%3Dalice", 302)
    page = response.content.decode()
    assert "API key" in page
    response = client.post("/login", {"key": settings.API_KEY, "next": wanted})
    assert (response.status_code, response["Location"]) == (302, wanted)
    page = client.get(wanted).content.decode()
    assert "WhatsApp Hub" in page
    assert 'href="/"' in page


def test_others_find_a_form_of_their_own_and_from_there_the_way_back(client: Client) -> None:
    page = client.get("/login?next=/admin/whatsapp/chat/").content.decode()
    path = "/admin/login/?user=other&amp;next=/admin/whatsapp/chat/"
    assert f'<a href="{path}">Sign in as another user</a>' in page
    page = client.get(path.replace("&amp;", "&")).content.decode()
    assert 'name="username"' in page
    assert '<a href="/login?next=/admin/whatsapp/chat/">Sign in with the API key</a>' in page


def test_who_has_signed_in_and_may_not_look_is_told_so_and_not_sent_in_circles(client: Client) -> None:
    client.force_login(User.objects.create_user("bob"), backend="django.contrib.auth.backends.ModelBackend")
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain == [("/admin/login/?next=/admin/", 302)]
    assert "not authorized" in response.content.decode()


def test_there_is_one_owner_and_they_have_no_password(client: Client) -> None:
    for _ in range(2):
        sign_in(client, password=settings.API_KEY)
        client.logout()
    owner = User.objects.get()
    assert (owner.username, owner.is_superuser, owner.is_staff) == ("owner", True, True)
    assert not owner.has_usable_password()


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("owner", TYPED),
        ("owner", ""),
        ("owner", "!"),
        ("owner", "ключ-ключ-ключ-ключ"),
        ("Owner", "test-key-0123456789abcdef"),
        ("admin", "test-key-0123456789abcdef"),
        ("", "test-key-0123456789abcdef"),
    ],
)
def test_nothing_else_opens_the_door(client: Client, username: str, password: str) -> None:
    assert settings.API_KEY == "test-key-0123456789abcdef"
    User.objects.create_user("owner", is_staff=True, is_superuser=True)  # made by an earlier sign-in
    assert sign_in(client, username, password).status_code == 200
    assert not is_in(client)


def test_an_owner_who_was_switched_off_stays_out(client: Client) -> None:
    User.objects.create_user("owner", is_staff=True, is_superuser=True, is_active=False)
    sign_in(client, password=settings.API_KEY)
    assert not is_in(client)


def test_superusers_of_django_sign_in_with_their_own_password(client: Client) -> None:
    User.objects.create_superuser("alice", password="correct horse battery")
    sign_in(client, "alice", settings.API_KEY)
    assert not is_in(client)
    sign_in(client, "alice", "correct horse battery")
    assert is_in(client)


def test_a_user_who_is_not_staff_stays_out(client: Client) -> None:
    User.objects.create_user("bob", password="correct horse battery")
    sign_in(client, "bob", "correct horse battery")
    assert not is_in(client)


def test_a_new_key_ends_every_session(client: Client) -> None:
    sign_in(client, password=settings.API_KEY)
    assert is_in(client)
    with override_settings(SECRET_KEY="derived-from-another-key"):
        assert not is_in(client)


def test_what_was_typed_is_never_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(client, "owner", TYPED)
    sign_in(client, TYPED, TYPED)
    assert TYPED not in caplog.text


def test_a_form_of_another_site_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, password=settings.API_KEY).status_code == 403


def test_one_signs_in_through_a_proxy_that_speaks_tls() -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(LOGIN)
    token = client.cookies["csrftoken"].value
    form = {"username": "owner", "password": settings.API_KEY, "csrfmiddlewaretoken": token}
    headers = {
        "host": "hub.example",
        "origin": "https://hub.example",
        "x-forwarded-proto": "https",
    }
    assert client.post(LOGIN, form, headers=headers).status_code == 302


def test_a_stranger_can_not_send_a_form_without_end(client: Client) -> None:
    assert sign_in(client, password="x" * 2**20).status_code == 413
    large = {"jid": "not a jid", "text": "x" * 2**20}
    headers = {"x-api-key": settings.API_KEY}
    path = "/api/actions/send/text"
    refused = client.post(path, large, content_type="application/json", headers=headers)
    assert (refused.status_code, list(refused.json())) == (413, ["error"])  # to programs in JSON


def test_pages_are_for_this_site_alone(client: Client) -> None:
    response = sign_in(client, password=settings.API_KEY)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert response["X-Frame-Options"] == "DENY"


def test_the_admin_is_found_without_its_slash(client: Client) -> None:
    assert client.get("/admin")["Location"] == "/admin/"


def test_the_api_opens_no_session_and_wants_no_token() -> None:
    program = Client(enforce_csrf_checks=True, headers={"x-api-key": settings.API_KEY})
    body = {"jid": "not a jid", "text": "Hello"}
    paths = ("/api/actions/send/text", "/api/actions/send/text/", "/api/v1/actions/send/text")
    for path in paths:
        response = program.post(path, body, content_type="application/json")
        assert response.status_code == 400, path
        assert "jid" in response.json()["error"]
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")


def test_a_session_opens_the_api_to_the_pages_own_scripts(client: Client) -> None:
    assert client.get("/api/messages").status_code == 401
    sign_in(client, password=settings.API_KEY)
    assert client.get("/api/messages").json()["data"] == []


def test_styles_need_no_collecting(client: Client) -> None:
    for path in ("/static/admin/css/base.css", "/static/css/admin.css"):
        response = client.get(path)
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/css")
        assert b"".join(response.streaming_content)  # type: ignore[attr-defined]
        response.close()


def test_the_admin_works_over_http(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        running_hub(tmp_path_factory.mktemp("admin")) as hub,
        httpx.Client(base_url=hub.url, timeout=30) as browser,
    ):
        browser.get("/login")
        form = {"key": settings.API_KEY, "next": "/admin/"}
        token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        page = browser.post("/login", data=form | token, follow_redirects=True)
        assert "All tables" in page.text
        assert browser.get("/static/admin/css/base.css").status_code == 200
