"""What only a message's own secret opens: votes, and reactions, comments and edits of some chats.

A message that can be answered in secret carries 32 random bytes. The key of an answer is derived from them,
the message's id, and the JIDs of both senders; which of a person's two addresses was meant is found by
trying. Source: whatsmeow's msgsecret.go. neonize has the same as `decrypt_poll_vote`, but it needs an open
line and the store of the library, which a logout deletes; the hub reads what it has stored itself, so that
`reingest` and histories work too.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from whatsapp.ingest.address import Address
from whatsapp.ingest.content import Content, parse_content
from whatsapp.models import Contact, Message
from whatsapp.protobuf import neonize_pb2

POLL_VOTE = "Poll Vote"
REACTION = "Enc Reaction"
COMMENT = "Enc Comment"
EVENT_RESPONSE = "Event Response"
MESSAGE_EDIT = "Message Edit"

# Of these, the ciphertext is bound to the message and the answer's sender.
BOUND = frozenset({POLL_VOTE, EVENT_RESPONSE})


def secret_of(message: Message) -> bytes | None:
    """The secret that the stored message carries; None where it has none."""
    if message.raw is None:
        return None
    return parse_content(neonize_pb2.Message.FromString(bytes(message.raw)).Message).message_secret


def open_for(message: Message, answer: Content, use: str, sender: Address, contact: Contact) -> bytes | None:
    """The plain bytes of an `answer` to the message; None when it can't be opened. Its sender is named twice:
    as its event addresses them, and with what else is known of them."""
    if answer.secret is None:
        return None
    secret = secret_of(message)
    if secret is None:
        return None
    authors = [message.sender.jid, message.sender.lid]
    if answer.target is not None:
        authors.append(answer.target.participant)
    senders = [sender.phone, sender.lid, contact.jid, contact.lid]
    for author in dict.fromkeys(filter(None, authors)):
        for who in dict.fromkeys(filter(None, senders)):
            plain = _open(secret, message.message_id, author, who, use, answer)
            if plain is not None:
                return plain
    return None


def _open(
    secret: bytes, message_id: str, author: str, sender: str, use: str, answer: Content
) -> bytes | None:
    assert answer.secret is not None
    purpose = f"{message_id}{author}{sender}{use}".encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
    bound_to = f"{message_id}\0{sender}".encode() if use in BOUND else None
    try:
        return AESGCM(key).decrypt(answer.secret.iv, answer.secret.payload, bound_to)
    except (InvalidTag, ValueError):  # another address, or no ciphertext at all
        return None
