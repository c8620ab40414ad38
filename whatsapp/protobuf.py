"""WhatsApp's protobuf messages, as neonize ships them, without loading its Go library.

`import neonize` maps a 19 MB shared library, starts a Go runtime and configures root logging. Only the
session and simulator processes want that; ingest, the API and the worker need no more than the generated
message classes. Their modules import one another by top-level names (``from waE2E import …``), so the
folder that holds them goes on the import path, as ``neonize.proto`` itself does. A process that later
imports neonize gets the same classes: both come from protobuf's one descriptor pool.
"""

import importlib.util
import sys
from pathlib import Path

_spec = importlib.util.find_spec("neonize")
if _spec is None or not _spec.submodule_search_locations:
    raise ImportError("neonize is not installed: run `make install`")
_folder = str(Path(_spec.submodule_search_locations[0]) / "proto")
if _folder not in sys.path:
    sys.path.append(_folder)

import Neonize_pb2 as neonize_pb2
from waCommon import WACommon_pb2 as waCommon
from waE2E import WAWebProtobufsE2E_pb2 as waE2E
from waHistorySync import WAWebProtobufsHistorySync_pb2 as waHistorySync
from waWeb import WAWebProtobufsWeb_pb2 as waWeb

__all__ = ["neonize_pb2", "waCommon", "waE2E", "waHistorySync", "waWeb"]
