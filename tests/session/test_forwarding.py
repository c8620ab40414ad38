"""Which messages can be passed on, and as what. The line is the only stand-in."""

import time
from typing import Any

import pytest

from tests.builders import ALICE, build_chat, build_media, build_message
from tests.session.test_acts import WillingLine
from whatsapp.models import Account, Message
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.session.acts import Refused
from whatsapp.session.deeds.forwarding import FILE_SECONDS, copy_of
from whatsapp.session.deeds.messages import vcard
from whatsapp.session.deeds.recipients import as_the_chat_wants

pytestmark = pytest.mark.django_db


class StoringLine(WillingLine):
    """A line that takes files."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[bytes] = []

    def upload(self, file: bytes, kind: Any) -> neonize_pb2.UploadResponse:
        self.files.append(file)
        return neonize_pb2.UploadResponse(
            url="https://new", DirectPath="/new", MediaKey=b"new", FileEncSHA256=b"e", FileSHA256=b"f",
            FileLength=len(file), Handle="",
        )  # fmt: skip


def message(content: waE2E.Message, **fields: Any) -> Message:
    """A stored message of Alice's with that content."""
    row = build_message(None, **fields)
    row.raw = neonize_pb2.Message(Message=content).SerializePartialToString()
    row.save()
    return row


def picture(age: float = 0, **fields: Any) -> waE2E.Message:
    keyed_at = int(time.time() - age)
    image = waE2E.ImageMessage(URL="https://old", mediaKey=b"old", mediaKeyTimestamp=keyed_at, **fields)
    return waE2E.Message(imageMessage=image)


def test_a_score_is_counted_on_and_what_surrounded_the_message_stays_behind() -> None:
    context = waE2E.ContextInfo(
        forwardingScore=4, isForwarded=True, stanzaID="Q", mentionedJID=[ALICE], expiration=60
    )
    text = waE2E.Message(extendedTextMessage=waE2E.ExtendedTextMessage(text="Hi", contextInfo=context))
    text.messageContextInfo.messageSecret = b"s" * 32
    copy = copy_of(message(text), StoringLine())  # type: ignore[arg-type]
    kept = copy.extendedTextMessage
    assert (kept.text, kept.contextInfo.forwardingScore, kept.contextInfo.isForwarded) == ("Hi", 5, True)
    assert not kept.contextInfo.stanzaID
    assert not kept.contextInfo.mentionedJID
    assert not copy.HasField("messageContextInfo")


def test_the_newest_text_is_passed_on() -> None:
    edited = message(waE2E.Message(conversation="At nune"))
    edited.body, edited.edited_at = "At noon", edited.created_at
    assert copy_of(edited, StoringLine()).extendedTextMessage.text == "At noon"  # type: ignore[arg-type]


def test_a_wrapped_message_is_passed_on_without_its_wrapper() -> None:
    inner = waE2E.Message(conversation="gone soon")
    wrapped = waE2E.Message(ephemeralMessage=waE2E.FutureProofMessage(message=inner))
    assert copy_of(message(wrapped), StoringLine()).extendedTextMessage.text == "gone soon"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"message_type": "poll"},
        {"message_type": "undecryptable"},
        {"is_view_once": True},
        {"is_deleted": True},
    ],
)
def test_what_can_not_be_passed_on_says_so(fields: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"^message_id: "):
        copy_of(message(waE2E.Message(conversation="x"), **fields), StoringLine())  # type: ignore[arg-type]


def test_what_was_not_kept_whole_says_so() -> None:
    with pytest.raises(Refused, match="not kept this message whole"):
        copy_of(build_message("x"), StoringLine())  # type: ignore[arg-type]


def test_a_new_file_stays_where_it_is_and_an_old_one_is_uploaded_again() -> None:
    line = StoringLine()
    new = message(picture(age=60), message_type="image", has_media=True)
    assert copy_of(new, line).imageMessage.URL == "https://old"  # type: ignore[arg-type]
    assert not line.files

    old = message(picture(age=FILE_SECONDS + 60), message_type="image", has_media=True)
    build_media(b"a picture", message=old)
    image = copy_of(old, line).imageMessage  # type: ignore[arg-type]
    assert (image.URL, image.directPath, image.mediaKey) == ("https://new", "/new", b"new")
    assert image.mediaKeyTimestamp >= time.time() - 60
    assert line.files == [b"a picture"]


def test_an_old_file_that_the_hub_does_not_have_can_not_be_passed_on() -> None:
    old = message(picture(age=FILE_SECONDS + 60), message_type="image", has_media=True)
    with pytest.raises(Refused, match="has not downloaded it"):
        copy_of(old, StoringLine())  # type: ignore[arg-type]


# What a chat asks of messages


def test_messages_to_a_chat_with_a_timer_disappear_in_time() -> None:
    build_chat(ALICE, ephemeral_duration=86_400, ephemeral_set_at=1_700_000_000)
    account = Account.default()
    text = as_the_chat_wants(account, ALICE, waE2E.Message(conversation="Hi")).extendedTextMessage
    assert (text.text, text.contextInfo.expiration) == ("Hi", 86_400)
    assert text.contextInfo.ephemeralSettingTimestamp == 1_700_000_000
    image = as_the_chat_wants(account, ALICE, picture()).imageMessage
    assert image.contextInfo.expiration == 86_400


def test_messages_to_other_chats_stay_as_they_are() -> None:
    build_chat(ALICE)
    plain = waE2E.Message(conversation="Hi")
    assert as_the_chat_wants(Account.default(), ALICE, plain) == waE2E.Message(conversation="Hi")


def test_a_card_holds_any_name() -> None:
    assert r"FN:Bob\; the\, builder\\" in vcard("Bob; the, builder\\", "15550111")
    assert "END:VCARD" not in vcard("Bob\nEND:VCARD", "15550111").split("\n")[:-1]
