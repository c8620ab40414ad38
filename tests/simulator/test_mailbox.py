"""The queue of what a device has not acknowledged."""

from __future__ import annotations

from whatsapp.simulator.binary import Node
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.mailbox import WINDOW, Mailbox, key_of, key_of_acknowledgement

END = Node("ib")


def message(number: int) -> Node:
    return Node("message", {"id": str(number), "from": Jid("15550101")})


def test_mail_waits_in_order_and_the_end_is_marked() -> None:
    mailbox, sent = Mailbox(), []
    for number in range(3):
        mailbox.put(message(number))
    mailbox.open(sent.append, END)
    assert [node.text("id") for node in sent] == ["0", "1", "2", ""]


def test_what_was_not_acknowledged_is_sent_again_at_the_next_login() -> None:
    mailbox, sent = Mailbox(), []
    mailbox.open(sent.append, END)
    mailbox.put(message(1))
    mailbox.put(message(2))
    mailbox.acknowledge(key_of(message(1)))
    mailbox.close()
    sent.clear()
    mailbox.open(sent.append, END)
    assert [node.text("id") for node in sent] == ["2", ""]


def test_no_more_than_a_window_is_on_the_wire() -> None:
    mailbox, sent = Mailbox(), []
    mailbox.open(sent.append, END)
    for number in range(WINDOW + 1):
        mailbox.put(message(number))
    assert len(sent) == 1 + WINDOW
    mailbox.acknowledge(key_of(message(0)))
    assert sent[-1].text("id") == str(WINDOW)


def test_two_stanzas_with_one_name_are_acknowledged_one_by_one() -> None:
    mailbox = Mailbox()
    mailbox.open(lambda node: None, END)
    mailbox.put(message(1))
    mailbox.put(message(1))
    assert mailbox.acknowledge(key_of(message(1)))
    assert len(mailbox) == 1


def test_what_is_held_is_delivered_when_released() -> None:
    mailbox, sent = Mailbox(), []
    mailbox.open(sent.append, END)
    mailbox.hold()
    mailbox.put(message(1))
    assert sent == [END]
    mailbox.release()
    assert [node.text("id") for node in sent] == ["", "1"]


def test_what_is_held_can_be_delivered_in_another_order() -> None:
    mailbox, sent = Mailbox(), []
    mailbox.hold()
    mailbox.open(sent.append, END)
    for number in range(3):
        mailbox.put(message(number))
    mailbox.release(list.reverse)
    assert [node.text("id") for node in sent] == ["2", "1", "0", ""]


def test_a_receipt_acknowledges_the_message_and_an_ack_its_own_kind() -> None:
    receipt = Node("receipt", {"id": "1", "to": Jid("15550101")})
    assert key_of_acknowledgement(receipt) == key_of(message(1))
    ack = Node("ack", {"class": "notification", "id": "9", "to": Jid("", "s.whatsapp.net")})
    assert key_of_acknowledgement(ack) == ("notification", "9", "s.whatsapp.net", "")
