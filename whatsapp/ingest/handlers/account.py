"""The account's own affairs: whom it has blocked, who may see what of it."""

from dataclasses import dataclass
from typing import Any

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.models import Contact
from whatsapp.protobuf import neonize_pb2

SETTINGS = {
    "GroupAdd": "group_add",
    "LastSeen": "last_seen",
    "Status": "status",
    "Profile": "profile",
    "ReadReceipts": "read_receipts",
    "CallAdd": "call_add",
    "Online": "online",
}


def block(batch: Batch, people: list[tuple[Contact, bool]]) -> None:
    """Notes who is blocked and who no more, and tells the changes."""
    changed = [(one, blocked) for one, blocked in people if batch.put(one, is_blocked=blocked)]
    for word, wanted in (("add", True), ("remove", False)):
        if jids := [one.jid for one, blocked in changed if blocked is wanted]:
            batch.log(events.BLOCKLIST_UPDATE, {"blocklist": jids, "type": word})


@handles(codes.BLOCKLIST, neonize_pb2.BlocklistEvent)
@dataclass(slots=True)
class BlocklistChanged:
    """People were blocked or unblocked, on any device."""

    changes: list[tuple[Address, bool]]

    @classmethod
    def parse(cls, event: neonize_pb2.BlocklistEvent, arrival: Arrival) -> "BlocklistChanged":
        return cls([read_change(change) for change in event.Changes])

    def touches(self) -> Touched:
        return Touched().people(address for address, _ in self.changes)

    def apply(self, batch: Batch) -> Outcome:
        block(batch, [(batch.contact(address), blocked) for address, blocked in self.changes])
        return Outcome.HANDLED


@handles(codes.BLOCKLIST_CHANGE, neonize_pb2.BlocklistChange)
@dataclass(slots=True)
class OneBlocked(BlocklistChanged):
    """One of the same."""

    @classmethod
    def parse(cls, event: neonize_pb2.BlocklistChange, arrival: Arrival) -> "OneBlocked":
        return cls([read_change(event)])


def read_change(change: neonize_pb2.BlocklistChange) -> tuple[Address, bool]:
    blocked = change.BlockAction == neonize_pb2.BlocklistChange.BLOCK
    return Address.of_jids(change.JID), blocked


@handles(codes.ALL_BLOCKED, neonize_pb2.Blocklist)
@dataclass(slots=True)
class AllBlocked:
    """The whole list: who is not on it is not blocked."""

    people: list[Address]

    @classmethod
    def parse(cls, event: neonize_pb2.Blocklist, arrival: Arrival) -> "AllBlocked":
        return cls([Address.of_jids(jid) for jid in event.JIDs])

    def touches(self) -> Touched:
        return Touched().people(self.people)

    def apply(self, batch: Batch) -> Outcome:
        on_it = [batch.contact(address) for address in self.people]
        batch.load_where(Contact, is_blocked=True)
        named = {id(one) for one in on_it}
        off_it = [one for one in batch.people.everyone() if one.is_blocked and id(one) not in named]
        block(batch, [*((one, True) for one in on_it), *((one, False) for one in off_it)])
        return Outcome.HANDLED


@handles(codes.ALL_PRIVACY, neonize_pb2.PrivacySettings)
@dataclass(slots=True)
class Privacy:
    """All privacy settings, each in WhatsApp's word."""

    settings: dict[str, str]

    @classmethod
    def parse(cls, event: neonize_pb2.PrivacySettings, arrival: Arrival) -> "Privacy":
        return cls(read_settings(event))

    def touches(self) -> Touched:
        return Touched()

    def apply(self, batch: Batch) -> Outcome:
        account = batch.own_account()
        privacy = {**(account.privacy or {}), **self.settings}
        if batch.put(account, privacy=privacy):
            batch.log(events.PRIVACY_UPDATE, privacy)
        return Outcome.HANDLED


@handles(codes.PRIVACY_SETTINGS, neonize_pb2.privacySettingsEvent)
@dataclass(slots=True)
class PrivacyChanged(Privacy):
    """Some of them have changed, on any device."""

    @classmethod
    def parse(cls, event: neonize_pb2.privacySettingsEvent, arrival: Arrival) -> "PrivacyChanged":
        return cls(read_settings(event.NewSettings))


def read_settings(settings: neonize_pb2.PrivacySettings) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, key in SETTINGS.items():
        value: Any = getattr(settings, name)
        word = neonize_pb2.PrivacySettings.PrivacySetting.Name(value).lower() if value else "undefined"
        if settings.HasField(name) and word != "undefined":
            found[key] = word
    return found
