"""Acts from their forms: most are what was typed, some bring a file."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework.exceptions import APIException, ValidationError

from api import acts
from api.errors import sentence_of
from api.views.sending_media import payload_of, require_no_newsletter
from dashboard.acting import Outcome, errors_of, outcome_of, perform
from dashboard.data.actions.forms import Form
from whatsapp import actions, outbox
from whatsapp.models import Account

SECONDS = 5.0  # how long a form waits for what comes of its act; its page then goes on telling


def act(
    account: Account, form: Form, values: Mapping[str, Any], file: "UploadedFile[Any] | None" = None
) -> Outcome:
    """Queues what the form says, and waits a while for what comes of it."""
    if form.has_file:
        return act_with_file(account, form, values, file)
    return perform(account, form.kind, values, form.shape, defaults=form.defaults, seconds=SECONDS)


def act_with_file(
    account: Account, form: Form, values: Mapping[str, Any], file: "UploadedFile[Any] | None"
) -> Outcome:
    """The same of a form with a file: a small one that came with it, or the one at its URL."""
    if (file is None) == (not values.get("url")):
        return Outcome(errors={"file": ["Choose a file, or give its URL: one of the two."]})
    try:
        with outbox.Draft() as draft:
            data = dict(values)
            if file is not None:
                for chunk in file.chunks():
                    draft.write(chunk)
                data["file"] = file.name
            body = form.shape(data=data, context={"draft": draft})
            body.is_valid(raise_exception=True)
            require_no_newsletter(body.validated_data["jid"])
            payload = payload_of(form.kind, body.validated_data, draft)
            action = actions.queue(account, form.kind, payload)
    except ValidationError as error:
        return Outcome(errors=errors_of(error.detail))
    except APIException as error:
        return Outcome(errors={"": [sentence_of(error.detail)]})
    except outbox.FileTooLarge as error:
        return Outcome(errors={"file": [str(error)]})
    except OSError as error:
        return Outcome(errors={"file": [f"The file can't be stored: {error.strerror or error}."]})
    return outcome_of(acts.wait_for(action, SECONDS), payload)
