"""The acts that pages offer. A new one is one entry in FORMS."""

from api.resources import acts as shapes
from api.resources import sending_media as files
from dashboard.data.actions.fields import Field
from dashboard.data.actions.forms import DescriptionForm, Form, NothingForm, ParticipantsForm, SubjectForm
from whatsapp import actions

ANYBODY, PEOPLE, GROUPS = "chats,contacts,groups", "contacts", "groups"

# Fields that several have

TO = Field("jid", "To", "jid", only=ANYBODY)
CHAT = Field("jid", "Chat", "jid", only=ANYBODY, help="The chat that the message is in.")
GROUP = Field("jid", "Group", "jid", only=GROUPS)
MESSAGE = Field("message_id", "Message id", help="WhatsApp's id, as the message's details show it.")
ANSWERS = Field("quoted_id", "Answers message", help="The id of a message of the same chat.", is_rare=True)
FILE = Field("file", "File", "file")
URL = Field(
    "url", "Or its URL", help="Where the hub fetches the file: http or https, not in a private network."
)
CAPTION = Field("caption", "Caption", "long")
TEXT = Field("text", "Text", "long")

SENDING, ON_MESSAGES, ON_CHATS, OURSELVES, ON_GROUPS = "Send", "Messages", "Chats", "Yourself", "Groups"
SEND, FILES = "/api/actions/send/", (TO, FILE, URL)

FORMS: dict[str, Form] = {
    form.slug: form
    for form in (
        Form(
            *("text", "Send a text", SENDING, "chat", actions.SEND_TEXT, SEND + "text", shapes.SendTextBody),
            fields=(
                TO,
                TEXT,
                ANSWERS,
                Field(
                    "mentions",
                    "Mentions",
                    "people",
                    only=PEOPLE,
                    help="JIDs or numbers. Who is written as @number is mentioned anyway.",
                    is_rare=True,
                ),
            ),
            defaults={"quoted_id": None, "mentions": []},
        ),
        Form(
            *(
                "image",
                "Send an image",
                SENDING,
                "image",
                actions.SEND_IMAGE,
                SEND + "image",
                files.SendImageBody,
            ),
            fields=(*FILES, CAPTION, ANSWERS),
        ),
        Form(
            *(
                "video",
                "Send a video",
                SENDING,
                "video",
                actions.SEND_VIDEO,
                SEND + "video",
                files.SendVideoBody,
            ),
            fields=(*FILES, CAPTION, ANSWERS),
        ),
        Form(
            *("audio", "Send audio", SENDING, "mic", actions.SEND_AUDIO, SEND + "audio", files.SendAudioBody),
            fields=(
                *FILES,
                Field(
                    "ptt", "As a voice note", "flag", help="Converted where it has to be, with its waveform."
                ),
                ANSWERS,
            ),
        ),
        Form(
            *("document", "Send a document", SENDING, "file", actions.SEND_DOCUMENT, SEND + "document"),
            shape=files.SendDocumentBody,
            fields=(
                *FILES,
                Field("filename", "File name", help="What it is called there. Needed with a URL."),
                Field("mime_type", "MIME type", help="Counts where the file itself doesn't show its type."),
                CAPTION,
                ANSWERS,
            ),
        ),
        Form(
            *("sticker", "Send a sticker", SENDING, "sticker", actions.SEND_STICKER, SEND + "sticker"),
            shape=files.SendStickerBody,
            fields=(*FILES, ANSWERS),
            help="A picture, a GIF or a video of up to 10 seconds; it becomes a sticker.",
        ),
        Form(
            *("location", "Send a location", SENDING, "place", actions.SEND_LOCATION, SEND + "location"),
            shape=shapes.SendLocationBody,
            fields=(
                TO,
                Field("latitude", "Latitude", "number", help="Degrees, such as 52.5163."),
                Field("longitude", "Longitude", "number", help="Degrees, such as 13.3777."),
                Field("name", "Name"),
                Field("address", "Address"),
            ),
            defaults={"name": None, "address": None},
        ),
        Form(
            *("contact", "Send a contact", SENDING, "card", actions.SEND_CONTACT, SEND + "contact"),
            shape=shapes.SendContactBody,
            fields=(
                TO,
                Field("contact_jid", "Whose card", "jid", only=PEOPLE),
                Field("name", "Name on the card"),
            ),
        ),
        Form(
            *("poll", "Send a poll", SENDING, "poll", actions.SEND_POLL, SEND + "poll", shapes.SendPollBody),
            fields=(
                TO,
                Field("name", "Question"),
                Field("options", "Options", "lines", help="One a line; 2 to 12."),
                Field(
                    "selectable",
                    "Choices each",
                    "whole",
                    initial="1",
                    help="How many options each person may choose; 0: as many as they like.",
                ),
            ),
        ),
        Form(
            *("react", "React to a message", ON_MESSAGES, "smile", actions.REACT, "/api/actions/react"),
            shape=shapes.ReactBody,
            fields=(
                CHAT,
                MESSAGE,
                Field("emoji", "Emoji", initial="👍", help="An empty one takes an earlier reaction back."),
            ),
            does="React",
        ),
        Form(
            *(
                "edit",
                "Edit a message",
                ON_MESSAGES,
                "edit",
                actions.EDIT,
                "/api/actions/edit",
                shapes.EditBody,
            ),
            fields=(CHAT, MESSAGE, Field("text", "New text", "long", help="Or the new caption of a file.")),
            does="Edit",
            help="Your own, within 20 minutes.",
        ),
        Form(
            *("revoke", "Delete for everyone", ON_MESSAGES, "trash", actions.REVOKE, "/api/actions/revoke"),
            shape=shapes.ToMessageBody,
            fields=(CHAT, MESSAGE),
            does="Delete for everyone",
            help="Your own message, or as a group's admin anybody's.",
            asks="Delete it for everyone in the chat. This can't be undone.",
        ),
        Form(
            *(
                "forward",
                "Forward a message",
                ON_MESSAGES,
                "forward",
                actions.FORWARD,
                "/api/actions/forward",
            ),
            shape=shapes.ForwardBody,
            fields=(CHAT, MESSAGE, Field("to", "To", "jid", only=ANYBODY)),
            does="Forward",
        ),
        Form(
            *(
                "star",
                "Star a message",
                ON_MESSAGES,
                "star",
                actions.STAR,
                "/api/actions/star",
                shapes.StarBody,
            ),
            fields=(
                CHAT,
                MESSAGE,
                Field(
                    "starred",
                    "Starred",
                    "switch",
                    choices=(("true", "Yes"), ("false", "No: take the star away")),
                ),
            ),
            does="Save",
            help="The hub keeps stars itself: the phone is not told.",
        ),
        Form(
            *(
                "read",
                "Mark as read",
                ON_MESSAGES,
                "ticks",
                actions.MARK_READ,
                "/api/actions/read",
                shapes.ReadBody,
            ),
            fields=(
                Field("jid", "Chat", "jid", only=ANYBODY),
                Field("message_ids", "Message ids", "lines", help="One a line."),
            ),
            does="Mark as read",
        ),
        Form(
            *(
                "chat",
                "Chat settings",
                ON_CHATS,
                "sliders",
                actions.SET_CHAT,
                "/api/actions/chat",
                shapes.ChatBody,
            ),
            fields=(
                Field("jid", "Chat", "jid", only="chats"),
                *(
                    Field(name, label, "switch", choices=(("", "As it is"), ("true", "Yes"), ("false", "No")))
                    for name, label in (
                        ("archive", "Archived"),
                        ("pin", "Pinned"),
                        ("mute", "Muted"),
                        ("mark_unread", "Marked as unread"),
                    )
                ),
                Field("mute_expiry", "Muted until", "moment", help="Empty: for ever."),
            ),
            does="Save",
            help="The hub keeps these itself: the phone is not told.",
        ),
        Form(
            *("presence", "Show presence", OURSELVES, "pulse", actions.SET_PRESENCE, "/api/actions/presence"),
            shape=shapes.PresenceBody,
            fields=(
                Field(
                    *("type", "Presence", "choice"),
                    choices=(
                        ("available", "Online"),
                        ("unavailable", "Offline"),
                        ("composing", "Typing, in a chat"),
                        ("recording", "Recording, in a chat"),
                        ("paused", "Typing no more, in a chat"),
                    ),
                ),
                Field("jid", "Chat", "jid", only=ANYBODY, help="For typing and recording only."),
            ),
            defaults={"jid": None},
            does="Show it",
        ),
        Form(
            *("profile-status", "About text", OURSELVES, "person", actions.SET_PROFILE_STATUS),
            path="/api/actions/profile-status",
            shape=shapes.ProfileStatusBody,
            fields=(Field("status", "About"),),
            method="PUT",
            does="Save",
            help="The about text of your own profile.",
        ),
        Form(
            *(
                "reject-call",
                "Decline a call",
                OURSELVES,
                "phone",
                actions.REJECT_CALL,
                "/api/actions/call/reject",
            ),
            shape=shapes.RejectCallBody,
            fields=(Field("call_id", "Call id", help="Of a call that rings now."),),
            does="Decline",
        ),
        Form(
            *("group-subject", "Group name", ON_GROUPS, "people", actions.SET_GROUP_SUBJECT),
            path="/api/groups/{jid}/subject",
            shape=SubjectForm,
            fields=(GROUP, Field("subject", "Name")),
            method="PUT",
            does="Save",
        ),
        Form(
            *("group-description", "Group description", ON_GROUPS, "edit", actions.SET_GROUP_DESCRIPTION),
            path="/api/groups/{jid}/description",
            shape=DescriptionForm,
            fields=(GROUP, Field("description", "Description", "long", help="An empty one takes it away.")),
            method="PUT",
            does="Save",
        ),
        Form(
            *("group-participants", "Group participants", ON_GROUPS, "plus", actions.CHANGE_PARTICIPANTS),
            path="/api/groups/{jid}/participants",
            shape=ParticipantsForm,
            fields=(
                GROUP,
                Field(
                    *("action", "What to do", "choice"),
                    choices=(
                        ("add", "Add them"),
                        ("remove", "Remove them"),
                        ("promote", "Make them admins"),
                        ("demote", "Make them plain members"),
                    ),
                ),
                Field(
                    "participants",
                    "Participants",
                    "people",
                    only=PEOPLE,
                    help="JIDs or phone numbers, one a line.",
                ),
            ),
            does="Change the group",
        ),
        Form(
            *(
                "group-sync",
                "Sync groups",
                ON_GROUPS,
                "retry",
                actions.SYNC_GROUPS,
                "/api/groups/sync",
                NothingForm,
            ),
            fields=(),
            does="Sync groups",
            help="Asks WhatsApp for all groups that you are in, and brings their rows up to date.",
        ),
    )
}

BY_KIND = {form.kind: form for form in FORMS.values()}

# Acts that other pages ask for.
OTHERS = {
    actions.RESTART: ("Restart the connection", "retry"),
    actions.NEW_QR: ("New QR code", "qr"),
    actions.LOGOUT: ("Unlink from the phone", "leave"),
    actions.PAIR: ("Pairing code", "link"),
    actions.GET_GROUP_METADATA: ("Ask about a group", "people"),
    actions.GET_INVITE_CODE: ("Ask for an invite code", "link"),
}


def groups() -> list[tuple[str, list[Form]]]:
    """(title, forms) of each group."""
    found: dict[str, list[Form]] = {}
    for form in FORMS.values():
        found.setdefault(form.group, []).append(form)
    return list(found.items())


def title_of(kind: str) -> str:
    """What an act of that kind is called."""
    if kind in BY_KIND:
        return BY_KIND[kind].title
    return OTHERS[kind][0] if kind in OTHERS else kind


def icon_of(kind: str) -> str:
    if kind in BY_KIND:
        return BY_KIND[kind].icon
    return OTHERS[kind][1] if kind in OTHERS else "send"
