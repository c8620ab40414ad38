"""`manage.py restore`: puts a backup back."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.management.passphrases import passphrase
from whatsapp.backup import archive, databases, restoring


class Command(BaseCommand):
    help = (
        "Puts a backup into the data folder of the settings, where no hub may be yet. The phones stay "
        "linked: see to it that the hub which the backup is of runs no more."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="what `manage.py backup` has written")

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        path = Path(options["file"])
        try:
            restoring.require_room()
            words = passphrase(is_new=False) if archive.is_encrypted(path) else None
            manifest = restoring.restore(path, words)
        except (restoring.NotRestored, databases.NotDone) as error:
            raise CommandError(str(error)) from error
        except archive.BadArchive as error:
            raise CommandError(f"{options['file']} can't be restored. {error}") from error
        except OSError as error:
            raise CommandError(
                f"{options['file']} can't be restored: {error.strerror or error}"
                f"{f' ({error.filename})' if error.filename else ''}."
            ) from error
        self.stdout.write(
            f"The hub of {manifest.made_at} is back: {', '.join(manifest.accounts)}. Start it as always; do "
            "not start the one that the backup was taken of."
        )
