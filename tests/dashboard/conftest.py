"""The owner's browser, without a browser: Django's test client, signed in."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.api.conftest import count_queries, impatient, session  # noqa: F401  (fixtures)
from tests.builders import build_account

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def signed_in(**options: Any) -> Client:
    browser = Client(headers={"accept": BROWSER}, **options)
    owner, _ = User.objects.get_or_create(username="owner", defaults={"is_staff": True, "is_superuser": True})
    browser.force_login(owner, backend="hub.owner.OwnerBackend")
    return browser


@pytest.fixture
def owner(db: None) -> Client:
    """The owner's browser; the default account is there and connected."""
    build_account()
    return signed_in()


@pytest.fixture
def stranger() -> Client:
    """A browser in which nobody has signed in."""
    return Client(headers={"accept": BROWSER})


def htmx(target: str) -> dict[str, str]:
    """The headers of a request by htmx for the part `target` of a page."""
    return {"HX-Request": "true", "HX-Target": target}


def text_of(response: Any) -> str:
    """What a person reads of an answer: no tags, spaces as one."""
    content = re.sub(r"<(script|style|svg|template).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", content)).split())
