"""Browsers' sessions, whose keys the database doesn't have."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from api.browsing import is_session_of_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("owner"))
    return client


def key_of(browser: Client) -> str:
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def test_whoever_has_a_copy_of_the_database_is_not_signed_in(browser: Client) -> None:
    assert is_session_of_owner(key_of(browser))
    row = Session.objects.get()
    assert row.session_key != key_of(browser)
    assert key_of(browser) not in row.session_data
    assert not is_session_of_owner(row.session_key)


@pytest.mark.parametrize("key", ["", "x" * 32, "x" * 10_000, "\0", "\udcff", "é"])
def test_a_key_that_was_made_up_is_nobodys(browser: Client, key: str) -> None:
    assert not is_session_of_owner(key)


def test_a_session_ends_with_the_sign_out(browser: Client) -> None:
    key = key_of(browser)
    browser.logout()
    assert not is_session_of_owner(key)
    assert not Session.objects.exists()


def test_who_signs_in_gets_a_key_that_nobody_knew_before() -> None:
    browser = Client()
    session = browser.session
    session["mark"] = 1
    session.save()
    before = session.session_key
    browser.force_login(User.objects.create_superuser("owner"))
    assert key_of(browser) != before
    assert Session.objects.count() == 1
    assert browser.session["mark"] == 1
