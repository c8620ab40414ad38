"""Calls, for the list of them."""

from dataclasses import dataclass
from typing import Any

from dashboard.data.faces import Face, faces
from whatsapp.models import Account, Call

WORDS = {
    Call.Status.RINGING: ("info", "ringing"),
    Call.Status.ACCEPTED: ("good", "taken"),
    Call.Status.ACCEPTED_ELSEWHERE: ("good", "taken elsewhere"),
    Call.Status.REJECTED: ("", "declined"),
    Call.Status.MISSED: ("warn", "missed"),
    Call.Status.ENDED: ("good", "ended"),
    Call.Status.FAILED: ("bad", "failed"),
    Call.Status.UNKNOWN: ("", "not known"),
}
STATUSES = [(status.value, word) for status, (_, word) in WORDS.items()]
MOST_FACES = 5  # of those who took part in a group call


@dataclass(frozen=True, slots=True)
class Row:
    """A call with who it was with: who called us, or whom we called; of a group call, the group."""

    call: Call
    who: Face | None
    caller: Face | None
    participants: list[Face]
    others: int  # participants beside these

    @property
    def kind(self) -> str:
        return WORDS[Call.Status(self.call.status)][0]

    @property
    def word(self) -> str:
        return WORDS[Call.Status(self.call.status)][1]

    @property
    def seconds(self) -> int | None:
        """How long it lasted; None when nobody talked or it isn't known."""
        call = self.call
        if call.duration is not None:
            return call.duration or None
        if call.accepted_at is not None and call.ended_at is not None:
            return max(0, call.ended_at - call.accepted_at)
        return None

    @property
    def can_be_rejected(self) -> bool:
        return self.call.status == Call.Status.RINGING and not self.call.from_me


def found(account: Account, status: str) -> Any:
    """Newest first; with that outcome, where it is one."""
    calls = Call.objects.filter(account=account).select_related("chat", "caller").newest_first()
    return calls.filter(status=status) if status in Call.Status.values else calls


def rows_of(account: Account, calls: list[Call]) -> list[Row]:
    others = {call.pk: [jid for jid in call.participants or () if jid != caller_of(call)] for call in calls}
    shown = {key: jids[:MOST_FACES] for key, jids in others.items()}
    jids = {jid for call in calls for jid in (jid_of(call), caller_of(call), *shown[call.pk])}
    known = faces(account, jids)
    return [
        Row(
            call,
            known.get(jid_of(call) or ""),
            known.get(caller_of(call) or ""),
            [known[jid] for jid in shown[call.pk] if jid in known],
            max(0, len(others[call.pk]) - MOST_FACES),
        )
        for call in calls
    ]


def jid_of(call: Call) -> str | None:
    return call.chat.jid if call.chat else caller_of(call)


def caller_of(call: Call) -> str | None:
    return call.caller.jid if call.caller else None
