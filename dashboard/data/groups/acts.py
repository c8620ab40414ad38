"""What a group's admins do to it: who is meant, and what has come of it, in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.acting import Outcome
from dashboard.data.faces import Face, faces
from whatsapp.models import Account, Action

INVITE_ADDRESS = "https://chat.whatsapp.com/"
BETWEEN = re.compile(r"[\n,;]+")  # numbers are written with spaces, and no JID has any of these

OK = "200"
DONE = {
    "add": "was added",
    "remove": "was removed",
    "promote": "is an admin now",
    "demote": "is no admin any more",
}
# WhatsApp's codes for one person (API: ParticipantResultSerializer).
REFUSED = {
    "401": "was not changed: WhatsApp does not allow it.",
    "403": "can only be invited: their privacy settings let nobody add them. Send them the invite link.",
    "404": "is not in the group.",
    "408": "has left lately, and can't be added yet. Send them the invite link.",
    "409": "is in the group already.",
    "419": "was not added: the group is full.",
}


def people_in(text: str) -> list[str]:
    """The numbers and JIDs that somebody has written, one a line or with commas between."""
    return [part for part in (piece.strip() for piece in BETWEEN.split(text)) if part]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one person."""

    face: Face
    is_done: bool
    words: str

    @property
    def sentence(self) -> str:
        return f"{self.face.name} {self.words}" + ("." if self.is_done else "")


def results_of(account: Account, action: Action) -> list[Result]:
    """What came of each person of a change of participants; empty until it is done."""
    found: Any = (action.result or {}).get("result") or []
    known = faces(account, [one["jid"] for one in found])
    did = DONE.get(action.payload.get("action"), "was changed")
    return [
        Result(
            known[one["jid"]],
            one["status"] == OK,
            did
            if one["status"] == OK
            else REFUSED.get(one["status"], f"was not changed: WhatsApp answered {one['status']}."),
        )
        for one in found
    ]


def summary(action: Action, results: Sequence[Result]) -> str:
    """One sentence about an act that went well for everybody."""
    if len(results) == 1:
        return results[0].sentence
    words = DONE.get(action.payload.get("action"), "was changed")
    plural = (
        words.replace("was ", "were ")
        .replace("is an admin", "are admins")
        .replace("is no admin", "are no admins")
    )
    return f"{len(results)} people {plural}."


def reason(outcome: Outcome) -> str:
    """Why it was refused or waits, without the name of a field that nobody has typed in."""
    if "jid" in outcome.errors:
        return outcome.errors["jid"][0]
    return outcome.sentence


def errors_about(outcome: Outcome, name: str) -> list[str]:
    """What is wrong with a field of the form, or with its items."""
    return [
        sentence
        for field, sentences in outcome.errors.items()
        if field == name or field.startswith(f"{name}.")
        for sentence in sentences
    ]
