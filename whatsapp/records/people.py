"""People and groups, and what they do beside writing: calls, stories, presence; and newsletters."""

from typing import Any

from whatsapp.models import Call, Contact, Group, GroupParticipant, Media, Newsletter, Presence, Story
from whatsapp.records.texts import first_known_shown, key_text, millisecond_text, second_text, time_shown
from whatsapp.shapes import Shape, shown

CONTACT = Shape(
    {
        "jid": "jid",
        "lid": "lid",
        "name": first_known_shown(*Contact.NAMES),
        "notify_name": "notify_name",
        "short_name": "short_name",
        "phone_number": "phone_number",
        "is_business": "is_business",
        "profile_pic_url": "profile_pic_url",
        "status_text": "status_text",
        "first_seen_at": time_shown("first_seen_at"),
        "updated_at": time_shown("updated_at"),
        "saved_name": "name",
        "business_name": "business_name",
        "is_verified": "is_verified",
        "is_blocked": "is_blocked",
    }
)


def contact_record(contact: Contact) -> dict[str, Any]:
    """The Contact resource. `name` is what to call the person; the names that others gave stand beside it."""
    return CONTACT.of(contact)


GROUP = Shape(
    {
        "jid": "jid",
        "name": "name",
        "description": "description",
        "owner_jid": "owner__jid",
        "creation_time": "creation_time",
        "participant_count": "participant_count",
        "is_announce": "is_announce",
        "is_restrict": "is_restrict",
        "profile_pic_url": "profile_pic_url",
        "invite_code": "invite_code",
        "first_seen_at": time_shown("first_seen_at"),
        "updated_at": time_shown("updated_at"),
        "is_member": "is_member",
        "is_approval_required": "is_approval_required",
        "is_community": "is_community",
        "parent_jid": "parent_jid",
        "ephemeral_duration": "ephemeral_duration",
        "is_deleted": "is_deleted",
    }
)


def group_record(group: Group) -> dict[str, Any]:
    """The Group resource; `owner` must be loaded."""
    return GROUP.of(group)


PARTICIPANT = Shape(
    {
        "group_jid": "group__jid",
        "participant_jid": "contact__jid",
        "role": "role",
        "added_at": shown(second_text, "added_at"),
    }
)


def participant_record(participant: GroupParticipant) -> dict[str, Any]:
    """One of a group's participants; `group` and `contact` must be loaded."""
    return PARTICIPANT.of(participant)


CALL = Shape(
    {
        "id": "call_id",
        "chat_jid": "chat__jid",
        "from_jid": "caller__jid",
        "from_me": "from_me",
        "is_group": "is_group",
        "is_video": "is_video",
        "status": "status",
        "timestamp": "started_at",
        "accepted_ts": "accepted_at",
        "ended_ts": "ended_at",
        "duration": "duration",
        "end_reason": "end_reason",
        "participants": "participants",
    }
)


def call_record(call: Call) -> dict[str, Any]:
    """A call; `chat` and `caller` must be loaded. Its times are Unix seconds."""
    return CALL.of(call)


STORY = Shape(
    {
        "id": "message_id",
        "from_jid": "sender__jid",
        "from_me": "from_me",
        "timestamp": "timestamp",
        "expires_ts": "expires_at",
        "story_type": "story_type",
        "body": "body",
        "has_media": "has_media",
        "media_id": shown(key_text, "media__id"),
        "is_deleted": "is_deleted",
        "deleted_at": time_shown("deleted_at"),
        "created_at": time_shown("created_at"),
    }
)


def story_record(story: Story, media: Media | None = None) -> dict[str, Any]:
    """A story; `sender` must be loaded."""
    return STORY.of(story, media=media)


STORY_VIEWER = Shape(
    {
        "jid": "contact__jid",
        "delivered_at": shown(second_text, "delivered_at"),
        "viewed_at": shown(second_text, "viewed_at"),
        "reaction_emoji": "reaction_emoji",
        "reacted_at": shown(millisecond_text, "reacted_at"),
    }
)


PRESENCE = Shape(
    {
        "jid": "contact__jid",
        "is_online": "is_online",
        "last_seen": "last_seen",
        "chat_state": "chat_state",
        "chat_jid": "chat__jid",
    }
)


def presence_record(presence: Presence) -> dict[str, Any]:
    """What is known of somebody's presence; `contact` and `chat` must be loaded."""
    return PRESENCE.of(presence)


PRESENCE_CHANGE = Shape(
    {
        "jid": "contact__jid",
        "state": "state",
        "chat_jid": "chat__jid",
        "last_seen": "last_seen",
        "timestamp": shown(lambda moment: moment // 1000, "changed_at"),
        "changed_at": shown(millisecond_text, "changed_at"),
    }
)


NEWSLETTER = Shape(
    {
        "jid": "jid",
        "name": "name",
        "description": "description",
        "invite_code": "invite_code",
        "subscriber_count": "subscriber_count",
        "is_verified": "is_verified",
        "is_followed": "is_followed",
        "is_muted": "is_muted",
        "role": "role",
        "updated_at": time_shown("updated_at"),
    }
)


def newsletter_record(newsletter: Newsletter) -> dict[str, Any]:
    return NEWSLETTER.of(newsletter)
