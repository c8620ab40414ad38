"""When the disk has no room, the line is given up, and a sentence says why."""

import os
from types import SimpleNamespace

import pytest

from whatsapp.session import room


def disk(free: int, flags: int = 0) -> SimpleNamespace:
    return SimpleNamespace(f_bavail=free // 4096, f_frsize=4096, f_flag=flags)


@pytest.mark.parametrize(
    ("free", "least", "told"),
    [
        (room.LEAST_BYTES, room.LEAST_BYTES, None),
        (room.LEAST_BYTES - 4096, room.LEAST_BYTES, "is full (16.0 MB are free)"),
        (room.LEAST_BYTES, room.ENOUGH_BYTES, "is full (16.0 MB are free)"),
        (0, room.LEAST_BYTES, "is full (0 bytes are free)"),
    ],
)
def test_a_full_disk_is_told_before_it_is_full(
    monkeypatch: pytest.MonkeyPatch, free: int, least: int, told: str | None
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda folder: disk(free))
    lack = room.lack(least)
    assert lack is None if told is None else told in (lack or "").replace("\xa0", " ")


def test_a_disk_that_can_only_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda folder: disk(room.ENOUGH_BYTES, os.ST_RDONLY))
    assert "can't be written to" in (room.lack(room.LEAST_BYTES) or "")
