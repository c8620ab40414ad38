"""neonize's numbers for the kinds of event (neonize 0.5.2, `neonize.events.EVENT_TO_INT`)."""

QR = 1
PAIR_STATUS = 2
CONNECTED = 3
KEEP_ALIVE_TIMEOUT = 4
KEEP_ALIVE_RESTORED = 5
LOGGED_OUT = 6
STREAM_REPLACED = 7
TEMPORARY_BAN = 8
CONNECT_FAILURE = 9
CLIENT_OUTDATED = 10
STREAM_ERROR = 11
DISCONNECTED = 12
MESSAGE = 17
RECEIPT = 18

# Events about the line itself: the session acts on them at once and they never reach the inbox.
CONNECTION_CODES = frozenset(range(QR, DISCONNECTED + 1))
