"""The page of keys."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.builders import ALICE, BOB, build_api_key, build_contact
from tests.dashboard.conftest import htmx, text_of
from whatsapp.models import ApiKey

pytestmark = pytest.mark.django_db


def test_a_new_key_is_shown_once_and_works(owner: Client) -> None:
    response = owner.post("/keys", {"name": "Bot <b>", "scopes": ["read", "send"], "expires_in_days": "30"})
    found = re.search(r'<pre id="new-key"[^>]*>(wah_[\w-]+)</pre>', response.content.decode())
    assert found is not None
    assert response["Cache-Control"] == "private, no-store"
    key = found[1]
    assert Client(headers={"x-api-key": key}).get("/api/messages").status_code == 200
    page = owner.get("/keys").content.decode()
    assert key not in page
    assert "Bot &lt;b&gt;" in page
    row = ApiKey.objects.get()
    assert row.scopes == ["read", "send"]
    assert row.expires_at is not None
    assert timedelta(days=29) < row.expires_at - timezone.now() < timedelta(days=31)


def test_a_key_is_limited_to_the_chats_that_are_named(owner: Client) -> None:
    build_contact(BOB, name="Bob Miller")
    owner.post("/keys", {"name": "Bot", "scopes": "read", "chats": f"{ALICE}\r\n", "add_chats": "Bob Miller"})
    assert ApiKey.objects.get().chats == [ALICE, BOB]
    assert "Bob Miller" in text_of(owner.get("/keys"))


def test_what_is_wrong_is_said_and_what_was_typed_stays(owner: Client) -> None:
    form = {"name": "Bot", "chats": "nobody in particular", "expires_in_days": "soon"}
    response = owner.post("/keys", form)
    page = response.content.decode()
    assert response.status_code == 422
    assert page.count('class="wrong"') == 3
    assert 'value="Bot"' in page
    assert "nobody in particular" in page
    assert not ApiKey.objects.exists()


def test_a_key_gets_another_name_and_end(owner: Client) -> None:
    row, _ = build_api_key("read")
    end = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    owner.post(f"/keys/{row.pk}", {"name": "Other", "expires_at": end})
    row.refresh_from_db()
    assert row.name == "Other"
    assert row.expires_at is not None
    assert row.expires_at.strftime("%Y-%m-%dT%H:%M") == end
    owner.post(f"/keys/{row.pk}", {"name": "Other", "expires_at": ""})
    row.refresh_from_db()
    assert row.expires_at is None


def test_an_end_is_said_in_the_browsers_time_zone(owner: Client) -> None:
    row, _ = build_api_key("read")
    owner.cookies["hub_time_zone"] = "Asia/Tokyo"
    owner.post(f"/keys/{row.pk}", {"name": "Bot", "expires_at": "2990-01-01T09:00"})
    row.refresh_from_db()
    assert row.expires_at is not None
    assert row.expires_at.isoformat() == "2990-01-01T00:00:00+00:00"


def test_an_end_that_is_past_is_refused(owner: Client) -> None:
    row, _ = build_api_key("read")
    response = owner.post(
        f"/keys/{row.pk}", {"name": "Bot", "expires_at": "2001-01-01T00:00"}, headers=htmx("dialog")
    )
    assert response.status_code == 422
    assert "It must be in the future." in text_of(response)
    assert "<nav" not in response.content.decode()


def test_an_expired_key_can_be_renamed_as_it_is(owner: Client) -> None:
    row, _ = build_api_key("read", expires_at=timezone.now() - timedelta(days=1))
    page = owner.get(f"/keys/{row.pk}").content.decode()
    end = re.search(r'datetime-local" value="([^"]+)"', page)
    assert end is not None
    response = owner.post(f"/keys/{row.pk}", {"name": "Old", "expires_at": end[1]})
    assert response.status_code == 302
    row.refresh_from_db()
    assert row.name == "Old"


def test_a_key_is_revoked_once_that_is_meant(owner: Client) -> None:
    row, key = build_api_key("read")
    assert "Revoke the key Bot?" in text_of(owner.get(f"/keys/{row.pk}/revoke", headers=htmx("dialog")))
    owner.post(f"/keys/{row.pk}/revoke")
    assert Client(headers={"x-api-key": key}).get("/api/messages").status_code == 401
    assert "revoked" in text_of(owner.get("/keys"))
    answer = owner.post(f"/keys/{row.pk}", {"name": "Other"}, follow=True)
    assert "nothing of it can be changed" in text_of(answer)
    assert owner.get("/keys/999").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_keys(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    build_api_key(chats=[ALICE])
    few = count_queries(lambda: owner.get("/keys"))
    for number in range(10):
        build_api_key(chats=[f"1555030{number:02}@s.whatsapp.net", BOB])
    assert count_queries(lambda: owner.get("/keys")) == few
