"""HTTP requests to addresses that others choose: files to be sent, and webhooks.

Such an address must not lead into the owner's own network. What counts is the address that the connection
is really made to, so it is checked there, between looking the name up and connecting to what was found: a
name that means something else a moment later doesn't help anyone. ALLOW_PRIVATE_URLS lifts this.
"""

from whatsapp.outgoing_http.addresses import LONGEST_URL, NotFetched, RefusedAddress, is_public, require_url
from whatsapp.outgoing_http.fetching import fetch, session
from whatsapp.outgoing_http.lines import Answer, Line

__all__ = [
    "LONGEST_URL",
    "Answer",
    "Line",
    "NotFetched",
    "RefusedAddress",
    "fetch",
    "is_public",
    "require_url",
    "session",
]
