"""The spool: what was put in comes out, once, whatever happens to the process."""

from pathlib import Path

import pytest

from whatsapp.ingest.spool import DAMAGED, HEADER, Spool, Spooled, number_waiting


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inbox.spool"


def contents(spool: Spool) -> list[tuple[int, bytes]]:
    return [(event.code, event.data) for event in spool.waiting(100)]


def test_events_come_out_in_order(path: Path) -> None:
    spool = Spool(path)
    spool.append(17, b"first")
    spool.append(18, b"")
    spool.append(17, b"x" * 100_000)

    assert contents(spool) == [(17, b"first"), (18, b""), (17, b"x" * 100_000)]


def test_events_outlive_the_process(path: Path) -> None:
    Spool(path).append(17, b"left behind")

    assert contents(Spool(path)) == [(17, b"left behind")]


def test_what_was_taken_out_does_not_come_again(path: Path) -> None:
    spool = Spool(path)
    spool.append(17, b"first")
    spool.append(17, b"second")
    spool.take_out(spool.waiting(1)[0])
    assert contents(spool) == [(17, b"second")]

    spool.take_out(spool.waiting(1)[0])
    assert contents(spool) == []
    assert path.stat().st_size == 0


def test_an_event_that_was_cut_short_is_dropped_and_the_others_kept(path: Path) -> None:
    spool = Spool(path)
    spool.append(17, b"whole")
    spool.append(17, b"cut short")
    path.write_bytes(path.read_bytes()[:-3])

    again = Spool(path)
    assert contents(again) == [(17, b"whole")]
    again.append(17, b"next")
    assert contents(again) == [(17, b"whole"), (17, b"next")]


@pytest.mark.parametrize(("place", "code"), [(HEADER.size + 3, 18), (0, DAMAGED)], ids=["data", "size"])
def test_one_that_the_disk_has_damaged_costs_no_other(path: Path, place: int, code: int) -> None:
    spool = Spool(path)
    spool.append(17, b"first")
    start = path.stat().st_size
    spool.append(18, b"middle")
    end = path.stat().st_size
    spool.append(19, b"last")
    data = bytearray(path.read_bytes())
    data[start + place] = 0xFF
    path.write_bytes(data)

    first, middle, last = Spool(path).waiting(10)
    assert (first.data, first.is_whole, last.data, last.is_whole) == (b"first", True, b"last", True)
    assert (middle.code, middle.is_whole) == (code, False)
    assert middle.data == bytes(data[start if code == DAMAGED else start + HEADER.size : end])
    assert first.sequence < middle.sequence < last.sequence


def test_one_that_is_still_being_written_when_it_is_looked_at_is_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(path)
    spool.append(17, b"first")
    look, looks = Spool._whole_at, iter([True])

    def too_early(self: Spool, start: int) -> Spooled | None:
        if next(looks, False):
            self.append(17, b"second")
            return None
        return look(self, start)

    monkeypatch.setattr(Spool, "_whole_at", too_early)
    assert [(one.data, one.is_whole) for one in spool.waiting(10)] == [(b"first", True), (b"second", True)]


def test_what_a_power_cut_has_left_is_no_event(path: Path) -> None:
    """Zeros, on some file systems."""
    Spool(path).append(17, b"whole")
    with path.open("ab") as file:
        file.write(bytes(10_000))
    assert contents(Spool(path)) == [(17, b"whole")]


def test_sequences_grow_even_when_the_clock_goes_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(path)
    spool.append(17, b"now")
    monkeypatch.setattr("time.time_ns", lambda: 1_000)
    spool.append(17, b"before")

    first, second = spool.waiting(2)
    assert second.sequence > first.sequence


def test_who_looks_on_sees_how_many_have_not_been_taken_in(path: Path) -> None:
    assert number_waiting(path, 0, 100) == 0

    spool = Spool(path)
    for number in range(5):
        spool.append(17, b"x" * number)
    second = spool.waiting(2)[-1]
    assert number_waiting(path, 0, 100) == 5
    assert number_waiting(path, second.sequence, 100) == 3
    assert number_waiting(path, 0, 4) == 4
