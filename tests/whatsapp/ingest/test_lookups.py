"""What ingest asks for every batch is answered by the index that fits, however much there is."""

from typing import Any

import pytest
from django.db import connection

from tests.tools import about_sqlite
from whatsapp.ingest import lookups
from whatsapp.ingest.nouns import NOUNS
from whatsapp.models import Action, Chat, Contact, InboxEvent, Media, Message

pytestmark = pytest.mark.django_db

QUESTIONS = {
    "messages": lookups.question(Message, "message_id", "account"),
    "actions": lookups.question(Action, "message_id", None),
    "people": lookups.question(Contact, "jid", "account"),
    "people by LID": lookups.question(Contact, "lid", "account"),
    "people by key": lookups.question(Contact, "pk", None),
    "chats": lookups.question(Chat, "jid", "account"),
    "chats by key": lookups.question(Chat, "pk", None),
    "files by key": lookups.question(Media, "pk", None),
    "what waits for messages": lookups.question(InboxEvent, "waits_for", None),
    "what is pending": lookups.oldest_pending(100),
    "histories": lookups.UNDER_WAY,
    **{
        model._meta.verbose_name: lookups.question(model, noun.lookup, noun.account)
        for model, noun in NOUNS.items()
    },
}
# Of an account there may be a million: to find it is to find nothing yet.
BY_ACCOUNT_ALONE = "(account_id=?)"
FEW = ("inbox_pending", "history_unfinished")  # indexes that hold hardly any of them


@about_sqlite
@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_is_walked_through(name: str) -> None:
    question: Any = QUESTIONS[name]
    with connection.cursor() as cursor:
        values = question._given({"values": ["1"], "account": 1})
        cursor.execute(f"EXPLAIN QUERY PLAN {question._plan.sql}", values)
        steps = [detail for *_, detail in cursor.fetchall() if "json_each" not in detail]
    for step in steps:
        if step.startswith(("SEARCH", "SCAN")):
            assert step.startswith("SEARCH")
            assert BY_ACCOUNT_ALONE not in step or any(index in step for index in FEW)
