"""`manage.py movemedia`: brings the files in MEDIA_DIR to the bucket that the settings name."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from whatsapp import moving, storage
from whatsapp.moving import Outcome

EVERY = 100  # files, until the next word


class Command(BaseCommand):
    help = (
        "Copies the files of messages that the S3 bucket of the settings lacks from MEDIA_DIR into it, and "
        "reads each back to compare. May be stopped and run again, and while the hub runs. With --delete, a "
        "file in MEDIA_DIR is removed once the bucket's copy was found to be the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--delete", action="store_true", help="remove from MEDIA_DIR what is in the bucket"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if storage.is_in_folders():
            raise CommandError("S3_BUCKET is not set: there is nowhere to move files to.")
        counts, size, deleted = Counter[Outcome](), 0, 0
        try:
            for number, moved in enumerate(moving.move_media(delete=options["delete"]), 1):
                counts[moved.outcome] += 1
                size += moved.size if moved.outcome is Outcome.COPIED else 0
                deleted += moved.is_deleted
                if number % EVERY == 0:
                    self.stderr.write(f"{number} files …", ending="\r")
        except (OSError, moving.Damaged) as error:
            reason = str(error) if isinstance(error, moving.Damaged) else f"{error.strerror or error}."
            raise CommandError(
                f"{reason} {counts[Outcome.COPIED]} files were copied; run it again."
            ) from error
        self.stdout.write(
            f"{counts[Outcome.COPIED]} files copied ({size:,} bytes), {counts[Outcome.THERE]} were there."
        )
        if options["delete"]:
            self.stdout.write(f"{deleted} files removed from MEDIA_DIR.")
        if counts[Outcome.MISSING]:
            self.stdout.write(f"{counts[Outcome.MISSING]} files are in neither place: see manage.py orphans.")
        if counts[Outcome.DAMAGED]:
            raise CommandError(
                f"{counts[Outcome.DAMAGED]} files in MEDIA_DIR are not what was downloaded, and were left."
            )
