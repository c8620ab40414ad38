"""WhatsApp itself is gone, and comes back without knowing anybody: kill -9 of the demo's simulator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.demo_hub import ALICE, Hub, free_port
from tests.faults.choices import TIMES
from tests.faults.nobody_misses.listener import Listener
from tests.faults.nobody_misses.machines import Machines
from tests.faults.stage import RECOVERY_SECONDS
from tests.faults.table import Report, Row
from tests.waiting import eventually
from tests.whatsapp.webhooks.receiver import Receiver

SIMULATOR = "runsimulator"
ACTS_BEFORE, ACTS_MEANWHILE = 5, 5
ENDED = ("sent", "delivered", "read", "failed")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path / "hub", free_port(), settings={"ALLOW_PRIVATE_URLS": "true", "DEMO_HASTE": "4"})
    made.folder.mkdir()
    try:
        made.start()
        yield made
    finally:
        made.stop()
        print(made.output[-20_000:])  # pytest shows it when a test fails


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def test_the_simulator_is_killed(hub: Hub, receiver: Receiver, report: Report) -> None:
    """The hub is unlinked then, says so, shows a new code and is linked again. What it had it keeps; what it
    was asked to send meanwhile it sends, or says why not."""
    machines = Machines([hub])
    listener = Listener(machines)
    listener.start()
    webhook = machines.call("/api/webhooks", {"url": receiver.url()})["id"]
    first = machines.newest() + 1
    eventually(lambda: len(hub.messages()) > 5, "people to talk", RECOVERY_SECONDS)
    acts = [ask(hub, number) for number in range(ACTS_BEFORE)]
    longest, lost = 0.0, 0
    for turn in range(TIMES):
        before = {row["id"]: row["body"] for row in hub.messages()}
        began = time.monotonic()
        logged_out = len(unlinked(machines))
        (pid,) = hub.pids_of(SIMULATOR)
        psutil.Process(pid).kill()
        acts += [ask(hub, (turn + 1) * 100 + number) for number in range(ACTS_MEANWHILE)]
        eventually(lambda had=logged_out: len(unlinked(machines)) > had, "to be unlinked", RECOVERY_SECONDS)
        hub.waits_for("connected", RECOVERY_SECONDS)
        eventually(
            lambda known=before: {row["id"] for row in hub.messages()} - known.keys(),
            "people to talk again",
            RECOVERY_SECONDS,
        )
        longest = max(longest, time.monotonic() - began)
        kept = {row["id"]: row["body"] for row in machines.pages("/api/messages?")}
        lost += len(before.items() - kept.items())
    eventually(
        lambda: all(state(hub, act)["status"] in ENDED for act in acts), "acts to end", RECOVERY_SECONDS
    )
    reasons = {act: state(hub, act)["error"] for act in acts if state(hub, act)["status"] == "failed"}
    assert all(reasons.values())

    newest = eventually(lambda: is_quiet(machines, listener), "everybody to be told", RECOVERY_SECONDS)
    listener.stop()
    logged = [row["id"] for row in machines.pages(f"/api/stats/events?order=asc&since_id={first - 1}")]
    assert logged[: newest - first + 1] == list(range(first, newest + 1))
    assert [event["id"] for event in listener.heard][:newest] == list(range(1, newest + 1))
    made = f"/api/webhooks/deliveries?subscription_id={webhook}&status=delivered"
    delivered = {row["event_id"] for row in machines.pages(made)}
    assert delivered >= set(range(first, newest + 1))
    assert {got.event_id for got in receiver.received} >= set(range(first, newest + 1))
    report(
        Row(
            fault="kill -9: the simulator",
            times=TIMES,
            sent=None,  # who knew is dead
            stored=len(kept),
            acts=len(acts),
            unknown=sum(state(hub, act)["message_id"] is not None for act in reasons),
            events=newest - first + 1,
            deliveries=len(delivered),
            lost=lost,
            recovered=longest,
        )
    )
    assert lost == 0


def ask(hub: Hub, number: int) -> int:
    body = {"jid": ALICE, "text": f"act {number}"}
    return int(hub.call("/api/actions/send/text?queue=true", body)["action_id"])


def state(hub: Hub, act: int) -> dict[str, str | None]:
    return dict(hub.call(f"/api/actions/{act}"))


def unlinked(machines: Machines) -> list[object]:
    return list(machines.pages("/api/stats/events?type=connection.logged_out"))


def is_quiet(machines: Machines, listener: Listener) -> int:
    """The newest event, once the client and the receiver have all that there is: for people go on talking."""
    newest = machines.newest()
    followed = [one["health"] for one in machines.call("/api/webhooks")["data"]]
    heard = listener.cursor >= newest
    return newest if heard and all(one["pending"] == one["lag"] == 0 for one in followed) else 0
