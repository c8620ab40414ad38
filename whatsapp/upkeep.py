"""What has to be done now and then to keep the hub's house in order."""

import logging
import time
from pathlib import Path

from django.conf import settings
from django.db import connection

log = logging.getLogger(__name__)

DRAFT_SECONDS = 3600  # older than that, an unfinished file belongs to no one


def remove_drafts() -> int:
    """Deletes what interrupted downloads left below MEDIA_DIR. Returns how many files."""
    oldest = time.time() - DRAFT_SECONDS
    removed = 0
    for path in Path(settings.MEDIA_DIR).rglob(".*.part"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            removed += 1
    if removed:
        log.info("Removed %d unfinished downloads", removed)
    return removed


def optimize_database() -> None:
    """Lets SQLite refresh what its query planner knows of the tables."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize")
