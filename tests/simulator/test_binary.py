"""The binary XML codec."""

from __future__ import annotations

import zlib

import pytest

from whatsapp.simulator.binary import MalformedNode, Node, decode, encode
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.tokens import Tokens

WORDS = Tokens(tuple(f"word{number}" for number in range(235 + 4 * 256)))


def test_a_node_comes_back_as_it_was_written() -> None:
    node = Node(
        "message",
        {
            "id": "3EB0",
            "to": Jid("15550100"),
            "device": Jid("15550100", device=12),
            "lid": Jid("77", "lid", 3),
        },
        [Node("enc", {"v": "2"}, b"\x00\xff" * 200), Node("empty"), Node("list", {}, [])],
    )
    assert decode(encode(node), WORDS) == Node(
        "message",
        {
            "id": "3EB0",
            "to": Jid("15550100"),
            "device": Jid("15550100", device=12),
            "lid": Jid("77", "lid", 3),
        },
        [Node("enc", {"v": "2"}, b"\x00\xff" * 200), Node("empty"), Node("list", {}, None)],
    )


@pytest.mark.parametrize("size", [0, 255, 256, 65_535, 1 << 20])
def test_content_of_every_length_survives(size: int) -> None:
    assert decode(encode(Node("data", {}, b"x" * size)), WORDS).data == b"x" * size


def test_more_than_255_children_survive() -> None:
    many = Node("list", {}, [Node("item", {"n": str(number)}) for number in range(1000)])
    assert decode(encode(many), WORDS).children[999].text("n") == "999"


def test_an_attribute_that_is_none_is_not_written() -> None:
    assert decode(encode(Node("ack", {"id": "1", "error": None})), WORDS).attrs == {"id": "1"}


def test_numbers_are_written_as_text() -> None:
    assert decode(encode(Node("count", {"value": 812})), WORDS).attrs == {"value": "812"}


def test_a_server_address_has_no_user() -> None:
    assert decode(encode(Node("iq", {"from": Jid("", "s.whatsapp.net")})), WORDS).jid("from") == Jid("")


def test_tokens_are_looked_up_in_the_dictionaries() -> None:
    # A list of three strings: tag, name, value. The value is word 5 of dictionary 2.
    assert decode(bytes([0, 248, 3, 1, 235, 238, 5]), WORDS) == Node("word0", {"word234": "word752"})


def test_packed_digits_are_unpacked() -> None:
    # Tag of four digits in two bytes, then "12-" in two bytes of which half a byte is padding.
    assert decode(bytes([0, 248, 3, 255, 2, 0x12, 0x34, 1, 255, 0x82, 0x12, 0xAF]), WORDS) == Node(
        "1234", {"word0": "12-"}
    )


def test_packed_hexadecimal_is_unpacked() -> None:
    assert decode(bytes([0, 248, 1, 251, 2, 0xBE, 0xEF]), WORDS).tag == "BEEF"


def test_a_compressed_frame_is_inflated() -> None:
    frame = encode(Node("ib", {"k": "v"}))
    assert decode(b"\x02" + zlib.compress(frame[1:]), WORDS) == Node("ib", {"k": "v"})


@pytest.mark.parametrize("frame", [b"", b"\x00", b"\x00\xf8\x03\x01", b"\x00\x07", b"\x00\xf8\x01\xf8"])
def test_a_broken_frame_is_refused(frame: bytes) -> None:
    with pytest.raises(MalformedNode):
        decode(frame, WORDS)


def test_children_are_found_by_path() -> None:
    node = Node("iq", {}, [Node("usync", {}, [Node("list", {"n": "1"}), Node("list", {"n": "2"})])])
    found = node.child("usync", "list")
    assert found is not None
    assert found.text("n") == "1"
    assert node.child("usync", "query", "list") is None
