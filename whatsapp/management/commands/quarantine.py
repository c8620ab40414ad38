"""`manage.py quarantine`: the events that could not be handled."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from whatsapp.ingest.inbox import replay
from whatsapp.log_lines import harmless
from whatsapp.models import InboxEvent

SHOWN = 50


class Command(BaseCommand):
    help = "Lists the events that ingest could not handle, with the reason; --replay puts them back in line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--replay", action="store_true", help="handle them again, after a fix")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["replay"]:
            self.stdout.write(f"{replay([InboxEvent.State.QUARANTINED])} events are back in line.")
            return
        events = InboxEvent.objects.quarantined()
        for event in events.defer("data")[:SHOWN]:
            moment = datetime.fromtimestamp(event.received_at / 1000, UTC)
            reason = harmless((event.error or "").partition("\n")[0])
            self.stdout.write(f"{event.pk}  {moment:%Y-%m-%d %H:%M:%S}  kind {event.code}  {reason}")
        self.stdout.write(f"{events.count()} events in quarantine.")
