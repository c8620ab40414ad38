"""Files that wait to be sent, where the session process may be another machine's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from tests.buckets import Bucket
from whatsapp import actions, outbox, storage, upkeep
from whatsapp.models import Account, Action
from whatsapp.preparation import Prepared

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def machines(settings: Any, tmp_path: Path) -> Callable[[str], None]:
    """Each has an OUTBOX_DIR of its own; which one this process is."""

    def become(name: str) -> None:
        settings.OUTBOX_DIR = tmp_path / name

    become("web")
    return become


def payload_of(
    draft: outbox.Draft, data: bytes = b"a file", thumbnail: bytes | None = b"small"
) -> dict[str, Any]:
    draft.write(data)
    draft.close()
    return {"file": outbox.file_of(draft, Prepared(str(draft.path), "text/plain", thumbnail=thumbnail))}


def queue() -> Action:
    """An act, and the end of its request."""
    with outbox.Draft() as draft:
        return actions.queue(Account.default(), actions.SEND_DOCUMENT, payload_of(draft))


def folders(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir())


def test_another_machine_reads_it_and_this_one_keeps_nothing(
    bucket: Bucket, machines: Callable[[str], None], settings: Any
) -> None:
    file = queue().payload["file"]
    assert folders(settings.OUTBOX_DIR) == []

    machines("session")

    assert outbox.read(file["name"], file["path"]) == b"a file"
    assert outbox.read(file["name"], outbox.THUMBNAIL) == b"small"


def test_it_goes_when_its_act_is_done(
    bucket: Bucket, machines: Callable[[str], None], django_capture_on_commit_callbacks: Any
) -> None:
    action = queue()
    machines("session")
    with django_capture_on_commit_callbacks(execute=True):
        actions.finish(action, Action.Status.SENT, result={})
    assert bucket.names() == []


def test_it_stays_when_its_act_has_failed(bucket: Bucket, django_capture_on_commit_callbacks: Any) -> None:
    action = queue()
    with django_capture_on_commit_callbacks(execute=True):
        actions.finish(action, Action.Status.FAILED, error="no")
    assert outbox.read(action.payload["file"]["name"], outbox.RECEIVED) == b"a file"


def test_without_an_act_nothing_stays(bucket: Bucket, settings: Any) -> None:
    with outbox.Draft() as draft:
        payload_of(draft)
        assert bucket.names()
    assert (bucket.names(), folders(settings.OUTBOX_DIR)) == ([], [])


def test_a_store_that_does_not_take_it_leaves_nothing_behind(bucket: Bucket, settings: Any) -> None:
    bucket.client.delete_bucket(Bucket=bucket.name)
    with pytest.raises(OSError, match="NoSuchBucket"), outbox.Draft() as draft:
        payload_of(draft)
    assert folders(settings.OUTBOX_DIR) == []


def test_an_act_that_is_done_is_not_undone_by_a_store_that_is_away(
    bucket: Bucket, django_capture_on_commit_callbacks: Any, caplog: Any
) -> None:
    action = queue()
    for key in bucket.names():
        bucket.loses(key)
    bucket.client.delete_bucket(Bucket=bucket.name)
    with django_capture_on_commit_callbacks(execute=True):
        actions.finish(action, Action.Status.SENT, result={})
    assert Action.objects.get().status == "sent"
    assert "can't be removed from the outbox yet" in caplog.text


def test_what_no_act_needs_goes_after_an_hour(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = queue()
    forgotten = queue()
    forgotten.delete()
    storage.outbox().save("somebody-elses", ContentFile(b"x"))
    assert upkeep.remove_unsent() == 0

    monkeypatch.setattr(upkeep, "DRAFT_SECONDS", -60)
    assert upkeep.remove_unsent() == 1

    name = waiting.payload["file"]["name"]
    kept = [f"hub/outbox/{one}" for one in (f"{name}/received", f"{name}/thumbnail.jpg", "somebody-elses")]
    assert sorted(bucket.names()) == sorted(kept)


def test_what_was_queued_before_there_was_a_bucket_is_still_sent(settings: Any) -> None:
    action = queue()
    settings.STORAGES = Bucket().storages
    file = action.payload["file"]
    assert outbox.read(file["name"], file["path"]) == b"a file"
    outbox.remove(file["name"])
    with pytest.raises(FileNotFoundError):
        outbox.read(file["name"], file["path"])
