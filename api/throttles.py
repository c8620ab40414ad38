"""How many requests a key may make in a minute (the setting `requestsPerMinute`)."""

import time
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from api.access import Principal
from api.counts import add_one
from api.errors import TooMany
from whatsapp import preferences

WINDOW_SECONDS = 60


class KeyRate(BaseThrottle):
    """A count for each key and minute. It costs some microseconds a call."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Raises TooMany when the key has had its requests for this minute. Calls without one are free: they
        cost little, and wrong keys have a limit of their own."""
        most = preferences.get("requestsPerMinute")
        principal = request.user
        if not most or not isinstance(principal, Principal):
            return True
        now = time.time()
        minute = int(now) // WINDOW_SECONDS
        if add_one(f"requests:{principal.key_id or 'owner'}:{minute}", 2 * WINDOW_SECONDS) > most:
            left = WINDOW_SECONDS - now % WINDOW_SECONDS
            raise TooMany(f"This key may make {most} requests in a minute.", left)
        return True
