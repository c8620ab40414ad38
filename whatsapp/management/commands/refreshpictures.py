"""`manage.py refreshpictures`: asks again where profile pictures are."""

from typing import Any

from django.core.management.base import BaseCommand

from whatsapp import upkeep


class Command(BaseCommand):
    help = (
        "Lets the session process ask WhatsApp again where the pictures are of people and groups whose chats "
        "are in use, if it has not asked within a day. The worker does so every night, a portion at a time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        due = 0
        while some := upkeep.refresh_pictures():
            due += some
        self.stdout.write(f"{due} pictures are to be asked for again.")
