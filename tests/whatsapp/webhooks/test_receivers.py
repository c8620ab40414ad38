"""The receivers of docs/integrating.md, as they stand there, get real deliveries, which look as it says."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders import build_account, build_event, build_webhook
from tests.demo_hub import free_port
from tests.docs.blocks import block, put_in
from tests.docs.programs import Program, going
from tests.tools import program
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Received, Receiver
from whatsapp.following import bounds
from whatsapp.models import Delivery, Webhook
from whatsapp.webhooks import dispatching, replaying, subscriptions
from whatsapp.webhooks.delivering import drain

pytestmark = pytest.mark.django_db

SECRETS = pytest.mark.parametrize("secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a secret of my own"])


@pytest.fixture(autouse=True)
def account() -> None:
    build_account()


def deliver(webhook: Webhook) -> None:
    build_event()
    webhook.refresh_from_db()
    dispatching.dispatch([webhook], bounds()[1])
    drain(webhook.pk)


def headers_of(got: Received) -> dict[str, str]:
    return {name.lower(): value for name, value in got.headers.items()}


def test_a_delivery_looks_as_the_document_says(receiver: Receiver) -> None:
    head, _, body = block("docs/integrating.md", "http", "POST /whatsapp").partition("\n\n")
    first, *lines = head.splitlines()
    webhook = build_webhook(receiver.url("/whatsapp"), secret="a secret of my own")
    deliver(webhook)
    (got,) = receiver.received
    assert first == f"POST {got.path} HTTP/1.1"
    for line in lines:
        name, value = re.fullmatch(r"(\S+): (\S+)(?:  .*)?", line).groups()
        assert shape(got.headers[name]) == shape(value), name
    assert set(re.findall(r'"(\w+)":', re.sub(r"\{.*\}", "", body.strip()[1:-1]))) == set(got.envelope)


def shape(value: str) -> str:
    """A value with its figures and codes left out."""
    coded = re.sub(r"^(sha256=|v1,).*", r"\1", value)
    return re.sub(r"\d+", "1", re.sub(r"[a-z]+\.[a-z.]+", "a.type", coded))


@SECRETS
def test_the_functions_in_python_verify(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    webhook = build_webhook(receiver.url(), secret=secret)
    deliver(webhook)
    (got,) = receiver.received
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    names: dict[str, Any] = {}
    exec(block("docs/integrating.md", "python", "by_library"), names)  # noqa: S102  (our own document)
    headers = headers_of(got)
    assert names["by_hand"](got.body, headers)
    assert names["by_library"](got.body, headers) == got.envelope
    assert not names["by_hand"](got.body + b" ", headers)


@SECRETS
def test_the_receiver_in_node_takes_what_is_signed_and_nothing_else(tmp_path: Path, secret: str) -> None:
    port = free_port()
    example = block("docs/integrating.md", "javascript", "either of the two is enough")
    (tmp_path / "receiver.mjs").write_text(put_in(example, ("8080", str(port))))
    with going([program("node"), "receiver.mjs"], tmp_path, WEBHOOK_SECRET=secret) as running:
        takes_what_is_signed(running, port, secret)


@SECRETS
def test_the_receiver_in_python_takes_what_is_signed_and_nothing_else(tmp_path: Path, secret: str) -> None:
    port = free_port()
    example = block("docs/integrating.md", "python", "BaseHTTPRequestHandler")
    (tmp_path / "receiver.py").write_text(put_in(example, ("8080", str(port))))
    with going([program("python"), "receiver.py"], tmp_path, WEBHOOK_SECRET=secret) as running:
        takes_what_is_signed(running, port, secret)
        handled = running.printed
        assert re.fullmatch(r"\d+ connection.status\n", handled)
        first = Delivery.objects.earliest("pk")
        subscriptions.edit(first.webhook, secret=secret)
        replaying.retry(first)
        drain(first.webhook_id)
        first.refresh_from_db()
        assert (first.status, first.last_status_code) == ("delivered", 204)
        assert running.printed.count(handled) == 1  # it knows the delivery


def takes_what_is_signed(running: Program, port: int, secret: str) -> None:
    eventually(lambda: answers(port), "the receiver")
    webhook = build_webhook(f"http://127.0.0.1:{port}/", secret=secret)
    deliver(webhook)
    assert Delivery.objects.get().status == "delivered"
    running.says("connection.status\n")
    subscriptions.edit(webhook, secret="another secret")
    deliver(webhook)
    assert Delivery.objects.latest("pk").last_status_code == 401


def answers(port: int) -> bool:
    try:
        return httpx.post(f"http://127.0.0.1:{port}/", content=b"{}").status_code == 401
    except httpx.TransportError:
        return False
