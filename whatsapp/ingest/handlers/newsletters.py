"""Newsletters: which ones we follow, and how often their messages were seen."""

from dataclasses import dataclass
from typing import Any

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import name, text
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.jids import jid_text
from whatsapp.models import Newsletter
from whatsapp.protobuf import neonize_pb2
from whatsapp.records import message_key


def newsletter_of(batch: Batch, jid: str) -> Newsletter:
    """The newsletter with that JID, made when it is not there."""
    return batch.row(
        Newsletter(account=batch.account, jid=jid, first_seen_at=batch.now, updated_at=batch.now, set_at={})
    )


def put(batch: Batch, newsletter: Newsletter, moment: int, **values: Any) -> None:
    """Sets fields as they were at `moment` (Unix milliseconds); what is newer stays."""
    batch.put_as_of(newsletter, moment, **values)
    chat = batch.people.known_chat(newsletter.jid)
    if chat is not None and newsletter.name:
        batch.put(chat, name=newsletter.name)


def describe(batch: Batch, metadata: neonize_pb2.NewsletterMetadata, moment: int) -> None:
    """Takes up what WhatsApp says of a newsletter that we follow."""
    jid = jid_text(metadata.ID)
    batch.chat(jid)
    thread, viewer = metadata.ThreadMeta, metadata.ViewerMeta
    values: dict[str, Any] = {
        "is_followed": True,
        "name": name(thread.Name.Text),
        "description": text(thread.Description.Text),
        "invite_code": text(thread.InviteCode),
        "subscriber_count": thread.SubscriberCount,
        "is_verified": thread.VerificationState == neonize_pb2.NewsletterThreadMetadata.VERIFIED,
    }
    if metadata.HasField("ViewerMeta"):
        values["is_muted"] = viewer.Mute == neonize_pb2.ON
        values["role"] = neonize_pb2.NewsletterRole.Name(viewer.Role).lower() if viewer.Role else None
    put(batch, newsletter_of(batch, jid), moment, **values)


@handles(codes.NEWSLETTER_JOIN, neonize_pb2.NewsletterJoin)
@dataclass(slots=True)
class Joined:
    """We follow a newsletter now."""

    metadata: list[neonize_pb2.NewsletterMetadata]
    moment: int

    @classmethod
    def parse(cls, event: neonize_pb2.NewsletterJoin, arrival: Arrival) -> "Joined":
        return cls([event.NewsletterMetadata], arrival.received_at)

    def touches(self) -> Touched:
        jids = [jid_text(one.ID) for one in self.metadata]
        return Touched(jids=set(jids)).rows(Newsletter, *jids)

    def apply(self, batch: Batch) -> Outcome:
        for metadata in self.metadata:
            describe(batch, metadata, self.moment)
        return Outcome.HANDLED


@handles(codes.NEWSLETTERS, neonize_pb2.GetSubscribedNewslettersReturnFunction)
@dataclass(slots=True)
class Followed(Joined):
    """All that we follow."""

    @classmethod
    def parse(cls, event: neonize_pb2.GetSubscribedNewslettersReturnFunction, arrival: Arrival) -> "Followed":
        return cls(list(event.Newsletter), arrival.received_at)


@handles(codes.NEWSLETTER_LEAVE, neonize_pb2.NewsletterLeave)
@dataclass(slots=True)
class Left:
    """We follow a newsletter no more."""

    jid: str
    moment: int

    @classmethod
    def parse(cls, event: neonize_pb2.NewsletterLeave, arrival: Arrival) -> "Left":
        return cls(jid_text(event.ID), arrival.received_at)

    def touches(self) -> Touched:
        return Touched(jids={self.jid}).rows(Newsletter, self.jid)

    def apply(self, batch: Batch) -> Outcome:
        put(batch, newsletter_of(batch, self.jid), self.moment, is_followed=False)
        return Outcome.HANDLED


@handles(codes.NEWSLETTER_MUTE_CHANGE, neonize_pb2.NewsletterMuteChange)
@dataclass(slots=True)
class Muted:
    """A newsletter was muted, or is heard again."""

    jid: str
    is_muted: bool
    moment: int

    @classmethod
    def parse(cls, event: neonize_pb2.NewsletterMuteChange, arrival: Arrival) -> "Muted":
        return cls(jid_text(event.ID), event.Mute == neonize_pb2.ON, arrival.received_at)

    def touches(self) -> Touched:
        return Touched(jids={self.jid}).rows(Newsletter, self.jid)

    def apply(self, batch: Batch) -> Outcome:
        put(batch, newsletter_of(batch, self.jid), self.moment, is_muted=self.is_muted)
        return Outcome.HANDLED


@handles(codes.NEWSLETTER_LIVE_UPDATE, neonize_pb2.NewsletterLiveUpdate)
@dataclass(slots=True)
class LiveUpdate:
    """How often messages were seen, and what people reacted with. The messages are named by the newsletter's
    own numbers; of those that we don't have there is nothing to keep."""

    jid: str
    counts: dict[int, tuple[int, dict[str, int]]]

    @classmethod
    def parse(cls, event: neonize_pb2.NewsletterLiveUpdate, arrival: Arrival) -> "LiveUpdate":
        counts = {
            one.MessageServerID: (
                max(one.ViewsCount, 0),
                {text(reaction.type) or "": reaction.count for reaction in one.ReactionCounts},
            )
            for one in event.Messages
        }
        return cls(jid_text(event.JID), counts)

    def touches(self) -> Touched:
        return Touched(jids={self.jid}, server_ids={(self.jid, number) for number in self.counts})

    def apply(self, batch: Batch) -> Outcome:
        chat = batch.people.known_chat(self.jid)
        found = batch.messages_numbered(chat, self.counts) if chat is not None else []
        for message in found:
            views, reactions = self.counts[message.server_id or 0]
            if views < (message.views or 0):
                continue  # views only grow: this is old
            if batch.put(message, views=views, reaction_counts=reactions):
                update = {"views": message.views, "reactions": reactions}
                batch.log(events.MESSAGES_UPDATE, [{"key": message_key(message), "update": update}], message)
        return Outcome.HANDLED
