"""The hub as one ASGI application: HTTP goes to Django as WSGI in threads, WebSockets to Channels."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from hub.wsgi import application as wsgi_application  # which sets Django up: first of all

# isort: split
from api.streaming import listeners
from api.streaming.asgi import Message, Receive, Send
from api.streaming.socket import EventSocket
from hub.http import Http

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

NO_SUCH_ROUTE = 4404

listeners.start()


async def no_such_route(scope: Message, receive: Receive, send: Send) -> None:
    """Tells a WebSocket client by the close code; before the handshake it would not learn it."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": NO_SUCH_ROUTE, "reason": "There is nothing here."})


application = ProtocolTypeRouter(
    {
        "http": Http(wsgi_application),
        "websocket": URLRouter([re_path(r"^ws/?$", EventSocket.as_asgi()), re_path(r"", no_such_route)]),  # type: ignore[arg-type]  # django-stubs lets re_path take views alone; URLRouter takes ASGI applications
    }
)
