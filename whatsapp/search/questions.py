"""One method for each question that is asked of the full-text index."""

import re
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet

from whatsapp.prepared import number_of
from whatsapp.querysets import keys_of_chat, keys_of_person
from whatsapp.search.messages import in_scope, in_texts

MESSAGE_TYPE = re.compile(r"[a-z_]+")


class MessageIndexQuerySet(models.QuerySet[Any]):
    """Rows of the full-text index, each with the key of its message. Every question is answered by the index
    alone, so that to count and to skip hits is cheap."""

    def count_some(self) -> int:
        """How many there are, the model's MOST_COUNTED at the most."""
        return number_of(self.order_by().values_list("pk")[: self.model.MOST_COUNTED])

    def holding(self, text: str) -> QuerySet[Any]:
        """What `text`, in the language of `whatsapp.search.language`, finds."""
        query = in_texts(text)
        return self.filter(row__fts=query) if query else self.none()

    def of_account(self, account_id: int) -> QuerySet[Any]:
        return self.filter(scope__fts=in_scope(f"a{account_id}"))

    def in_chats(self, chat_ids: list[int]) -> QuerySet[Any]:
        wanted = (f"c{key}" for key in chat_ids)
        return self.filter(scope__fts=in_scope(*wanted)) if chat_ids else self.none()

    def in_chat(self, jid: str) -> QuerySet[Any]:
        return self.in_chats(keys_of_chat(jid))

    def sent_by(self, jid: str) -> QuerySet[Any]:
        who = keys_of_person(jid)
        return self.filter(scope__fts=in_scope(*(f"s{key}" for key in who))) if who else self.none()

    def of_type(self, message_type: str) -> QuerySet[Any]:
        if not MESSAGE_TYPE.fullmatch(message_type):
            return self.none()
        return self.filter(scope__fts=in_scope(f"t{message_type.replace('_', '')}"))

    def from_me(self, mine: bool) -> QuerySet[Any]:
        return self.filter(scope__fts=in_scope("mine" if mine else "theirs"))

    def with_reactions(self) -> QuerySet[Any]:
        return self.filter(self._has_reactions())

    def without_reactions(self) -> QuerySet[Any]:
        return self.filter(~self._has_reactions())

    def _has_reactions(self) -> Exists:
        from whatsapp.models import Message

        return Exists(Message.objects.filter(pk=OuterRef("pk")).with_reactions())

    def with_media(self, has_media: bool) -> QuerySet[Any]:
        return self.filter(scope__fts=in_scope("file" if has_media else "bare"))

    def starred(self, is_starred: bool) -> QuerySet[Any]:
        return self.filter(scope__fts=in_scope("starred" if is_starred else "plain"))
