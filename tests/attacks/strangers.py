"""What strangers send: every kind of event that ingest knows, with a hostile text in each of its fields."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from tests import protobufs
from tests.attacks.hostile import CHANNEL, GROUP, NUMBER, PEOPLE, fill
from tests.whatsapp.ingest.arriving import Arrived
from whatsapp.ingest import codes, registry
from whatsapp.jids import STATUS_JID, is_group, jid_message
from whatsapp.protobuf import neonize_pb2, waE2E, waWeb
from whatsapp.simulator.history import History
from whatsapp.simulator.jid import Jid

NOW = 1_764_000_000  # Unix seconds
ME = "15550199@s.whatsapp.net"
NOT_SENT = ("protocolMessage", "conversation")  # what changes other messages, and plain text: see below

_ids = itertools.count(1)


def message_event(content: waE2E.Message, text: str, **details: Any) -> bytes:
    """A message with an id, a name and a business's name that are hostile, too."""
    number = next(_ids)
    described = {"message_id": f"{number}{text}"[:100], "timestamp": NOW + number, "push_name": text}
    event = neonize_pb2.Message.FromString(protobufs.build_message(content=content, **described | details))
    event.Info.VerifiedName.Details.verifiedName = text
    if details.get("chat") == CHANNEL:
        event.Info.ServerID = NUMBER  # by which channels count views
    return bytes(event.SerializePartialToString())


def contents(text: str) -> Iterator[waE2E.Message]:
    """A message of each kind, of which every field is filled in."""
    yield waE2E.Message(conversation=text)
    for field in waE2E.Message.DESCRIPTOR.fields:
        if field.message_type is None or field.name in NOT_SENT:
            continue
        content = waE2E.Message()
        part = getattr(content, field.name)
        part.SetInParent()
        fill(part, text)
        if field.name == "reactionMessage":
            part.text = text
        yield content


def messages(text: str) -> Iterator[Arrived]:
    """To a person's chat, a group, a channel, and as stories."""
    for content in contents(text):
        yield codes.MESSAGE, message_event(content, text, sender=PEOPLE[0]), NOW * 1000
    for chat, kind in itertools.product(
        (GROUP, CHANNEL, STATUS_JID), ("extendedTextMessage", "imageMessage")
    ):
        content = waE2E.Message()
        fill(getattr(content, kind), text)
        sender = CHANNEL if chat == CHANNEL else PEOPLE[1]
        yield codes.MESSAGE, message_event(content, text, sender=sender, chat=chat), NOW * 1000
    for server in ("s.whatsapp.net", "lid"):
        strange = neonize_pb2.Message.FromString(message_event(waE2E.Message(conversation=text), text))
        for place in (strange.Info.MessageSource.Sender, strange.Info.MessageSource.Chat):
            place.User, place.Server = text, server
        yield codes.MESSAGE, strange.SerializePartialToString(), NOW * 1000


def answers(text: str) -> Iterator[Arrived]:
    """What people do to messages: edits, reactions (to a story, too), votes, receipts, views."""
    poll = waE2E.Message(
        pollCreationMessage=waE2E.PollCreationMessage(
            name=text, options=[{"optionName": text}], selectableOptionsCount=1
        )
    )
    poll.messageContextInfo.messageSecret = b"s" * 32
    poll_id = f"POLL{text}"[:100]
    yield codes.MESSAGE, message_event(poll, text, message_id=poll_id), NOW * 1000
    vote = protobufs.build_vote(poll_id, b"s" * 32, PEOPLE[0], PEOPLE[0], [text], moment=NOW + 900)
    yield codes.MESSAGE, vote, NOW * 1000
    yield codes.MESSAGE, protobufs.build_edit(poll_id, text, moment=NOW + 901), NOW * 1000
    plain_id = f"PLAIN{text}"[:100]
    plain = waE2E.Message(conversation=text)
    yield codes.MESSAGE, message_event(plain, text, message_id=plain_id), NOW * 1000
    yield codes.MESSAGE, protobufs.build_edit(plain_id, text + "2", moment=NOW + 902), NOW * 1000
    yield codes.MESSAGE, protobufs.build_reaction(plain_id, text, moment=NOW + 903), NOW * 1000
    waiting = protobufs.build_edit(f"UNKNOWN{text}"[:100], text, moment=NOW + 904)
    yield codes.MESSAGE, waiting, NOW * 1000
    mine_id = f"MINE{text}"[:100]
    mine = message_event(plain, text, message_id=mine_id, from_me=True, sender=ME, chat=PEOPLE[0])
    yield codes.MESSAGE, mine, NOW * 1000
    yield codes.RECEIPT, protobufs.build_receipt(mine_id, sender=PEOPLE[0]), NOW * 1000
    story_id = f"STORY{text}"[:100]
    story = message_event(plain, text, message_id=story_id, from_me=True, sender=ME, chat=STATUS_JID)
    yield codes.MESSAGE, story, NOW * 1000
    to_story = waE2E.ReactionMessage(key={"ID": story_id, "fromMe": True, "remoteJID": STATUS_JID}, text=text)
    like = message_event(waE2E.Message(reactionMessage=to_story), text, chat=STATUS_JID)
    yield codes.MESSAGE, like, NOW * 1000


def events(text: str) -> Iterator[Arrived]:
    """Every other kind of event that ingest knows, filled in."""
    for code in registry.handled_codes():
        protobuf = registry.protobuf_of(code)
        if code in (codes.MESSAGE, codes.HISTORY_SYNC, codes.ROTATE_ADV_SECRET) or protobuf is None:
            continue
        abouts = (GROUP,) if code == codes.GROUP_INFO else (PEOPLE[0], GROUP, CHANNEL)
        for about in (*abouts, *((f"{text}@g.us",) if code == codes.GROUP else ())):
            event = fill(protobuf(), text)
            for name in ("JID", "ID"):
                field = protobuf.DESCRIPTOR.fields_by_name.get(name)
                if field is not None and field.message_type is not None:
                    getattr(event, name).CopyFrom(jid_message(about))
            for group in described_groups(event):
                group.JID.CopyFrom(jid_message(about if is_group(about) else GROUP))
                group.GroupTopic.TopicDeleted = False
                group.GroupLinkedParent.LinkedParentJID.User = text
            for channel in described_channels(event):
                channel.ID.CopyFrom(jid_message(CHANNEL))
                if about == GROUP:
                    channel.ID.User = text
            yield code, event.SerializePartialToString(), NOW * 1000
    for jid in (PEOPLE[0], GROUP):
        at = {"jid": jid, "at": NOW}
        yield codes.PROFILE_PICTURE, json.dumps(at | {"id": text, "url": text}).encode(), NOW * 1000 + 9000
    yield codes.INVITE_CODE, json.dumps({"jid": GROUP, "code": text}).encode(), NOW * 1000 + 9000


def described_groups(event: Any) -> list[Any]:
    if isinstance(event, neonize_pb2.GroupInfo):
        return [event]
    if isinstance(event, neonize_pb2.GetJoinedGroupsReturnFunction):
        return list(event.Group)
    return [event.GroupInfo] if isinstance(event, neonize_pb2.JoinedGroup) else []


def described_channels(event: Any) -> list[Any]:
    if isinstance(event, neonize_pb2.GetSubscribedNewslettersReturnFunction):
        return list(event.Newsletter)
    return [event.NewsletterMetadata] if isinstance(event, neonize_pb2.NewsletterJoin) else []


def history(text: str) -> Arrived:
    """What a phone hands over: chats, names, calls, and what WhatsApp wrote into groups."""
    people = [Jid.parse(jid) for jid in PEOPLE]
    group = Jid.parse(GROUP)
    made = History(Jid.parse(ME))
    made.names(dict.fromkeys(people, text))
    chat = made.chat(people[1], name=text, displayName=text)
    chat.says(people[1], text, at=NOW - 100, message_id=f"OLD{text}"[:100], labels=[text], pushName=text)
    talk = made.chat(group, name=text, description=text, parentGroupID=text, createdBy=PEOPLE[1])
    for number, stub in enumerate(waWeb.WebMessageInfo.StubType.keys()):
        talk.happens(stub, at=NOW - 1000 + number, by=people[1], parameters=[text, text])
    others = {people[1]: "MISSED", Jid(text): "MISSED"}
    made.call(people[1], "MISSED", at=NOW - 50, call_id=text, participants=others, callLinkToken=text)
    made.story(people[1], text, at=NOW - 60)
    made.left(group, people[1], at=NOW - 70)
    return codes.HISTORY_SYNC, neonize_pb2.HistorySync(Data=made.blob()).SerializeToString(), NOW * 1000


def everything(text: str) -> Iterator[Arrived]:
    yield from messages(text)
    yield from answers(text)
    yield from events(text)
    yield history(text)
