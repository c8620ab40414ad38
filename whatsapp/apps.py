"""The domain's place in Django."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class WhatsappConfig(AppConfig):
    name = "whatsapp"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        from whatsapp import checks, search, tallies  # noqa: F401  (registers the system checks)
        from whatsapp.changes import hold_nobody_up
        from whatsapp.search.names import add_functions

        for receiver in (add_functions, hold_nobody_up):
            connection_created.connect(receiver)
        for keeper in (search, tallies):
            pre_migrate.connect(keeper.before_migrate, sender=self)
            post_migrate.connect(keeper.after_migrate, sender=self)
