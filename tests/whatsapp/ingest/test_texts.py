"""Texts of strangers that are longer than anybody would write: they are stored, and searched by, like others.

They are random, so that PostgreSQL can't make them fit into an index by compressing them.
"""

import random
import string

import pytest

from tests.protobufs import (
    ALICE,
    build_call,
    build_edit,
    build_group,
    build_message,
    build_reaction,
    build_receipt,
    partial,
)
from tests.whatsapp.ingest.arriving import Arrived, arrive, drain
from whatsapp.ingest import codes
from whatsapp.jids import InvalidJid, jid_message, parse_jid
from whatsapp.models import (
    Account,
    Call,
    Chat,
    Contact,
    Group,
    InboxEvent,
    Media,
    Message,
    Newsletter,
    Reaction,
    Receipt,
)
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.search import search
from whatsapp.stats import files_of_account
from whatsapp.texts import LONGEST_IDENTIFIER, LONGEST_NAME, identifier, name

pytestmark = pytest.mark.django_db

CAME = 1_700_000_000_000
FRIENDS = "120363000000000001@g.us"


def long_text(seed: str, length: int = 6_000, letters: str = string.ascii_letters) -> str:
    return "".join(random.Random(seed).choices(letters, k=length))


def take_in(account: Account, *events: Arrived) -> None:
    """Lets them come together, and requires that none is quarantined."""
    arrive(account, events)
    drain(account)
    quarantined = InboxEvent.objects.filter(state=InboxEvent.State.QUARANTINED)
    assert list(quarantined.values_list("error", flat=True)) == []


def message(message_id: str, **details: object) -> Arrived:
    return codes.MESSAGE, build_message(message_id, **details), CAME


def test_a_message_with_a_long_type_of_file_and_reference_is_stored(account: Account) -> None:
    paper = waE2E.DocumentMessage(
        mimetype=long_text("type"), caption="a lighthouse", fileName=long_text("file")
    )
    paper.contextInfo.stanzaID = long_text("quoted")
    take_in(account, message("A", content=waE2E.Message(documentMessage=paper)), message("B"))

    stored = Message.objects.get(message_id="A")
    assert stored.quoted_id == identifier(long_text("quoted"))
    media = Media.objects.get(message=stored)
    assert (media.mime_type, media.original_filename) == (identifier(long_text("type")), long_text("file"))
    assert neonize_pb2.Message.FromString(bytes(stored.raw)).Message.documentMessage.mimetype == long_text(
        "type"
    )
    assert [group.mime_type for group in files_of_account(account)] == [media.mime_type]


def test_messages_with_long_ids_are_told_apart_and_found_again(account: Account) -> None:
    first, second = long_text("same") + "A", long_text("same") + "B"
    change = waE2E.Message()
    change.pinInChatMessage.key.ID = first
    change.pinInChatMessage.type = waE2E.PinInChatMessage.PIN_FOR_ALL
    take_in(
        account,
        message(first, text="one"),
        message(second, text="two", from_me=True, chat=ALICE, sender=account.jid),
        (codes.MESSAGE, build_edit(first, "one, better"), CAME),
        (codes.MESSAGE, build_reaction(first, "👍", moment=1_700_000_050), CAME),
        (codes.RECEIPT, build_receipt(second), CAME),
        message("PIN", content=change),
        message(first, text="again"),
    )

    one, two = Message.objects.get(body="one, better"), Message.objects.get(body="two")
    assert one.message_id != two.message_id
    assert len(one.message_id) == len(two.message_id) == LONGEST_IDENTIFIER
    assert one.pinned_at is not None
    assert Reaction.objects.get().target_id == one.message_id
    assert Receipt.objects.get().message_id == two.message_id
    assert two.status == Message.Status.READ


def test_a_change_waits_for_a_message_with_a_long_id(account: Account) -> None:
    late = long_text("late")
    take_in(account, (codes.MESSAGE, build_edit(late, "better"), CAME))
    assert InboxEvent.objects.get().waits_for == identifier(late)
    take_in(account, message(late, text="good"))

    assert Message.objects.get().body == "better"


def test_who_has_a_long_name_is_shown_by_its_beginning(account: Account) -> None:
    title = long_text("title", letters="äöüßçé")
    take_in(
        account,
        message("A", push_name=long_text("name", letters="ἀβγδ🗼")),
        (codes.GROUP, partial(build_group(FRIENDS, title)), CAME),
    )

    contact = Contact.objects.get(jid=ALICE)
    assert contact.notify_name == name(long_text("name", letters="ἀβγδ🗼"))
    assert contact.notify_name is not None
    assert len(contact.notify_name) == LONGEST_NAME
    assert Group.objects.get().name == title[:LONGEST_NAME]
    assert Chat.objects.get(jid=ALICE).name == contact.notify_name
    assert list(Group.objects.by_name()) == [Group.objects.get()]


def test_a_call_with_a_long_id_is_one_call(account: Account) -> None:
    call_id, reason = long_text("call"), long_text("reason")
    take_in(
        account,
        (codes.CALL_OFFER, build_call(neonize_pb2.CallOffer, call_id, 1_700_000_000), CAME),
        (
            codes.CALL_TERMINATE,
            build_call(neonize_pb2.CallTerminate, call_id, 1_700_000_009, reason=reason),
            CAME,
        ),
    )

    call = Call.objects.get()
    assert (call.call_id, call.end_reason) == (identifier(call_id), reason)


def test_a_newsletter_with_long_words_is_described(account: Account) -> None:
    metadata = neonize_pb2.NewsletterMetadata(ID=jid_message("120363000000000009@newsletter"))
    metadata.ThreadMeta.Name.Text = long_text("name")
    metadata.ThreadMeta.InviteCode = long_text("code")
    event = neonize_pb2.NewsletterJoin(NewsletterMetadata=metadata)
    take_in(account, (codes.NEWSLETTER_JOIN, partial(event), CAME))

    newsletter = Newsletter.objects.get()
    assert newsletter.invite_code == long_text("code")
    assert newsletter.name == long_text("name")[:LONGEST_NAME]


def test_an_address_that_is_too_long_or_has_a_nul_is_one_all_the_same(account: Account) -> None:
    stranger = long_text("user") + "@" + long_text("server")
    take_in(
        account,
        message("A", sender=f"{long_text('user')}@lid", chat=FRIENDS),
        message("B", sender=f"{long_text('user')}@lid", chat=FRIENDS),
        message("C", sender=stranger, chat=FRIENDS),
        message("D", sender="1555\x000101@s.whatsapp.net"),
    )

    jids = list(Message.objects.order_by("message_id").values_list("sender__jid", flat=True))
    assert jids[0] == jids[1] != jids[2]
    assert jids[0].endswith("@lid")
    assert jids[3] == ALICE
    with pytest.raises(InvalidJid):
        parse_jid(f"{long_text('user')}@s.whatsapp.net")


def test_a_body_with_more_words_than_an_index_takes_is_stored_and_found_by_its_beginning(
    account: Account,
) -> None:
    words = "lighthouse " + " ".join(long_text(str(number), 9) for number in range(150_000))
    take_in(account, message("A", text=words), message("B"))

    assert Message.objects.get(message_id="A").body == words
    assert search(Message.objects.all(), "lighthouse").get().message_id == "A"
