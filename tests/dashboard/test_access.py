"""Who may see the pages, and how one signs in to them."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings

from dashboard import urls
from tests.builders import build_account, build_media
from tests.dashboard.conftest import htmx, signed_in, text_of
from whatsapp.models import Account, Connection

pytestmark = pytest.mark.django_db

FREE = ("login", "logout")  # what needs no signing in


def example(path: str) -> str:
    """The route with something in each place: `things/<int:key>/x` is `things/1/x`."""
    done = ""
    while "<" in path:
        before, _, rest = path.partition("<")
        done, path = done + before + "1", rest.partition(">")[2]
    return "/" + done + path


ROUTES = [str(route.pattern) for route in urls.urlpatterns if str(route.pattern) not in FREE]


@pytest.mark.parametrize("route", ROUTES)
def test_a_stranger_is_led_to_the_sign_in(stranger: Client, route: str) -> None:
    for method in ("get", "post"):
        response = getattr(stranger, method)(example(route))
        assert response.status_code in (302, 405), method
        if response.status_code == 302:
            assert response["Location"].startswith("/login?next=/")


@pytest.mark.parametrize("route", ROUTES)
def test_who_may_not_do_everything_is_told_so(owner: Client, route: str) -> None:
    User.objects.update(is_superuser=False)
    for method in ("get", "post"):
        response = getattr(owner, method)(example(route))
        assert response.status_code in (403, 405), method
    assert "These pages are the owner's" in text_of(owner.get("/settings"))


def test_a_part_of_a_page_that_is_asked_for_after_signing_out_takes_the_page_along(stranger: Client) -> None:
    assert stranger.get("/settings", headers=htmx("results"))["HX-Refresh"] == "true"


def test_the_key_opens_the_hub(stranger: Client) -> None:
    build_account(device="15550199:3@s.whatsapp.net")
    response = stranger.post("/login", {"key": f" {settings.API_KEY}\n", "next": "/settings"})
    assert (response.status_code, response["Location"]) == (302, "/settings")
    assert stranger.get("/settings").status_code == 200


def test_the_first_way_after_signing_in_is_to_the_qr_code_until_a_phone_is_linked(stranger: Client) -> None:
    account = build_account(status=Connection.Status.QR)
    for wanted in ("", "/"):
        response = stranger.post("/login", {"key": settings.API_KEY, "next": wanted})
        assert response["Location"] == "/connection"
        stranger.post("/logout")
    Account.objects.filter(pk=account.pk).update(device="15550199:3@s.whatsapp.net")
    assert stranger.post("/login", {"key": settings.API_KEY})["Location"] == "/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(stranger: Client, elsewhere: str) -> None:
    response = stranger.post("/login", {"key": settings.API_KEY, "next": elsewhere})
    assert response["Location"] in ("/", "/connection")


def test_a_wrong_key_is_refused_in_words_and_does_not_come_back(stranger: Client) -> None:
    response = stranger.post("/login", {"key": "wrong-key-9876"})
    assert response.status_code == 422
    assert "That is not this hub's API key" in text_of(response)
    assert "wrong-key-9876" not in response.content.decode()
    assert stranger.post("/login", {"key": " "}).status_code == 422


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])  # Django hashes, too
def test_who_guesses_has_to_wait(stranger: Client) -> None:
    for number in range(20):
        assert stranger.post("/login", {"key": f"guess-{number}"}).status_code == 422
    response = stranger.post("/login", {"key": settings.API_KEY})
    assert response.status_code == 429
    assert "Too many wrong keys" in text_of(response)


def test_signing_in_needs_the_token_of_its_page() -> None:
    assert Client(enforce_csrf_checks=True).post("/login", {"key": settings.API_KEY}).status_code == 403


def test_so_does_every_change(db: None) -> None:
    build_account()
    browser = signed_in(enforce_csrf_checks=True)
    assert browser.post("/settings/appearance", {"theme": "dark"}).status_code == 403


def test_signing_out_ends_the_session(owner: Client) -> None:
    assert owner.post("/logout")["Location"] == "/login"
    assert owner.get("/settings").status_code == 302


def test_signing_out_is_no_link(owner: Client) -> None:
    assert owner.get("/logout").status_code == 405


def test_a_page_runs_nothing_but_the_hubs_own_files_and_is_kept_by_no_cache(owner: Client) -> None:
    response = owner.get("/settings")
    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert response["Cache-Control"] == "private, no-store"
    page = response.content.decode()
    assert "<script>" not in page
    assert " style=" not in page
    assert " on" + "click=" not in page


def test_times_are_told_in_the_browsers_time_zone(owner: Client) -> None:
    for made_up in ("Mars/Base", "../../etc/passwd", "%00"):
        owner.cookies["hub_time_zone"] = made_up
        assert owner.get("/settings").status_code == 200


def test_a_thumbnail_is_shown_and_another_accounts_is_not(owner: Client) -> None:
    media = build_media(thumbnail=b"\xff\xd8small")
    response = owner.get(f"/thumbnails/{media.pk}.jpg")
    assert (response["Content-Type"], response.content) == ("image/jpeg", b"\xff\xd8small")
    other = Account.objects.create(name="other")
    Connection.objects.create(account=other)
    media.account = other
    media.save()
    assert owner.get(f"/thumbnails/{media.pk}.jpg").status_code == 404


def test_an_address_that_nothing_has_is_a_page_to_people_and_json_to_programs(owner: Client) -> None:
    response = owner.get("/nowhere")
    assert response.status_code == 404
    assert "Nothing is here" in text_of(response)
    answer = owner.get("/nowhere", headers={"accept": "application/json"})
    assert answer.json() == {"error": "There is nothing at /nowhere."}
