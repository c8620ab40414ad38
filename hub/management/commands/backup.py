"""`manage.py backup`: one file with all that the hub has."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hub.management.passphrases import passphrase
from whatsapp.backup import databases, taking


class Command(BaseCommand):
    help = (
        "Writes database, links to phones, files of messages and files to be sent into one file, as they are "
        "at one moment; the hub may run. With --encrypt, the file is encrypted with a passphrase "
        "(BACKUP_PASSPHRASE, or asked for), and the key of stored secrets and the settings are in it, too."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", nargs="?", help="default: named after this moment, here")
        parser.add_argument("--encrypt", action="store_true", help="encrypt it with a passphrase")

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        kind = "zip" if options["encrypt"] else "tar"
        name = options["file"] or f"whatsapp-hub-{timezone.now():%Y-%m-%d-%H%M%S}.{kind}"
        path = Path(name).absolute()
        if path.exists():
            raise CommandError(f"FILE is {name!r}, which is there already: name another.")
        words = passphrase(is_new=True) if options["encrypt"] else None
        try:
            manifest = taking.take(path, words)
        except OSError as error:
            raise CommandError(f"FILE {name!r} can't be written: {error.strerror or error}.") from error
        except databases.NotDone as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{name}: {path.stat().st_size:,} bytes, of {', '.join(manifest.accounts)}.")
        if not manifest.has_files:
            self.stdout.write("Files of messages are in the S3 bucket, and not in it.")
        if not manifest.has_secrets:
            self.stdout.write(
                "It is not encrypted: whoever has it can read all messages and speak in your name. The "
                "settings (.env) and the key of webhooks' secrets are not in it: keep them, too."
            )
