"""Room on the disk. Without any, the library can't write its keys down, and what comes then can't be
decrypted: not later, either. So the line is given up before, and WhatsApp keeps what comes."""

import os
from pathlib import Path

from django.conf import settings
from django.template.defaultfilters import filesizeformat

MEGABYTE = 1024 * 1024
LEAST_BYTES = 16 * MEGABYTE  # for what is under way when the line is given up
ENOUGH_BYTES = 24 * MEGABYTE  # to take it up again
LOOK_SECONDS = 10.0


def lack(least: int) -> str | None:
    """Why nothing more may come, in a sentence: less than `least` bytes are free in DATA_DIR, or it can't be
    written to. None when all is well."""
    folder = Path(settings.DATA_DIR)
    disk = os.statvfs(folder)
    if disk.f_flag & os.ST_RDONLY:
        return f"The disk of {folder} can't be written to. Until it can, WhatsApp keeps what comes."
    free = disk.f_bavail * disk.f_frsize
    if free >= least:
        return None
    left = filesizeformat(free)
    return f"The disk of {folder} is full ({left} are free). Until it isn't, WhatsApp keeps what comes."
