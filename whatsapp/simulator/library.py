"""The one place where the simulator imports neonize.

Importing it loads a Go library that reads its certificates at that moment, configures the root logger and
starts threads that keep a process alive; this module puts right what can be put right.
"""

from __future__ import annotations

import io
import logging
import os
import threading
from typing import Any

if not os.environ.get("SSL_CERT_FILE"):
    raise RuntimeError(
        "call whatsapp.simulator.trust.prepare() before importing the simulator: it loads neonize"
    )

_root = logging.getLogger()
_handlers, _level = _root.handlers[:], _root.level
# While it is imported neonize asks ``uname`` through pipes that it never closes; answer it without a process.
_popen = os.popen
os.popen = lambda *_command: io.StringIO(" ".join(os.uname()))  # type: ignore[assignment]

# Before neonize, which needs libmagic: it brings the library where the system has none.
import pylibmagic  # noqa: E402, F401

# isort: split
import neonize.client  # noqa: E402
import neonize.events as events  # noqa: E402
from neonize.client import NewClient, ProxySettings  # noqa: E402
from neonize.proto import Neonize_pb2 as neonize_proto  # noqa: E402
from neonize.proto.waAdv import WAAdv_pb2 as adv_proto  # noqa: E402
from neonize.proto.waCert import WACert_pb2 as cert_proto  # noqa: E402
from neonize.proto.waCommon import WACommon_pb2 as common_proto  # noqa: E402
from neonize.proto.waCompanionReg import WAWebProtobufsCompanionReg_pb2 as companion_proto  # noqa: E402
from neonize.proto.waE2E import WAWebProtobufsE2E_pb2 as e2e_proto  # noqa: E402
from neonize.proto.waHistorySync import WAWebProtobufsHistorySync_pb2 as history_proto  # noqa: E402
from neonize.proto.waServerSync import WAWebProtobufsServerSync_pb2 as server_sync_proto  # noqa: E402
from neonize.proto.waSyncAction import WAWebProtobufSyncAction_pb2 as action_proto  # noqa: E402
from neonize.proto.waWa6 import WAWebProtobufsWa6_pb2 as wa6_proto  # noqa: E402
from neonize.utils.enum import MediaType  # noqa: E402
from neonize.utils.jid import build_jid  # noqa: E402

os.popen = _popen
_root.handlers[:] = _handlers
_root.setLevel(_level)

__all__ = [
    "MediaType",
    "NewClient",
    "ProxySettings",
    "action_proto",
    "adv_proto",
    "build_jid",
    "cert_proto",
    "client_lock",
    "common_proto",
    "companion_proto",
    "e2e_proto",
    "events",
    "history_proto",
    "neonize_proto",
    "quiet",
    "server_sync_proto",
    "wa6_proto",
]

#: goneonize keeps its clients in Go maps without a lock, and Go ends the process when two threads write one
#: map. Whoever starts or stops a client in a process of several holds this.
client_lock = threading.Lock()


class _DaemonThread(threading.Thread):
    """A thread that lets the process exit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["daemon"] = True
        super().__init__(*args, **kwargs)


# A client that was never paired stays in its Go call for ever (``FetchMe`` in goneonize's main.go waits for
# an account and looks at no stop signal), and NewClient.connect() gives that call a thread that isn't a
# daemon.
neonize.client.Thread = _DaemonThread


def quiet(level: int = logging.WARNING) -> None:
    """Keeps what the library says below this level out of the logs, unless a level was chosen already."""
    for name in ("neonize.utils.log", "whatsmeow", "Whatsmeow.Database"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(level)
    # It warns that there is no ffmpeg, which nobody here uses.
    logging.getLogger("neonize.utils.ffmpeg").setLevel(logging.ERROR)
