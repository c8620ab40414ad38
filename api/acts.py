"""Waiting for what comes of an act, and saying it over HTTP."""

from collections.abc import Container

from rest_framework.exceptions import ValidationError

from api.errors import ApiError, NotConnected, Unavailable
from whatsapp import actions
from whatsapp.models import Account, Action, Connection

# How long a request waits for the session process: for WhatsApp's word, and for a command to the line.
RESULT_SECONDS = 20.0
COMMAND_SECONDS = 5.0


def require_connected(account: Account) -> None:
    """Raises NotConnected unless the line to WhatsApp is up."""
    if account.connection.status != Connection.Status.CONNECTED:
        raise NotConnected


def result_of(action: Action, fields: Container[str] = ()) -> Action:
    """The act, done. Raises what the client has to know otherwise: that it failed, or has no result yet.

    An error that begins with the name of one of the request's `fields` is the client's to mend.
    """
    action = actions.wait_for(action, RESULT_SECONDS)
    if action.status in actions.UNFINISHED:
        raise ApiError(
            504,
            f"The act is queued, but has no result after {RESULT_SECONDS:g} seconds. "
            f"Ask for it later: GET /api/actions/{action.pk}",
            action_id=action.pk,
        )
    if action.status == Action.Status.FAILED:
        error = action.error or "The act failed."
        field, colon, sentence = error.partition(": ")
        if colon and field in fields:
            raise ValidationError({field: [sentence]})
        raise Unavailable(error, action_id=action.pk)
    return action
