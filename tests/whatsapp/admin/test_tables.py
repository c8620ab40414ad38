"""Every table is in the admin, to be looked at by the owner and changed by nobody."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client

from tests.builders import (
    build_inbox_event,
    build_media,
)
from tests.whatsapp.admin.rows import READ_ONLY, ROWS, TABLES, list_of, media, page_of, rows_in, text_of
from whatsapp.models import (
    InboxEvent,
    Media,
)

pytestmark = pytest.mark.django_db


# Everything is there


def test_every_table_is_in_the_admin() -> None:
    assert [model for model in TABLES if not admin.site.is_registered(model)] == []
    assert set(TABLES) == set(ROWS)


@pytest.mark.parametrize("model", TABLES)
def test_every_list_shows_its_rows_with_links_to_their_pages(owner: Client, model: type[Model]) -> None:
    row = ROWS[model](1)
    page = text_of(owner, list_of(model))
    assert f'href="{page_of(row)}"' in page
    assert 'id="searchbar"' in page


@pytest.mark.parametrize("model", READ_ONLY)
def test_every_record_has_a_page_with_all_its_columns(owner: Client, model: type[Model]) -> None:
    page = text_of(owner, page_of(ROWS[model](1)))
    for field in model._meta.concrete_fields:
        assert f"field-{field.name}" in page
    assert "<input" not in page.replace('<input type="hidden"', "").partition('id="content"')[2]


@pytest.mark.parametrize("number", range(4))
def test_media_may_belong_to_anything(owner: Client, number: int) -> None:
    file = media(number)
    mine = file.message or file.story or file.contact or file.group
    assert mine is not None
    assert f'href="{page_of(mine)}"' in text_of(owner, page_of(file))
    assert rows_in(owner, list_of(Media)) == [file]


# Who may


@pytest.mark.parametrize("model", TABLES)
def test_nobody_gets_in_without_signing_in(client: Client, model: type[Model]) -> None:
    row = ROWS[model](1)
    client.force_login(User.objects.create_user("bob"))
    for browser in (Client(), client):
        for path in (list_of(model), page_of(row)):
            assert browser.get(path)["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("model", READ_ONLY)
def test_no_table_can_be_changed(owner: Client, model: type[Model]) -> None:
    row = ROWS[model](1)
    stored = model._default_manager.filter(pk=row.pk).values()[0]
    assert owner.post(page_of(row), {"name": "changed"}).status_code == 403
    assert owner.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
    assert owner.post(list_of(model) + "add/", {"name": "new"}).status_code == 403
    selected = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    owner.post(list_of(model), selected)
    assert model._default_manager.filter(pk=row.pk).values()[0] == stored


# The two things that may be done


def test_events_in_quarantine_are_put_back_in_line(owner: Client) -> None:
    states = InboxEvent.State
    chosen, other = (build_inbox_event(state=states.QUARANTINED, error="ValueError: no") for _ in range(2))
    handled = build_inbox_event(state=states.HANDLED)
    form = {"action": "put_back_in_line", "_selected_action": [chosen.pk, handled.pk]}
    assert "1 events are back in line." in owner.post(list_of(InboxEvent), form, follow=True).content.decode()
    for row, state in ((chosen, states.PENDING), (other, states.QUARANTINED), (handled, states.HANDLED)):
        row.refresh_from_db()
        assert row.state == state
    assert chosen.error is None


def test_a_download_that_failed_is_tried_again(owner: Client) -> None:
    failed = build_media(None, download_status=Media.Status.FAILED, download_error="gone", attempts=5)
    there = build_media()
    form = {"action": "retry", "_selected_action": [failed.pk, there.pk]}
    assert "1 of the files" in owner.post(list_of(Media), form, follow=True).content.decode()
    failed.refresh_from_db()
    there.refresh_from_db()
    assert (failed.download_status, failed.attempts) == (Media.Status.PENDING, 0)
    assert there.download_status == Media.Status.DOWNLOADED


def test_who_may_only_look_can_do_neither(client: Client) -> None:
    guest = User.objects.create_user("charlie", is_staff=True)
    guest.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client.force_login(guest)
    event = build_inbox_event(state=InboxEvent.State.QUARANTINED)
    client.post(list_of(InboxEvent), {"action": "put_back_in_line", "_selected_action": [event.pk]})
    event.refresh_from_db()
    assert event.state == InboxEvent.State.QUARANTINED
