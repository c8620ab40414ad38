"""The README's receivers, as they stand there, get real deliveries."""

import re
import subprocess
from typing import Any

import httpx
import pytest
from django.conf import settings

from tests.builders import build_account, build_event, build_webhook
from tests.demo_hub import free_port
from tests.tools import program
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Received, Receiver
from whatsapp.following import bounds
from whatsapp.models import Delivery, Webhook
from whatsapp.webhooks import dispatching, subscriptions
from whatsapp.webhooks.delivering import drain

pytestmark = pytest.mark.django_db

README = (settings.BASE_DIR / "README.md").read_text()
SECRETS = pytest.mark.parametrize("secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a secret of my own"])


@pytest.fixture(autouse=True)
def account() -> None:
    build_account()


def block(language: str, word: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (found,) = [text for text in blocks if word in text]
    return str(found)


def deliver(webhook: Webhook) -> None:
    build_event()
    webhook.refresh_from_db()
    dispatching.dispatch([webhook], bounds()[1])
    drain(webhook.pk)


def headers_of(got: Received) -> dict[str, str]:
    return {name.lower(): value for name, value in got.headers.items()}


@SECRETS
def test_the_python_of_the_readme_verifies(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    webhook = build_webhook(receiver.url(), secret=secret)
    deliver(webhook)
    (got,) = receiver.received
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    names: dict[str, Any] = {}
    exec(block("python", "by_library"), names)  # noqa: S102  (our own README)
    headers = headers_of(got)
    assert names["by_hand"](got.body, headers)
    assert names["by_library"](got.body, headers) == got.envelope
    assert not names["by_hand"](got.body + b" ", headers)


@SECRETS
def test_the_node_of_the_readme_takes_what_is_signed_and_nothing_else(tmp_path: Any, secret: str) -> None:
    port = free_port()
    path = tmp_path / "receiver.mjs"
    path.write_text(block("javascript", "timingSafeEqual").replace("8080", str(port)))
    environment = {"WEBHOOK_SECRET": secret, "PATH": "/usr/bin:/bin"}
    command = [program("node"), str(path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            eventually(lambda: answers(port), "the receiver")
            webhook = build_webhook(f"http://127.0.0.1:{port}/", secret=secret)
            deliver(webhook)
            assert Delivery.objects.get().status == "delivered"
            assert process.stdout is not None
            assert process.stdout.readline() == "connection.status\n"
            subscriptions.edit(webhook, secret="another secret")
            deliver(webhook)
            assert Delivery.objects.latest("pk").last_status_code == 401
        finally:
            process.kill()


def answers(port: int) -> bool:
    try:
        return httpx.post(f"http://127.0.0.1:{port}/", content=b"{}").status_code == 401
    except httpx.TransportError:
        return False
