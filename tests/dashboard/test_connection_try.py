"""Trying the event stream out: the page, and the commands that say the same."""

import pytest
from django.test import Client

from api.streaming import socket
from api.streaming.listeners import Farewell
from dashboard.data.connection import listening as connection_try
from tests.dashboard.conftest import htmx, text_of
from whatsapp import events
from whatsapp.following import parse_prefixes
from whatsapp.models import Account, Connection

pytestmark = pytest.mark.django_db


def test_each_type_of_event_has_its_family_and_each_family_can_be_asked_for(owner: Client) -> None:
    families = connection_try.families()
    assert parse_prefixes(families) == tuple(families)
    assert {connection_try.family_of(event_type) for event_type in events.TYPES} == set(families)
    page = owner.get("/connection/try").content.decode()
    assert all(f'value="{family}"' in page for family in families)


def test_the_commands_say_what_is_chosen(owner: Client) -> None:
    path = "/connection/try?events=wa.messages&events=connection&since=41"
    page = text_of(owner.get(path, headers=htmx("snippets")))
    query = "?events=wa.messages,connection&since=41"
    assert f"websocat -H \"x-api-key: $API_KEY\" 'ws://testserver/ws{query}'" in page
    assert f"'http://testserver/api/events/stream{query}'" in page
    assert f"ws://testserver/ws{query}&ticket=${{ticket}}" in page


def test_they_are_secure_where_the_page_is(owner: Client) -> None:
    page = text_of(owner.get("/connection/try", headers=htmx("snippets"), secure=True))
    assert "'wss://testserver/ws'" in page
    assert "'https://testserver/api/events/stream'" in page
    assert "wss://testserver/ws?ticket=" in page


def test_what_somebody_made_up_gets_into_no_command(owner: Client) -> None:
    made_up = {"events": ["'; rm -rf /", "wa.call"], "since": "1'; rm -rf /"}
    page = text_of(owner.get("/connection/try", made_up, headers=htmx("snippets")))
    assert "'ws://testserver/ws?events=wa.call'" in page
    assert "rm -rf" not in page


def test_they_name_the_account_where_it_is_not_the_hubs_own(owner: Client) -> None:
    Connection.objects.create(account=Account.objects.create(name="work"))
    page = text_of(owner.get("/connection/try?account=work", headers=htmx("snippets")))
    assert "/ws?account=work'" in page


def test_every_code_that_a_listener_is_closed_with_is_explained(owner: Client) -> None:
    used = {*socket.CLOSE_CODES.values(), socket.FAILED, *(why.value for why in Farewell)}
    assert used <= set(connection_try.CLOSE_CODES)
    page = text_of(owner.get("/connection/try"))
    assert all(str(code) in page for code in used)
