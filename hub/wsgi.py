"""The hub's HTTP side, for `hub.web` by way of `hub.asgi`, or for any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

application = get_wsgi_application()

from whatsapp import preferences  # noqa: E402  (Django has to be there)

preferences.follow()
