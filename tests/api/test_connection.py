"""The line to WhatsApp: its state, the code that links a phone, and commands."""

import base64
import time
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from tests.api.conftest import Session
from tests.builders import NOON, OWNER, build_account
from whatsapp.models import Action, Connection

pytestmark = pytest.mark.django_db

CODE = "2@" + "Zm9vYmFy" * 28 + ",abc/def+ghi=,jkl,mno"  # as long as WhatsApp's


def line(**fields: Any) -> None:
    account = build_account()
    Connection.objects.filter(account=account).update(**fields)


def test_a_hub_that_was_never_connected_says_so(api: Client) -> None:
    body = api.get("/api/connection/status").json()
    assert body == {
        "status": "disconnected",
        "jid": None,
        "hasQR": False,
        "since": None,
        "reason": None,
        "retry_in": None,
        "last_event_at": None,
        "history": None,
    }


def test_the_status_says_what_is_known_of_the_line(api: Client) -> None:
    line(status="connecting", reason="It rains.", retry_at=int(time.time()) + 100, last_event_at=NOON)
    body = api.get("/api/connection/status").json()
    assert (body["status"], body["jid"], body["since"]) == ("connecting", OWNER, NOON)
    assert (body["reason"], body["last_event_at"], body["hasQR"]) == ("It rains.", NOON, False)
    assert 97 <= body["retry_in"] <= 100


@pytest.mark.parametrize("path", ["/api/connection/qr", "/api/connection/qr/image"])
def test_without_a_code_there_is_nothing_to_scan(api: Client, path: str) -> None:
    line(status="connected", qr=None)
    response = api.get(path)
    assert (response.status_code, response.json()) == (404, {"error": "No QR code available"})


def test_the_code_comes_as_text_and_as_a_picture_in_a_url(api: Client) -> None:
    line(status="qr", qr=CODE)
    assert api.get("/api/connection/status").json()["hasQR"] is True
    body = api.get("/api/connection/qr").json()
    assert body["raw"] == CODE
    kind, _, picture = body["qr"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(picture) == api.get("/api/connection/qr/image").content


@pytest.mark.parametrize("code", [CODE, "2@short", "x" * 1000])
def test_the_picture_is_a_png_of_400_pixels_with_a_white_border(api: Client, code: str) -> None:
    line(status="qr", qr=code)
    response = api.get("/api/connection/qr/image")
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Cache-Control"] == "no-store"
    image = Image.open(BytesIO(response.content))
    assert (image.format, image.size) == ("PNG", (400, 400))
    grey = image.convert("L")
    black = grey.point(lambda value: 255 - value).getbbox()
    assert black is not None
    left, top, right, bottom = black
    assert min(left, top, 400 - right, 400 - bottom) >= 8
    assert right - left == bottom - top


# Commands

COMMANDS = [
    ("restart", "restart", "Reconnecting..."),
    ("new-qr", "new_qr", "Auth cleared. Generating new QR code..."),
    ("logout", "logout", "Logged out"),
]


@pytest.mark.parametrize(("path", "kind", "message"), COMMANDS)
def test_a_command_is_carried_out_by_the_session(
    api: Client, session: Session, path: str, kind: str, message: str
) -> None:
    session.will("done", result={})
    response = api.post(f"/api/connection/{path}")
    assert response.status_code == 200
    action = Action.objects.get()
    assert response.json() == {"success": True, "message": message, "action_id": action.pk}
    assert (action.kind, action.account.name) == (kind, "default")


@pytest.mark.parametrize(("path", "kind", "message"), COMMANDS)
def test_a_command_that_no_session_takes_stays_queued(
    api: Client, session: Session, path: str, kind: str, message: str
) -> None:
    body = api.post(f"/api/connection/{path}").json()
    assert body["success"] is True
    assert body["message"].startswith("Queued")
    assert Action.objects.get().status == "queued"


@pytest.mark.parametrize(("path", "kind", "message"), COMMANDS)
def test_a_command_that_fails_says_why(
    api: Client, session: Session, path: str, kind: str, message: str
) -> None:
    session.will("failed", error="WhatsApp refused: no.")
    response = api.post(f"/api/connection/{path}")
    assert response.status_code == 503
    assert response.json()["error"] == "WhatsApp refused: no."


@pytest.mark.parametrize(("path", "kind", "message"), COMMANDS)
def test_a_command_is_never_given_by_a_get(api: Client, path: str, kind: str, message: str) -> None:
    assert api.get(f"/api/connection/{path}").status_code == 405
    assert not Action.objects.exists()


# A pairing code


def pair(api: Client, **body: Any) -> Any:
    return api.post("/api/connection/pair", body, content_type="application/json")


@pytest.mark.parametrize("phone", ["15550199", "+1 555-0199", 15550199])
def test_a_phone_is_linked_by_a_code_for_its_number(api: Client, session: Session, phone: Any) -> None:
    line(status="qr", qr=CODE)
    session.will("done", result={"code": "ABCD-EFGH"})
    response = pair(api, phone=phone)
    assert (response.status_code, response.json()) == (200, {"code": "ABCD-EFGH"})
    assert Action.objects.get().payload == {"phone": "15550199"}


@pytest.mark.parametrize("body", [{}, {"phone": ""}, {"phone": "me"}, {"phone": "120363000000000001@g.us"}])
def test_what_is_no_phone_number_is_refused(api: Client, session: Session, body: dict[str, str]) -> None:
    line(status="qr")
    response = pair(api, **body)
    assert response.status_code == 400
    assert response.json()["error"].startswith("phone: ")
    assert not session.taken


@pytest.mark.parametrize(
    ("status", "word"), [("connected", "log out first"), ("connecting", "connecting"), ("disconnected", "qr")]
)
def test_a_pairing_code_is_only_had_while_a_code_is_shown(
    api: Client, session: Session, status: str, word: str
) -> None:
    line(status=status)
    response = pair(api, phone="15550199")
    assert response.status_code == 503
    assert word in response.json()["error"]
    assert not session.taken


def test_a_pairing_that_fails_says_why(api: Client, session: Session) -> None:
    line(status="qr")
    session.will("failed", error="WhatsApp refused: too many tries.")
    response = pair(api, phone="15550199")
    assert response.status_code == 503
    assert response.json()["error"] == "WhatsApp refused: too many tries."


def test_a_pairing_without_a_result_in_time_names_the_act(api: Client, session: Session) -> None:
    line(status="qr")
    response = pair(api, phone="15550199")
    assert response.status_code == 504
    assert response.json()["action_id"] == Action.objects.get().pk
