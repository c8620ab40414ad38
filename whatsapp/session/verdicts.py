"""What each event about the line means for it: one entry for each kind, in one place.

Sources: whatsmeow's connectionevents.go and types/events/events.go for when each is sent and whether the
library itself connects again; neonize's encoder for the numbers.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from whatsapp.ingest import codes
from whatsapp.protobuf import neonize_pb2


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why the line has to be given up, and what is next."""

    reason: str
    wait: float | None = None  # seconds until the next try; None leaves it to the growing delays
    logged_out: bool = False  # the credentials are dead


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds to wait between tries: doubling from `first` to `longest`, give or take a fifth."""

    first: float = 1.0
    longest: float = 300.0
    after_replaced: float = 30.0
    when_outdated: float = 3600.0
    patience: float = 30.0  # how long the library may try to reconnect by itself

    def after(self, failures: int) -> float:
        return self.jitter(min(self.longest, self.first * 2 ** min(failures, 30)))

    def jitter(self, seconds: float) -> float:
        return seconds * random.uniform(0.8, 1.2)  # nosec B311  # jitter is no secret


def clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")


def logged_out(event: neonize_pb2.LoggedOut, delays: Delays) -> Verdict:
    why = neonize_pb2.ConnectFailureReason.Name(event.Reason).lower().replace("_", " ")
    return Verdict(f"WhatsApp has unlinked this device ({why}). Scan the new code to link it again.", 0, True)


def stream_replaced(event: neonize_pb2.StreamReplaced, delays: Delays) -> Verdict:
    return Verdict(
        "Another program has connected with this session's credentials (stream replaced). "
        "Stop it: two can't share one session.",
        delays.jitter(delays.after_replaced),
    )


def temporary_ban(event: neonize_pb2.TemporaryBan, delays: Delays) -> Verdict:
    seconds = max(float(event.Expire), 60.0)
    why = neonize_pb2.TemporaryBan.TempBanReason.Name(event.Code).lower().replace("_", " ")
    return Verdict(
        f"WhatsApp has banned this number until {clock(time.time() + seconds)} ({why}).",
        seconds + delays.jitter(delays.first * 5),
    )


def client_outdated(event: neonize_pb2.ClientOutdated, delays: Delays) -> Verdict:
    return Verdict(
        "WhatsApp no longer accepts this version of its protocol: update the hub (client outdated).",
        delays.jitter(delays.when_outdated),
    )


def connect_failure(event: neonize_pb2.ConnectFailure, delays: Delays) -> Verdict:
    why = neonize_pb2.ConnectFailureReason.Name(event.Reason).lower().replace("_", " ")
    return Verdict(f"WhatsApp refused the connection ({event.Message or why}).")


def pair_status(event: neonize_pb2.PairStatus, delays: Delays) -> Verdict | None:
    if event.Status == neonize_pb2.PairStatus.SUCCESS:
        return None
    return Verdict(f"Linking failed ({event.Error}). Try again with the new code.", 0)


VERDICTS: dict[int, tuple[Any, Callable[[Any, Delays], Verdict | None]]] = {
    codes.PAIR_STATUS: (neonize_pb2.PairStatus, pair_status),
    codes.LOGGED_OUT: (neonize_pb2.LoggedOut, logged_out),
    codes.STREAM_REPLACED: (neonize_pb2.StreamReplaced, stream_replaced),
    codes.TEMPORARY_BAN: (neonize_pb2.TemporaryBan, temporary_ban),
    codes.CONNECT_FAILURE: (neonize_pb2.ConnectFailure, connect_failure),
    codes.CLIENT_OUTDATED: (neonize_pb2.ClientOutdated, client_outdated),
}


def judge(code: int, data: bytes, delays: Delays) -> Verdict | None:
    """What this event means for the line; None when it can stay."""
    if code not in VERDICTS:
        return None
    protobuf, verdict = VERDICTS[code]
    return verdict(protobuf.FromString(data), delays)
