"""A record's page: what is shown of it, how, and what it leads to."""

import json

import pytest
from django.db.models import BigIntegerField
from django.test import Client

from tests import protobufs
from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    build_account,
    build_action,
    build_call,
    build_chat,
    build_contact,
    build_edit,
    build_event,
    build_group,
    build_group_change,
    build_history_sync,
    build_inbox_event,
    build_label,
    build_label_association,
    build_media,
    build_message,
    build_newest_reaction,
    build_participant,
    build_poll_vote,
    build_presence,
    build_presence_change,
    build_reaction,
    build_receipt,
    build_story,
    build_story_view,
)
from tests.whatsapp.admin.rows import (
    TABLES,
    list_of,
    message,
    page_of,
    person,
    rows_in,
    text_of,
)
from whatsapp import actions, events
from whatsapp.admin import readable, related
from whatsapp.admin.columns import units_per_second
from whatsapp.ingest import codes
from whatsapp.models import (
    Connection,
    Event,
    Message,
    Receipt,
)

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


# From record to record


def test_a_chat_leads_to_its_messages(owner: Client) -> None:
    mine, _ = build_message(chat=ALICE), build_message(chat=BOB)
    also_mine = build_message(chat=ALICE, at=NOON + 1)
    link = f"{list_of(Message)}?chat__id__exact={mine.chat_id}"
    assert f'href="{link}"' in text_of(owner, page_of(mine.chat))
    assert rows_in(owner, link) == [also_mine, mine]


def test_a_narrowed_list_says_to_what(owner: Client) -> None:
    chat = build_chat(FAMILY, name="Family & friends")
    build_message(chat=chat)
    page = text_of(owner, list_of(Message, f"?chat__id__exact={chat.pk}"))
    assert f'chat <a href="{page_of(chat)}">Family &amp; friends</a>' in page
    assert "Only those with" not in text_of(owner, list_of(Message, "?is_starred__exact=1"))


def test_a_message_leads_to_all_that_belongs_to_it(owner: Client) -> None:
    poll = message(1, quoted_id="Q1")
    quoted = build_message(chat=poll.chat, message_id="Q1")
    rows = [
        quoted,
        build_media(message=poll),
        build_edit(poll),
        build_receipt(poll),
        build_newest_reaction(poll),
        build_reaction(poll),
        build_poll_vote(poll, "tea"),
        build_label_association(poll),
        build_action(message_id=poll.message_id),
    ]
    page = text_of(owner, page_of(poll))
    for row in rows:
        assert f'href="{page_of(row)}"' in page, row
    build_receipt(poll, BOB)
    page = text_of(owner, page_of(poll))
    link = f"{list_of(Receipt)}?message_id__exact={poll.message_id}&amp;chat__id__exact={poll.chat_id}"
    assert f'href="{link}">Receipts (2)</a>' in page


def test_what_belongs_to_a_message_leads_back_to_it(owner: Client) -> None:
    poll = message(1)
    answers = [build_receipt(poll), build_newest_reaction(poll), build_poll_vote(poll, "tea")]
    for row in [
        *answers,
        build_media(message=poll),
        build_edit(poll),
        build_action(message_id=poll.message_id),
    ]:
        assert f'href="{page_of(poll)}"' in text_of(owner, page_of(row)), row


def test_a_contact_leads_to_all_that_is_known_of_them(owner: Client) -> None:
    alice = build_contact(ALICE)
    rows = [
        build_message(chat=ALICE),
        build_chat(ALICE),
        build_participant(ALICE),
        build_call(ALICE),
        build_presence(ALICE),
        build_presence_change(ALICE),
        build_story(sender=ALICE),
        build_story_view(build_story(sender=BOB), ALICE),
    ]
    page = text_of(owner, page_of(alice))
    for row in rows:
        assert f'href="{page_of(row)}"' in page, row


def test_a_group_leads_to_its_people_its_changes_and_its_chat(owner: Client) -> None:
    group = build_group()
    for row in [build_participant(), build_group_change(), build_chat(FAMILY)]:
        assert f'href="{page_of(row)}"' in text_of(owner, page_of(group))


def test_a_call_leads_to_its_chat_and_an_event_to_its_history(owner: Client) -> None:
    call = build_call()
    history = build_history_sync(build_inbox_event())
    assert call.chat is not None
    assert history.event is not None
    assert f'href="{page_of(call.chat)}"' in text_of(owner, page_of(call))
    assert f'href="{page_of(history)}"' in text_of(owner, page_of(history.event))
    assert f'href="{page_of(history.event)}"' in text_of(owner, page_of(history))


def test_an_event_outlives_its_message(owner: Client) -> None:
    gone = message(1)
    event = build_event(message_id=gone.pk)
    Message.objects.filter(pk=gone.pk).delete()
    assert rows_in(owner, list_of(Event)) == [event]
    assert f"{gone.pk} (gone)" in text_of(owner, page_of(event))


def test_related_rows_are_counted_as_far_as_it_matters(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related, "MOST_COUNTED", 2)
    for number in range(3):
        build_message(chat=ALICE, at=NOON + number)
    assert "Messages (2+)" in text_of(owner, page_of(build_chat(ALICE)))


# What is shown, and how


def test_what_strangers_wrote_is_escaped(owner: Client) -> None:
    sent = build_message(SCRIPT, raw=True, push_name=SCRIPT)
    chat = build_chat(BOB, name=SCRIPT, last_message_body=SCRIPT)
    build_message(chat=chat)
    broken = build_inbox_event(json.dumps({"a": SCRIPT}).encode(), 999, error=SCRIPT)
    rows = [
        sent,
        chat,
        broken,
        build_contact(person(7), notify_name=SCRIPT),
        build_media(original_filename=SCRIPT, thumbnail=f"\xff\xd8\xff{SCRIPT}".encode("latin-1")),
        build_event(payload={"body": SCRIPT}),
        build_action(payload={"text": SCRIPT}),
        build_poll_vote(sent, SCRIPT),
        build_newest_reaction(sent, SCRIPT),
        build_story(SCRIPT),
        build_label("9", name=SCRIPT),
        build_edit(sent, SCRIPT),
    ]
    paths = [page_of(row) for row in rows] + [list_of(type(row)) for row in rows]
    paths += [list_of(Message, f"?chat__id__exact={chat.pk}"), list_of(Message, "?q=%3Cscript%3Ealert(1)")]
    shown = [text_of(owner, path) for path in paths]
    assert [path for path, page in zip(paths, shown, strict=True) if "<script>alert" in page] == []
    assert sum(ESCAPED in page for page in shown) > len(rows)


def test_a_message_s_page_shows_its_protobuf(owner: Client) -> None:
    page = text_of(owner, page_of(build_message("Hello", raw=True)))
    assert "&quot;conversation&quot;: &quot;Hello&quot;" in page


def test_an_event_of_the_inbox_is_shown_by_its_kind(owner: Client) -> None:
    receipt = build_inbox_event(protobufs.build_receipt("3EB0A1"), codes.RECEIPT)
    page = text_of(owner, page_of(receipt))
    assert f"{len(receipt.data)} bytes" in page
    assert "&quot;3EB0A1&quot;" in page
    assert "18 (receipt)" in page


@pytest.mark.parametrize("code", [codes.MESSAGE, codes.RECEIPT, 999, 32767])
@pytest.mark.parametrize("data", [b"", b"\xff" * 3, b"\x00\x01broken", b"[" * 5000, b'"\\ud800"'])
def test_broken_bytes_are_shown_as_they_are(owner: Client, code: int, data: bytes) -> None:
    page = text_of(owner, page_of(build_inbox_event(data, code)))
    assert f"{len(data):,} bytes" in page
    sent = build_message()
    Message.objects.filter(pk=sent.pk).update(raw=data)
    assert f"{len(data):,} bytes" in text_of(owner, page_of(sent))


def test_unknown_bytes_are_shown_in_hex(owner: Client) -> None:
    assert "ff 00 41" in text_of(owner, page_of(build_inbox_event(b"\xff\x00A", 999)))


def test_a_long_event_is_shown_in_part(owner: Client) -> None:
    long = build_inbox_event(json.dumps("x" * 100_000).encode(), 999)
    huge = build_inbox_event(b'"' + b"x" * readable.MOST_BYTES_PARSED + b'"', 999)
    assert "80,002 characters more" in text_of(owner, page_of(long))
    for event in (long, huge):
        assert len(text_of(owner, page_of(event))) < 60_000


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_a_thumbnail_is_a_picture(owner: Client, data: bytes, mime_type: str) -> None:
    assert f'src="data:{mime_type};base64,' in text_of(owner, page_of(build_media(thumbnail=data)))


@pytest.mark.parametrize("data", [b"<svg onload=alert(1)>", b"GIF89a", b""])
def test_no_other_bytes_become_a_picture(owner: Client, data: bytes) -> None:
    page = text_of(owner, page_of(build_media(thumbnail=data)))
    assert "<img class" not in page
    assert "<svg onload" not in page


def test_times_are_readable(owner: Client) -> None:
    sent = build_message(at=NOON)
    assert "2024-05-01 12:00:00" in text_of(owner, list_of(Message))
    assert f"2024-05-01 12:00:00 UTC ({NOON})" in text_of(owner, page_of(sent))
    event = build_event(logged_at=NOON * 1000 + 999)
    assert f"2024-05-01 12:00:00 UTC ({NOON * 1000 + 999})" in text_of(owner, page_of(event))
    never = build_chat(BOB, mute_expiry=2**60)
    assert str(2**60) in text_of(owner, page_of(never))


def test_every_column_of_a_time_says_its_unit() -> None:
    unclear = [
        f"{model.__name__}.{field.name}"
        for model in TABLES
        for field in model._meta.concrete_fields
        if isinstance(field, BigIntegerField)
        and (
            field.name.endswith(("_at", "_ts", "_until")) or field.name in ("timestamp", "since", "last_seen")
        )
        and units_per_second(field) is None
    ]
    assert unclear == []


def test_secrets_are_hidden(owner: Client) -> None:
    account = build_account()
    Connection.objects.filter(account=account).update(qr="2@secret-code")
    line = Connection.objects.get(account=account)
    told = build_event(events.CONNECTION_QR, {"qr": "2@secret-code"})
    pairing = build_action(actions.PAIR, result={"code": "secret-code"})
    rotated = build_inbox_event(b'{"key": "secret-code"}', codes.ROTATE_ADV_SECRET)
    for row in (line, told, pairing, rotated):
        page = text_of(owner, page_of(row))
        assert "secret-code" not in page
        assert "Not shown: it is a secret." in page
        assert "secret-code" not in text_of(owner, list_of(type(row)))
