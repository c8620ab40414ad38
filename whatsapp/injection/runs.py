"""What the door does: loads a corpus, or lets a contact write live. Each answers with its figures."""

import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from whatsapp.ingest import codes
from whatsapp.injection import corpus, wire
from whatsapp.injection.histories import HistoricPart
from whatsapp.injection.intake import Intake
from whatsapp.models import Account
from whatsapp.protobuf import waE2E

ME = "5511999990000@s.whatsapp.net"  # who owns a hub that is not linked
WRITER, WRITERS_NAME = "5511988880000@s.whatsapp.net", "Load"
WORDS = "Shall we go to the sea on Saturday? The weather will be fine, and there is room for all of us."


def load(account: Account, path: Path, limit: int | None) -> dict[str, Any]:
    """Takes a corpus in, at most `limit` messages of it, each as fast as those before it are handled.

    Only the time in the hub's intake counts, but for `wall_s`: a part of the corpus is read, then handed
    over, its receipts after its messages. Raises BadRecord, Stuck and OSError.
    """
    began = time.monotonic()
    messages, receipts = Timed(), Timed()
    with Intake(account) as intake:
        for part in corpus.parts(path, limit, account.jid or ME, corpus.Part):
            Timed().hand_over(intake, part.people())
            messages.hand_over(intake, part.messages)
            receipts.hand_over(intake, part.receipts)
        quarantined = intake.quarantined()
    return {
        "messages": messages.count,
        "receipts": receipts.count,
        "messages_per_s": messages.per_second(),
        "receipts_per_s": receipts.per_second(),
        "message_publish_s": round(messages.seconds, 3),
        "receipt_publish_s": round(receipts.seconds, 3),
        "wall_s": round(time.monotonic() - began, 3),
        "event_ms": distribution(messages.times),
        "quarantined": quarantined,
    }


def load_as_histories(account: Account, path: Path, limit: int | None) -> dict[str, Any]:
    """Takes a corpus in as histories, one after another, at most `limit` messages of it.

    What counts is the time from handing a history over until it is all rows. A receipt is a part of its
    message. Raises BadRecord, Stuck and OSError.
    """
    began = time.monotonic()
    histories = messages = receipts = 0
    seconds = 0.0
    with Intake(account) as intake:
        for part in corpus.parts(path, limit, account.jid or ME, HistoricPart):
            Timed().hand_over(intake, part.people())
            if not part.message_count:
                continue
            event = part.history()
            handed_over = time.monotonic()
            intake.hand_over(*event)
            intake.wait_for_all()
            intake.wait_for_histories()
            seconds += time.monotonic() - handed_over
            histories += 1
            messages += part.message_count
            receipts += part.receipt_count
        quarantined = intake.quarantined()
    return {
        "histories": histories,
        "messages": messages,
        "receipts": receipts,
        "messages_per_s": round(messages / seconds, 1) if messages else None,
        "message_publish_s": round(seconds, 3),
        "wall_s": round(time.monotonic() - began, 3),
        "quarantined": quarantined,
    }


def live(account: Account, count: int, rate: float, batch: int, run: str) -> dict[str, Any]:
    """Lets one contact write `count` messages, `rate` of them a second, `batch` at a time; with a rate of 0,
    each as fast as those before it are handled. Raises Stuck."""
    with Intake(account) as intake:
        prefix = secrets.token_hex(6).upper()
        began = time.monotonic()
        for number in range(count):
            if rate and number % batch == 0:
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
            intake.hand_over(codes.MESSAGE, live_message(f"3A{prefix}{number:08X}", number, run))
        intake.wait_for_all()
        seconds = time.monotonic() - began
        quarantined = intake.quarantined()
        times = intake.times
    return {
        "published": count,
        "done": True,
        "wall_s": round(seconds, 3),
        "rate_achieved": round(count / seconds, 2),
        "event_ms": distribution(times),
        "quarantined": quarantined,
    }


def live_message(message_id: str, number: int, run: str) -> bytes:
    """A text that says by CLOCK_MONOTONIC, in microseconds, when it was handed over."""
    moment = time.monotonic_ns() // 1000
    content = waE2E.Message(conversation=f"@@m:{moment}:{number}:{run}@@ {WORDS}")
    return wire.message_event(
        message_id,
        content,
        chat=WRITER,
        sender=WRITER,
        from_me=False,
        timestamp=int(time.time()),
        push_name=WRITERS_NAME,
    )


class Timed:
    """Events of one kind, and how long the hub took for them."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        self.times: list[float] = []

    def hand_over(self, intake: Intake, events: Iterable[corpus.Event]) -> None:
        """Returns when all of them are committed."""
        before, began = len(intake.times), time.monotonic()
        for event in events:
            intake.hand_over(*event)
        intake.wait_for_all()
        self.seconds += time.monotonic() - began
        self.times += intake.times[before:]
        self.count += len(intake.times) - before

    def per_second(self) -> float | None:
        return round(self.count / self.seconds, 1) if self.count else None


def distribution(times: Sequence[float]) -> dict[str, float]:
    """How many there are, and how they are spread, in milliseconds; zeros when there are none."""
    ordered = sorted(times) or [0.0]
    last = len(ordered) - 1

    def at(share: float) -> float:
        return round(ordered[min(int(share * len(ordered)), last)], 3)

    return {"n": len(times), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0)}
