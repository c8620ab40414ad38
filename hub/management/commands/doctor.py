"""`manage.py doctor`: what is wrong, and what to do about it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from whatsapp.doctor import Level, examine


class Command(BaseCommand):
    help = (
        "Looks at the machine, the settings, the database and what runs, and says what to do about each "
        "thing that is wrong. It changes nothing. Ends with 1 where something is bad."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        styles = {Level.GOOD: self.style.SUCCESS, Level.LOOK: self.style.WARNING, Level.BAD: self.style.ERROR}
        is_bad = False
        for finding in examine():
            is_bad |= finding.level is Level.BAD
            self.stdout.write(
                f"{styles[finding.level](f'{finding.level:4}')} {finding.part:17} {finding.what}"
            )
            if finding.fix:
                self.stdout.write(f"     {'':17} → {finding.fix}")
        if is_bad:
            sys.exit(1)
