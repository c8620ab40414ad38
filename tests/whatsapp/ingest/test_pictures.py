"""Where profile pictures are: told again and again, each picture kept once."""

from typing import Any

import orjson
import pytest

from tests.whatsapp.ingest.arriving import arrive, drain
from whatsapp.ingest import codes
from whatsapp.models import Account, Contact, Media

pytestmark = pytest.mark.django_db

ALICE = "15550100@s.whatsapp.net"


def told(account: Account, url: str, picture_id: str = "7") -> None:
    answer = {"jid": ALICE, "id": picture_id, "url": f"https://pps.whatsapp.net/{url}"}
    arrive(account, [(codes.PROFILE_PICTURE, orjson.dumps(answer), 1_714_564_800_000)])
    drain(account)


def put(**fields: Any) -> None:
    Media.objects.update(**fields)


def test_a_picture_that_could_not_be_fetched_is_tried_at_its_new_address(account: Account) -> None:
    told(account, "old")
    put(
        download_status="failed",
        download_error="status code 403",
        is_gone=True,
        attempts=9,
        next_attempt_at=9,
    )
    told(account, "new")
    media = Media.objects.get()
    assert (media.url, media.download_status) == ("https://pps.whatsapp.net/new", "pending")
    assert (media.download_error, media.is_gone) == (None, None)
    assert (media.attempts, media.next_attempt_at) == (0, 0)


def test_a_picture_is_not_tried_again_where_it_is_gone(account: Account) -> None:
    told(account, "old")
    put(download_status="failed", is_gone=True)
    told(account, "old")
    assert Media.objects.get().download_status == "failed"


def test_a_picture_that_is_here_is_not_fetched_again(account: Account) -> None:
    told(account, "old")
    put(download_status="downloaded", file_path="a.jpg")
    told(account, "new")
    assert Media.objects.get().download_status == "downloaded"
    assert Contact.objects.get(jid=ALICE).profile_pic_url == "https://pps.whatsapp.net/new"


def test_another_picture_has_a_row_of_its_own(account: Account) -> None:
    told(account, "old")
    told(account, "new", picture_id="8")
    assert set(Media.objects.values_list("picture_id", flat=True)) == {"7", "8"}
