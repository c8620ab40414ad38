"""The one place where the simulator imports neonize, which reads its certificates when it is loaded."""

from __future__ import annotations

import logging
import os

if not os.environ.get("SSL_CERT_FILE"):
    raise RuntimeError(
        "call whatsapp.simulator.trust.prepare() before importing the simulator: it loads neonize"
    )

from whatsapp.session.library import MediaType, NewClient, ProxySettings, client_lock

# isort: split
import neonize.events as events
from neonize.proto import Neonize_pb2 as neonize_proto
from neonize.proto.waAdv import WAAdv_pb2 as adv_proto
from neonize.proto.waCert import WACert_pb2 as cert_proto
from neonize.proto.waCommon import WACommon_pb2 as common_proto
from neonize.proto.waCompanionReg import WAWebProtobufsCompanionReg_pb2 as companion_proto
from neonize.proto.waE2E import WAWebProtobufsE2E_pb2 as e2e_proto
from neonize.proto.waHistorySync import WAWebProtobufsHistorySync_pb2 as history_proto
from neonize.proto.waServerSync import WAWebProtobufsServerSync_pb2 as server_sync_proto
from neonize.proto.waSyncAction import WAWebProtobufSyncAction_pb2 as action_proto
from neonize.proto.waVnameCert import WAWebProtobufsVnameCert_pb2 as name_proto
from neonize.proto.waWa6 import WAWebProtobufsWa6_pb2 as wa6_proto
from neonize.proto.waWeb import WAWebProtobufsWeb_pb2 as web_proto
from neonize.utils.jid import build_jid

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
    "name_proto",
    "neonize_proto",
    "quiet",
    "server_sync_proto",
    "wa6_proto",
    "web_proto",
]


def quiet(level: int = logging.WARNING) -> None:
    """Keeps what the library says below this level out of the logs, unless a level was chosen already."""
    for name in ("neonize.utils.log", "whatsmeow", "Whatsmeow.Database"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(level)
    # It warns that there is no ffmpeg, which nobody here uses.
    logging.getLogger("neonize.utils.ffmpeg").setLevel(logging.ERROR)
