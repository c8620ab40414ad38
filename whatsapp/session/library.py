"""The one place that imports neonize.

Importing it loads a Go library and starts its runtime, configures the root logger, and needs libmagic. This
module puts right what can be put right, and everything else that speaks to WhatsApp imports from here.
"""

import io
import logging
import os
import threading
from typing import Any

_root = logging.getLogger()
_handlers, _level = _root.handlers[:], _root.level
# While it is imported neonize asks `uname` through pipes that it never closes; answer it without a process.
_popen = os.popen
os.popen = lambda *_command: io.StringIO(" ".join(os.uname()))  # type: ignore[assignment]  # for the import alone

# Before neonize, which needs libmagic: it brings the library where the system has none.
import pylibmagic  # noqa: F401

# isort: split
import neonize.client
from neonize.client import ClientFactory, NewClient, ProxySettings
from neonize.events import INT_TO_EVENT
from neonize.exc import (
    DownloadError,
    IsOnWhatsAppError,
    MarkReadError,
    NeonizeError,
    SendMessageError,
    UploadError,
)
from neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2 import DeviceProps
from neonize.utils.enum import (
    ChatPresence,
    ChatPresenceMedia,
    MediaType,
    ParticipantChange,
    Presence,
    ReceiptType,
)

os.popen = _popen
_root.handlers[:] = _handlers
_root.setLevel(_level)

__all__ = [
    "INT_TO_EVENT",
    "ChatPresence",
    "ChatPresenceMedia",
    "ClientFactory",
    "DeviceProps",
    "DownloadError",
    "IsOnWhatsAppError",
    "MarkReadError",
    "MediaType",
    "NeonizeError",
    "NewClient",
    "ParticipantChange",
    "Presence",
    "ProxySettings",
    "ReceiptType",
    "SendMessageError",
    "UploadError",
    "client_lock",
    "set_library_level",
]

# goneonize keeps its clients in Go maps without a lock, and Go ends the process when two threads write to
# one. In a process of several clients, whoever starts or stops one holds this.
client_lock = threading.Lock()


class _DaemonThread(threading.Thread):
    """A thread that lets the process exit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["daemon"] = True
        super().__init__(*args, **kwargs)


# A client that was never paired stays in its Go call for ever (`FetchMe` in goneonize's main.go waits for an
# account and heeds no signal to stop), and neonize gives that call a thread that keeps the process alive.
neonize.client.Thread = _DaemonThread


def set_library_level(level: int) -> None:
    """How much of what the Go library says reaches Python: it is asked once, when a client connects."""
    for name in ("neonize.utils.log", "neonize.client", "Whatsmeow.Database"):
        logging.getLogger(name).setLevel(level)
