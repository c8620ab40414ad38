"""`parse_content`: every kind of message, every wrapper, and what strangers may send instead."""

import dataclasses
import json
import math
import random
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Protobuf

from whatsapp.ingest.content import (
    CallLog,
    ContactPhone,
    Content,
    Event,
    Invite,
    MessageKey,
    MessageType,
    find_media_part,
    parse_content,
)
from whatsapp.ingest.content.registry import BACKGROUND, BUILDERS
from whatsapp.ingest.content.wrapping import MAX_DEPTH, WRAPPERS
from whatsapp.protobuf import waCommon, waE2E

ALICE = "351910000001@s.whatsapp.net"
BOB = "351910000002@s.whatsapp.net"
FRIENDS = "120363000000000001@g.us"

ALICE_KEY = waCommon.MessageKey(remoteJID=FRIENDS, fromMe=False, ID="ALICE1", participant=ALICE)
ALICE_MESSAGE = MessageKey(FRIENDS, False, "ALICE1", ALICE)

ProtocolType = waE2E.ProtocolMessage.Type


def text_message(body: str = "hello") -> Any:
    return waE2E.Message(conversation=body)


def image_message(**fields: Any) -> Any:
    return waE2E.Message(imageMessage=waE2E.ImageMessage(**{"mimetype": "image/jpeg"} | fields))


def protocol_message(**fields: Any) -> Any:
    return waE2E.Message(protocolMessage=waE2E.ProtocolMessage(**fields))


def wrapped(wrapper: str, message: Any) -> Any:
    outer = waE2E.Message()
    getattr(outer, wrapper).message.CopyFrom(message)
    return outer


def parse(**fields: Any) -> Content:
    return parse_content(waE2E.Message(**fields))


# Text


def test_a_conversation_is_text():
    content = parse(conversation="Good morning")
    assert (content.message_type, content.body) == ("text", "Good morning")
    assert not content.is_protocol


def test_extended_text_says_its_text_and_not_the_title_of_its_link():
    content = parse(extendedTextMessage=waE2E.ExtendedTextMessage(text="look https://a.pt", title="A page"))
    assert (content.message_type, content.body) == ("text", "look https://a.pt")


def test_an_empty_conversation_is_text_without_a_body():
    content = parse(conversation="")
    assert (content.message_type, content.body) == ("text", None)


def test_an_empty_conversation_does_not_hide_a_picture_beside_it():
    message = image_message(caption="sea")
    message.conversation = ""
    assert parse_content(message).message_type == "image"


def test_metas_ai_answers_in_text():
    message = waE2E.Message()
    message.richResponseMessage.submessages.add(messageText="First")
    message.richResponseMessage.submessages.add(messageText="Second")
    assert parse_content(message).body == "First\nSecond"


def test_a_song_shows_its_title_and_author():
    message = waE2E.Message()
    message.musicMessage.embeddedMusic.title = "Grândola"
    message.musicMessage.embeddedMusic.author = "Zeca"
    assert parse_content(message).body == "Grândola\nZeca"


# Media


def test_an_image_carries_all_that_its_row_needs():
    content = parse_content(
        image_message(
            caption="sea",
            fileLength=1234,
            width=640,
            height=480,
            JPEGThumbnail=b"\xff\xd8",
            fileSHA256=b"h" * 32,
        )
    )
    assert (content.message_type, content.body) == ("image", "sea")
    media = content.media
    assert media is not None
    assert (media.kind, media.mime_type, media.size) == ("image", "image/jpeg", 1234)
    assert (media.width, media.height, media.duration) == (640, 480, None)
    assert (media.thumbnail, media.sha256) == (b"\xff\xd8", b"h" * 32)


def test_media_can_be_downloaded_only_with_a_path_or_address():
    assert parse_content(image_message(directPath="/v/1")).media.is_downloadable
    assert parse_content(image_message(URL="https://mmg.whatsapp.net/v/1")).media.is_downloadable
    assert not parse_content(image_message()).media.is_downloadable


def test_a_video_has_a_duration_and_a_gif_is_animated():
    content = parse(videoMessage=waE2E.VideoMessage(seconds=9, gifPlayback=True, caption="ha"))
    assert (content.message_type, content.body) == ("video", "ha")
    assert (content.media.kind, content.media.duration, content.media.is_animated) == ("video", 9, True)
    assert not parse(videoMessage=waE2E.VideoMessage(seconds=9)).media.is_animated


def test_a_video_note_is_a_video_found_in_its_own_part():
    message = waE2E.Message(ptvMessage=waE2E.VideoMessage(directPath="/v/1"))
    content = parse_content(message)
    assert (content.message_type, content.media.part, content.media.is_video_note) == (
        "video",
        "ptvMessage",
        True,
    )
    assert find_media_part(content.message, content.media).directPath == "/v/1"


@pytest.mark.parametrize("is_voice_note", [True, False])
def test_audio_is_a_voice_note_or_it_is_not(is_voice_note):
    content = parse(audioMessage=waE2E.AudioMessage(seconds=3, PTT=is_voice_note))
    assert (content.message_type, content.body) == ("audio", None)
    assert (content.media.is_voice_note, content.media.duration) == (is_voice_note, 3)


def test_a_document_has_its_file_name_or_else_its_title():
    content = parse(documentMessage=waE2E.DocumentMessage(fileName="a.pdf", title="A", caption="read it"))
    assert (content.message_type, content.body, content.media.filename) == ("document", "read it", "a.pdf")
    assert parse(documentMessage=waE2E.DocumentMessage(title="A")).media.filename == "A"


def test_a_sticker_has_its_png_as_thumbnail():
    content = parse(stickerMessage=waE2E.StickerMessage(isAnimated=True, pngThumbnail=b"png"))
    assert (content.message_type, content.media.kind) == ("sticker", "sticker")
    assert (content.media.is_animated, content.media.thumbnail) == (True, b"png")


def test_a_sticker_in_a_lottie_wrapper_is_animated():
    plain = waE2E.Message(stickerMessage=waE2E.StickerMessage(mimetype="application/was"))
    assert not parse_content(plain).media.is_animated
    assert parse_content(wrapped("lottieStickerMessage", plain)).media.is_animated


def test_a_sticker_pack_is_called_by_its_name():
    content = parse(stickerPackMessage=waE2E.StickerPackMessage(name="Cats", fileLength=5))
    assert (content.message_type, content.body, content.media.kind) == ("sticker", "Cats", "sticker-pack")


def test_an_album_is_the_parent_of_its_pictures():
    assert parse(albumMessage=waE2E.AlbumMessage(expectedImageCount=2)).message_type == "album"
    picture = image_message()
    association = picture.messageContextInfo.messageAssociation
    association.associationType = waE2E.MessageAssociation.MEDIA_ALBUM
    association.parentMessageKey.CopyFrom(ALICE_KEY)
    content = parse_content(picture)
    assert (content.message_type, content.parent, content.association) == (
        "image",
        ALICE_MESSAGE,
        "media_album",
    )


@pytest.mark.parametrize(
    "message",
    [
        image_message(directPath="/here"),
        wrapped("ephemeralMessage", wrapped("viewOnceMessageV2", image_message(directPath="/here"))),
        waE2E.Message(
            buttonsMessage=waE2E.ButtonsMessage(imageMessage=waE2E.ImageMessage(directPath="/here"))
        ),
        waE2E.Message(
            templateMessage=waE2E.TemplateMessage(
                interactiveMessageTemplate=waE2E.InteractiveMessage(
                    header=waE2E.InteractiveMessage.Header(
                        imageMessage=waE2E.ImageMessage(directPath="/here")
                    )
                )
            )
        ),
        waE2E.Message(
            productMessage=waE2E.ProductMessage(
                product=waE2E.ProductMessage.ProductSnapshot(
                    productImage=waE2E.ImageMessage(directPath="/here")
                )
            )
        ),
        wrapped("commentMessage", wrapped("ephemeralMessage", image_message(directPath="/here"))),
    ],
    ids=["plain", "view once", "buttons", "template", "product", "comment"],
)
def test_the_part_to_download_is_found_by_its_path(message):
    content = parse_content(message)
    assert find_media_part(content.message, content.media).directPath == "/here"


def test_a_media_path_that_leads_nowhere_finds_nothing():
    media = parse_content(image_message()).media
    assert find_media_part(text_message(), media) is None


# View once


@pytest.mark.parametrize("wrapper", ["viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension"])
@pytest.mark.parametrize(
    ("part", "kind"), [("imageMessage", "image"), ("videoMessage", "video"), ("audioMessage", "audio")]
)
def test_wrapped_media_to_view_once_keeps_its_media(wrapper, part, kind):
    inner = waE2E.Message()
    getattr(inner, part).fileLength = 7
    content = parse_content(wrapped(wrapper, inner))
    assert (content.message_type, content.is_view_once) == ("view_once", True)
    assert (content.media.kind, content.media.size) == (kind, 7)


def test_a_picture_that_says_itself_that_it_is_view_once_is():
    assert parse_content(image_message(viewOnce=True)).message_type == "view_once"
    assert parse_content(image_message(viewOnce=False)).message_type == "image"


def test_a_view_once_message_kept_on_the_phone_is_still_one():
    message = waE2E.Message()
    message.viewOnceMessageV2.SetInParent()
    content = parse_content(message)
    assert (content.message_type, content.is_view_once, content.media) == ("view_once", True, None)


def test_buttons_in_a_view_once_wrapper_stay_buttons():
    inner = waE2E.Message(buttonsMessage=waE2E.ButtonsMessage(contentText="Choose"))
    content = parse_content(wrapped("viewOnceMessage", inner))
    assert (content.message_type, content.is_view_once) == ("buttons", False)


# Wrappers


@pytest.mark.parametrize("wrapper", sorted(WRAPPERS - {"commentMessage"}))
def test_every_wrapper_is_taken_off(wrapper):
    content = parse_content(wrapped(wrapper, text_message("inside")))
    assert (content.message_type, content.body) == ("text", "inside")
    assert content.wrappers == (wrapper,)
    assert content.message.conversation == "inside"


@pytest.mark.parametrize(
    "wrapper",
    [
        "deviceSentMessage",
        "ephemeralMessage",
        "documentWithCaptionMessage",
        "editedMessage",
        "groupMentionedMessage",
        "botInvokeMessage",
        "statusMentionMessage",
        "pollCreationMessageV4",
        "associatedChildMessage",
    ],
)
def test_the_wrappers_we_know_by_name_are_among_those_found(wrapper):
    assert wrapper in WRAPPERS


def test_wrappers_in_wrappers_are_taken_off_in_order():
    message = wrapped(
        "deviceSentMessage", wrapped("ephemeralMessage", wrapped("editedMessage", text_message()))
    )
    content = parse_content(message)
    assert content.wrappers == ("deviceSentMessage", "ephemeralMessage", "editedMessage")
    assert content.is_ephemeral


def test_a_message_wrapped_more_than_sixteen_times_is_unknown():
    message = text_message("deep")
    for _ in range(MAX_DEPTH):
        message = wrapped("ephemeralMessage", message)
    assert parse_content(message).body == "deep"
    content = parse_content(wrapped("ephemeralMessage", message))
    assert (content.message_type, content.body) == ("unknown", None)


def test_a_wrapper_with_nothing_in_it_is_unknown():
    message = waE2E.Message()
    message.ephemeralMessage.SetInParent()
    assert parse_content(message).message_type == "unknown"


def test_a_message_from_another_of_our_devices_says_where_it_went():
    message = wrapped("deviceSentMessage", text_message())
    message.deviceSentMessage.destinationJID = BOB
    assert parse_content(message).sent_to == BOB


def test_the_message_secret_is_found_on_whichever_layer_has_it():
    message = wrapped("deviceSentMessage", wrapped("ephemeralMessage", text_message()))
    message.messageContextInfo.messageSecret = b"s" * 32
    assert parse_content(message).message_secret == b"s" * 32


def test_a_comment_is_a_comment_on_its_target():
    message = wrapped("commentMessage", text_message("agreed"))
    message.commentMessage.targetMessageKey.CopyFrom(ALICE_KEY)
    content = parse_content(message)
    assert (content.message_type, content.body, content.target) == ("comment", "agreed", ALICE_MESSAGE)


# What surrounds a message


def with_context(**context: Any) -> Content:
    return parse(
        extendedTextMessage=waE2E.ExtendedTextMessage(text="yes", contextInfo=waE2E.ContextInfo(**context))
    )


def test_a_reply_quotes_the_message_it_answers():
    content = with_context(
        stanzaID="ALICE1", participant=ALICE, remoteJID=FRIENDS, quotedMessage=text_message("coming?")
    )
    assert (content.quoted_id, content.quoted_body, content.quoted_type) == ("ALICE1", "coming?", "text")
    assert (content.quoted_participant, content.quoted_remote_jid) == (ALICE, FRIENDS)


def test_a_reply_to_a_wrapped_picture_quotes_its_caption():
    quoted = wrapped("viewOnceMessage", image_message(caption="sea"))
    content = with_context(stanzaID="ALICE1", quotedMessage=quoted)
    assert (content.quoted_body, content.quoted_type) == ("sea", "image")


def test_a_message_that_answers_nothing_quotes_nothing():
    content = parse(conversation="yes")
    assert (content.quoted_id, content.quoted_body, content.quoted_type) == (None, None, None)


def test_a_forwarded_message_says_how_often():
    content = with_context(isForwarded=True, forwardingScore=127)
    assert (content.is_forwarded, content.forward_score) == (True, 127)
    assert with_context(forwardingScore=1).is_forwarded
    assert not with_context().is_forwarded


def test_an_ephemeral_message_tells_its_timer():
    content = with_context(expiration=86400)
    assert (content.is_ephemeral, content.ephemeral_duration) == (True, 86400)
    content = with_context(expiration=0)
    assert (content.is_ephemeral, content.ephemeral_duration) == (False, None)


def test_an_ephemeral_wrapper_alone_is_enough_without_a_timer():
    content = parse_content(wrapped("ephemeralMessage", text_message()))
    assert (content.is_ephemeral, content.ephemeral_duration) == (True, None)


def test_mentions_are_listed_once_each_in_order():
    assert with_context(mentionedJID=[BOB, ALICE, BOB, ""]).mentions == (BOB, ALICE)


@pytest.mark.parametrize(
    "field",
    [
        "imageMessage",
        "locationMessage",
        "contactMessage",
        "pollCreationMessageV3",
        "listMessage",
        "eventMessage",
    ],
)
def test_the_context_is_read_whatever_the_kind(field):
    message = waE2E.Message()
    getattr(message, field).contextInfo.stanzaID = "ALICE1"
    assert parse_content(message).quoted_id == "ALICE1"


# Reactions


def test_a_reaction_names_its_emoji_and_target():
    content = parse(reactionMessage=waE2E.ReactionMessage(key=ALICE_KEY, text="👍", senderTimestampMS=1700))
    assert (content.message_type, content.reaction_emoji) == ("reaction", "👍")
    assert (content.reaction_target, content.reaction_removed) == (ALICE_MESSAGE, False)
    assert content.reaction_timestamp_ms == 1700


def test_a_reaction_with_an_empty_text_takes_the_earlier_one_back():
    content = parse(reactionMessage=waE2E.ReactionMessage(key=ALICE_KEY, text=""))
    assert (content.reaction_emoji, content.reaction_removed) == (None, True)
    assert content.reaction_target == ALICE_MESSAGE


def test_an_encrypted_reaction_is_not_taken_for_a_removed_one():
    content = parse(encReactionMessage=waE2E.EncReactionMessage(targetMessageKey=ALICE_KEY))
    assert (content.message_type, content.reaction_target) == ("reaction", ALICE_MESSAGE)
    assert (content.is_encrypted, content.reaction_removed) == (True, False)


def test_a_key_without_an_id_points_to_nothing():
    content = parse(reactionMessage=waE2E.ReactionMessage(key=waCommon.MessageKey(remoteJID=BOB), text="👍"))
    assert content.reaction_target is None


# Polls


@pytest.mark.parametrize(
    "field", ["", "V2", "V3", "V5", "V6"], ids=["first", "second", "third", "fifth", "sixth"]
)
def test_a_poll_has_a_name_options_and_a_limit(field):
    message = waE2E.Message()
    poll = getattr(message, f"pollCreationMessage{field}")
    poll.name = "Lunch?"
    poll.options.add(optionName="Fish")
    poll.options.add(optionName="Meat")
    poll.selectableOptionsCount = 1
    content = parse_content(message)
    assert (content.message_type, content.body, content.poll_name) == ("poll", "Lunch?", "Lunch?")
    assert (content.poll_options, content.poll_selectable) == (("Fish", "Meat"), 1)


def test_the_fourth_kind_of_poll_comes_wrapped():
    inner = waE2E.Message(pollCreationMessageV3=waE2E.PollCreationMessage(name="Lunch?"))
    assert parse_content(wrapped("pollCreationMessageV4", inner)).poll_name == "Lunch?"


def test_a_poll_update_is_a_vote_on_the_poll():
    content = parse(
        pollUpdateMessage=waE2E.PollUpdateMessage(pollCreationMessageKey=ALICE_KEY, senderTimestampMS=1700)
    )
    assert content.message_type == "poll_update"
    assert (content.poll_vote.target, content.poll_vote.timestamp_ms) == (ALICE_MESSAGE, 1700)
    assert (content.is_encrypted, content.target) == (True, ALICE_MESSAGE)


def test_a_poll_update_without_its_poll_is_no_vote():
    assert parse(pollUpdateMessage=waE2E.PollUpdateMessage()).poll_vote is None


def test_an_option_added_to_a_poll_is_a_poll_update():
    content = parse(
        pollAddOptionMessage=waE2E.PollAddOptionMessage(
            pollCreationMessageKey=ALICE_KEY, addOption=waE2E.PollCreationMessage.Option(optionName="Soup")
        )
    )
    assert (content.message_type, content.poll_options) == ("poll_update", ("Soup",))
    assert (content.target, content.poll_vote) == (ALICE_MESSAGE, None)


def test_poll_results_name_the_poll():
    results = waE2E.PollResultSnapshotMessage(name="Lunch?")
    results.pollVotes.add(optionName="Fish", optionVoteCount=2)
    content = parse(pollResultSnapshotMessage=results)
    assert (content.message_type, content.poll_name, content.poll_options) == ("poll", "Lunch?", ("Fish",))


# Places and events


def test_a_location_has_coordinates_a_name_and_an_address():
    content = parse(
        locationMessage=waE2E.LocationMessage(
            degreesLatitude=38.7, degreesLongitude=-9.1, name="Café", address="Rua 1", comment="here"
        )
    )
    assert (content.message_type, content.body) == ("location", "Café\nhere")
    assert (content.latitude, content.longitude) == (38.7, -9.1)
    assert (content.location_name, content.location_address) == ("Café", "Rua 1")
    assert not content.is_live_location


def test_a_live_location_is_marked_as_live():
    content = parse(
        liveLocationMessage=waE2E.LiveLocationMessage(
            degreesLatitude=1, degreesLongitude=2, caption="on my way"
        )
    )
    assert (content.message_type, content.body, content.is_live_location) == ("location", "on my way", True)
    assert (content.latitude, content.longitude) == (1, 2)
    assert parse(locationMessage=waE2E.LocationMessage(isLive=True)).is_live_location


def test_the_equator_and_greenwich_are_places():
    content = parse(locationMessage=waE2E.LocationMessage(degreesLatitude=0, degreesLongitude=0))
    assert (content.latitude, content.longitude) == (0, 0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, 180.5])
@pytest.mark.parametrize("field", ["locationMessage", "liveLocationMessage", "eventMessage"])
def test_coordinates_that_are_not_on_earth_are_absent(field, value):
    message = waE2E.Message()
    part = getattr(message, field)
    place = part.location if field == "eventMessage" else part
    place.degreesLatitude = 90.5 if value == 180.5 else value
    place.degreesLongitude = value
    content = parse_content(message)
    assert (content.latitude, content.longitude) == (None, None)


def test_the_poles_and_the_date_line_are_places():
    content = parse(locationMessage=waE2E.LocationMessage(degreesLatitude=-90, degreesLongitude=180))
    assert (content.latitude, content.longitude) == (-90, 180)


def test_an_event_has_a_time_and_a_place():
    place = waE2E.LocationMessage(degreesLatitude=38.7, degreesLongitude=-9.1, name="Home", address="Rua 1")
    content = parse(
        eventMessage=waE2E.EventMessage(
            name="Dinner",
            description="Bring wine",
            startTime=1700000000,
            endTime=1700003600,
            isCanceled=True,
            joinLink="https://call.whatsapp.com/1",
            location=place,
        )
    )
    assert (content.message_type, content.body) == ("event", "Dinner\nBring wine")
    assert content.event == Event(
        "Dinner", "Bring wine", 1700000000, 1700003600, True, "https://call.whatsapp.com/1"
    )
    assert (content.location_name, content.location_address) == ("Home", "Rua 1")
    assert (content.latitude, content.longitude) == (38.7, -9.1)


def test_an_invitation_to_an_event_is_an_event():
    content = parse(
        eventInviteMessage=waE2E.EventInviteMessage(
            eventTitle="Dinner", caption="come", startTime=5, endTime=6, isCanceled=True, callLink="https://a"
        )
    )
    assert (content.message_type, content.body) == ("event", "Dinner\ncome")
    assert content.event == Event("Dinner", None, 5, 6, True, "https://a")


def test_a_scheduled_call_is_an_event_and_can_be_canceled():
    content = parse(
        scheduledCallCreationMessage=waE2E.ScheduledCallCreationMessage(
            title="Sync", scheduledTimestampMS=5000
        )
    )
    assert (content.message_type, content.body, content.event.start) == ("event", "Sync", 5)
    cancel = waE2E.ScheduledCallEditMessage(key=ALICE_KEY, editType=waE2E.ScheduledCallEditMessage.CANCEL)
    content = parse(scheduledCallEditMessage=cancel)
    assert (content.event.is_canceled, content.target) == (True, ALICE_MESSAGE)


def test_an_answer_to_an_event_is_encrypted_and_names_the_event():
    content = parse(encEventResponseMessage=waE2E.EncEventResponseMessage(eventCreationMessageKey=ALICE_KEY))
    assert (content.message_type, content.target) == ("event_response", ALICE_MESSAGE)


def test_a_call_log_tells_how_the_call_went():
    log = waE2E.CallLogMessage(isVideo=True, callOutcome=waE2E.CallLogMessage.MISSED, durationSecs=0)
    content = parse(callLogMesssage=log)
    assert (content.message_type, content.call) == ("call_log", CallLog(True, "missed", 0))


def test_a_broadcast_call_is_in_the_call_log():
    content = parse(bcallMessage=waE2E.BCallMessage(caption="live"))
    assert (content.message_type, content.body, content.call.is_video) == ("call_log", "live", False)


# Contacts and invitations

VCARD = "\r\n".join(
    [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "N:Silva;Ana;;;",
        "FN:Ana Silva",
        "ORG:Padaria\\, Lda;Vendas;",
        "item1.TEL;waid=351910000001:+351 910 000",
        "  001",
        "item1.X-ABLabel:_$!<Mobile>!$_",
        "TEL;type=WORK,VOICE:tel:+351210000002",
        "Tel;WAID=351910000003;HOME:+351210000003",
        "item2.EMAIL;type=INTERNET:ana@example.pt",
        "NOTE",
        "END:VCARD",
    ]
)


def test_a_contact_shows_what_its_vcard_holds():
    content = parse(contactMessage=waE2E.ContactMessage(displayName="Ana", vcard=VCARD))
    assert (content.message_type, content.body) == ("contact", "Ana")
    (card,) = content.contacts
    assert card.phones == (
        ContactPhone("+351 910 000 001", "351910000001", "Mobile"),
        ContactPhone("+351210000002", None, "work"),
        ContactPhone("+351210000003", "351910000003", "home"),
    )
    assert (card.name, card.organization, card.emails) == ("Ana", "Padaria, Lda, Vendas", ("ana@example.pt",))
    assert card.vcard == VCARD


def test_a_vcard_written_loosely_is_read_all_the_same():
    vcard = "X-ABLabel:Stray\nITEM1.tel ;type=VOICE,PREF: +1 \nitem1.x-ablabel: Shop\nTEL;PREF:2\nORG: A ; B "
    (card,) = parse(contactMessage=waE2E.ContactMessage(vcard=vcard)).contacts
    assert card.phones == (ContactPhone("+1", None, "Shop"), ContactPhone("2", None, None))
    assert card.organization == "A, B"


def test_a_contact_without_a_display_name_is_called_by_its_full_name():
    assert parse(contactMessage=waE2E.ContactMessage(vcard=VCARD)).body == "Ana Silva"


def test_a_contact_with_no_vcard_has_only_a_name():
    (card,) = parse(contactMessage=waE2E.ContactMessage(displayName="Ana")).contacts
    assert (card.name, card.phones, card.vcard) == ("Ana", (), None)


@pytest.mark.parametrize("vcard", ["::::", "TEL", "TEL;;=;:", ".:.", "\\", "TEL:\\", "\r\n \r\n\t:", ";:;"])
def test_a_broken_vcard_still_makes_a_card(vcard):
    (card,) = parse(contactMessage=waE2E.ContactMessage(displayName="Ana", vcard=vcard)).contacts
    assert (card.name, card.vcard) == ("Ana", vcard)


def test_several_contacts_are_named_in_one_line():
    message = waE2E.Message()
    message.contactsArrayMessage.displayName = "2 contacts"
    message.contactsArrayMessage.contacts.add(displayName="Ana", vcard=VCARD)
    message.contactsArrayMessage.contacts.add(displayName="Rui")
    content = parse_content(message)
    assert (content.message_type, content.body) == ("contact", "Ana, Rui")
    assert [card.name for card in content.contacts] == ["Ana", "Rui"]


def test_contacts_without_names_are_called_as_the_whole_is():
    content = parse(contactsArrayMessage=waE2E.ContactsArrayMessage(displayName="2 contacts"))
    assert content.body == "2 contacts"


def test_a_group_invitation_carries_what_joining_takes():
    content = parse(
        groupInviteMessage=waE2E.GroupInviteMessage(
            groupJID=FRIENDS,
            groupName="Friends",
            inviteCode="abc",
            inviteExpiration=1700000000,
            caption="join",
        )
    )
    assert (content.message_type, content.body) == ("group_invite", "join")
    assert content.invite == Invite(FRIENDS, "Friends", "abc", 1700000000)


@pytest.mark.parametrize("field", ["newsletterAdminInviteMessage", "newsletterFollowerInviteMessageV2"])
def test_a_newsletter_invitation_names_the_newsletter(field):
    message = waE2E.Message()
    getattr(message, field).newsletterJID = "1@newsletter"
    getattr(message, field).newsletterName = "News"
    content = parse_content(message)
    assert (content.message_type, content.body) == ("newsletter", "News")
    assert content.invite == Invite("1@newsletter", "News")


def test_an_invitation_to_run_a_newsletter_expires():
    invitation = waE2E.NewsletterAdminInviteMessage(inviteExpiration=1700000000)
    assert parse(newsletterAdminInviteMessage=invitation).invite.expiration == 1700000000


# Business


def test_buttons_read_from_head_to_foot():
    message = waE2E.ButtonsMessage(text="Order 7", contentText="Keep it?", footerText="Padaria")
    for label in ("Yes", "No"):
        message.buttons.add().buttonText.displayText = label
    content = parse(buttonsMessage=message)
    assert (content.message_type, content.body) == ("buttons", "Order 7\nKeep it?\nPadaria\n[Yes] [No]")


def test_a_list_reads_with_its_sections_and_rows():
    message = waE2E.ListMessage(title="Menu", description="Today", buttonText="See", footerText="Enjoy")
    section = message.sections.add(title="Soups")
    section.rows.add(title="Caldo verde", description="hot")
    content = parse(listMessage=message)
    assert content.message_type == "list"
    assert content.body == "Menu\nToday\nEnjoy\n[See]\nSoups\nCaldo verde\nhot"


@pytest.mark.parametrize("form", ["hydratedTemplate", "hydratedFourRowTemplate"])
def test_a_hydrated_template_reads_with_every_kind_of_button(form):
    message = waE2E.Message()
    template = getattr(message.templateMessage, form)
    template.hydratedTitleText = "Order"
    template.hydratedContentText = "On its way"
    template.hydratedFooterText = "Thanks"
    template.hydratedButtons.add().quickReplyButton.displayText = "Ok"
    template.hydratedButtons.add().urlButton.displayText = "Track"
    template.hydratedButtons.add().callButton.displayText = "Call"
    content = parse_content(message)
    assert content.message_type == "buttons"
    assert content.body == "Order\nOn its way\nThanks\n[Ok] [Track] [Call]"


def test_a_template_to_be_filled_in_shows_its_values():
    message = waE2E.Message()
    message.templateMessage.fourRowTemplate.content.params.extend(["Ana", "7"])
    assert parse_content(message).body == "Ana\n7"
    content = parse(highlyStructuredMessage=waE2E.HighlyStructuredMessage(params=["Ana"]))
    assert (content.message_type, content.body) == ("buttons", "Ana")


def test_a_structured_message_that_was_filled_in_reads_as_its_template():
    message = waE2E.Message()
    message.highlyStructuredMessage.hydratedHsm.hydratedTemplate.hydratedContentText = "Hi Ana"
    message.highlyStructuredMessage.hydratedHsm.hydratedTemplate.imageMessage.directPath = "/here"
    content = parse_content(message)
    assert content.body == "Hi Ana"
    assert find_media_part(content.message, content.media).directPath == "/here"


def test_an_interactive_message_reads_its_buttons_from_their_json():
    message = waE2E.InteractiveMessage()
    message.header.title = "Shop"
    message.body.text = "Choose"
    message.footer.text = "Bye"
    message.nativeFlowMessage.buttons.add(buttonParamsJSON=json.dumps({"display_text": "Go"}))
    message.nativeFlowMessage.buttons.add(buttonParamsJSON="not json")
    message.nativeFlowMessage.buttons.add(buttonParamsJSON=json.dumps({"display_text": {"a": 1}}))
    message.nativeFlowMessage.buttons.add(buttonParamsJSON="[" * 100_000)
    content = parse(interactiveMessage=message)
    assert (content.message_type, content.body) == ("buttons", "Shop\nChoose\nBye\n[Go]")


def test_a_carousel_reads_card_by_card():
    message = waE2E.InteractiveMessage()
    message.body.text = "Look"
    message.carouselMessage.cards.add().body.text = "One"
    message.carouselMessage.cards.add().body.text = "Two"
    assert parse(interactiveMessage=message).body == "Look\nOne\nTwo"


def test_the_reply_to_a_button_says_what_was_pressed():
    content = parse(
        buttonsResponseMessage=waE2E.ButtonsResponseMessage(selectedDisplayText="Yes", selectedButtonID="y")
    )
    assert (content.message_type, content.body, content.selected_id) == ("buttons", "Yes", "y")


def test_the_reply_to_a_template_says_what_was_pressed():
    content = parse(
        templateButtonReplyMessage=waE2E.TemplateButtonReplyMessage(selectedDisplayText="Ok", selectedID="o")
    )
    assert (content.message_type, content.body, content.selected_id) == ("buttons", "Ok", "o")


def test_the_reply_to_a_list_says_what_was_chosen():
    message = waE2E.ListResponseMessage(title="Caldo verde", description="hot")
    message.singleSelectReply.selectedRowID = "soup-1"
    content = parse(listResponseMessage=message)
    assert (content.message_type, content.body) == ("list", "Caldo verde\nhot")
    assert content.selected_id == "soup-1"


def test_the_reply_to_an_interactive_message_says_what_was_chosen():
    message = waE2E.InteractiveResponseMessage()
    message.body.text = "Go"
    message.nativeFlowResponseMessage.paramsJSON = '{"id": "go"}'
    content = parse(interactiveResponseMessage=message)
    assert (content.message_type, content.body, content.selected_id) == ("buttons", "Go", "go")


def test_a_product_shows_its_title_and_price():
    message = waE2E.ProductMessage(body="Fresh")
    message.product.title = "Bread"
    message.product.priceAmount1000 = 1250
    message.product.currencyCode = "EUR"
    content = parse(productMessage=message)
    assert (content.message_type, content.body) == ("product", "Bread\n1.25 EUR\nFresh")


def test_a_catalog_is_a_product_with_the_catalogs_picture():
    message = waE2E.ProductMessage()
    message.catalog.title = "All bread"
    message.catalog.catalogImage.directPath = "/here"
    content = parse(productMessage=message)
    assert (content.message_type, content.body) == ("product", "All bread")
    assert content.media.part == "productMessage.catalog.catalogImage"


def test_an_order_shows_its_title_and_total():
    content = parse(
        orderMessage=waE2E.OrderMessage(
            orderTitle="Padaria", message="2 loaves", totalAmount1000=2500, totalCurrencyCode="EUR"
        )
    )
    assert (content.message_type, content.body) == ("order", "Padaria\n2 loaves\n2.50 EUR")


def test_a_payment_shows_its_note():
    content = parse(sendPaymentMessage=waE2E.SendPaymentMessage(noteMessage=text_message("for lunch")))
    assert (content.message_type, content.body) == ("payment", "for lunch")


def test_a_payment_request_shows_its_amount():
    request = waE2E.RequestPaymentMessage(noteMessage=text_message("lunch"), amount1000=9000)
    request.currencyCodeIso4217 = "EUR"
    assert parse(requestPaymentMessage=request).body == "lunch\n9.00 EUR"
    request.amount.CopyFrom(waE2E.Money(value=950, offset=100, currencyCode="EUR"))
    assert parse(requestPaymentMessage=request).body == "lunch\n9.50 EUR"


def test_an_amount_without_a_unit_is_whole():
    split = waE2E.SplitPaymentMessage(description="trip", totalAmount=waE2E.Money(value=9, offset=0))
    assert parse(splitPaymentMessage=split).body == "trip\n9.00"


@pytest.mark.parametrize("field", ["declinePaymentRequestMessage", "cancelPaymentRequestMessage"])
def test_the_end_of_a_payment_request_names_the_request(field):
    message = waE2E.Message()
    getattr(message, field).key.CopyFrom(ALICE_KEY)
    content = parse_content(message)
    assert (content.message_type, content.target) == ("payment", ALICE_MESSAGE)


@pytest.mark.parametrize(
    ("field", "text_field"),
    [
        ("invoiceMessage", "note"),
        ("paymentReminderMessage", "description"),
        ("splitPaymentMessage", "description"),
    ],
)
def test_other_payments_show_what_they_are_for(field, text_field):
    message = waE2E.Message()
    setattr(getattr(message, field), text_field, "rent")
    content = parse_content(message)
    assert (content.message_type, content.body) == ("payment", "rent")


@pytest.mark.parametrize("field", ["paymentInviteMessage", "splitPaymentUpdateMessage"])
def test_notices_about_payments_are_payments(field):
    message = waE2E.Message()
    getattr(message, field).SetInParent()
    assert parse_content(message).message_type == "payment"


# Edits and deletions


def edit_message(edited: Any, **fields: Any) -> Any:
    return protocol_message(
        type=ProtocolType.MESSAGE_EDIT, key=ALICE_KEY, editedMessage=edited, timestampMS=1700, **fields
    )


@pytest.mark.parametrize("wrappers", [(), ("editedMessage",), ("ephemeralMessage", "editedMessage")])
def test_an_edit_says_what_the_message_says_now(wrappers):
    message = edit_message(text_message("hello again"))
    for wrapper in reversed(wrappers):
        message = wrapped(wrapper, message)
    content = parse_content(message)
    assert (content.message_type, content.body, content.is_protocol) == ("edited", "hello again", False)
    assert (content.edit.target, content.edit.timestamp_ms) == (ALICE_MESSAGE, 1700)
    assert (content.edit.content.message_type, content.edit.content.body) == ("text", "hello again")
    assert (content.target, content.protocol_type) == (ALICE_MESSAGE, "message_edit")


def test_an_edited_caption_keeps_the_kind_and_mentions_of_the_picture():
    edited = image_message(caption="sea", contextInfo=waE2E.ContextInfo(mentionedJID=[BOB]))
    content = parse_content(edit_message(edited)).edit.content
    assert (content.message_type, content.body, content.mentions) == ("image", "sea", (BOB,))


def test_an_edit_of_nothing_or_to_nothing_is_no_edit():
    without_target = protocol_message(type=ProtocolType.MESSAGE_EDIT, editedMessage=text_message())
    without_content = protocol_message(type=ProtocolType.MESSAGE_EDIT, key=ALICE_KEY)
    for message in (without_target, without_content):
        content = parse_content(message)
        assert (content.message_type, content.edit) == ("unknown", None)


@pytest.mark.parametrize(
    ("secret", "message_type"),
    [
        (waE2E.SecretEncryptedMessage.MESSAGE_EDIT, "edited"),
        (waE2E.SecretEncryptedMessage.EVENT_EDIT, "edited"),
        (waE2E.SecretEncryptedMessage.POLL_EDIT, "edited"),
        (waE2E.SecretEncryptedMessage.POLL_ADD_OPTION, "poll_update"),
        (waE2E.SecretEncryptedMessage.MESSAGE_SCHEDULE, "unknown"),
    ],
)
def test_an_encrypted_change_names_its_target(secret, message_type):
    content = parse(
        secretEncryptedMessage=waE2E.SecretEncryptedMessage(targetMessageKey=ALICE_KEY, secretEncType=secret)
    )
    assert (content.message_type, content.target) == (message_type, ALICE_MESSAGE)
    assert (content.is_encrypted, content.edit) == (True, None)


def test_an_encrypted_comment_names_its_target():
    content = parse(encCommentMessage=waE2E.EncCommentMessage(targetMessageKey=ALICE_KEY))
    assert (content.message_type, content.target, content.is_encrypted) == ("comment", ALICE_MESSAGE, True)


def test_a_message_revealed_on_a_condition_is_unknown_and_encrypted():
    content = parse(conditionalRevealMessage=waE2E.ConditionalRevealMessage(encPayload=b"x"))
    assert (content.message_type, content.is_encrypted) == ("unknown", True)


def test_a_deletion_names_what_it_deletes():
    content = parse_content(protocol_message(type=ProtocolType.REVOKE, key=ALICE_KEY))
    assert (content.message_type, content.revoke.target) == ("revoked", ALICE_MESSAGE)
    assert not content.is_protocol


def test_a_protocol_message_newer_than_ours_deletes_nothing():
    """Protobuf reads an enum value it doesn't know as absent, and then gives the first: REVOKE."""
    known = waE2E.ProtocolMessage(key=ALICE_KEY).SerializeToString()
    part = waE2E.ProtocolMessage.FromString(known + bytes([0x10, 0x63]))  # field 2 (type) = 99
    assert part.type == ProtocolType.REVOKE
    content = parse(protocolMessage=part)
    assert (content.revoke, content.is_protocol, content.protocol_type) == (None, True, None)


def test_a_deletion_of_nothing_is_unknown():
    content = parse_content(protocol_message(type=ProtocolType.REVOKE))
    assert (content.message_type, content.revoke) == ("unknown", None)


def test_a_pin_names_the_message_and_its_time():
    message = waE2E.Message(
        pinInChatMessage=waE2E.PinInChatMessage(key=ALICE_KEY, type=waE2E.PinInChatMessage.PIN_FOR_ALL)
    )
    message.messageContextInfo.messageAddOnDurationInSecs = 86400
    content = parse_content(message)
    assert (content.message_type, content.target) == ("pin", ALICE_MESSAGE)
    assert (content.is_undo, content.pin_duration) == (False, 86400)
    message.pinInChatMessage.type = waE2E.PinInChatMessage.UNPIN_FOR_ALL
    assert parse_content(message).is_undo


def test_a_message_kept_or_no_longer_kept_is_named():
    content = parse(keepInChatMessage=waE2E.KeepInChatMessage(key=ALICE_KEY, keepType=waE2E.KEEP_FOR_ALL))
    assert (content.message_type, content.target, content.is_undo) == ("keep", ALICE_MESSAGE, False)
    assert parse(keepInChatMessage=waE2E.KeepInChatMessage(keepType=waE2E.UNDO_KEEP_FOR_ALL)).is_undo


# Stories


def test_a_mention_in_a_story_names_the_story():
    message = wrapped(
        "statusMentionMessage", protocol_message(type=ProtocolType.STATUS_MENTION_MESSAGE, key=ALICE_KEY)
    )
    content = parse_content(message)
    assert (content.message_type, content.target, content.is_protocol) == ("story", ALICE_MESSAGE, False)


def test_answers_to_a_story_carry_their_text_and_target():
    content = parse(statusQuestionAnswerMessage=waE2E.StatusQuestionAnswerMessage(key=ALICE_KEY, text="blue"))
    assert (content.message_type, content.body, content.target) == ("story", "blue", ALICE_MESSAGE)
    content = parse(
        statusQuotedMessage=waE2E.StatusQuotedMessage(originalStatusID=ALICE_KEY, text="what a view")
    )
    assert (content.message_type, content.body, content.target) == ("story", "what a view", ALICE_MESSAGE)


@pytest.mark.parametrize(
    ("field", "key_field"),
    [("statusNotificationMessage", "originalMessageKey"), ("statusStickerInteractionMessage", "key")],
)
def test_other_news_of_a_story_names_the_story(field, key_field):
    message = waE2E.Message()
    getattr(getattr(message, field), key_field).CopyFrom(ALICE_KEY)
    content = parse_content(message)
    assert (content.message_type, content.target) == ("story", ALICE_MESSAGE)


def test_an_answer_to_a_question_is_text_about_the_question():
    content = parse(questionResponseMessage=waE2E.QuestionResponseMessage(key=ALICE_KEY, text="42"))
    assert (content.message_type, content.body, content.target) == ("text", "42", ALICE_MESSAGE)


# Nothing for a person to see


@pytest.mark.parametrize(
    "word",
    [
        "APP_STATE_SYNC_KEY_SHARE",
        "HISTORY_SYNC_NOTIFICATION",
        "PEER_DATA_OPERATION_REQUEST_MESSAGE",
        "LIMIT_SHARING",
    ],
)
def test_talk_between_devices_is_not_for_people(word):
    content = parse_content(protocol_message(type=ProtocolType.Value(word)))
    assert (content.message_type, content.is_protocol) == ("protocol", True)
    assert content.protocol_type == word.lower()


@pytest.mark.parametrize("seconds", [604800, 0])
def test_a_change_of_the_chats_timer_tells_the_new_timer(seconds):
    content = parse_content(
        protocol_message(type=ProtocolType.EPHEMERAL_SETTING, ephemeralExpiration=seconds)
    )
    assert (content.is_protocol, content.ephemeral_setting) == (True, seconds)
    assert content.protocol_type == "ephemeral_setting"
    assert not content.is_ephemeral


def test_only_a_change_of_the_timer_has_a_timer():
    assert parse_content(protocol_message(type=ProtocolType.LIMIT_SHARING)).ephemeral_setting is None


@pytest.mark.parametrize("field", sorted(BACKGROUND))
def test_what_travels_in_the_background_is_not_for_people(field):
    message = waE2E.Message()
    getattr(message, field).SetInParent()
    content = parse_content(message)
    assert (content.message_type, content.is_protocol) == ("protocol", True)


def test_a_sender_key_does_not_hide_the_text_that_comes_with_it():
    message = text_message("hello")
    message.senderKeyDistributionMessage.groupID = FRIENDS
    content = parse_content(message)
    assert (content.message_type, content.body, content.is_protocol) == ("text", "hello", False)


def test_a_kind_newer_than_ours_is_unknown_and_does_not_pass_for_background():
    message = waE2E.Message()
    message.senderKeyDistributionMessage.groupID = FRIENDS
    newer = bytes([0xC2, 0x3E, 0x01, 0x00])  # field 1000, one byte
    content = parse_content(waE2E.Message.FromString(message.SerializeToString() + newer))
    assert (content.message_type, content.is_protocol) == ("unknown", False)


@pytest.mark.parametrize("field", ["placeholderMessage", "requestPhoneNumberMessage"])
def test_a_kind_we_do_not_read_is_unknown(field):
    message = waE2E.Message()
    getattr(message, field).SetInParent()
    content = parse_content(message)
    assert (content.message_type, content.body, content.is_protocol) == ("unknown", None, False)


def test_an_empty_message_is_unknown():
    content = parse()
    assert (content.message_type, content.body, content.is_protocol) == ("unknown", None, False)


# Strangers


def test_nul_characters_are_taken_out_of_strings():
    content = parse(conversation="a\0b")
    assert content.body == "ab"
    assert parse(conversation="\0").body is None


def test_a_string_that_is_not_utf8_is_read_as_far_as_it_can_be():
    content = parse_content(waE2E.Message.FromString(b"\x0a\x04ol\xe1!"))
    assert content.body == "ol\ufffd!"


def test_half_a_surrogate_pair_in_json_does_not_reach_the_database():
    message = waE2E.InteractiveMessage()
    message.nativeFlowMessage.buttons.add(buttonParamsJSON='{"display_text": "a\\ud800"}')
    assert parse(interactiveMessage=message).body == "[a?]"
    reply = waE2E.InteractiveResponseMessage()
    reply.nativeFlowResponseMessage.paramsJSON = '{"id": "a\\ud800"}'
    assert parse(interactiveResponseMessage=reply).selected_id == "a?"


def test_a_text_of_a_megabyte_is_kept_whole():
    assert parse(conversation="x" * 1_000_000).body == "x" * 1_000_000


def test_sizes_and_durations_that_no_column_holds_are_absent():
    message = waE2E.VideoMessage(fileLength=2**63, seconds=2**31, width=2**31, height=2**32 - 1)
    media = parse(videoMessage=message).media
    assert (media.size, media.duration, media.width, media.height) == (None, None, None, None)
    media = parse(videoMessage=waE2E.VideoMessage(fileLength=2**63 - 1, seconds=2**31 - 1)).media
    assert (media.size, media.duration) == (2**63 - 1, 2**31 - 1)


@pytest.mark.parametrize("timestamp", [-1, 2**63 - 1])
def test_times_that_no_calendar_holds_are_absent(timestamp):
    reaction = waE2E.ReactionMessage(key=ALICE_KEY, text="👍", senderTimestampMS=timestamp)
    assert parse(reactionMessage=reaction).reaction_timestamp_ms is None
    assert parse(eventMessage=waE2E.EventMessage(startTime=timestamp)).event.start is None
    vote = waE2E.PollUpdateMessage(pollCreationMessageKey=ALICE_KEY, senderTimestampMS=timestamp)
    assert parse(pollUpdateMessage=vote).poll_vote.timestamp_ms is None
    message = edit_message(text_message())
    message.protocolMessage.timestampMS = timestamp
    assert parse_content(message).edit.timestamp_ms is None


def test_counts_that_no_column_holds_are_absent():
    poll = waE2E.PollCreationMessage(name="Lunch?", selectableOptionsCount=2**32 - 1)
    assert parse(pollCreationMessage=poll).poll_selectable is None


def test_a_negative_call_duration_is_absent():
    assert parse(callLogMesssage=waE2E.CallLogMessage(durationSecs=-5)).call.duration is None


# Every message that protobuf can parse

WORDS = ["", "a", "\0", "olá 👋", "{}", '{"id": "x"}', "BEGIN:VCARD\nTEL;waid=1:2", "x" * 2000, ALICE]
NUMBERS = [0, 1, 7, 2**31 - 1]
FLOATS = [0.0, 38.7, -1e308, math.nan, math.inf]


def random_value(field: Any, dice: random.Random) -> Any:
    if field.enum_type:
        return dice.choice([value.number for value in field.enum_type.values])
    by_type = {
        field.TYPE_STRING: lambda: dice.choice(WORDS),
        field.TYPE_BYTES: lambda: dice.randbytes(dice.randrange(40)),
        field.TYPE_BOOL: lambda: dice.random() < 0.5,
        field.TYPE_DOUBLE: lambda: dice.choice(FLOATS),
        field.TYPE_FLOAT: lambda: dice.choice([0.0, math.nan, math.inf]),
        field.TYPE_INT64: lambda: dice.choice([*NUMBERS, -1, -(2**63), 2**63 - 1]),
        field.TYPE_INT32: lambda: dice.choice([*NUMBERS, -1, -(2**31)]),
        field.TYPE_UINT64: lambda: dice.choice([*NUMBERS, 2**63, 2**64 - 1]),
    }
    return by_type.get(field.type, lambda: dice.choice([*NUMBERS, 2**32 - 1]))()


def fill(message: Protobuf, dice: random.Random, depth: int = 0) -> None:
    """Sets some fields at random, preferring submessages near the surface."""
    fields = list(message.DESCRIPTOR.fields)
    for field in dice.sample(fields, min(len(fields), dice.randint(1, 2 if depth == 0 else 6))):
        for _ in range(dice.randint(1, 3) if field.is_repeated else 1):
            if field.message_type is None:
                value = random_value(field, dice)
                if field.is_repeated:
                    getattr(message, field.name).append(value)
                else:
                    setattr(message, field.name, value)
            elif field.is_repeated:
                fill(getattr(message, field.name).add(), dice, depth + 1)
            else:
                getattr(message, field.name).SetInParent()
                if depth < 12:
                    fill(getattr(message, field.name), dice, depth + 1)


def random_message(dice: random.Random) -> Any:
    message = waE2E.Message()
    fill(message, dice)
    return message


def values_in(value: Any) -> Any:
    """Every plain value in the content, however deep."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from values_in(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from values_in(item)
    elif not isinstance(value, Protobuf):
        yield value


def assert_fit_for_a_database(content: Content) -> None:
    assert isinstance(content, Content)
    assert content.message_type in set(MessageType)
    for value in values_in(content):
        assert value is None or isinstance(value, str | int | float | bytes)
        if isinstance(value, str):
            assert "\0" not in value
            value.encode()
        elif isinstance(value, float):
            assert math.isfinite(value)
        elif isinstance(value, int):
            assert 0 <= value < 2**63
    for text in (content.body, content.quoted_body, content.quoted_id, content.poll_name):
        assert text != ""
    if content.media is not None:
        assert find_media_part(content.message, content.media) is not None


@pytest.mark.parametrize("seed", range(8))
def test_a_message_filled_at_random_is_always_read(seed):
    dice = random.Random(seed)
    for _ in range(300):
        assert_fit_for_a_database(parse_content(random_message(dice)))


def test_the_random_messages_reach_most_kinds():
    dice = random.Random(1)
    seen = {parse_content(random_message(dice)).message_type for _ in range(2000)}
    assert len(seen) > 20


@pytest.mark.parametrize("seed", range(8))
def test_every_kind_filled_at_random_is_always_read(seed):
    dice = random.Random(seed)
    for name in waE2E.Message.DESCRIPTOR.fields_by_name:
        if name == "conversation":
            continue
        message = waE2E.Message()
        getattr(message, name).SetInParent()
        fill(getattr(message, name), dice, depth=1)
        assert_fit_for_a_database(parse_content(message))


@pytest.mark.parametrize("seed", range(8))
def test_damaged_bytes_that_still_parse_are_always_read(seed):
    dice = random.Random(seed)
    parsed = 0
    for _ in range(400):
        damaged = bytearray(random_message(dice).SerializePartialToString())
        for _ in range(dice.randint(0, 4)):
            if damaged:
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        if dice.random() < 0.5:
            del damaged[dice.randint(0, len(damaged)) :]
        try:
            message = waE2E.Message.FromString(bytes(damaged))
        except DecodeError:
            continue
        parsed += 1
        assert_fit_for_a_database(parse_content(message))
    assert parsed > 40


def test_edits_in_edits_as_deep_as_protobuf_goes_are_read():
    message = text_message("bottom")
    for _ in range(45):
        message = edit_message(message)
    content = parse_content(waE2E.Message.FromString(message.SerializeToString()))
    assert (content.message_type, content.body) == ("edited", "bottom")


def test_quotes_in_quotes_are_read_one_deep():
    message = waE2E.Message(extendedTextMessage=waE2E.ExtendedTextMessage(text="0"))
    for number in range(1, 30):
        outer = waE2E.Message(extendedTextMessage=waE2E.ExtendedTextMessage(text=str(number)))
        outer.extendedTextMessage.contextInfo.quotedMessage.CopyFrom(message)
        message = outer
    content = parse_content(message)
    assert (content.body, content.quoted_body) == ("29", "28")


# The registry


def test_every_field_of_the_protobuf_is_read_unwrapped_background_or_known_to_be_unread():
    unread = {"placeholderMessage", "requestPhoneNumberMessage"}
    fields = set(waE2E.Message.DESCRIPTOR.fields_by_name)
    assert fields - set(BUILDERS) - WRAPPERS - BACKGROUND == unread
    assert not set(BUILDERS) & (WRAPPERS | BACKGROUND)


def test_a_content_is_frozen_and_two_of_one_message_are_equal():
    message = image_message(caption="sea")
    content = parse_content(message)
    assert content == parse_content(message)
    with pytest.raises(dataclasses.FrozenInstanceError):
        content.body = "land"  # type: ignore[misc]
