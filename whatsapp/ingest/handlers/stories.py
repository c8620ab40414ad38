"""Stories: posts to `status@broadcast`, what becomes of them, and who has seen ours."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from whatsapp import events
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content import MessageType
from whatsapp.ingest.handlers.answers import react_to_story
from whatsapp.ingest.media import media_of
from whatsapp.ingest.registry import Outcome, WaitsFor
from whatsapp.models import Contact, Media, Story, StoryView
from whatsapp.models.story import LIFETIME_SECONDS
from whatsapp.records import story_record

if TYPE_CHECKING:
    from whatsapp.ingest.handlers.messages import IncomingMessage


def take(event: "IncomingMessage", batch: Batch) -> Outcome | WaitsFor:
    """Stores a post, or does what the message says of an earlier one."""
    content, envelope = event.content, event.envelope
    sender = batch.contact(envelope.sender)
    envelope.learn_names(batch, sender)
    if content.message_type is MessageType.REVOKED and content.revoke is not None:
        return delete(event, batch, sender, content.revoke.target.id)
    if content.message_type is MessageType.REACTION:
        if content.reaction_target is not None:
            moment = content.reaction_timestamp_ms or envelope.timestamp * 1000
            react_to_story(batch, content.reaction_target.id, sender, content.reaction_emoji, moment)
        return Outcome.HANDLED
    if content.is_protocol:
        return Outcome.HANDLED
    post(event, batch, sender)
    return Outcome.STORED


def post(event: "IncomingMessage", batch: Batch, sender: Contact) -> None:
    """Adds a story, unless it is there."""
    content, envelope = event.content, event.envelope
    known = find(batch, envelope.message_id, sender)
    if known is not None:
        return
    story = Story(
        account=batch.account,
        sender=sender,
        message_id=envelope.message_id,
        from_me=envelope.from_me,
        timestamp=envelope.timestamp,
        expires_at=envelope.timestamp + LIFETIME_SECONDS,
        story_type=content.message_type.value,
        body=content.body,
        has_media=content.media is not None,
        created_at=batch.now,
        raw=event.raw,
    )
    batch.add_story(story)
    batch.changes_of.add(story.message_id)
    media: Media | None = media_of(batch, content.media, story=story) if content.media else None
    batch.log(events.STORY, story_record(story, media))


def delete(event: "IncomingMessage", batch: Batch, sender: Contact, story_id: str) -> Outcome | WaitsFor:
    """Marks a story as deleted; what it was stays. Only its own sender may."""
    story = find(batch, story_id, sender)
    if story is None:
        return WaitsFor(story_id)
    if not story.is_deleted:
        moment = datetime.fromtimestamp(event.envelope.timestamp, UTC)
        batch.put(story, is_deleted=True, deleted_at=moment)
        batch.log(events.STORY_DELETE, {"id": story_id, "from_jid": sender.jid})
    return Outcome.HANDLED


def find(batch: Batch, story_id: str, sender: Contact) -> Story | None:
    return next(
        (one for one in batch.rows(Story) if one.message_id == story_id and one.sender is sender), None
    )


def note_view(batch: Batch, viewer: Address, story_id: str, field: str, second: int) -> None:
    """Somebody has got (`delivered_at`) or seen (`viewed_at`) our story, at `second` in Unix seconds."""
    contact = batch.contact(viewer)
    view = batch.row(StoryView(account=batch.account, message_id=story_id, contact=contact))
    known = getattr(view, field)
    if known is None or second < known:
        batch.put(view, **{field: second})
        if field == "viewed_at":
            payload = {"id": story_id, "viewer_jid": contact.jid, "timestamp": second}
            batch.log(events.STORY_VIEW, payload)
