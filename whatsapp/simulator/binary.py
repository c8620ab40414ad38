"""WhatsApp's binary XML.

A frame is one flag byte (bit 1: the rest is zlib) and one node. A node is a list of its tag, its attributes
(name, value, name, value ...) and, when the length is even, its content. Strings are raw, packed (digits or
hexadecimal, two to the byte) or tokens from a dictionary both sides know. A sender may always write a string
raw, so only reading needs the dictionary. Facts from whatsmeow's ``binary/decoder.go`` and ``encoder.go``.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from whatsapp.simulator.jid import LID, PHONE_NUMBER, Jid
from whatsapp.simulator.tokens import Tokens

LIST_EMPTY, DICTIONARY_0, DICTIONARY_3 = 0, 236, 239
INTEROP_JID, FACEBOOK_JID, DEVICE_JID = 245, 246, 247
LIST_8, LIST_16, JID_PAIR, HEX_8 = 248, 249, 250, 251
BINARY_8, BINARY_20, BINARY_32, NIBBLE_8 = 252, 253, 254, 255

NIBBLES = "0123456789-."
HEX = "0123456789ABCDEF"

#: The server part that the agent byte of a device address stands for.
AGENTS = {0: PHONE_NUMBER, 1: LID}

Attribute = str | int | Jid

#: Names and values. Each value is an Attribute or None; a dict of only one kind would not be a dict of all.
Attributes = dict[str, Any]


class MalformedNode(ValueError):
    """The bytes are no node."""


@dataclass(slots=True)
class Node:
    """One stanza or a part of one. An attribute that is None is not written."""

    tag: str
    attrs: Attributes = field(default_factory=dict)
    content: bytes | str | list[Node] | None = None

    @property
    def children(self) -> list[Node]:
        """The nodes inside, none if the content is text or bytes."""
        return self.content if isinstance(self.content, list) else []

    @property
    def data(self) -> bytes:
        """The content as bytes."""
        if isinstance(self.content, str):
            return self.content.encode()
        return self.content if isinstance(self.content, bytes) else b""

    def child(self, *path: str) -> Node | None:
        """The first node found by following the tags down, None if there is none."""
        node: Node | None = self
        for tag in path:
            node = next((child for child in node.children if child.tag == tag), None) if node else None
        return node

    def all(self, tag: str) -> Iterator[Node]:
        """The nodes inside with this tag."""
        return (child for child in self.children if child.tag == tag)

    def text(self, name: str) -> str:
        """The attribute as text, empty if there is none."""
        value = self.attrs.get(name)
        return "" if value is None else str(value)

    def jid(self, name: str) -> Jid | None:
        """The attribute as an address, None if there is none."""
        value = self.attrs.get(name)
        if isinstance(value, str) and value:
            return Jid.parse(value)
        return value if isinstance(value, Jid) else None

    def __str__(self) -> str:
        attrs = "".join(f' {name}="{value}"' for name, value in self.attrs.items() if value is not None)
        if isinstance(self.content, list):
            return f"<{self.tag}{attrs}>{''.join(map(str, self.content))}</{self.tag}>"
        if self.content is None:
            return f"<{self.tag}{attrs}/>"
        return f"<{self.tag}{attrs}>({len(self.content)})</{self.tag}>"


def encode(node: Node) -> bytes:
    """The frame that carries the node, strings raw."""
    out = bytearray(b"\x00")
    _write_node(out, node)
    return bytes(out)


def _write_node(out: bytearray, node: Node) -> None:
    attrs = [(name, value) for name, value in node.attrs.items() if value is not None and value != ""]
    write_list_size(out, 1 + 2 * len(attrs) + (node.content is not None))
    write_bytes(out, node.tag.encode())
    for name, value in attrs:
        write_bytes(out, name.encode())
        if isinstance(value, Jid):
            _write_jid(out, value)
        else:
            write_bytes(out, str(value).encode())
    if isinstance(node.content, list):
        write_list_size(out, len(node.content))
        for child in node.content:
            _write_node(out, child)
    elif isinstance(node.content, str):
        write_bytes(out, node.content.encode())
    elif node.content is not None:
        write_bytes(out, node.content)


def write_list_size(out: bytearray, size: int) -> None:
    """Opens a list of that many values."""
    if size == 0:
        out.append(LIST_EMPTY)
    elif size < 256:
        out += bytes((LIST_8, size))
    else:
        out.append(LIST_16)
        out += size.to_bytes(2, "big")


def write_bytes(out: bytearray, value: bytes) -> None:
    """Writes a raw string or bytes with its length."""
    size = len(value)
    if size < 256:
        out += bytes((BINARY_8, size))
    elif size < 1 << 20:
        out.append(BINARY_20)
        out += size.to_bytes(3, "big")
    else:
        out.append(BINARY_32)
        out += size.to_bytes(4, "big")
    out += value


def _write_jid(out: bytearray, jid: Jid) -> None:
    if jid.device and jid.is_person:
        out += bytes((DEVICE_JID, 1 if jid.server == LID else 0, jid.device))
        write_bytes(out, jid.user.encode())
        return
    out.append(JID_PAIR)
    if jid.user:
        write_bytes(out, jid.user.encode())
    else:
        out.append(LIST_EMPTY)
    write_bytes(out, jid.server.encode())


def decode(frame: bytes, tokens: Tokens) -> Node:
    """The node that the frame carries."""
    if not frame:
        raise MalformedNode("empty frame")
    body = zlib.decompress(frame[1:]) if frame[0] & 2 else frame[1:]
    try:
        return _Reader(body, tokens).node()
    except IndexError as error:
        raise MalformedNode("the frame ends inside a node") from error


class _Reader:
    """Reads one frame from front to back."""

    def __init__(self, data: bytes, tokens: Tokens) -> None:
        self.data = data
        self.at = 0
        self.tokens = tokens

    def byte(self) -> int:
        value = self.data[self.at]
        self.at += 1
        return value

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        start = self.at
        self.at += size
        if self.at > len(self.data):
            raise IndexError
        return self.data[start : self.at]

    def node(self) -> Node:
        size = self.list_size(self.byte())
        tag = self.string()
        if not size or not tag:
            raise MalformedNode("a node without a tag")
        attrs: Attributes = {}
        for _ in range((size - 1) // 2):
            name = self.string()
            attrs[name] = self.attribute()
        return Node(tag, attrs, self.content() if size % 2 == 0 else None)

    def list_size(self, tag: int) -> int:
        if tag == LIST_EMPTY:
            return 0
        if tag == LIST_8:
            return self.byte()
        if tag == LIST_16:
            return self.number(2)
        raise MalformedNode(f"{tag} starts no list")

    def content(self) -> bytes | str | list[Node] | None:
        tag = self.byte()
        if tag in (LIST_8, LIST_16):
            return [self.node() for _ in range(self.list_size(tag))]
        if tag in (BINARY_8, BINARY_20, BINARY_32):
            return self.raw(tag)
        value = self.value(tag)
        return str(value) if isinstance(value, Jid) else value

    def attribute(self) -> Attribute | None:
        return self.value(self.byte())

    def string(self) -> str:
        value = self.value(self.byte())
        if not isinstance(value, str):
            raise MalformedNode(f"{value!r} where a string was due")
        return value

    def raw(self, tag: int) -> bytes:
        return self.take(self.number({BINARY_8: 1, BINARY_20: 3, BINARY_32: 4}[tag]))

    def value(self, tag: int) -> str | Jid | None:
        if tag == LIST_EMPTY:
            return None
        if tag < DICTIONARY_0:
            return self.tokens.single(tag)
        if tag <= DICTIONARY_3:
            return self.tokens.double(tag - DICTIONARY_0, self.byte())
        if tag in (BINARY_8, BINARY_20, BINARY_32):
            return self.raw(tag).decode()
        if tag in (NIBBLE_8, HEX_8):
            return self.packed(NIBBLES if tag == NIBBLE_8 else HEX)
        if tag == JID_PAIR:
            user = self.value(self.byte())
            return Jid(str(user or ""), self.string())
        if tag == DEVICE_JID:
            agent, device = self.byte(), self.byte()
            return Jid(self.string(), AGENTS.get(agent, PHONE_NUMBER), device)
        if tag == FACEBOOK_JID:
            user_name, device = self.string(), self.number(2)
            return Jid(user_name, self.string(), device)
        if tag == INTEROP_JID:
            user_name, device = self.string(), self.number(2)
            self.number(2)
            return Jid(user_name, self.string(), device)
        raise MalformedNode(f"unknown tag {tag}")

    def packed(self, alphabet: str) -> str:
        start = self.byte()
        # Fifteen pads an odd number of nibbles; it is cut off below, as its high bit in the length says.
        letters = alphabet.ljust(16, "\0")
        text = "".join(letters[pair >> 4] + letters[pair & 15] for pair in self.take(start & 127))
        return text[:-1] if start & 128 else text
