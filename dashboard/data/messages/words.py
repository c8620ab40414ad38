"""What messages are called in a line: in the list of chats, in a quote, where there is no text to show."""

KINDS = {
    "image": "Photo",
    "video": "Video",
    "audio": "Audio",
    "document": "Document",
    "sticker": "Sticker",
    "view_once": "View once",
    "album": "Album",
    "contact": "Contact",
    "location": "Location",
    "poll": "Poll",
    "event": "Event",
    "list": "List",
    "buttons": "Message with buttons",
    "order": "Order",
    "product": "Product",
    "payment": "Payment",
    "group_invite": "Invitation to a group",
    "newsletter": "Invitation to a channel",
    "story": "About a story",
    "call_log": "Call",
    "undecryptable": "Waiting for this message",
    "unavailable": "Can be seen on the phone only",
}
# With files, a name without a text says enough.
ICONS = {
    "image": "image",
    "video": "video",
    "audio": "mic",
    "document": "file",
    "sticker": "sticker",
    "contact": "person",
    "location": "place",
    "poll": "poll",
    "event": "calendar",
    "call_log": "phone",
    "view_once": "clock",
    "album": "image",
}

LONGEST_PREVIEW = 200  # characters


def kind_name(message_type: str) -> str:
    """What a message of that type is, in a word or two."""
    return KINDS.get(message_type) or f"Message of the kind “{message_type.replace('_', ' ')}”"


def kind_icon(message_type: str) -> str:
    """The drawing that stands for it; empty for what is all text."""
    return ICONS.get(message_type, "")


def preview_of(message_type: str, body: str | None, *, is_deleted: bool = False) -> str:
    """A message in one line."""
    if is_deleted:
        return "Deleted message"
    text = " ".join((body or "")[:LONGEST_PREVIEW].split())
    return text or ("" if message_type == "text" else kind_name(message_type))


def call_line(*, is_video: bool, from_me: bool, outcome: str, length: str) -> str:
    """`Missed video call`, `Outgoing call, 3:12`."""
    kind = "video call" if is_video else "call"
    if outcome == "missed" and not from_me:
        return f"Missed {kind}"
    words = {"missed": "not answered", "rejected": "declined", "failed": "failed", "ringing": "ringing"}
    words["accepted_elsewhere"] = "taken on another device"
    rest = length or words.get(outcome, "")
    line = f"{'Outgoing' if from_me else 'Incoming'} {kind}"
    return f"{line}, {rest}" if rest else line
