"""The network between the hub and WhatsApp, and what WhatsApp itself does."""

from __future__ import annotations

import time
from functools import partial

from tests.faults.network import Kind, Way
from tests.faults.stage import RECOVERY_SECONDS, Stage
from tests.faults.table import Report

MESSAGE_BYTES = 250  # no message is smaller on the wire; receipts and acknowledgements are
FILE_BYTES = 4_000  # of a piece of a file; no head of a request is so large


def cut(stage: Stage, kind: Kind, way: Way, least: int) -> None:
    assert stage.network.cuts(kind, way, least).wait(RECOVERY_SECONDS)


def test_cut_in_the_middle_of_a_message_that_comes(stage: Stage, report: Report) -> None:
    blow = partial(cut, stage, "chat", "in", MESSAGE_BYTES)
    stage.suffers("cut in the middle of a message that comes", blow, report, times=3)


def test_cut_in_the_middle_of_a_message_that_goes(stage: Stage, report: Report) -> None:
    blow = partial(cut, stage, "chat", "out", MESSAGE_BYTES)
    stage.suffers("cut in the middle of a message that goes", blow, report, times=3)


def test_cut_in_the_middle_of_a_download(stage: Stage, report: Report) -> None:
    blow = partial(cut, stage, "media", "in", FILE_BYTES)
    stage.suffers("cut in the middle of a download", blow, report, times=3)


def test_cut_in_the_middle_of_an_upload(stage: Stage, report: Report) -> None:
    blow = partial(cut, stage, "media", "out", FILE_BYTES)
    stage.suffers("cut in the middle of an upload", blow, report, times=3)


def test_whatsapp_is_away(stage: Stage, report: Report) -> None:
    def blow() -> None:
        stage.simulator.unreachable()
        time.sleep(stage.chance.uniform(1, 3))
        stage.simulator.recovers()

    stage.suffers("WhatsApp can't be reached for a while", blow, report)


def test_redelivery(stage: Stage, report: Report) -> None:
    """WhatsApp delivers again what it has delivered, encrypted anew."""

    def blow() -> None:
        said = [one for one in stage.people.deeds if one.kind in ("text", "image")]
        for deed in stage.chance.sample(said, 5):
            with stage.people.turn:  # the next message of theirs takes the id
                stage.simulator.delivers_twice(deed.sent)

    stage.suffers("messages are delivered again", blow, report, times=2)


def test_reordering(stage: Stage, report: Report) -> None:
    """Edits, deletions, reactions and receipts come before the messages that they are about."""

    def blow() -> None:
        stage.simulator.holds_back()
        time.sleep(3)
        stage.simulator.lets_through(stage.chance.shuffle)

    stage.suffers("all that comes is out of order", blow, report, times=2)
