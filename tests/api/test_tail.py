"""The thread that reads the log for all listeners of a process."""

import asyncio
from typing import Any

import pytest

from api.streaming import tail
from api.streaming.tail import Tail
from tests.builders import build_event
from whatsapp.following import Wish, bounds
from whatsapp.models import Account

pytestmark = pytest.mark.django_db(transaction=True)


class Ear:
    def __init__(self) -> None:
        self.wish = Wish(Account.default())
        self.live_from = 0


def test_it_goes_on_after_a_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tail, "RETRY_SECONDS", 0.01)
    read, failures = tail.tell, iter([ValueError("no such payload"), KeyError("records")])

    def fails_twice(found: Any) -> Any:
        if (failure := next(failures, None)) is not None:
            raise failure
        return read(found)

    monkeypatch.setattr(tail, "tell", fails_twice)
    ear, head = Ear(), bounds()[1]
    event = build_event()

    async def listen() -> list[int]:
        following = Tail()
        following.join(ear, head)
        await asyncio.wait_for(following.news(head), 20)
        heard = [told.id for told in following.after(head)]
        following.leave(ear)
        return heard

    assert asyncio.run(listen()) == [event.pk]
    assert caplog.text.count("failed, trying again") == 2
