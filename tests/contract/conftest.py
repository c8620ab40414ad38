"""A hub on the simulator that has lived: rows of every kind are in it, and its line is up."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.demo_hub import ALICE, Hub, free_port
from tests.waiting import eventually

# The demo's people are in a hurry, and the hub holds nothing back.
SETTINGS = {
    "DEMO_HASTE": "10",
    "REQUESTS_PER_MINUTE": "0",
    "SEND_RATE_PER_MINUTE": "0",
    "SEND_JITTER_SECONDS": "0",
}
BEN = "12025550172@s.whatsapp.net"
VOICE = "audio/ogg; codecs=opus"
STORY_SECONDS = 90.0
ANSWER_SECONDS = 40.0  # more than an act is waited for

MESSAGE_TYPES = {
    *("text", "image", "video", "audio", "document", "sticker", "location"),
    *("contact", "reaction", "poll", "poll_update"),
}
EVENT_TYPES = {
    *("wa.messages.upsert", "wa.messages.update", "wa.messages.delete", "wa.messages.reaction"),
    *("wa.message-receipt.update", "wa.presence.update", "wa.chats.upsert", "wa.contacts.update"),
    *("wa.groups.upsert", "wa.groups.update", "wa.group-participants.update", "wa.call"),
    *("wa.story", "wa.story.view", "wa.poll.vote", "media.downloaded", "wa.messaging-history.set"),
}


@dataclass
class LiveHub:
    """A demo hub, a client of it that shows the key, and what it holds by name."""

    hub: Hub
    client: httpx.Client

    @property
    def url(self) -> str:
        return self.hub.url

    @property
    def socket_url(self) -> str:
        """Where its WebSocket is, without the path."""
        return self.url.replace("http", "ws", 1)

    @property
    def key(self) -> str:
        return self.hub.key

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a call that is answered with 200."""
        response = self.client.get(path, params=query or None)
        assert response.status_code == 200, response.text
        return response.json()

    @cached_property
    def known(self) -> dict[str, str]:
        """What a path or body may name: one thing of each noun."""
        messages = self.hub.messages()
        groups = [chat for chat in self.get("/api/chats")["data"] if chat["is_group"]]
        sent = self.send()
        return {
            "alice": ALICE,
            "ben": BEN,
            "group": next(one["jid"] for one in groups if one["name"].startswith("Saturday hike")),
            "message": first(messages, message_type="text", remote_jid=ALICE, from_me=False)["id"],
            "mine": first(messages, message_type="text", from_me=True, status="read")["id"],
            "edited": next(one["id"] for one in messages if one["edited_at"]),
            "picture": first(messages, message_type="image")["id"],
            "media": first(messages, message_type="image")["media_id"],
            "moment": str(messages[len(messages) // 2]["timestamp"]),
            "sent": sent["key"]["id"],
            "action": str(sent["action_id"]),
            "video": self.file_of(first(messages, message_type="video")),
            "audio": self.file_of(first(messages, message_type="audio", media_mime_type=VOICE)),
        }

    def send(self) -> dict[str, Any]:
        """What is answered to a new message to Alice, when it is stored."""
        response = self.client.post("/api/actions/send/text", json={"jid": ALICE, "text": "Hello?"})
        assert response.status_code == 200, response.text
        sent: dict[str, Any] = response.json()
        address = f"/api/messages/{sent['key']['id']}"
        eventually(lambda: self.client.get(address).status_code == 200, "the message to be stored")
        return sent

    def file_of(self, message: dict[str, Any]) -> str:
        """The message's file, in base64."""
        file = self.client.get(f"/api/media/{message['media_id']}/download")
        assert file.status_code == 200, file.text
        return base64.b64encode(file.content).decode()

    def what_is_missing(self) -> set[str]:
        """What the story has still to bring."""
        messages = self.hub.messages()
        events = {row["event_type"] for row in self.get("/api/stats/events/types")["data"]}
        files = self.get("/api/media/stats")
        marks = {
            "view once": any(one["is_view_once"] for one in messages),
            "edited": any(one["edited_at"] for one in messages),
            "deleted": any(one["is_deleted"] for one in messages),
            "read": any(one["status"] == "read" for one in messages),
            "downloads": files["downloaded"] > 10 and not files["pending"],
        }
        types = {one["message_type"] for one in messages}
        return (
            (MESSAGE_TYPES - types)
            | (EVENT_TYPES - events)
            | {name for name, is_so in marks.items() if not is_so}
        )


def first(messages: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    """The first of them that has these values."""
    return next(one for one in messages if wanted.items() <= one.items())


@contextmanager
def live_hub(folder: Path) -> Iterator[LiveHub]:
    """A hub that is up, connected, and whose story has been told."""
    hub = Hub(folder, free_port(), settings=SETTINGS)
    try:
        hub.start()
        with httpx.Client(base_url=hub.url, headers={"x-api-key": hub.key}, timeout=ANSWER_SECONDS) as client:
            live = LiveHub(hub, client)
            try:
                eventually(lambda: not live.what_is_missing(), "the story", STORY_SECONDS)
            except AssertionError as error:
                raise AssertionError(f"of the story there is not {live.what_is_missing()}") from error
            yield live
    finally:
        hub.stop()
        print(hub.output[-5000:])  # pytest shows it when a test fails


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with live_hub(tmp_path_factory.mktemp("live")) as running:
        yield running
