"""What a parsed message is made of. Absent is None, strings hold no NUL, numbers fit a signed column."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from whatsapp.protobuf import waE2E


class MessageType(StrEnum):
    """The API's `message_type` values."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"
    VIEW_ONCE = "view_once"
    ALBUM = "album"
    CONTACT = "contact"
    LOCATION = "location"
    REACTION = "reaction"
    POLL = "poll"
    POLL_UPDATE = "poll_update"
    EVENT = "event"
    EVENT_RESPONSE = "event_response"
    LIST = "list"
    BUTTONS = "buttons"
    ORDER = "order"
    PRODUCT = "product"
    PAYMENT = "payment"
    EDITED = "edited"
    REVOKED = "revoked"
    COMMENT = "comment"
    PIN = "pin"
    KEEP = "keep"
    STORY = "story"
    NEWSLETTER = "newsletter"
    GROUP_INVITE = "group_invite"
    CALL_LOG = "call_log"
    NOTIFICATION = "notification"  # what WhatsApp itself writes into a chat: somebody joined, a name changed
    UNDECRYPTABLE = "undecryptable"  # its content has not reached this device yet
    UNAVAILABLE = "unavailable"  # its content can be seen on the phone only
    PROTOCOL = "protocol"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MessageKey:
    """Names another message, from its sender's point of view: `from_me` is the sender's own "me"."""

    remote_jid: str | None
    from_me: bool
    id: str
    participant: str | None = None


@dataclass(frozen=True, slots=True)
class MediaContent:
    """An attachment. `part` is its dotted path from the innermost message, for `find_media_part`."""

    kind: str
    part: str
    mime_type: str | None = None
    size: int | None = None
    filename: str | None = None
    duration: int | None = None
    width: int | None = None
    height: int | None = None
    is_voice_note: bool = False
    is_video_note: bool = False
    is_animated: bool = False
    is_downloadable: bool = False
    thumbnail: bytes | None = None
    sha256: bytes | None = None


@dataclass(frozen=True, slots=True)
class ContactPhone:
    """`waid` is the WhatsApp user part of the number, None when the number is not known to WhatsApp."""

    number: str
    waid: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ContactCard:
    name: str | None
    phones: tuple[ContactPhone, ...] = ()
    vcard: str | None = None
    organization: str | None = None
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """`start` and `end` are seconds since the epoch."""

    name: str | None
    description: str | None = None
    start: int | None = None
    end: int | None = None
    is_canceled: bool = False
    join_link: str | None = None


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation to a group or newsletter. `expiration` is in seconds since the epoch."""

    jid: str | None
    name: str | None = None
    code: str | None = None
    expiration: int | None = None


@dataclass(frozen=True, slots=True)
class CallLog:
    """`outcome` is WhatsApp's word in lower case: connected, missed, rejected, …"""

    is_video: bool
    outcome: str | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True)
class Revoke:
    target: MessageKey


@dataclass(frozen=True, slots=True)
class PollVote:
    """A vote on `target`. The chosen options are encrypted and not in here."""

    target: MessageKey
    timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """A ciphertext that only the secret of the message it answers opens."""

    payload: bytes
    iv: bytes


@dataclass(frozen=True, slots=True)
class Edit:
    target: MessageKey
    content: "Content"
    timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """One message, unwrapped. The default of each field is what a message without it has."""

    message_type: MessageType
    body: str | None = None

    quoted_id: str | None = None
    quoted_body: str | None = None
    quoted_type: MessageType | None = None
    quoted_participant: str | None = None
    quoted_remote_jid: str | None = None

    is_forwarded: bool = False
    forward_score: int = 0
    is_ephemeral: bool = False
    ephemeral_duration: int | None = None
    is_view_once: bool = False
    mentions: tuple[str, ...] = ()

    media: MediaContent | None = None

    reaction_emoji: str | None = None
    reaction_removed: bool = False
    reaction_target: MessageKey | None = None
    reaction_timestamp_ms: int | None = None

    poll_name: str | None = None
    poll_options: tuple[str, ...] = ()
    poll_selectable: int | None = None  # 0: as many as one likes
    poll_vote: PollVote | None = None

    latitude: float | None = None
    longitude: float | None = None
    location_name: str | None = None
    location_address: str | None = None
    is_live_location: bool = False

    contacts: tuple[ContactCard, ...] = ()
    event: Event | None = None
    invite: Invite | None = None
    call: CallLog | None = None
    selected_id: str | None = None  # the id behind the button or row that a reply chose

    edit: Edit | None = None
    revoke: Revoke | None = None

    # The message this one is about: pinned, kept, commented on, edited or answered under encryption.
    target: MessageKey | None = None
    is_undo: bool = False  # an unpin or an un-keep
    pin_duration: int | None = None  # seconds
    is_encrypted: bool = False  # the content is a payload that only the target's secret opens
    secret: Secret | None = None  # that payload

    # The message this one belongs to, and how ("media_album", "hd_video_dual_upload", …).
    parent: MessageKey | None = None
    association: str | None = None

    is_protocol: bool = False  # nothing for a person to see
    protocol_type: str | None = None  # WhatsApp's word in lower case, None for one not known
    ephemeral_setting: int | None = None  # the chat's new timer in seconds, 0 for off

    wrappers: tuple[str, ...] = ()  # the fields unwrapped, outermost first
    sent_to: str | None = None  # the chat of a message sent from another of our own devices
    message_secret: bytes | None = None
    message: waE2E.Message = field(default_factory=waE2E.Message, compare=False, repr=False)


def complete(record: Content | MediaContent, **values: Any) -> None:
    """Gives a record that is still being made these values; `replace` would copy all the others each time.
    Once the parser has returned it, nothing of it changes."""
    for name, value in values.items():
        object.__setattr__(record, name, value)
