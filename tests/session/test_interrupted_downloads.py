"""A process that dies while it fetches a file leaves it claimed: the next one goes on at once."""

import time

import pytest

from tests.builders import build_media
from whatsapp.models import Account, Media
from whatsapp.session.downloads import LEASE_SECONDS, free_interrupted

pytestmark = pytest.mark.django_db


def later(media: Media) -> tuple[bool, int]:
    """Whether it is tried later, and how often it was."""
    media.refresh_from_db()
    return media.next_attempt_at > time.time(), media.attempts


@pytest.mark.parametrize(
    ("fields", "after"),
    [
        ({"attempts": 1}, (False, 0)),  # it was being fetched
        ({"attempts": 1, "download_error": "status code 503"}, (True, 1)),  # it waits, having failed
        ({"attempts": 0}, (True, 0)),  # it has its turn in a history
        ({"attempts": 1, "download_status": Media.Status.FAILED}, (True, 1)),
    ],
)
def test_what_was_being_fetched_is_due_at_once(fields: dict[str, object], after: tuple[bool, int]) -> None:
    media = build_media(None, next_attempt_at=int(time.time()) + LEASE_SECONDS, **fields)
    free_interrupted(Account.objects.get(pk=media.account_id))
    assert later(media) == after
