"""The file of a message or story: queued for download, unless the settings say otherwise."""

from whatsapp import preferences
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content import MediaContent
from whatsapp.models import Media, Message, Story
from whatsapp.rows import made


def media_of(
    batch: Batch, content: MediaContent, *, message: Message | None = None, story: Story | None = None
) -> Media:
    """Adds the file of the message or story."""
    owner = message or story
    assert owner is not None
    reason = why_not_downloaded(content)
    media = made(
        Media,
        id=owner.pk,
        account=batch.account,
        message=message,
        story=story,
        kind=content.kind,
        mime_type=content.mime_type,
        file_size=content.size,
        original_filename=content.filename,
        width=content.width,
        height=content.height,
        duration=content.duration,
        thumbnail=content.thumbnail,
        download_status=Media.Status.SKIPPED if reason else Media.Status.PENDING,
        download_error=reason,
        created_at=batch.now,
    )
    if message is not None and message.from_me:
        take_what_was_sent(batch, media, message.message_id, content.sha256)
    batch.add_media(media)
    return media


def take_what_was_sent(batch: Batch, media: Media, message_id: str, sha256: bytes | None) -> None:
    """The file of a message that the hub has sent is here already, by the word of the act that sent it."""
    action = batch.action_of(message_id)
    file = (action.payload.get("file") if action is not None else None) or {}
    if not file.get("stored") or sha256 is None or file["sha256"] != sha256.hex():
        return
    media.file_path, media.file_hash, media.file_size = file["stored"], file["sha256"], file["size"]
    media.download_status, media.download_error = Media.Status.DOWNLOADED, None


def why_not_downloaded(content: MediaContent) -> str | None:
    """Why the settings keep this file from being downloaded by itself; None when they don't."""
    megabytes = preferences.get("maxMediaSizeMB")
    if not content.is_downloadable:
        return "The message doesn't say where its file is."
    if not preferences.get("autoDownloadMedia"):
        return "AUTO_DOWNLOAD_MEDIA is off."
    if megabytes and (content.size or 0) > megabytes * 1024 * 1024:
        return f"The file is larger than MAX_MEDIA_SIZE_MB ({megabytes})."
    return None
