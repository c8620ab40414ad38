"""Counts of messages and files that triggers keep."""

import random
from collections import Counter
from typing import Any

import pytest
from django.db import connection, models

from tests.builders import ALICE, BOB, FAMILY, NOON, build_chat, build_media, build_message
from whatsapp import tallies
from whatsapp.checks import check_tallies
from whatsapp.models import Account, DayTally, FileTally, Media, Message, MessageTally, TotalTally

pytestmark = pytest.mark.django_db

TOTAL = ("account_id", "message_type", "from_me", "has_media")
FILE = ("account_id", "kind", "download_status")
KIND = ("account_id", "chat_id", "message_type", "from_me", "has_media")


def are_right() -> bool:
    """Whether the tallies are what counting gives."""
    kinds = Counter(Message.objects.values_list(*KIND))
    days = Counter(
        (account, timestamp // 86_400, chat)
        for account, timestamp, chat in Message.objects.values_list("account_id", "timestamp", "chat_id")
    )
    kept_kinds = {tuple(row): number for *row, number in MessageTally.objects.values_list(*KIND, "number")}
    kept_days = {
        tuple(row): number
        for *row, number in DayTally.objects.values_list("account_id", "day", "chat_id", "number")
    }
    totals = Counter(Message.objects.values_list(*TOTAL))
    kept_totals = {tuple(row): number for *row, number in TotalTally.objects.values_list(*TOTAL, "number")}
    files: dict[Any, list[int]] = {}
    for *row, mime_type, size in Media.objects.values_list(*FILE, "mime_type", "file_size"):
        sums = files.setdefault((*row, mime_type or ""), [0, 0])
        sums[0] += 1
        sums[1] += size or 0
    kept_files = {
        tuple(row): [number, size]
        for *row, number, size in FileTally.objects.values_list(*FILE, "mime_type", "number", "size")
    }
    kept = (kept_kinds, kept_days, kept_totals, kept_files)
    return kept == (dict(kinds), dict(days), dict(totals), files)


def test_the_counts_follow_whatever_happens_to_messages() -> None:
    chance = random.Random(5)
    chats = [build_chat(jid) for jid in (ALICE, BOB, FAMILY)]
    for step in range(200):
        messages = list(Message.objects.order_by("?")[:3])
        what = chance.randrange(8)
        if what < 4 or not messages:
            build_message(
                chat=chance.choice(chats),
                at=NOON + chance.randrange(5) * 40_000,
                message_type=chance.choice(["text", "image"]),
                from_me=chance.random() < 0.5,
                has_media=chance.random() < 0.5,
            )
        elif what == 4:
            Message.objects.filter(pk__in=[one.pk for one in messages]).update(chat=chance.choice(chats))
        elif what == 5:
            Message.objects.filter(pk=messages[0].pk).update(message_type="edited", body=f"{step}")
        elif what == 6:
            messages[0].delete()
        else:
            messages[0].has_media = not messages[0].has_media
            messages[0].save()
        if step % 10 == 0:
            assert are_right()
    assert are_right()


def test_the_counts_follow_whatever_happens_to_files() -> None:
    chance = random.Random(7)
    for step in range(120):
        files = list(Media.objects.order_by("?")[:2])
        what = chance.randrange(7)
        if what < 3 or not files:
            build_media(
                None,
                message=build_message(at=NOON + step, has_media=True),
                mime_type=chance.choice(["image/jpeg", "video/mp4", None]),
                file_size=chance.choice([None, 0, 1000, 2**40]),
                download_status=chance.choice(Media.Status.values),
            )
        elif what == 3:
            Media.objects.filter(pk=files[0].pk).update(download_status=Media.Status.DOWNLOADED, file_size=7)
        elif what == 4:
            Media.objects.filter(pk__in=[one.pk for one in files]).update(mime_type=None, kind="sticker")
        elif what == 5:
            files[0].delete()
        else:
            files[0].message.delete()
        if step % 10 == 0:
            assert are_right()
    assert are_right()


def test_rows_written_in_bulk_and_again_are_counted_once() -> None:
    one = build_message()
    fields = {field.attname: getattr(one, field.attname) for field in Message._meta.concrete_fields}
    rows = [Message(**{**fields, "id": one.pk + number, "message_id": f"{number}"}) for number in range(5)]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    Message.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["message_type"]
    )
    assert Message.objects.all().count() == 5
    assert are_right()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("REPLACE INTO whatsapp_message SELECT * FROM whatsapp_message")
        assert are_right()


def test_a_chat_takes_its_counts_with_it() -> None:
    build_message(chat=ALICE)
    build_message(chat=BOB)
    build_chat(ALICE).delete()
    assert MessageTally.objects.count() == DayTally.objects.count() == 1
    assert TotalTally.objects.get().number == 1
    assert are_right()


def test_what_the_counts_tell_apart_needs_no_counting() -> None:
    for number in range(6):
        build_message(
            "tea", chat=(ALICE, BOB)[number % 2], from_me=number % 3 == 0, has_media=number % 2 == 0, at=NOON
        )
    account = Account.default()
    alice = build_chat(ALICE)
    everything: Any = Message.objects.all()
    for rows in (
        everything,
        everything.filter(account=account),
        everything.filter(chat=alice),
        everything.filter(chat__in=[alice.pk]),
        everything.filter(chat__in=[alice.pk]).filter(chat__in=[build_chat(BOB).pk]),
        everything.filter(from_me=True, has_media=True),
        everything.filter(message_type="text", account=account, from_me=False),
        everything.filter(message_type="image"),
        everything.order_by("-id"),
        everything.select_related("chat"),
    ):
        assert tallies.count_of(rows) == len(rows)


def test_what_they_do_not_tell_apart_is_counted() -> None:
    for number in range(4):
        build_message("tea", at=NOON + number, is_starred=number == 1)
    everything: Any = Message.objects.all()
    last = everything.order_by("-id")[0]
    for rows in (
        everything[:2],
        everything.filter(is_starred=True),
        everything.filter(id__gt=last.pk - (1 << 20)),
        everything.exclude(message_type="image"),
        everything.filter(models.Q(from_me=True) | models.Q(message_type="text")),
        everything.filter(chat__jid=ALICE),
        everything.filter(chat__in=build_chat(ALICE).__class__.objects.all()),
        everything.filter(sender__jid=ALICE).distinct(),
        everything.none(),
    ):
        assert tallies.count_of(rows) is None
        assert rows.count() == len(rows)


def test_a_lost_trigger_is_reported_and_mended() -> None:
    build_message()
    with connection.cursor() as cursor:
        on = "" if connection.vendor == "sqlite" else " ON whatsapp_message"
        cursor.execute(f"DROP TRIGGER whatsapp_messagetally_insert{on}")
    build_message(at=NOON + 1)
    assert not are_right()
    (warning,) = check_tallies(["default"])
    assert "whatsapp_messagetally_insert" in warning.msg
    assert tallies.ensure_tallies()
    assert are_right()
    assert check_tallies(["default"]) == []
    assert not tallies.ensure_tallies()
