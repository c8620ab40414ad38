"""Text, places, and the kinds that are little more than text."""

from whatsapp.ingest.content.records import CallLog, Content, Event, MessageType
from whatsapp.ingest.content.registry import kind
from whatsapp.ingest.content.values import (
    LAST_SECOND,
    degrees,
    key,
    label,
    lines,
    number,
    text,
)
from whatsapp.protobuf import waE2E


@kind("conversation")
def conversation(body: str) -> Content:
    return Content(MessageType.TEXT, text(body))


@kind("extendedTextMessage")
def extended_text(part: waE2E.ExtendedTextMessage) -> Content:
    return Content(MessageType.TEXT, text(part.text))


@kind("richResponseMessage")
def rich_response(part: waE2E.AIRichResponseMessage) -> Content:
    """Meta AI's answer; its tables and code are not among the text parts."""
    return Content(MessageType.TEXT, lines(*(sub.messageText for sub in part.submessages)))


@kind("musicMessage")
def music(part: waE2E.MusicMessage) -> Content:
    return Content(MessageType.TEXT, lines(part.embeddedMusic.title, part.embeddedMusic.author, part.songUri))


@kind("locationMessage")
def location(part: waE2E.LocationMessage) -> Content:
    return Content(
        MessageType.LOCATION,
        lines(part.name, part.comment),
        latitude=degrees(part, "degreesLatitude", 90),
        longitude=degrees(part, "degreesLongitude", 180),
        location_name=text(part.name),
        location_address=text(part.address),
        is_live_location=part.isLive,
    )


@kind("liveLocationMessage")
def live_location(part: waE2E.LiveLocationMessage) -> Content:
    return Content(
        MessageType.LOCATION,
        text(part.caption),
        latitude=degrees(part, "degreesLatitude", 90),
        longitude=degrees(part, "degreesLongitude", 180),
        is_live_location=True,
    )


@kind("eventMessage")
def event(part: waE2E.EventMessage) -> Content:
    place = part.location
    return Content(
        MessageType.EVENT,
        lines(part.name, part.description),
        latitude=degrees(place, "degreesLatitude", 90),
        longitude=degrees(place, "degreesLongitude", 180),
        location_name=text(place.name),
        location_address=text(place.address),
        event=Event(
            name=text(part.name),
            description=text(part.description),
            start=number(part, "startTime", LAST_SECOND),
            end=number(part, "endTime", LAST_SECOND),
            is_canceled=part.isCanceled,
            join_link=text(part.joinLink),
        ),
    )


@kind("eventInviteMessage")
def event_invite(part: waE2E.EventInviteMessage) -> Content:
    return Content(
        MessageType.EVENT,
        lines(part.eventTitle, part.caption),
        event=Event(
            name=text(part.eventTitle),
            start=number(part, "startTime", LAST_SECOND),
            end=number(part, "endTime", LAST_SECOND),
            is_canceled=part.isCanceled,
            join_link=text(part.callLink),
        ),
    )


@kind("scheduledCallCreationMessage")
def scheduled_call(part: waE2E.ScheduledCallCreationMessage) -> Content:
    milliseconds = number(part, "scheduledTimestampMS", LAST_SECOND * 1000)
    start = None if milliseconds is None else milliseconds // 1000
    return Content(MessageType.EVENT, text(part.title), event=Event(text(part.title), start=start))


@kind("scheduledCallEditMessage")
def scheduled_call_edit(part: waE2E.ScheduledCallEditMessage) -> Content:
    canceled = label(part, "editType") == "cancel"
    return Content(MessageType.EVENT, event=Event(None, is_canceled=canceled), target=key(part))


@kind("callLogMesssage")
def call_log(part: waE2E.CallLogMessage) -> Content:
    return Content(
        MessageType.CALL_LOG,
        call=CallLog(part.isVideo, label(part, "callOutcome"), number(part, "durationSecs")),
    )


@kind("bcallMessage")
def broadcast_call(part: waE2E.BCallMessage) -> Content:
    return Content(
        MessageType.CALL_LOG, text(part.caption), call=CallLog(label(part, "mediaType") == "video")
    )


@kind("statusQuestionAnswerMessage", "statusQuotedMessage")
def story_text(part: waE2E.StatusQuestionAnswerMessage | waE2E.StatusQuotedMessage) -> Content:
    return Content(MessageType.STORY, text(part.text), target=key(part) or key(part, "originalStatusID"))


@kind("statusNotificationMessage")
def story_notification(part: waE2E.StatusNotificationMessage) -> Content:
    return Content(MessageType.STORY, target=key(part, "originalMessageKey"))


@kind("statusStickerInteractionMessage")
def story_sticker_interaction(part: waE2E.StatusStickerInteractionMessage) -> Content:
    return Content(MessageType.STORY, target=key(part))


@kind("questionResponseMessage")
def question_response(part: waE2E.QuestionResponseMessage) -> Content:
    return Content(MessageType.TEXT, text(part.text), target=key(part))
