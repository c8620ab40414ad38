"""Texts that nobody can guess, each in a file of its own."""

import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path

RANDOM_BYTES = 32


@lru_cache(maxsize=4)
def random_text_in(path: Path) -> str:
    """The text in that file, which is made when it is not there; whoever comes first makes it."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(prefix=f".{path.name}", dir=path.parent)  # for this user alone
        try:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(RANDOM_BYTES))
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was faster: its text counts
        finally:
            Path(draft).unlink()
    return path.read_text().strip()
