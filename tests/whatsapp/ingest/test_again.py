"""Reading what is stored again: more is understood, nothing is doubled, nothing later is lost."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.protobufs import ALICE, BOB, build_edit, build_message, build_receipt
from tests.whatsapp.ingest.test_inbox import arrive, drain
from whatsapp.ingest import codes
from whatsapp.models import Account, Chat, Event, InboxEvent, Media, Message, MessageEdit
from whatsapp.protobuf import neonize_pb2, waE2E

pytestmark = pytest.mark.django_db


def reingest(**options: object) -> str:
    out = StringIO()
    call_command("reingest", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def test_what_was_not_understood_is_understood_now(account: Account) -> None:
    picture = waE2E.Message(
        imageMessage=waE2E.ImageMessage(mimetype="image/jpeg", caption="hi", directPath="/x")
    )
    arrive(account, build_message("A", content=picture))
    drain(account)
    # As a hub would have stored it that knew no pictures.
    Media.objects.all().delete()
    Message.objects.update(message_type="unknown", body=None, has_media=False)
    Chat.objects.update(last_message_body=None)

    assert "1 messages" in reingest()

    row = Message.objects.get()
    assert (row.message_type, row.body, row.has_media) == ("image", "hi", True)
    assert Media.objects.get().message == row
    assert Chat.objects.get().last_message_body == "hi"


def test_what_happened_to_a_message_later_stays(account: Account) -> None:
    arrive(account, build_message("A", "first"), build_edit("A", "second"))
    arrive(account, build_message("B", "mine", sender="15550100@s.whatsapp.net", chat=ALICE, from_me=True))
    arrive(account, build_receipt("B"), code=codes.RECEIPT)
    drain(account)
    Message.objects.update(is_starred=True)
    before = list(Message.objects.order_by("id").values())
    edits, logged = list(MessageEdit.objects.values()), Event.objects.count()

    reingest()
    drain(account)

    assert list(Message.objects.order_by("id").values()) == before
    assert list(MessageEdit.objects.values()) == edits
    assert Event.objects.count() == logged


def test_only_what_is_asked_for_is_read_again(account: Account) -> None:
    arrive(account, build_message("OLD", timestamp=1000), build_message("NEW", timestamp=2000))
    presence = neonize_pb2.Presence(Unavailable=False, LastSeen=0)
    getattr(presence, "From").CopyFrom(neonize_pb2.JID(User="1", Server="s.whatsapp.net"))  # noqa: B009
    arrive(account, presence.SerializePartialToString(), code=codes.PRESENCE)
    drain(account)
    Message.objects.update(body="?")

    reingest(kind=["message"], since="1500")
    assert dict(Message.objects.values_list("message_id", "body")) == {"OLD": "?", "NEW": "hello"}
    assert not InboxEvent.objects.pending().exists()

    assert "1 other events" in reingest(kind=["presence"])
    assert InboxEvent.objects.pending().count() == 1


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="--since is 'yesterday'"):
        reingest(since="yesterday")


def test_the_number_of_queries_does_not_grow_with_the_messages(account: Account) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as context:
            reingest(kind=["message"])
        return len(context)

    arrive(account, *(build_message(f"A{n}", sender=BOB, timestamp=n) for n in range(1, 4)))
    drain(account)
    few = queries()
    arrive(account, *(build_message(f"B{n}", sender=BOB, timestamp=n) for n in range(100, 160)))
    drain(account)
    assert queries() == few
