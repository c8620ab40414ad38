"""``usync``: questions about people. Which devices, which LID, what status, on WhatsApp at all?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from whatsapp.simulator.accounts import Account
from whatsapp.simulator.binary import Attributes, Node
from whatsapp.simulator.business import verified_name
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.router import Refused, Result, query

if TYPE_CHECKING:
    from whatsapp.simulator.connection import Connection


@query("usync")
def usync(client: Connection, iq: Node) -> Result:
    """Answers every question about everybody in the list."""
    questions, people = iq.child("usync", "query"), iq.child("usync", "list")
    if questions is None or people is None:
        raise Refused(400, "bad-request")
    asked = [question.tag for question in questions.children]
    answers = [_about(client, person, asked) for person in people.all("user")]
    return Node("usync", {}, [Node("list", {}, answers)])


def _about(client: Connection, person: Node, asked: list[str]) -> Node:
    contact = person.child("contact")
    if contact:
        # A number somebody typed. whatsmeow writes it as an old-style address, ``number@c.us``.
        number = Jid.parse(contact.data.decode()).user.lstrip("+")
        account = client.world.directory.dialled(number)
        address = account.jid if account else Jid(number)
        attrs: Attributes = {"pn_jid": address, "jid": account.lid if account else None}
        found = Node("contact", {"type": "in" if account else "out"}, contact.data)
        return Node("user", attrs, [found, *_answers(account, asked)])
    jid = person.jid("jid")
    return Node("user", {"jid": jid}, _answers(client.world.directory.find(jid), asked))


def _answers(account: Account | None, asked: list[str]) -> list[Node]:
    if account is None:
        return []
    answers = [ANSWERS[question](account) for question in asked if question in ANSWERS]
    return [answer for answer in answers if answer]


def _business(account: Account) -> Node | None:
    name = verified_name(account)
    return Node("business", {}, [name]) if name else None


def _devices(account: Account) -> Node:
    devices = [
        Node("device", {"id": device.number, "key-index": device.number or None})
        for device in sorted(account.devices.values(), key=lambda device: device.number)
    ]
    return Node("devices", {}, [Node("device-list", {}, devices)])


ANSWERS: dict[str, Callable[[Account], Node | None]] = {
    "business": _business,
    "devices": _devices,
    "lid": lambda account: Node("lid", {"val": account.lid}),
    "status": lambda account: Node("status", {}, account.about.encode()),
    "picture": lambda account: Node("picture", {"id": account.picture.id if account.picture else None}),
}
