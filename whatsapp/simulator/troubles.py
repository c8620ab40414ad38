"""What goes wrong, as methods of the simulator."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import compose
from whatsapp.simulator.binary import Node
from whatsapp.simulator.faults import failure
from whatsapp.simulator.mail import Sent

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Device
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.proxy import Proxy
    from whatsapp.simulator.world import World

#: The reasons of a ``<failure>`` (whatsmeow's ``events.ConnectFailureReason``).
LOGGED_OUT, BANNED, OUTDATED, UNAVAILABLE = 401, 402, 405, 503

#: A file that is lost answers so for ever.
ALWAYS = 1_000_000


class Troubles:
    """Mixed into the simulator: the ways in which WhatsApp, the network or a message fails.

    What concerns "the linked devices" concerns every companion of everybody, that is: the hub. People's
    phones go on.
    """

    world: World
    proxy: Proxy
    call: Callable[..., Any]

    # The network

    def cuts_connection(self) -> None:
        """The linked devices' connections break; they may come back at once."""
        self._for_each(_cut)

    def unreachable(self) -> None:
        """The linked devices' connections break and no new connection of anybody gets through."""
        self.call(setattr, self.proxy, "reachable", False)
        self.cuts_connection()

    def recovers(self) -> None:
        """Everything that made logins or connections fail is over."""
        self.call(setattr, self.proxy, "reachable", True)
        self.call(setattr, self.world.faults, "login_failure", None)

    # The account

    def gives_codes(self, count: int) -> None:
        """How many codes a device that is to be linked gets: six, of which whatsmeow shows the first for a
        minute; with any other number each lasts 20 seconds. When all have run out, it hangs up."""
        self.call(setattr, self.world.pairings, "codes", count)

    def refuses_login(self, reason: int = LOGGED_OUT) -> None:
        """The linked devices are disconnected and refused with this reason when they come back.

        With 401 they are not linked any more, so that a new link is not refused.
        """
        if reason != LOGGED_OUT:
            self._refuse(failure(reason))
            return
        self.cuts_connection()
        self._for_each(lambda device: self.world.remove_device(device, told=False))

    def bans(self, seconds: int = 3600, code: int = 101) -> None:
        """A temporary ban: code 101 is for too many people one doesn't know."""
        self._refuse(failure(BANNED, code=code, expire=seconds))

    def answers_503(self) -> None:
        """The service is unavailable; clients try again by themselves."""
        self._refuse(failure(UNAVAILABLE))

    def outdated(self) -> None:
        """The clients are too old."""
        self._refuse(failure(OUTDATED))

    def logs_out(self, phone: Phone) -> None:
        """The phone's linked devices are removed, connected or not."""
        phone.unlinks_devices()

    def replaces_stream(self) -> None:
        """Another connection took the place of the linked devices'."""
        conflict = Node("stream:error", {}, [Node("conflict", {"type": "replaced"})])
        self._hang_up(conflict)

    def restarts_server(self) -> None:
        """The server says that it restarts (503) and hangs up."""
        self._hang_up(Node("stream:error", {"code": UNAVAILABLE}))

    # Messages

    def holds_back(self) -> None:
        """What is for the linked devices waits in the queue, as if they were away."""
        self._for_each(lambda device: device.mailbox.hold())

    def lets_through(self, reorder: Callable[[list[Node]], object] | None = None) -> None:
        """What was held back is delivered: in its order, or as ``reorder`` leaves the list (``shuffle`` of
        some ``random.Random``, say)."""
        self._for_each(lambda device: device.mailbox.release(reorder))

    def delivers_twice(self, message: Sent) -> None:
        """The message arrives again under its id, encrypted anew: no repetition to the library."""
        author = message.author
        self.call(self.world.faults.next_id.__setitem__, author.account.devices[0], message.id)
        author.send_message(message.to, message.message)

    def delivers_undecryptable(self, to: Person, *, from_: Person, times: int = 1) -> None:
        """The next messages of one person can't be decrypted by the other's devices.

        The client asks the sender again; the repetition arrives whole unless ``times`` covers it too.
        """

        def damage() -> None:
            for device in to.account.devices.values():
                for user in (from_.jid.user, from_.lid.user):
                    self.world.faults.undecryptable[device, user] = times

        self.call(damage)

    def holds_retries(self) -> None:
        """From now on, who is asked to send a message again does not hear of it."""
        self.call(setattr, self.world.faults, "held_retries", [])

    def lets_retries_through(self) -> None:
        """Whoever was asked to send something again does so."""
        self.call(self.world.faults.release_retries)

    # Media

    def loses_media(self, message: Sent, status: int = HTTPStatus.GONE) -> None:
        """The file of a message is not on the media server any more: 410, or 404, or 403."""
        self.fails_media(message, times=ALWAYS, status=status)

    def fails_media(self, message: Sent, *, times: int, status: int = HTTPStatus.SERVICE_UNAVAILABLE) -> None:
        """The next downloads of the message's file fail."""
        self.call(self.world.media.fail, compose.media_of(message.message).directPath, times, status)

    def loses_picture(self, whose: Person | GroupChat, status: int = HTTPStatus.NOT_FOUND) -> None:
        """The picture of somebody or a group is not on the media server any more: 404, or 410, or 403."""

        def lose() -> None:
            known = self.world.groups.find(whose.jid) or self.world.directory.find(whose.jid)
            if known is None or known.picture is None:
                raise LookupError(f"{whose} has no picture")
            self.world.media.fail(known.picture.path, ALWAYS, status)

        self.call(lose)

    def _for_each(self, act: Callable[[Device], None]) -> None:
        """Does something to every linked device, on the server's event loop."""

        def act_on_all() -> None:
            for account in self.world.directory:
                for device in account.companions:
                    act(device)

        self.call(act_on_all)

    def _refuse(self, node: Node) -> None:
        self.call(setattr, self.world.faults, "login_failure", node)
        self.cuts_connection()

    def _hang_up(self, last_words: Node) -> None:
        self._for_each(lambda device: _hang_up(device, last_words))


def _cut(device: Device) -> None:
    if device.connection:
        device.connection.wire.cut()


def _hang_up(device: Device, last_words: Node) -> None:
    if device.connection:
        device.connection.close(last_words)
