"""Uses the generated client: lists, searches, sends a text and downloads a file, all of it typed."""

import json
import sys

from hub_client import AuthenticatedClient
from hub_client.api.actions import actions_send_text
from hub_client.api.media import media_download
from hub_client.api.messages import messages_list, messages_retrieve, messages_search
from hub_client.models import Error, PaginatedFoundMessageList, PaginatedMessageList, SendTextBody, Sent
from hub_client.types import File

url, key, jid, word, media_id = sys.argv[1:]
hub = AuthenticatedClient(base_url=url, token=key)

listed = messages_list.sync(client=hub, limit=5, from_me=False)
assert isinstance(listed, PaginatedMessageList)
found = messages_search.sync(client=hub, q=word)
assert isinstance(found, PaginatedFoundMessageList)
sent = actions_send_text.sync(client=hub, body=SendTextBody(jid=jid, text="From Python"))
assert isinstance(sent, Sent)
assert sent.key is not None  # null while an act is queued
file = media_download.sync(client=hub, media_id=media_id)
assert isinstance(file, File)
missing = messages_retrieve.sync(client=hub, message_id="none")
assert isinstance(missing, Error)

body: str | None = listed.data[0].body
total: int = found.total
size: int = len(file.payload.read())
print(
    json.dumps(
        {
            "listed": [message.id for message in listed.data],
            "body": body,
            "total": total,
            "bodies": [message.body for message in found.data],
            "id": sent.key.id,
            "size": size,
            "sentence": missing.error,
        }
    )
)
