"""`manage.py reindex`: makes the search indexes and the counts anew."""

from typing import Any

from django.core.management.base import BaseCommand

from whatsapp import tallies
from whatsapp.search import keeping


class Command(BaseCommand):
    help = (
        "Makes the search indexes and the counts anew, from the rows. Takes about a minute for a million "
        "messages, in which nothing is taken in."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        keeping.drop_triggers()
        tallies.drop_triggers()
        keeping.ensure_index()
        tallies.ensure_tallies()
        self.stdout.write("The search indexes and the counts are made anew.")
