"""Messages that a chat keeps for a while only."""

import os
import time
from pathlib import Path

import pytest
from django.conf import settings

from tests.builders import (
    ALICE,
    BOB,
    build_chat,
    build_edit,
    build_label_association,
    build_media,
    build_message,
    build_newest_reaction,
    build_poll_vote,
    build_receipt,
)
from whatsapp import forgetting
from whatsapp.models import (
    Chat,
    Event,
    LabelAssociation,
    Media,
    Message,
    MessageEdit,
    PollVote,
    Reaction,
    Receipt,
)
from whatsapp.search import broken_parts, search

pytestmark = pytest.mark.django_db

DAY = 86_400
TABLES = (MessageEdit, Media, Receipt, Reaction, PollVote, LabelAssociation)


def old(body: str, days: int, chat: str = ALICE) -> Message:
    return build_message(body, chat=chat, at=int(time.time()) - days * DAY)


def bodies() -> set[str | None]:
    return set(Message.objects.values_list("body", flat=True))


def test_older_messages_go_with_all_that_belongs_to_them_and_no_others() -> None:
    gone, kept, others = old("tea", 31), old("cake", 29), old("tea", 31, BOB)
    for message in (gone, kept):
        build_edit(message)
        build_receipt(message)
        build_newest_reaction(message)
        build_poll_vote(message, "yes")
        build_label_association(message)
    picture = build_media(message=gone)
    path = Path(settings.MEDIA_DIR) / str(picture.file_path)
    os.utime(path, (0, 0))
    forgetting.keep_for(Chat.objects.get(jid=ALICE), 30)

    assert forgetting.forget_old_messages() == 1

    assert set(Message.objects.all()) == {kept, others}
    assert [table.objects.count() for table in TABLES] == [1, 0, 1, 1, 1, 1]
    assert not path.exists()
    assert list(search(Message.objects.all(), "tea")) == [others]
    assert Message.objects.all().count() == 2
    assert broken_parts() == []
    assert forgetting.forget_old_messages() == 0


def test_what_is_kept_for_ever_stays() -> None:
    old("years ago", 4000)
    chat = Chat.objects.get(jid=ALICE)
    forgetting.keep_for(chat, 1)
    forgetting.keep_for(chat, None)
    assert forgetting.forget_old_messages() == 0
    assert bodies() == {"years ago"}


def test_it_goes_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "ROWS_AT_ONCE", 2)
    for number in range(5):
        old(f"{number}", 10)
    old("new", 0)
    forgetting.keep_for(Chat.objects.get(jid=ALICE), 5)
    assert forgetting.forget_old_messages() == 5
    assert bodies() == {"new"}


def test_a_list_of_chats_shows_nothing_that_is_gone() -> None:
    chat = build_chat(ALICE, last_message_body="long ago")
    old("long ago", 100)
    forgetting.keep_for(chat, 30)
    forgetting.forget_old_messages()
    chat.refresh_from_db()
    assert chat.last_message_body is None


def test_listeners_are_told_that_a_chat_is_kept_for_a_while() -> None:
    forgetting.keep_for(build_chat(ALICE), 7)
    event = Event.objects.order_by("-pk")[0]
    assert event.event_type == "wa.chats.update"
    assert '"keep_days":7' in event.payload.replace(" ", "")
