"""The domain's place in Django."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WhatsappConfig(AppConfig):
    name = "whatsapp"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        from whatsapp import checks, search, tallies  # noqa: F401  (registers the system checks)

        post_migrate.connect(search.ensure_index_after_migrate, sender=self)
        post_migrate.connect(tallies.ensure_tallies_after_migrate, sender=self)
