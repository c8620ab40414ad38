"""`manage.py migrate_to_postgres`: moves the hub to another database."""

import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from hub.env import Environment
from whatsapp import to_postgres
from whatsapp.models import Account
from whatsapp.session import lock


class Command(BaseCommand):
    help = (
        "Copies all rows of the hub, which must not be running, from SQLite into an empty PostgreSQL, and "
        "compares them. The SQLite file stays as it is. Then set DATABASE_URL, and start the hub again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", metavar="URL", help="postgres://user:password@host:5432/name")

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError("DATABASE_URL is set: the hub is on PostgreSQL already.")
        try:
            target = Environment({"URL": options["url"]}).database("URL")
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if target is None:
            raise CommandError("URL is empty: it must look like postgres://user:password@host:5432/name.")
        if not (lock.all_are_free() and all(map(lock.is_free, Account.objects.all()))):
            raise CommandError("The hub is running: stop it first, so that nothing is missed.")
        begun = time.monotonic()
        try:
            to_postgres.move(target, self._tell)
        except (to_postgres.NotMoved, ImproperlyConfigured, DatabaseError) as error:
            raise CommandError(f"Nothing was moved: {error}") from error
        self.stdout.write(
            f"All is there, and the same, after {time.monotonic() - begun:.0f} s. Set DATABASE_URL to that "
            "database now. Files stay where they are; the link to the phone goes into the database with the "
            "first start."
        )

    def _tell(self, table: str, content: to_postgres.Content) -> None:
        if content.rows:
            self.stdout.write(f"{table}: {content.rows:,} rows, checksum {content.checksum:016x}")
