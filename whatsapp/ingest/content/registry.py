"""The kinds of message: a field of `waE2E.Message` -> the function that reads it."""

from collections.abc import Callable
from typing import Any, TypeVar

from google.protobuf.message import Message as Protobuf
from google.protobuf.unknown_fields import UnknownFieldSet

from whatsapp.ingest.content.records import Content, MediaContent, MessageType, complete
from whatsapp.protobuf import waE2E

# Takes the field's value. A media path in what it returns starts at that value.
Builder = Callable[[Any], Content]
AnyBuilder = TypeVar("AnyBuilder", bound=Callable[..., Content])

BUILDERS: dict[str, Builder] = {}

# Fields that travel along with a message, or alone with nothing for a person to see.
BACKGROUND = frozenset(
    {
        "call",
        "chat",
        "fastRatchetKeySenderKeyDistributionMessage",
        "groupRootKeyShare",
        "messageContextInfo",
        "messageHistoryBundle",
        "messageHistoryNotice",
        "rootSecretDistributeMessage",
        "senderKeyDistributionMessage",
        "statusLinkPreviewMetadata",
        "stickerSyncRmrMessage",
    }
)


def kind(*fields: str) -> Callable[[AnyBuilder], AnyBuilder]:
    """Registers the decorated function as the reader of these fields."""

    def register(builder: AnyBuilder) -> AnyBuilder:
        for field in fields:
            if field not in waE2E.Message.DESCRIPTOR.fields_by_name:
                raise LookupError(f"waE2E.Message has no field {field!r}")
            if field in BUILDERS:
                raise LookupError(f"{field!r} is read by {BUILDERS[field].__name__} already")
            BUILDERS[field] = builder
        return builder

    return register


def build(message: waE2E.Message) -> tuple[Content, Protobuf | None]:
    """The content of an unwrapped message and the part it was read from.

    The part is None for a plain conversation, which has no parts, and where nothing was recognised.
    """
    present = {descriptor.name: value for descriptor, value in message.ListFields()}
    for field, value in present.items():
        if field in BUILDERS and not (field == "conversation" and not value):
            content = within(field, BUILDERS[field](value))
            return content, value if isinstance(value, Protobuf) else None
    if present.keys() == {"conversation"}:
        return Content(MessageType.TEXT), None
    # A kind newer than our protobuf shows as unknown fields, and must not pass for background.
    if present and present.keys() <= BACKGROUND and not len(UnknownFieldSet(message)):
        return Content(MessageType.PROTOCOL, is_protocol=True), None
    return Content(MessageType.UNKNOWN), None


def within(field: str, content: Content) -> Content:
    """The content with its media path starting one level further out."""
    if content.media is not None:
        complete(content.media, part=".".join(filter(None, (field, content.media.part))))
    return content


def find_media_part(message: waE2E.Message, media: MediaContent) -> Protobuf | None:
    """The protobuf part to download; None when the message has no such part."""
    part: Protobuf = message
    for field in media.part.split("."):
        if field not in part.DESCRIPTOR.fields_by_name or not part.HasField(field):
            return None
        part = getattr(part, field)
    return part
