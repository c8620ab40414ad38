"""Files that processes map into their memory, and so share.

Their room on the disk is reserved before: where there is none for a page that is touched, the kernel ends the
process (SIGBUS).
"""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


def reserved(path: Path, size: int) -> int:
    """A descriptor of the file, which has `size` bytes at least and room for them. On a disk that is full or
    can't be written to it is one of a file in memory instead, which nobody shares."""
    try:
        return with_room(path, size)
    except OSError as error:
        log.error("%s has no room, and this process counts alone: %s", path.name, error.strerror or error)
    handle = os.memfd_create(path.name)
    os.ftruncate(handle, size)
    return handle


def with_room(path: Path, size: int) -> int:
    """The same, or OSError; a file that was not there is not made then."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError:
        if not os.fstat(handle).st_size:
            path.unlink()
        os.close(handle)
        raise
    return handle
