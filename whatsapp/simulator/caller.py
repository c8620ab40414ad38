"""Who calls whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account
from whatsapp.simulator.binary import Node
from whatsapp.simulator.calls import CallRecord

if TYPE_CHECKING:
    from whatsapp.simulator.group_member import Recipient
    from whatsapp.simulator.jid import Jid
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.server import Simulator


class Call:
    """A call that rings at the other end until somebody answers, refuses or ends it.

    ``by`` says who acts, at the phone; it must be given for a group's call, else it is who was called.
    """

    def __init__(self, simulator: Simulator, record: CallRecord) -> None:
        self._simulator = simulator
        self._record = record
        self.id = record.id

    @property
    def rejected_by(self) -> str:
        """The address of the device that refused it, empty while nobody has."""
        return self._record.rejected_by

    def is_ringing(self, by: Person | None = None) -> None:
        """It rings at the other end."""
        self.signals("preaccept", by)

    def is_accepted(self, by: Person | None = None) -> None:
        """Somebody picks up; the other devices stop ringing."""
        self.signals("accept", by)

    def is_rejected(self, by: Person | None = None) -> None:
        """Somebody refuses it; the other devices stop ringing."""
        self.signals("reject", by)

    def finds_a_way(self, by: Person | None = None) -> None:
        """The two ends look for a connection."""
        self.signals("transport", by)
        self.signals("relaylatency", by)

    def ends(self, reason: str = "", by: Person | None = None) -> None:
        """The caller (or who is named) hangs up."""
        self._signal("terminate", by.account if by else self._record.caller, reason=reason or None)

    def times_out(self) -> None:
        """Nobody answers, and the caller's phone gives up."""
        self.ends("timeout")

    def signals(self, tag: str, by: Person | None = None, **attrs: str | None) -> None:
        """Any signal; whatsmeow gives one that it doesn't know as an UnknownCallEvent."""
        actor = by.account if by else self._record.callee
        if not isinstance(actor, Account):
            raise ValueError("say who of the group it is: by=")
        self._signal(tag, actor, **attrs)

    def _signal(self, tag: str, actor: Account, **attrs: str | None) -> None:
        world = self._simulator.world
        signal = Node(tag, dict(attrs))
        self._simulator.call(world.calls.signal, world, self._record, actor.devices[0], signal)


class Caller:
    """Mixed into Person: calls people and groups."""

    simulator: Simulator

    @property
    def account(self) -> Account:
        """What the server knows about this person."""
        raise NotImplementedError

    def address_of(self, to: Recipient) -> Jid:
        """The address of a person, a group, an address or a bare number."""
        raise NotImplementedError

    def calls(self, to: Recipient, *, video: bool = False) -> Call:
        """Rings at a person's devices, or at those of a group's members.

        When the owner's phone calls, the linked devices are told what the other end signals. Whether
        WhatsApp does that is not known; that it should not harm is.
        """
        world, address = self.simulator.world, self.address_of(to)
        callee = world.groups.find(address) or world.directory.find(address)
        if callee is None:
            raise LookupError(f"nobody has the address {address}")
        record = CallRecord(self.account, callee, video)
        self.simulator.call(world.calls.start, world, record)
        return Call(self.simulator, record)
