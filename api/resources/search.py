"""What a search finds."""

from typing import Any

from rest_framework import serializers

from api.resources.chats import CHAT, ChatSerializer
from api.resources.contacts import CONTACT, ContactSerializer
from api.resources.groups import GROUP, GroupSerializer
from api.resources.messages import MESSAGE, MessageSerializer
from whatsapp.models import MessageIndex


class FoundMessageSerializer(MessageSerializer):
    snippet = serializers.CharField(
        help_text=(
            "Some words around the hit, as HTML: the text is escaped, what was found stands in `<mark>`. "
            "From the body, the file's name, or what else was found of the message."
        )
    )


class TotalsSerializer(serializers.Serializer[Any]):
    messages = serializers.IntegerField(
        help_text=f"Counted up to {MessageIndex.MOST_COUNTED}: there may be more."
    )
    chats = serializers.IntegerField()
    contacts = serializers.IntegerField()
    groups = serializers.IntegerField()


class SearchSerializer(serializers.Serializer[Any]):
    messages = FoundMessageSerializer(many=True, help_text="Found by their text, newest first.")
    chats = ChatSerializer(many=True, help_text="Found by name or JID, newest message first.")
    contacts = ContactSerializer(many=True, help_text="Found by one of their names or their number.")
    groups = GroupSerializer(many=True, help_text="Found by name or JID.")
    totals = TotalsSerializer(help_text="How many of each there are in all.")


# Examples

FOUND_MESSAGE = {**MESSAGE, "snippet": "Shall we meet at <mark>noon</mark>?"}

SEARCH = {
    "messages": [FOUND_MESSAGE],
    "chats": [{**CHAT, "name": "Noon Bakery", "jid": "15550111@s.whatsapp.net"}],
    "contacts": [CONTACT],
    "groups": [GROUP],
    "totals": {"messages": 1, "chats": 1, "contacts": 1, "groups": 1},
}
