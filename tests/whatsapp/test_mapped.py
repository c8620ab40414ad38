"""Files that are mapped into memory have their room on the disk before they are touched."""

import errno
import mmap
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.faults.disks import mounted
from whatsapp import mapped

SIZE = 256 * 1024
COUNTING = """
from api import counts
from whatsapp import metrics
metrics.note_request("GET", 200, "chats", 0.1)
print([counts.add_one(str(number), 60) for number in range(200)].count(1))
"""


def test_each_page_has_its_room(tmp_path: Path) -> None:
    handle = mapped.reserved(tmp_path / "counts", SIZE)
    told = os.fstat(handle)
    os.close(handle)
    assert told.st_blocks * 512 >= told.st_size == SIZE
    assert (tmp_path / "counts").stat().st_mode & 0o777 == 0o600


def test_what_is_in_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "counts").write_bytes(b"mine" + bytes(SIZE))
    handle = mapped.reserved(tmp_path / "counts", SIZE)
    assert os.pread(handle, 4, 0) == b"mine"
    assert os.fstat(handle).st_size == SIZE + 4
    os.close(handle)


def test_without_room_a_process_has_one_of_its_own_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def without_room(handle: int, start: int, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", without_room)
    handle = mapped.reserved(tmp_path / "counts", SIZE)
    with mmap.mmap(handle, SIZE) as places:
        places[:4] = b"mine"
        assert places[:4] == b"mine"
    os.close(handle)
    assert list(tmp_path.iterdir()) == []
    assert "No space left on device" in caplog.text


def test_a_process_counts_though_the_disk_is_full(tmp_path: Path) -> None:
    """It isn't ended by SIGBUS."""
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "API_KEY": settings.API_KEY,
        "DJANGO_SETTINGS_MODULE": "hub.settings",
    }
    with mounted(tmp_path / "data", 4) as disk:
        (disk.path / "metrics").mkdir()
        with disk.full():
            done = subprocess.run(
                [sys.executable, "-c", COUNTING],
                env={**environment, "DATA_DIR": str(disk.path)},
                cwd=settings.BASE_DIR,
                capture_output=True,
                text=True,
                check=False,
            )
    assert (done.returncode, done.stdout.strip()) == (0, "200"), done.stderr
