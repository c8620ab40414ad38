"""The page about the line to WhatsApp: its states, linking a phone, commands, a first message, accounts."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import segno
from django.test import Client

from tests.api.conftest import Session
from tests.builders import (
    ALICE,
    NOON,
    OWNER,
    build_account,
    build_action,
    build_event,
    build_history_sync,
)
from tests.dashboard.conftest import htmx, signed_in, text_of
from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.models import Account, Action, Connection
from whatsapp.protobuf import neonize_pb2
from whatsapp.session.verdicts import Delays, Verdict, judge

pytestmark = pytest.mark.django_db

CODE = "2@" + "Zm9vYmFy" * 28 + ",abc/def+ghi=,jkl,mno"  # as long as WhatsApp's
DEVICE = "15550199:3@s.whatsapp.net"
UNREACHABLE = "WhatsApp can't be reached (dial tcp: i/o timeout)."


def line(status: str = "connected", linked: bool | None = None, **fields: Any) -> Account:
    """The default account, whose session lives; linked unless a code is shown."""
    device = DEVICE if linked or (linked is None and status != "qr") else None
    account = build_account(device=device, push_name="Olivia")
    described = {"status": status, "heartbeat_at": int(time.time()), **fields}
    Connection.objects.filter(account=account).update(**described)
    return account


def verdict(code: int, event: Any) -> Verdict:
    found = judge(code, event.SerializePartialToString(), Delays())
    assert found is not None
    return found


# What the line is like


def test_a_connected_line_says_whose_phone_is_linked(owner: Client) -> None:
    line(last_event_at=int(time.time()))
    Account.objects.update(lid="81234@lid")
    page = text_of(owner.get("/connection"))
    for said in ("Connected", "Olivia", "+1 5550199", OWNER, "81234@lid", DEVICE, "Running", "just now"):
        assert said in page, said
    assert "Link your phone" not in page
    assert "Send a message" in page


def test_what_people_call_themselves_is_only_text(owner: Client) -> None:
    line()
    Account.objects.update(push_name="<script>alert(1)</script>")
    for path in ("/connection", "/connection/logout"):
        page = owner.get(path).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_line_that_is_down_says_why_when_it_tries_again_and_what_helps(owner: Client) -> None:
    retry_at = int(time.time()) + 95
    line("disconnected", reason=UNREACHABLE, retry_at=retry_at)
    response = owner.get("/connection")
    page = text_of(response)
    assert "Not connected" in page
    assert UNREACHABLE in page
    assert "firewall or proxy" in page
    assert re.search(r"Next try in 1:3\d", page)
    assert f'data-until="{retry_at}"' in response.content.decode()


BANNED = neonize_pb2.TemporaryBan(Code=neonize_pb2.TemporaryBan.SEND_TO_TOO_MANY_PEOPLE, Expire=3600)
VERDICTS = [
    (codes.STREAM_REPLACED, neonize_pb2.StreamReplaced(), "Look for a second hub"),
    (codes.TEMPORARY_BAN, BANNED, "when the ban is over"),
    (codes.CLIENT_OUTDATED, neonize_pb2.ClientOutdated(), "Install the newest version"),
    (
        codes.CONNECT_FAILURE,
        neonize_pb2.ConnectFailure(Reason=neonize_pb2.ConnectFailureReason.GENERIC, Message="no"),
        "ask for a new code",
    ),
]


@pytest.mark.parametrize(("code", "event", "advice"), VERDICTS)
def test_what_whatsapp_holds_against_the_hub_comes_with_advice(
    owner: Client, code: int, event: Any, advice: str
) -> None:
    reason = verdict(code, event).reason
    line("disconnected", reason=reason)
    page = text_of(owner.get("/connection"))
    assert reason in page
    assert advice in page


def test_while_it_connects_no_advice_is_needed(owner: Client) -> None:
    line("connecting", reason="The connection was lost; reconnecting.")
    page = text_of(owner.get("/connection"))
    assert "Connecting" in page
    assert "The connection was lost" in page
    assert "firewall" not in page


@pytest.mark.parametrize("silent_for", [None, 60])
def test_a_session_process_that_gives_no_sign_of_life_is_said_to_be_gone(
    owner: Client, silent_for: int | None
) -> None:
    """Whatever its last words were."""
    line("qr", qr=CODE, heartbeat_at=silent_for and int(time.time()) - silent_for)
    response = owner.get("/connection")
    page = text_of(response)
    assert "The session process is not running" in page
    assert "python manage.py runsession" in page
    assert "There is no code" in page
    assert "<path" not in response.content.decode().partition('id="code"')[2].partition("steps")[0]


def test_a_history_that_is_taken_in_shows_how_far_it_is(owner: Client) -> None:
    line()
    build_history_sync(progress=45, messages=120, message_total=300)
    response = owner.get("/connection")
    page = text_of(response)
    assert "45 %" in page
    assert "120 of 300 messages" in page
    assert 'value="45"' in response.content.decode()


def test_a_history_that_is_done_is_not_shown(owner: Client) -> None:
    line()
    build_history_sync(progress=100, finished_at=NOON)
    assert "history" not in text_of(owner.get("/connection", headers=htmx("line")))


# Linking a phone


def squares(svg: str) -> set[tuple[int, int]]:
    """The dark modules that an SVG by segno draws: (column, row)."""
    path = re.search(r' d="([^"]+)"', svg)
    assert path is not None
    dark, x, y = set(), 0, 0.0
    for letter, numbers in re.findall(r"([Mmhv])([-\d. ]+)", path[1].replace("-", " -")):
        parts = [float(number) for number in numbers.split()]
        if letter == "M":
            x, y = int(parts[0]), parts[1]
        elif letter == "m":
            x, y = x + int(parts[0]), y + parts[1]
        else:
            dark |= {(x + step, int(y)) for step in range(int(parts[0]))}
            x += int(parts[0])
    return dark


def test_the_code_is_drawn_with_a_quiet_zone_and_says_what_whatsapp_gave(owner: Client) -> None:
    line("qr", qr=CODE)
    page = owner.get("/connection").content.decode()
    drawn = page.partition('id="code"')[2].partition("</svg>")[0]
    matrix = segno.make(CODE, error="m", micro=False).matrix
    wanted = {(x + 4, y + 4) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}
    assert squares(drawn) == wanted
    assert f'viewBox="0 0 {len(matrix) + 8} {len(matrix) + 8}"' in drawn
    assert 'role="img"' in drawn
    assert "style=" not in drawn


def test_without_javascript_the_page_asks_again_by_itself_until_a_form_was_filled_in(owner: Client) -> None:
    line("qr", qr=CODE)
    refresh = '<noscript><meta http-equiv="refresh"'
    assert refresh in owner.get("/connection").content.decode()
    assert refresh not in owner.post("/connection/pair", {"phone": "me"}).content.decode()


def test_a_new_code_comes_as_a_part_of_the_page(owner: Client) -> None:
    line("qr", qr=CODE)
    before = owner.get("/connection", headers=htmx("code")).content
    Connection.objects.update(qr=CODE[::-1])
    after = owner.get("/connection", headers=htmx("code")).content
    assert before != after
    assert b"<svg" in after
    assert b"<h1" not in after


def test_codes_that_were_not_scanned_in_time_are_replaced_and_it_is_said(owner: Client) -> None:
    line("connecting", linked=False, reason="The codes were not scanned in time; here are new ones.")
    page = text_of(owner.get("/connection"))
    assert "A code is on its way" in page
    assert "not scanned in time" in page


def test_a_code_that_was_scanned_is_not_asked_for_again(owner: Client) -> None:
    line("connecting", linked=False, reason="The code was scanned; logging in.")
    page = text_of(owner.get("/connection", headers=htmx("code")))
    assert "The code was scanned" in page
    assert "on its way" not in page


def test_a_phone_that_unlinked_the_hub_is_named_with_the_reason(owner: Client) -> None:
    line("qr", qr=CODE)
    reason = verdict(
        codes.LOGGED_OUT, neonize_pb2.LoggedOut(Reason=neonize_pb2.ConnectFailureReason.LOGGED_OUT)
    )
    assert reason.logged_out
    build_event(events.CONNECTION_LOGGED_OUT, {"reason": reason.reason})
    page = text_of(owner.get("/connection"))
    assert "Olivia was linked until" in page
    assert reason.reason in page


def test_a_live_page_is_drawn_anew_when_a_phone_is_linked_and_not_before(owner: Client) -> None:
    line("qr", qr=CODE)
    asked = "/connection?shown=unlinked"
    assert owner.get(asked, headers=htmx("state")).status_code == 204
    line()
    response = owner.get(asked, headers=htmx("state"))
    assert response.status_code == 200
    assert "Linked as Olivia." in text_of(response)
    assert "Send a message" in text_of(response)
    assert owner.get("/connection?shown=linked", headers=htmx("state")).status_code == 204


def test_and_when_it_is_unlinked(owner: Client) -> None:
    line("qr", qr=CODE)
    response = owner.get("/connection?shown=linked", headers=htmx("state"))
    assert "No phone is linked any more." in text_of(response)
    assert "Link your phone" in text_of(response)


# By a code that is typed


def test_a_pairing_code_is_shown_large_and_how_to_type_it(owner: Client, session: Session) -> None:
    line("qr", qr=CODE)
    session.will("done", result={"code": "ABCD-EFGH"})
    response = owner.post("/connection/pair", {"phone": "+1 555-0199"}, headers=htmx("pairing"))
    page = text_of(response)
    assert "ABCD-EFGH" in page
    assert "Link with phone number instead" in page
    assert session.taken[0].payload == {"phone": "15550199"}


def test_without_javascript_it_is_a_page_that_can_be_loaded_again(owner: Client, session: Session) -> None:
    line("qr", qr=CODE)
    session.will("done", result={"code": "ABCD-EFGH"})
    response = owner.post("/connection/pair", {"phone": "15550199"})
    assert response.status_code == 302
    for _ in range(2):
        assert "ABCD-EFGH" in text_of(owner.get(response["Location"]))
    assert len(session.taken) == 1


def test_a_code_whose_line_has_ended_is_no_longer_shown(owner: Client) -> None:
    line("qr", qr=CODE, since=int(time.time()))
    earlier = datetime.now(UTC) - timedelta(minutes=2)
    old = build_action("pair", status="done", result={"code": "ABCD-EFGH"}, finished_at=earlier)
    page = text_of(owner.get(f"/connection?pairing={old.pk}"))
    assert "ABCD-EFGH" not in page
    assert "no longer good" in page


@pytest.mark.parametrize("key", ["0", "-1", "1e3", "9" * 40, "x"])
def test_a_key_that_somebody_made_up_shows_the_form(owner: Client, key: str) -> None:
    line("qr", qr=CODE)
    page = owner.get("/connection", {"pairing": key, "sent": key})
    assert page.status_code == 200
    assert 'id="phone"' in page.content.decode()


@pytest.mark.parametrize("phone", ["", "me", "120363000000000001@g.us"])
def test_what_is_no_phone_number_is_refused_beside_its_field(
    owner: Client, session: Session, phone: str
) -> None:
    line("qr", qr=CODE)
    for headers in ({}, htmx("pairing")):
        response = owner.post("/connection/pair", {"phone": phone}, headers=headers)
        assert response.status_code == 422
        page = response.content.decode()
        assert f'value="{phone}"' in page
        assert 'aria-invalid="true"' in page
        assert 'class="wrong" role="alert"' in page
    assert not session.taken


@pytest.mark.parametrize(
    ("status", "said"),
    [("connected", "linked already"), ("connecting", "no line"), ("disconnected", "no line")],
)
def test_a_pairing_code_is_only_had_while_a_code_is_shown(
    owner: Client, session: Session, status: str, said: str
) -> None:
    line(status, linked=status == "connected")
    response = owner.post("/connection/pair", {"phone": "15550199"}, headers=htmx("pairing"))
    assert response.status_code == 422
    assert said in text_of(response)
    assert not session.taken


def test_a_pairing_that_whatsapp_refuses_says_why(owner: Client, session: Session) -> None:
    line("qr", qr=CODE)
    session.will("failed", error="WhatsApp refused: rate-overlimit")
    response = owner.post("/connection/pair", {"phone": "15550199"}, headers=htmx("pairing"))
    assert response.status_code == 422
    assert "rate-overlimit" in text_of(response)


# Commands


def test_a_restart_keeps_the_link_and_says_so(owner: Client, session: Session) -> None:
    line()
    session.will("done", result={})
    response = owner.post("/connection/restart", follow=True)
    assert response.redirect_chain == [("/connection", 302)]
    assert "The phone stays linked." in text_of(response)
    assert [action.kind for action in session.taken] == ["restart"]


@pytest.mark.parametrize(("path", "kind"), [("logout", "logout"), ("new-qr", "new_qr")])
def test_unlinking_asks_first_and_says_what_is_lost_and_what_stays(
    owner: Client, session: Session, path: str, kind: str
) -> None:
    line()
    session.will("done", result={})
    page = text_of(owner.get(f"/connection/{path}"))
    for said in ("Olivia", "New messages no longer arrive", "scan a new code", "All that is stored"):
        assert said in page, said
    assert not session.taken
    part = owner.get(f"/connection/{path}", headers=htmx("dialog")).content.decode()
    assert 'id="dialog-title"' in part
    assert "<nav" not in part
    response = owner.post(f"/connection/{path}")
    assert (response.status_code, response["Location"]) == (302, "/connection")
    assert [action.kind for action in session.taken] == [kind]


def test_a_new_code_for_nobodys_phone_needs_no_asking(owner: Client) -> None:
    line("qr", qr=CODE)
    page = owner.get("/connection").content.decode()
    assert '<form method="post" action="/connection/new-qr">' in page
    assert "/connection/logout" not in page


def test_a_command_that_no_session_takes_says_that_it_waits(
    owner: Client, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.connection.line.COMMAND_SECONDS", 0.05)
    line(heartbeat_at=NOON)
    page = text_of(owner.post("/connection/restart", follow=True))
    assert "has not taken it yet" in page
    assert Action.objects.get().status == "queued"


def test_a_command_that_fails_says_why(owner: Client, session: Session) -> None:
    line()
    session.will("failed", error="WhatsApp refused: no.")
    response = owner.post("/connection/logout", follow=True)
    assert "WhatsApp refused: no." in text_of(response)
    assert 'class="toast error"' in response.content.decode()


@pytest.mark.parametrize("path", ["restart", "pair", "first-message", "accounts"])
def test_nothing_is_done_by_a_link(owner: Client, path: str) -> None:
    assert owner.get(f"/connection/{path}").status_code == 405
    assert not Action.objects.exists()


# The first message


def test_a_first_message_is_sent_to_a_number_and_what_becomes_of_it_is_shown(
    owner: Client, session: Session
) -> None:
    line()
    session.will("sent", result={"key": {"id": "3EB0"}})
    form = {"jid": "+1 555-0100", "text": "Hello"}
    response = owner.post("/connection/first-message", form, headers=htmx("message"))
    assert "Sent to +1 5550100." in text_of(response)
    assert f'href="/messages/{ALICE}"' in response.content.decode()
    payload = session.taken[0].payload
    assert (payload["jid"], payload["text"], payload["quoted_id"]) == (ALICE, "Hello", None)
    Action.objects.update(status="read")
    page = owner.get(f"/connection?sent={session.taken[0].pk}", headers=htmx("message"))
    assert "Read by +1 5550100." in text_of(page)


def test_without_javascript_it_leads_to_the_same(owner: Client, session: Session) -> None:
    line()
    session.will("sent", result={})
    response = owner.post("/connection/first-message", {"jid": "15550100", "text": "Hello"}, follow=True)
    assert "Sent to +1 5550100." in text_of(response)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"jid": "Alice", "text": "Hello"}, "is not a JID or phone number"),
        ({"jid": "15550100", "text": ""}, "blank"),
    ],
)
def test_a_message_that_can_not_be_sent_is_kept_in_its_form(
    owner: Client, session: Session, form: dict[str, str], said: str
) -> None:
    line()
    response = owner.post("/connection/first-message", form, headers=htmx("message"))
    assert response.status_code == 422
    assert said in text_of(response)
    assert f'value="{form["jid"]}"' in response.content.decode()
    assert not session.taken


def test_a_number_that_is_not_on_whatsapp_is_told_beside_it(owner: Client, session: Session) -> None:
    line()
    session.will("failed", error="jid: 15550100 is not on WhatsApp.")
    form = {"jid": "15550100", "text": "Hello"}
    response = owner.post("/connection/first-message", form, headers=htmx("message"))
    assert response.status_code == 422
    assert "15550100 is not on WhatsApp." in text_of(response)
    assert "Hello" in text_of(response)


# Accounts


def other_account(name: str = "work") -> Account:
    account = Account.objects.create(name=name, jid="15550177@s.whatsapp.net", push_name="Olivia at work")
    Connection.objects.create(account=account, status="disconnected")
    return account


def test_a_single_account_is_simply_shown(owner: Client) -> None:
    line()
    page = text_of(owner.get("/connection"))
    assert "Link another number" in page
    assert "SESSION_NAME" in page
    assert "Show it" not in page


def test_another_account_can_be_chosen_for_the_pages_of_this_session(owner: Client) -> None:
    line()
    other_account()
    assert 'href="/connection?account=work"' in owner.get("/connection").content.decode()
    response = owner.get("/connection?account=work")
    assert 'data-account="work"' in response.content.decode()
    assert 'data-account="work"' in owner.get("/settings").content.decode()
    page = text_of(owner.get("/connection"))
    assert "No phone is linked to the session work" in page
    assert 'data-account="default"' in signed_in().get("/settings").content.decode()


def test_an_account_that_is_not_there_is_not_chosen(owner: Client) -> None:
    line()
    assert owner.get("/connection", {"account": "<nobody>"}).status_code == 404
    assert 'data-account="default"' in owner.get("/connection").content.decode()


def test_acts_of_another_account_are_not_shown(owner: Client) -> None:
    line("qr", qr=CODE)
    now = datetime.now(UTC)
    foreign = Action.objects.create(
        account=other_account(), kind="pair", status="done", result={"code": "ABCD-EFGH"}, finished_at=now
    )
    assert "ABCD-EFGH" not in text_of(owner.get(f"/connection?pairing={foreign.pk}"))


def test_the_queries_do_not_grow_with_accounts_and_events(
    owner: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    line("qr", qr=CODE)
    build_event(events.CONNECTION_LOGGED_OUT, {"reason": "Unlinked."})
    before = count_queries(lambda: owner.get("/connection"))
    for number in range(5):
        other_account(f"other-{number}")
        build_event(events.CONNECTION_LOGGED_OUT, {"reason": "Unlinked."})
    assert count_queries(lambda: owner.get("/connection")) == before <= 12
