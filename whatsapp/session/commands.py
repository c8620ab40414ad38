"""What the owner asks of the line itself: restart, a new code, a pairing code, logout."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from whatsapp import actions, wakeup
from whatsapp.models import Account, Action
from whatsapp.session.claiming import claim
from whatsapp.session.library import NeonizeError
from whatsapp.session.line import Line
from whatsapp.session.verdicts import Verdict

log = logging.getLogger(__name__)

Done = Action.Status.DONE


@dataclass(slots=True)
class Command:
    """One command, claimed. Carrying it out finishes its row and says what becomes of the line."""

    action: Action
    do: Callable[["Command", Line | None], Verdict | None]

    def carry_out(self, line: Line | None) -> Verdict | None:
        try:
            return self.do(self, line)
        except NeonizeError as error:
            actions.finish(self.action, Action.Status.FAILED, error=f"WhatsApp refused: {error}")
            return None

    def finish(self, **result: Any) -> None:
        actions.finish(self.action, Done, result=result)


def restart(command: Command, line: Line | None) -> Verdict:
    command.finish()
    return Verdict("Restarted on request.", 0)


def unlink(command: Command, line: Line | None) -> Verdict:
    """Logs out where we are logged in, else forgets the credentials alone."""
    told = line is not None and line.is_logged_in
    if line is not None and told:
        line.logout()
    command.finish(told_whatsapp=told)
    return Verdict("Logged out on request. Scan the new code to link a phone.", 0, logged_out=True)


def pair(command: Command, line: Line | None) -> None:
    phone = command.action.payload["phone"]
    if line is None or line.is_logged_in:
        why = (
            "The hub is not connected to WhatsApp."
            if line is None
            else "A phone is linked already: log out first."
        )
        actions.finish(command.action, Action.Status.FAILED, error=why)
        return
    command.finish(code=line.pair(phone))


DEEDS: dict[str, Callable[[Command, Line | None], Verdict | None]] = {
    actions.RESTART: restart,
    actions.NEW_QR: unlink,
    actions.LOGOUT: unlink,
    actions.PAIR: pair,
}


class Commands:
    """Finds the commands for one account. Asks the database only when something was written to it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._seen = -1

    def next(self) -> Command | None:
        """The oldest command, claimed; None when there is none."""
        seen = wakeup.now()
        if seen == self._seen and seen:
            return None
        action = claim(self.account, connection_kinds=True)
        if action is None:
            self._seen = seen
            return None
        log.info("Asked to %s", action.kind.replace("_", " "))
        return Command(action, DEEDS[action.kind])
