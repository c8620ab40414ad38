"""What becomes of an act when something other than WhatsApp goes wrong. The line is the only stand-in."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from whatsapp import actions, media_files, outbox
from whatsapp.models import Account, Action, InboxEvent
from whatsapp.preparation import Prepared
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.session.acts import Acts, Lane
from whatsapp.session.credentials import InFile
from whatsapp.session.deeds import media
from whatsapp.session.library import SendMessageError, UploadError

pytestmark = pytest.mark.django_db(transaction=True)

ALICE = "15550101@s.whatsapp.net"


class WillingLine:
    """A line over which every message goes."""

    def __init__(self) -> None:
        self.sent: list[waE2E.Message] = []

    def send(self, jid: str, message: waE2E.Message) -> neonize_pb2.SendResponse:
        self.sent.append(message)
        return neonize_pb2.SendResponse(Timestamp=1_700_000_000, ID=f"SENT{len(self.sent)}", ServerID=0)

    def on_whatsapp(self, jid: str) -> str:
        return jid


@pytest.fixture
def line() -> WillingLine:
    return WillingLine()


@pytest.fixture
def acts(line: WillingLine, tmp_path: Path) -> Acts:
    return Acts(Account.default(), lambda: line, InFile(tmp_path / "no-store.db"))


def fails_times(count: int, work: Any) -> Any:
    """`work`, but for the first `count` calls, which find the database locked."""
    left = [count]

    def attempt(*args: Any, **kwargs: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise OperationalError("database is locked")
        return work(*args, **kwargs)

    return attempt


def test_what_was_sent_is_written_down_however_long_the_database_takes(
    acts: Acts, line: WillingLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whatsapp.session.acts.AFTER_TROUBLE_SECONDS", 0.01)
    monkeypatch.setattr(InboxEvent.objects, "create", fails_times(2, InboxEvent.objects.create))
    action = actions.send_text(Account.default(), ALICE, "hi")

    acts.step()

    action.refresh_from_db()
    assert (action.status, action.message_id) == ("sent", "SENT1")
    assert InboxEvent.objects.count() == 1
    assert len(line.sent) == 1


def test_an_act_that_the_database_kept_from_going_out_is_done_later(
    acts: Acts, line: WillingLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = actions.send_text(Account.default(), ALICE, "hi", quoted_id="A")
    with monkeypatch.context() as patch:
        patch.setattr("whatsapp.session.deeds.messages.quote", fails_times(1, None))
        acts.step()

    action.refresh_from_db()
    assert action.status == "queued"
    assert line.sent == []


def test_a_mistake_in_the_hub_ends_the_act_and_says_so(
    acts: Acts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    action = Action.objects.create(account=Account.default(), kind=actions.SEND_TEXT, payload={"jid": ALICE})

    acts.step()

    action.refresh_from_db()
    assert action.status == "failed"
    assert "KeyError" in action.error
    assert "Traceback" in caplog.text


def test_a_kind_that_nobody_knows_fails_by_name(acts: Acts) -> None:
    action = actions.queue(Account.default(), "send_smoke")

    acts.step()

    action.refresh_from_db()
    assert (action.status, action.error) == ("failed", "The hub doesn't know how to 'send_smoke'.")


# Acts with a file


class BrokenUploads(WillingLine):
    """A line whose uploads fail with these words, the first few times."""

    def __init__(self, words: str, times: int) -> None:
        super().__init__()
        self.words = words
        self.left = times
        self.uploaded: list[bytes] = []

    def upload(self, data: bytes, kind: Any) -> neonize_pb2.UploadResponse:
        if self.left:
            self.left -= 1
            raise UploadError(self.words)
        self.uploaded.append(data)
        return neonize_pb2.UploadResponse(
            url="https://mmg.whatsapp.net/x",
            DirectPath="/x",
            Handle="",
            MediaKey=b"k" * 32,
            FileEncSHA256=b"e" * 32,
            FileSHA256=hashlib.sha256(data).digest(),
            FileLength=len(data),
        )


def build_document(data: bytes = b"paper") -> Action:
    draft = outbox.Draft()
    draft.write(data)
    draft.close()
    file = outbox.file_of(draft, Prepared(str(draft.path), "text/plain"))
    payload = {"jid": ALICE, "file": file, "filename": "a.txt"}
    return actions.queue(Account.default(), actions.SEND_DOCUMENT, payload)


def media_acts(line: WillingLine, folder: Path) -> Acts:
    return Acts(Account.default(), lambda: line, InFile(folder / "no-store.db"), lane=Lane.FILES)


def test_each_of_the_two_leaves_the_others_acts_alone(line: WillingLine, tmp_path: Path) -> None:
    acts = Acts(Account.default(), lambda: line, InFile(tmp_path / "no-store.db"), lane=Lane.MESSAGES)
    text, document = actions.send_text(Account.default(), ALICE, "hi"), build_document()
    for action in (text, document):
        Action.objects.filter(pk=action.pk).update(status="sending")

    acts.begin()
    document.refresh_from_db()
    assert document.status == "sending"
    media_acts(line, tmp_path).begin()
    document.refresh_from_db()
    assert document.status == "queued"

    assert acts.step()
    assert not acts.step()
    document.refresh_from_db()
    assert document.status == "queued"
    assert media_acts(BrokenUploads("", 0), tmp_path).step()
    document.refresh_from_db()
    assert document.status == "sent"
    assert not outbox.folder_of(document.payload["file"]["name"]).exists()


def test_an_upload_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "FIRST_PAUSE", 0.01)
    line = BrokenUploads("upload failed with status code 500", 2)
    action = build_document()

    media_acts(line, tmp_path).step()

    action.refresh_from_db()
    assert action.status == "sent"
    assert line.uploaded == [b"paper"]


def test_an_upload_that_fails_for_good_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "FIRST_PAUSE", 0.01)
    action = build_document()

    media_acts(BrokenUploads("upload failed with status code 413", 9), tmp_path).step()

    action.refresh_from_db()
    assert action.status == "failed"
    assert action.error == "WhatsApp doesn't take the file: upload failed with status code 413"
    assert outbox.folder_of(action.payload["file"]["name"]).exists()  # for another try


@pytest.mark.parametrize("words", ["websocket not connected", "the line is closed"])
def test_an_upload_that_loses_its_line_waits_for_the_next(tmp_path: Path, words: str) -> None:
    line = BrokenUploads(f"failed to refresh media connections: {words}", 1)
    action = build_document()

    media_acts(line, tmp_path).step()
    action.refresh_from_db()
    assert action.status == "queued"
    media_acts(line, tmp_path).step()

    action.refresh_from_db()
    assert action.status == "sent"


def test_a_message_that_does_not_go_out_leaves_no_file(tmp_path: Path) -> None:
    line = BrokenUploads("", 0)
    line.send = lambda jid, message: fail("server returned error 403")  # type: ignore[method-assign]
    action = build_document(b"never sent")

    media_acts(line, tmp_path).step()

    action.refresh_from_db()
    assert action.status == "failed"
    assert not media_files.full_path(action.payload["file"]["stored"]).exists()


def test_a_file_that_can_not_be_stored_goes_out_all_the_same(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_DIR = tmp_path / "no-folder"
    settings.MEDIA_DIR.write_bytes(b"")
    action = build_document()

    media_acts(BrokenUploads("", 0), tmp_path).step()

    action.refresh_from_db()
    assert action.status == "sent"
    assert action.payload["file"]["stored"] is None


def fail(words: str) -> Any:
    raise SendMessageError(words)
