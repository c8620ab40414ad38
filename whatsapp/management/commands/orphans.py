"""`manage.py orphans`: files that nothing needs, and rows without their file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from whatsapp import orphans


class Command(BaseCommand):
    help = (
        "Counts the stored files that no row names, and the rows whose file is missing. With "
        "--delete, such files (of more than a day ago) are removed and such rows fetched again, as the "
        "worker does every week."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delete", action="store_true", help="remove these files, mark these rows")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = orphans.sweep(delete=options["delete"])
        except orphans.NothingThere as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The files can't be looked through: {error.strerror or error}.") from error
        removed, marked = ("removed", "are fetched again") if options["delete"] else ("found", "were found")
        self.stdout.write(f"{found.files} files that no row names {removed} ({found.size:,} bytes).")
        self.stdout.write(f"{found.rows} rows without their file {marked}.")
