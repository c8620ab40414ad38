"""Keys as rows: what is kept of one, and until when it is good."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.builders import ALICE, ALICE_LID, CHARLIE_LID, FAMILY, build_api_key, build_contact
from whatsapp import api_keys
from whatsapp.models import ApiKey

pytestmark = pytest.mark.django_db


def test_a_key_is_kept_as_its_digest_alone() -> None:
    row, key = build_api_key("read")
    assert key.startswith("wah_")
    assert len(key) == api_keys.LENGTH
    kept = ApiKey.objects.filter(pk=row.pk).values().get()
    assert key not in repr(kept)
    assert kept["prefix"] == key[:10]
    assert api_keys.find(key.encode()) == row


def test_no_two_keys_are_alike() -> None:
    assert build_api_key()[1] != build_api_key()[1]


def test_what_no_key_looks_like_is_not_looked_up() -> None:
    _, key = build_api_key()
    with CaptureQueriesContext(connection) as queries:
        for wrong in (b"", b"wah_", b"wah_" + b"x" * 42, key.encode() + b"x", b"xah_" + key.encode()[4:]):
            assert api_keys.find(wrong) is None
    assert not queries.captured_queries


def test_a_wrong_key_is_looked_up_once() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert api_keys.find(b"wah_" + b"x" * 43) is None
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("ending", "is_good"),
    [
        ({"expires_at": timezone.now() + timedelta(days=1)}, True),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, False),
        ({"revoked_at": timezone.now()}, False),
    ],
)
def test_a_key_is_good_until_its_end(ending: dict[str, object], is_good: bool) -> None:
    _, key = build_api_key(**ending)
    assert (api_keys.find(key.encode()) is not None) == is_good


def test_a_revoked_key_is_bad_at_once_and_stays_revoked() -> None:
    row, key = build_api_key()
    assert api_keys.find(key.encode())
    assert api_keys.revoke(row)
    assert row.revoked_at is not None
    assert api_keys.find(key.encode()) is None
    assert not api_keys.revoke(row)


def test_its_last_use_is_written_once_a_minute() -> None:
    row, key = build_api_key()
    api_keys.find(key.encode())
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    with CaptureQueriesContext(connection) as queries:
        api_keys.find(key.encode())
    assert len(queries) == 1
    ApiKey.objects.filter(pk=row.pk).update(last_used_at=first - timedelta(seconds=61))
    api_keys.find(key.encode())
    row.refresh_from_db()
    assert row.last_used_at >= first


def test_a_key_works_while_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    row, key = build_api_key()

    def refuse(*args: object, **kwargs: object) -> int:
        raise OperationalError("database is locked")

    monkeypatch.setattr("django.db.models.query.QuerySet.update", refuse)
    assert api_keys.find(key.encode()) == row


def test_a_persons_lid_is_kept_as_their_phone_where_it_is_known() -> None:
    build_contact(ALICE, lid=ALICE_LID)
    row, _ = build_api_key("read", chats=[ALICE_LID, CHARLIE_LID, FAMILY, ALICE])
    assert row.chats == sorted([ALICE, CHARLIE_LID, FAMILY])


def test_both_of_a_persons_addresses_are_meant() -> None:
    build_contact(ALICE, lid=ALICE_LID)
    assert api_keys.both_addresses([ALICE, FAMILY]) == [{ALICE, ALICE_LID, FAMILY}]


def test_what_is_known_of_one_group_is_not_given_to_another() -> None:
    build_contact(ALICE, lid=ALICE_LID)
    found = api_keys.both_addresses([FAMILY], [ALICE_LID], [], [ALICE, CHARLIE_LID])
    assert found == [{FAMILY}, {ALICE, ALICE_LID}, set(), {ALICE, ALICE_LID, CHARLIE_LID}]


def test_the_number_of_queries_for_addresses_does_not_grow(
    django_assert_num_queries: Callable[..., CaptureQueriesContext],
) -> None:
    for number in range(20):
        build_contact(f"1555020{number:02}@s.whatsapp.net", lid=f"9{number}@lid")
    with django_assert_num_queries(2):
        groups = api_keys.both_addresses(*([f"1555020{number:02}@s.whatsapp.net"] for number in range(20)))
    assert [len(group) for group in groups] == [2] * 20
