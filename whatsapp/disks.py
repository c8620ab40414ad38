"""The disks that the hub writes to, and how much room is left on each."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from whatsapp.storage import is_in_folders

LOW_BYTES, LEAST_BYTES = 2 * 1024**3, 512 * 1024**2  # of free disk


@dataclass(frozen=True, slots=True)
class Disk:
    """`folder` is the first of the hub's folders that are on it, and `name` says what is there."""

    name: str
    folder: Path
    free: int  # bytes
    total: int

    @property
    def is_low(self) -> bool:
        """Somebody should make room."""
        return self.free < LOW_BYTES

    @property
    def is_nearly_full(self) -> bool:
        """Little more can be stored."""
        return self.free < LEAST_BYTES


def disks() -> list[Disk]:
    """That of the data first, and each once, however many folders are on it."""
    folders = {"data": Path(settings.DATA_DIR)}
    if is_in_folders():
        folders |= {"files": Path(settings.MEDIA_DIR), "files to be sent": Path(settings.OUTBOX_DIR)}
    found: dict[int, Disk] = {}
    for name, folder in folders.items():
        if folder.exists() and (device := folder.stat().st_dev) not in found:
            usage = shutil.disk_usage(folder)
            found[device] = Disk(name, folder, usage.free, usage.total)
    return list(found.values())
