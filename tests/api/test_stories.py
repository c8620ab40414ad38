"""GET /api/stories and /:id."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.builders import ALICE, BOB, NOON, OWNER, build_media, build_message, build_story, build_story_view

pytestmark = pytest.mark.django_db


def bodies(api: Client, query: str = "") -> list[str]:
    response = api.get(f"/api/stories?{query}")
    assert response.status_code == 200, response.content
    return [story["body"] for story in response.json()["data"]]


def test_stories_come_newest_first_and_are_narrowed(api: Client) -> None:
    now = int(time.time())
    build_story("old", at=NOON)
    build_story("picture", sender=BOB, at=NOON + 5, story_type="image")
    build_story("mine", sender=OWNER, at=now - 60)
    build_story("gone", at=now - 30, is_deleted=True)
    assert bodies(api) == ["gone", "mine", "picture", "old"]
    assert bodies(api, "from=15550111") == ["picture"]
    assert bodies(api, "from_me=true") == ["mine"]
    assert bodies(api, "type=image") == ["picture"]
    assert bodies(api, "active=true") == ["mine"]
    assert bodies(api, "active=false") == ["gone", "picture", "old"]
    assert bodies(api, f"before={NOON + 5}") == ["old"]
    assert bodies(api, f"after={NOON}&before={NOON + 6}") == ["picture"]


def test_a_story_is_shown_with_its_file(api: Client) -> None:
    story = build_story(has_media=True)
    build_media(None, message=build_message()).delete()
    file = build_media(None)
    type(file).objects.filter(pk=file.pk).update(message=None, story=story)
    (shown,) = api.get("/api/stories").json()["data"]
    assert (shown["media_id"], shown["from_jid"]) == (str(file.pk), ALICE)
    assert {**shown, "viewers": []} == api.get(f"/api/stories/{story.message_id}").json()


def test_a_story_of_ours_tells_who_has_seen_it(api: Client) -> None:
    story = build_story(sender=OWNER)
    build_story_view(story, BOB, viewed_at=NOON + 9)
    build_story_view(story, ALICE, delivered_at=NOON, viewed_at=NOON + 5, reaction_emoji="😍")
    viewers = api.get(f"/api/stories/{story.message_id}").json()["viewers"]
    assert [one["jid"] for one in viewers] == [ALICE, BOB]
    assert viewers[0] == {
        "jid": ALICE,
        "delivered_at": "2024-05-01 12:00:00",
        "viewed_at": "2024-05-01 12:00:05",
        "reaction_emoji": "😍",
        "reacted_at": None,
    }


def test_a_story_that_is_not_there_is_not_found(api: Client) -> None:
    assert api.get("/api/stories/NONE").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_viewers(
    api: Client, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    story = build_story(sender=OWNER)
    build_story_view(story)
    path = f"/api/stories/{story.message_id}"
    few = count_queries(lambda: api.get(path))
    for number in range(30):
        build_story_view(story, f"1666{number:04}@s.whatsapp.net")
    assert count_queries(lambda: api.get(path)) == few
