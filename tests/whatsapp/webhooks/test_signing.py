"""What a delivery carries, as a receiver finds it who knows the description alone."""

import base64
import hashlib
import hmac

import pytest
from standardwebhooks.webhooks import Webhook as Judge
from standardwebhooks.webhooks import WebhookVerificationError

from tests.builders import build_account, build_event, build_webhook
from tests.whatsapp.webhooks.receiver import Received, Receiver
from whatsapp import events
from whatsapp.following import bounds
from whatsapp.models import Delivery, Webhook
from whatsapp.webhooks import dispatching, signing, subscriptions
from whatsapp.webhooks.delivering import drain

pytestmark = pytest.mark.django_db

STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PLAIN = "a secret of the original's"


@pytest.fixture(autouse=True)
def account() -> None:
    build_account()


def deliver(webhook: Webhook) -> None:
    """What the worker does, once."""
    webhook.refresh_from_db()
    dispatching.dispatch([webhook], bounds()[1])
    drain(webhook.pk)


def sent(receiver: Receiver, webhook: Webhook) -> Received:
    build_event(events.CHATS_UPDATE, [{"id": "15550100@s.whatsapp.net", "name": "Ålice"}])
    deliver(webhook)
    return receiver.received[-1]


def for_the_judge(secret: str) -> str:
    """As docs/integrating.md tells to make a library's secret of a text of any other form."""
    return secret if secret.startswith("whsec_") and " " not in secret else "whsec_" + encoded(secret)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("secret", [STANDARD, PLAIN, "whsec_not base64!"])
def test_both_signatures_hold(receiver: Receiver, secret: str) -> None:
    got = sent(receiver, build_webhook(receiver.url(), secret=secret))
    own = hmac.new(secret.encode(), got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-Hub-Signature"] == f"sha256={own}"
    judge, headers = Judge(for_the_judge(secret)), {k.lower(): v for k, v in got.headers.items()}
    assert judge.verify(got.body, headers) == got.envelope
    with pytest.raises(WebhookVerificationError):
        judge.verify(got.body + b" ", headers)


def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    got = sent(receiver, build_webhook(receiver.url()))
    assert not {"X-Hub-Signature", "webhook-signature"} & set(got.headers)
    assert got.headers["webhook-id"] == got.headers["X-Hub-Delivery"]


def test_the_headers_tell_what_it_is(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url(), headers={"X-Mine": "yes", "authorization": "Bearer x"})
    got = sent(receiver, webhook)
    envelope = got.envelope
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["User-Agent"].startswith("WhatsApp-Hub")
    assert got.headers["X-Hub-Event"] == envelope["type"] == events.CHATS_UPDATE
    assert got.headers["X-Hub-Timestamp"] == str(envelope["timestamp"])
    assert abs(int(got.headers["webhook-timestamp"]) - got.at) < 10
    assert got.headers["X-Hub-Delivery"] == f"{webhook.pk}-{envelope['id']}"
    assert (got.headers["X-Mine"], got.headers["authorization"]) == ("yes", "Bearer x")
    assert set(envelope) == {"type", "timestamp", "data", "id", "account"}
    assert envelope["data"][0]["name"] == "Ålice"


def test_after_a_rotation_both_secrets_hold_for_a_day(receiver: Receiver) -> None:
    webhook = build_webhook(receiver.url(), secret=PLAIN)
    new = subscriptions.rotate(webhook)
    assert new.startswith("whsec_")
    got = sent(receiver, webhook)
    headers = {name.lower(): value for name, value in got.headers.items()}
    for secret in (new, PLAIN):
        Judge(for_the_judge(secret)).verify(got.body, headers)
    assert headers["x-hub-signature"] == signing.body_signature(new, got.body)
    assert headers["x-hub-signature-previous"] == signing.body_signature(PLAIN, got.body)
    Webhook.objects.update(previous_secret_until=subscriptions.now_ms() - 1)
    got = sent(receiver, webhook)
    assert "X-Hub-Signature-Previous" not in got.headers
    assert len(got.headers["webhook-signature"].split()) == 1


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Host": "x"}, "Host is set by the hub"),
        ({"content-length": "1"}, "content-length is set by the hub"),
        ({"Transfer-Encoding": "chunked"}, "Transfer-Encoding is set"),
        ({"X-Hub-Signature": "x"}, "X-Hub-Signature is set"),
        ({"Webhook-Id": "x"}, "Webhook-Id is set"),
        ({"User-Agent": "x"}, "User-Agent is set"),
        ({"A b": "x"}, "'A b' is no name"),
        ({"A\r\nB": "x"}, "is no name"),
        ({"": "x"}, "is no name"),
        ({"A": "x\r\nB: y"}, "The value of A must be printable"),
        ({"A": "é"}, "The value of A must be printable"),
        ({"A": "x" * 5000}, "The value of A"),
        ({"A": "1", "a": "2"}, "a is there twice"),
        ({f"A{n}": "x" for n in range(21)}, "more than 20"),
    ],
)
def test_headers_that_can_not_be_sent_are_refused(headers: dict[str, str], error: str) -> None:
    with pytest.raises(signing.InvalidHeaders, match=error):
        signing.require_headers(headers)


def test_a_secret_that_can_not_be_opened_pauses_and_says_so(receiver: Receiver, settings: object) -> None:
    webhook = build_webhook(receiver.url(), secret=PLAIN)
    build_event()
    settings.ENCRYPTION_KEY = "another key than before"  # type: ignore[attr-defined]
    deliver(webhook)
    webhook.refresh_from_db()
    assert not receiver.received
    assert "encrypted with another key" in (webhook.pause_reason or "")
    assert Delivery.objects.get().attempts == 0
    subscriptions.edit(webhook, secret="a new secret", is_active=True)
    drain(webhook.pk)
    assert receiver.received
