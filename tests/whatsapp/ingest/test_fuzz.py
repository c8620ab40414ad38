"""Whatever bytes come: ingest goes on, and the bytes are kept.

The cases are drawn with fixed seeds: random bytes, damaged events, and protobufs filled with what no sane
sender writes.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message as Protobuf

from tests.protobufs import build_message
from whatsapp.ingest import codes, inbox, registry
from whatsapp.ingest.content import parse_content
from whatsapp.ingest.content.values import text
from whatsapp.ingest.history import Importer
from whatsapp.models import Account, HistorySync, InboxEvent, Message, Story
from whatsapp.protobuf import neonize_pb2
from whatsapp.simulator.history import many

pytestmark = pytest.mark.django_db

State = InboxEvent.State
CASES = 60  # for each kind of event
DEPTH = 4

TEXTS = [
    "", "x", "15550101", "s.whatsapp.net", "lid", "g.us", "newsletter", "broadcast", "status@broadcast",
    "1@s.whatsapp.net", "900@lid", "a\0b", "\u202e", "💥" * 50, "x" * 5000, "-1", "{}", "../..",
]  # fmt: skip
NUMBERS = [
    0,
    1,
    -1,
    2**31 - 1,
    -(2**31),
    1_700_000_000,
    1_700_000_000_000,
    2**63 - 1,
    -(2**63),
    253_402_300_800,
]
FLOATS = [0.0, -1.0, 1e308, float("nan"), float("inf"), 1.7e9]

Kind = FieldDescriptor


def value_of(field: Any, chance: random.Random) -> Any:
    """A value that the field can hold, likely a nasty one."""
    if field.type == Kind.TYPE_STRING:
        return chance.choice(TEXTS)
    if field.type == Kind.TYPE_BYTES:
        return chance.randbytes(chance.choice([0, 1, 32, 300]))
    if field.type == Kind.TYPE_BOOL:
        return chance.random() < 0.5
    if field.type == Kind.TYPE_ENUM:
        return chance.choice(list(field.enum_type.values_by_number))
    if field.type in (Kind.TYPE_DOUBLE, Kind.TYPE_FLOAT):
        return chance.choice(FLOATS)
    unsigned = field.type in (Kind.TYPE_UINT32, Kind.TYPE_UINT64, Kind.TYPE_FIXED32, Kind.TYPE_FIXED64)
    small = field.type in (
        Kind.TYPE_INT32, Kind.TYPE_UINT32, Kind.TYPE_SINT32, Kind.TYPE_SFIXED32, Kind.TYPE_FIXED32,
    )  # fmt: skip
    least = 0 if unsigned else -(2**31) if small else -(2**63)
    most = 2**31 - 1 if small else 2**63 - 1
    return min(max(chance.choice(NUMBERS), least), most)


def fill(message: Protobuf, chance: random.Random, depth: int = 0) -> None:
    """Sets about half of the fields of a protobuf, down to some depth."""
    for field in message.DESCRIPTOR.fields:
        if chance.random() < (0.3 if depth == 0 else 0.5):
            continue
        if field.type in (Kind.TYPE_MESSAGE, Kind.TYPE_GROUP):
            if (
                depth >= DEPTH
                or (depth > 1 and chance.random() < 0.7)
                or field.message_type.GetOptions().map_entry
            ):
                continue
            if field.is_repeated:
                for _ in range(chance.randrange(3)):
                    fill(getattr(message, field.name).add(), chance, depth + 1)
            else:
                part = getattr(message, field.name)
                part.SetInParent()
                fill(part, chance, depth + 1)
        elif field.is_repeated:
            getattr(message, field.name).extend(value_of(field, chance) for _ in range(chance.randrange(3)))
        else:
            setattr(message, field.name, value_of(field, chance))


def strange_json(chance: random.Random) -> bytes:
    """JSON of the right or of some other shape."""
    jid = chance.choice(["1@s.whatsapp.net", "2@lid", "3@g.us", "", None, 7])
    shapes: list[Any] = [
        {"jid": jid, "at": chance.choice([0, -5, 2**70, None, "x"]), "code": "abc", "id": "1", "url": "u"},
        [{"jid": jid, "archived": True, "pinned": None, "muted_until": chance.choice([None, -1, 2**40])}],
        [["1@s.whatsapp.net", "2@lid"], [jid, jid]],
        [], {}, None, 5, "text",
    ]  # fmt: skip
    return json.dumps(chance.choice(shapes)).encode()


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes, cut short or with some bits turned over."""
    if chance.random() < 0.5:
        return data[: chance.randrange(len(data) + 1)]
    out = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        if out:
            out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def cases(code: int) -> Iterator[bytes]:
    chance = random.Random(code)
    protobuf = registry.protobuf_of(code)
    for number in range(CASES):
        if number % 6 == 0:
            yield chance.randbytes(chance.choice([0, 1, 7, 200]))
        elif protobuf is None:
            yield strange_json(chance)
        else:
            event = protobuf()
            fill(event, chance)
            data = event.SerializePartialToString()
            yield damaged(data, chance) if number % 3 == 0 else data


@pytest.mark.parametrize("code", registry.handled_codes())
def test_whatever_comes_is_stored_or_kept_with_its_bytes(account: Account, code: int) -> None:
    sent = list(cases(code))
    for start in range(0, len(sent), 20):
        some = [
            InboxEvent(account=account, code=code, data=data, received_at=1_700_000_000_000)
            for data in sent[start : start + 20]
        ]
        some.append(
            InboxEvent(account=account, code=codes.MESSAGE, data=build_message(f"GOOD{start}"), received_at=0)
        )
        InboxEvent.objects.bulk_create(some)
        while inbox.drain(account):
            pass

    good = Message.objects.filter(message_id__startswith="GOOD").count()
    assert good == len(range(0, len(sent), 20))
    assert not InboxEvent.objects.pending().exists()
    kept = [bytes(data) for data in InboxEvent.objects.values_list("data", flat=True)]
    if code == codes.MESSAGE:
        lost = [data for data in sent if data not in kept and not is_in_a_row(data)]
        assert lost == []
    elif code < codes.FIRST_ANSWER and code != codes.ROTATE_ADV_SECRET:
        assert sorted(kept) == sorted(sent)
    else:
        assert set(kept) <= set(sent)


def is_in_a_row(data: bytes) -> bool:
    """Whether a message or story has taken the bytes over; keys are kept by nobody."""
    event = neonize_pb2.Message.FromString(data)
    content = parse_content(event.Raw if event.HasField("Raw") else event.Message)
    stored = {"message_id": text(event.Info.ID), "raw__isnull": False}
    found = Message.objects.filter(**stored).exists() or Story.objects.filter(**stored).exists()
    return found or content.protocol_type == "app_state_sync_key_share"


def test_a_damaged_history_is_set_aside_or_imported_as_far_as_it_can_be_read(account: Account) -> None:
    blob = neonize_pb2.HistorySync(Data=next(iter(many(3, 10, end=1_700_000_000)))).SerializeToString()
    chance = random.Random(7)
    for _ in range(150):
        broken = damaged(blob, chance)
        row = InboxEvent.objects.create(
            account=account, code=codes.HISTORY_SYNC, data=broken, received_at=1_700_000_000_000
        )
        while inbox.drain(account):
            pass
        importer = Importer(account)
        while importer.step():
            pass
        row.refresh_from_db()
        if row.state == State.QUARANTINED:
            assert bytes(row.data) == broken
        else:
            assert row.state == State.HANDLED
            assert HistorySync.objects.get(event=row).finished_at is not None
