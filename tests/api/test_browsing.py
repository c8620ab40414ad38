"""The API in a browser: pages for whoever has signed in, JSON for everybody else."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hub.pages import MOST_BYTES_IN_FORM
from tests.api.conftest import Session
from tests.builders import ALICE, BOB, build_account, build_api_key, build_message
from whatsapp import preferences
from whatsapp.models import Action, ApiKey

pytestmark = pytest.mark.django_db

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FORM_SCRIPT = "text/html; q=1.0, */*"  # as the pages' own script asks


def sign_in(**options: Any) -> Client:
    """A browser in which the owner has signed in."""
    browser = Client(headers={"accept": BROWSER}, **options)
    owner, _ = User.objects.get_or_create(username="owner", is_staff=True, is_superuser=True)
    browser.force_login(owner, backend="hub.owner.OwnerBackend")
    return browser


@pytest.fixture
def browser() -> Client:
    return sign_in()


def is_page(response: Any) -> bool:
    return str(response.headers["Content-Type"]).startswith("text/html")


def test_the_owner_is_shown_a_page(browser: Client) -> None:
    build_account()
    message = build_message("Hello <script>alert(1)</script>")
    response = browser.get("/api/messages")
    text = response.content.decode()
    assert response.status_code == 200
    assert is_page(response)
    assert "List messages" in text
    assert "Hello &lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert f'href="/api/messages/{message.message_id}"' in text
    assert f'href="/api/chats/{ALICE}"' in text


def test_a_page_fetches_nothing_from_elsewhere_and_is_not_kept(browser: Client) -> None:
    response = browser.get("/api/messages")
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["Cache-Control"] == "private, no-store"
    assert {"Accept", "Cookie"} <= set(response.headers["Vary"].split(", "))
    assert not re.search(r'(src|href)="(https?:)?//', response.content.decode())


def test_a_script_of_a_page_gets_json_by_the_session(browser: Client) -> None:
    build_account()
    for accept in ("application/json", "*/*", "image/avif,image/webp,*/*;q=0.8"):
        response = browser.get("/api/messages", headers={"accept": accept})
        assert response.status_code == 200, accept
        assert response.json()["data"] == []


def test_a_script_changes_nothing_without_the_token_of_its_page() -> None:
    build_account()
    browser = sign_in(enforce_csrf_checks=True)
    body = {"logLevel": "debug"}
    refused = browser.put("/api/settings", body, "application/json", headers={"accept": "*/*"})
    assert (refused.status_code, preferences.get("logLevel")) == (403, "info")


def test_a_page_sends_a_large_file_with_its_token_in_a_header(session: Session) -> None:
    build_account()
    session.will("sent", result={"key": {"remoteJid": ALICE, "fromMe": True, "id": "1"}})
    browser = sign_in(enforce_csrf_checks=True)  # and no token in the form
    page = browser.get("/settings").content.decode()
    token = re.search(r'X-CSRFToken": "(\w+)"', page)
    assert token is not None
    size = MOST_BYTES_IN_FORM + 1

    def send(**headers: str) -> Any:
        file = SimpleUploadedFile("notes.txt", b"a" * size)
        return browser.post(
            "/api/actions/send/document", {"jid": ALICE, "file": file}, headers={"accept": "*/*", **headers}
        )

    assert send().status_code == 403
    answer = send(**{"X-CSRFToken": token[1]})
    assert (answer.status_code, answer.json().get("success")) == (200, True), answer.content
    assert session.taken[-1].payload["file"]["size"] == size


def test_a_browser_with_a_key_gets_json_and_no_more_than_the_key_is_for(browser: Client) -> None:
    _, key = build_api_key("send")
    assert not is_page(browser.get("/api/messages", headers={"x-api-key": settings.API_KEY}))
    assert browser.get("/api/messages", headers={"x-api-key": key}).status_code == 403
    assert browser.get("/api/messages?api_key=wrong").status_code == 401


def test_without_a_session_a_browser_is_refused_in_json(stranger: Client) -> None:
    response = stranger.get("/api/messages", headers={"accept": BROWSER})
    assert (response.status_code, is_page(response)) == (401, False)
    stranger.cookies[settings.SESSION_COOKIE_NAME] = "made-up"
    response = stranger.get("/api/messages", headers={"accept": BROWSER})
    assert (response.status_code, is_page(response)) == (401, False)


def test_who_may_not_do_everything_is_refused(browser: Client) -> None:
    User.objects.update(is_superuser=False)
    assert browser.get("/api/messages").status_code == 401
    User.objects.update(is_superuser=True, is_active=False)
    assert browser.get("/api/messages").status_code == 401


def test_a_signed_out_browser_is_refused(browser: Client) -> None:
    browser.post("/admin/logout/")
    assert browser.get("/api/messages").status_code == 401


def test_errors_are_pages_too(browser: Client) -> None:
    build_account()
    for path, status, words in [
        ("/api/messages/3EB0", 404, "Message not found"),
        ("/api/nothing-here", 404, "There is nothing at /api/nothing-here."),
        ("/api/messages?limit=many", 400, "not a whole number"),
    ]:
        response = browser.get(path)
        assert (response.status_code, is_page(response)) == (status, True), path
        assert words in response.content.decode()


def test_a_list_goes_on_and_begins_anew(browser: Client) -> None:
    build_account()
    for number in range(5):
        build_message(f"Message {number}")
    first = browser.get("/api/messages?limit=2&chat=15550100").content.decode()
    found = re.search(r'href="([^"]+)" rel="next"', first)
    assert found
    second = browser.get(found[1].replace("&amp;", "&")).content.decode()
    assert "Message 2" in second
    assert "Message 4" not in second
    assert 'href="/api/messages?limit=2&amp;chat=15550100" rel="first"' in second


def test_a_list_can_be_filtered(browser: Client) -> None:
    build_account()
    build_message("Hers", chat=ALICE)
    build_message("His", chat=BOB)
    page = browser.get(f"/api/messages?chat={BOB}&from=&type=").content.decode()
    assert f'name="chat" value="{BOB}"' in page
    assert "His" in page
    assert "Hers" not in page


def test_a_call_that_only_takes_a_body_shows_its_form(browser: Client) -> None:
    response = browser.get("/api/actions/send/text")
    text = response.content.decode()
    assert response.status_code == 405
    assert "This address takes POST" in text
    assert 'data-method="POST"' in text
    assert "At noon, yes." in text


# Changes


def post_key(browser: Client, **headers: str) -> Any:
    body = {"name": "Bot", "scopes": ["read"]}
    return browser.post(
        "/api/keys", body, content_type="application/json", headers={"accept": FORM_SCRIPT, **headers}
    )


def test_a_form_is_sent_with_the_token_of_its_page() -> None:
    browser = sign_in(enforce_csrf_checks=True)
    page = browser.get("/api/keys").content.decode()
    found = re.search(r'"csrfToken": "(\w+)"', page)
    assert found
    assert settings.CSRF_COOKIE_NAME in browser.cookies
    response = post_key(browser, **{"x-csrftoken": found[1]})
    assert (response.status_code, is_page(response)) == (200, True)
    assert ApiKey.objects.get().name == "Bot"


@pytest.mark.parametrize("token", [{}, {"x-csrftoken": "a" * 32}, {"x-csrftoken": "b" * 64}])
def test_another_site_can_not_send_one(token: dict[str, str]) -> None:
    browser = sign_in(enforce_csrf_checks=True)
    browser.get("/api/keys")
    response = post_key(browser, **token)
    assert response.status_code == 403
    assert "CSRF" in response.content.decode()
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("path", ["/api/keys", "/api/v1/keys", "/api/keys/"])
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_nor_by_a_form_of_its_own(path: str, content_type: str) -> None:
    browser = sign_in(enforce_csrf_checks=True)
    browser.get("/api/keys")
    response = browser.post(path, b'{"name": "Bot", "scopes": ["read"]}', content_type=content_type)
    assert response.status_code in (400, 403)
    assert not ApiKey.objects.exists()


def test_settings_are_put_and_keys_deleted_by_form(browser: Client) -> None:
    row, _ = build_api_key("read")
    body = {"logLevel": "warn"}
    put = browser.put("/api/settings", body, content_type="application/json", headers={"accept": FORM_SCRIPT})
    assert (put.status_code, is_page(put)) == (200, True)
    assert preferences.get("logLevel") == "warn"
    assert 'data-method="DELETE"' in browser.get(f"/api/keys/{row.pk}").content.decode()
    assert browser.delete(f"/api/keys/{row.pk}", headers={"accept": FORM_SCRIPT}).status_code == 200
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_a_refused_form_keeps_what_was_typed(browser: Client) -> None:
    response = browser.post(
        "/api/keys",
        {"name": "My holiday bot", "scopes": ["write"]},
        content_type="application/json",
        headers={"accept": FORM_SCRIPT},
    )
    assert response.status_code == 400
    assert "&quot;My holiday bot&quot;" in response.content.decode()


def test_cookies_are_not_sent_along_from_other_sites() -> None:
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"
    assert settings.SESSION_COOKIE_HTTPONLY


def test_a_session_costs_programs_nothing(api: Client, count_queries: Any) -> None:
    build_account()
    api.get("/api/chats")
    without = count_queries(lambda: api.get("/api/chats"))
    api.cookies[settings.SESSION_COOKIE_NAME] = "made-up"
    assert count_queries(lambda: api.get("/api/chats")) == without


# The description


@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc", "/api/v1/docs", "/api/docs/"])
def test_the_description_is_shown_to_everybody(stranger: Client, path: str) -> None:
    response = stranger.get(path, headers={"accept": BROWSER})
    assert response.status_code == 200
    assert is_page(response)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert not re.search(r'(src|href)="(https?:)?//', response.content.decode())


def test_a_browser_that_opens_the_api_is_led_to_it(stranger: Client) -> None:
    response = stranger.get("/api", headers={"accept": BROWSER})
    assert (response.status_code, response.headers["Location"]) == (302, "/api/docs")


def test_what_the_pages_load_is_there(stranger: Client) -> None:
    for path in ("/api/docs", "/api/redoc"):
        page = stranger.get(path).content.decode()
        files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
        assert len(files) >= 3
        for file in files:
            found = stranger.get(file)
            assert found.status_code == 200, file
            assert b"".join(found)


# Files


@pytest.mark.usefixtures("session")
def test_a_page_sends_a_file_of_any_size_with_the_token_in_its_header() -> None:
    build_account()
    browser = sign_in(enforce_csrf_checks=True)
    browser.get("/api/keys")
    token = browser.cookies[settings.CSRF_COOKIE_NAME].value
    content = b"x" * 2_000_000  # more than a page's form may have

    def send(**headers: str) -> Any:
        body = {"jid": ALICE, "file": SimpleUploadedFile("report.bin", content)}
        return browser.post("/api/actions/send/document?queue=true", body, headers=headers)

    assert send().status_code == 403
    assert not Action.objects.exists()
    assert send(**{"x-csrftoken": token}).status_code == 200
    assert Action.objects.get().payload["file"]["size"] == len(content)
