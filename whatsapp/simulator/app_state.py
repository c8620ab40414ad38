"""App state: settings that the devices of one account share (names, archived, pinned, muted, labels …).

The server keeps encrypted patches in order and hands out those a device has not seen; it can't read them.
Facts from whatsmeow's ``appstate.go``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account, Device, new_id
from whatsapp.simulator.binary import Node
from whatsapp.simulator.library import server_sync_proto
from whatsapp.simulator.router import Refused, Result, query

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection

CONFLICT = 409

#: The parts of the app state (whatsmeow's ``appstate.AllPatchNames``).
COLLECTIONS = ("critical_block", "critical_unblock_low", "regular_high", "regular", "regular_low")


class AppStates:
    """The patches of every account, by collection."""

    def __init__(self) -> None:
        self._patches: dict[tuple[Account, str], list[bytes]] = {}

    def of(self, account: Account, collection: str) -> list[bytes]:
        """The patches of one collection; the version is their number."""
        return self._patches.setdefault((account, collection), [])

    def forget(self, account: Account) -> None:
        """Begins anew."""
        for collection in COLLECTIONS:
            self._patches.pop((account, collection), None)

    def append(self, account: Account, collection: str, patch: bytes) -> None:
        """Adds a patch, which gets the next version."""
        patches = self.of(account, collection)
        stamped = server_sync_proto.SyncdPatch.FromString(patch)
        stamped.version.version = len(patches) + 1
        patches.append(stamped.SerializeToString())


@query("w:sync:app:state")
def sync(client: Connection, iq: Node) -> Result:
    """Takes new patches and returns those that the device lacks."""
    request = iq.child("sync")
    if request is None:
        raise Refused(400, "bad-request")
    answer = Node("sync", {}, [_collection(client, collection) for collection in request.all("collection")])
    # Noted when the answer is on its way: whoever waits for it may end the client's process at once.
    names = {collection.text("name") for collection in request.all("collection")}
    client.world.loop.call_soon(client.owner.collections.update, names)
    return answer


def _collection(client: Connection, request: Node) -> Node:
    account, name = client.owner.account, request.text("name")
    patches = client.world.app_states.of(account, name)
    known = int(request.text("version") or 0)
    new = request.child("patch")
    if new and known != len(patches):
        conflict = Node("error", {"code": CONFLICT, "text": "conflict"})
        attrs = {"name": name, "type": "error", "version": len(patches)}
        return Node("collection", attrs, [conflict, _since(patches, known)])
    if new:
        client.world.app_states.append(account, name, new.data)
        tell_change(account, name, len(patches), but=client.device)
        return Node("collection", {"name": name, "version": len(patches)})
    return Node("collection", {"name": name, "version": len(patches)}, [_since(patches, known)])


def _since(patches: list[bytes], version: int) -> Node:
    return Node("patches", {}, [Node("patch", {}, patch) for patch in patches[version:]])


def tell_change(account: Account, name: str, version: int, but: Device | None = None) -> None:
    """The account's devices (but the one that made the change) fetch what is new."""
    for device in account.devices.values():
        if device is not but:
            attrs = {"from": account.jid, "id": new_id(), "type": "server_sync", "t": int(time.time())}
            changed = Node("collection", {"name": name, "version": version})
            device.mailbox.put(Node("notification", attrs, [changed]))
