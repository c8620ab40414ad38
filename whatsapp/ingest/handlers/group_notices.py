"""Changes of groups, each with who made it."""

from dataclasses import dataclass, field
from typing import Any

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import name as name_of
from whatsapp.ingest.content.values import number, text
from whatsapp.ingest.group_rows import count, digest_of, group_of, note_change, place, put, rank, seat
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.jids import is_group, jid_text
from whatsapp.models import Contact, Group, GroupChange, GroupParticipant
from whatsapp.protobuf import neonize_pb2

Kind = GroupChange.Kind
Role = GroupParticipant.Role


@dataclass(slots=True)
class Settings:
    """What a notice sets: field → value, and how the log tells it."""

    fields: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[str, str | None]] = field(default_factory=list)

    def add(self, kind: str, told: str | None, **fields: Any) -> None:
        self.fields |= fields
        self.told.append((kind, told))


@handles(codes.GROUP_INFO, neonize_pb2.GroupInfoEvent)
@dataclass(slots=True)
class GroupNotice:
    """One or more changes of a group, by one person."""

    event: neonize_pb2.GroupInfoEvent
    jid: str
    sender: Address
    second: int
    digest: str

    @classmethod
    def parse(cls, event: neonize_pb2.GroupInfoEvent, arrival: Arrival) -> "GroupNotice":
        jid = jid_text(event.JID)
        if not is_group(jid):
            raise ValueError(f"the notice is not about a group but about {jid!r}")
        second = arrival.time_of(event.Timestamp)
        return cls(event, jid, Address.of_jids(event.Sender), second, digest_of(arrival))

    def touches(self) -> Touched:
        everyone = (*self.event.Join, *self.event.Leave, *self.event.Promote, *self.event.Demote)
        touched = Touched(jids={self.jid}).rows(Group, self.jid).rows(GroupParticipant, self.jid)
        return touched.people([self.sender, *(Address.of_jids(jid) for jid in everyone)])

    def apply(self, batch: Batch) -> Outcome:
        batch.chat(self.jid)
        group = group_of(batch, self.jid)
        actor = batch.contact(self.sender) if self.sender else None
        settings = read_settings(self.event)
        put(batch, group, self.second, **settings.fields)
        for kind, told in settings.told:
            note_change(batch, group, kind, self.second, self.digest, actor=actor, value=told)
        self._move(batch, group, actor)
        return Outcome.HANDLED

    def _move(self, batch: Batch, group: Group, actor: Contact | None) -> None:
        for jids, word, kind in (
            (self.event.Join, "add", Kind.ADD),
            (self.event.Leave, "remove", Kind.REMOVE),
            (self.event.Promote, "promote", Kind.PROMOTE),
            (self.event.Demote, "demote", Kind.DEMOTE),
        ):
            moved = [one for jid in jids if (one := self._move_one(batch, group, jid, actor, kind))]
            if moved:
                payload = {
                    "id": group.jid,
                    "author": actor.jid if actor else None,
                    "participants": [contact.jid for contact in moved],
                    "action": word,
                }
                batch.log(events.GROUP_PARTICIPANTS_UPDATE, payload)
        count(batch, group)

    def _move_one(
        self, batch: Batch, group: Group, jid: neonize_pb2.JID, actor: Contact | None, kind: str
    ) -> Contact | None:
        """Changes one participant's place; what people do to themselves is to join and to leave. None when
        it is no news."""
        contact = batch.contact(Address.of_jids(jid))
        alone = actor is None or actor is contact
        if kind == Kind.ADD:
            is_news = place(batch, group, contact, self.second, True)
            kind = Kind.JOIN if alone else kind
        elif kind == Kind.REMOVE:
            is_news = place(batch, group, contact, self.second, False)
            kind = Kind.LEAVE if alone else kind
        else:
            role = Role.ADMIN if kind == Kind.PROMOTE else Role.MEMBER
            is_news = rank(batch, seat(batch, group, contact), self.second, role)
        about = jid_text(jid)
        note_change(batch, group, kind, self.second, self.digest, actor=actor, contact=contact, about=about)
        return contact if is_news else None


def read_settings(event: neonize_pb2.GroupInfoEvent) -> Settings:
    """The settings that the notice changes."""
    found = Settings()
    if event.HasField("Name"):
        name = name_of(event.Name.Name)
        found.add(Kind.SUBJECT, name, name=name)
    if event.HasField("Topic"):
        topic = None if event.Topic.TopicDeleted else text(event.Topic.Topic)
        found.add(Kind.DESCRIPTION, topic, description=topic)
    if event.HasField("Locked"):
        found.add(Kind.RESTRICT, on(event.Locked.isLocked), is_restrict=event.Locked.isLocked)
    if event.HasField("Announce"):
        announce = event.Announce.IsAnnounce
        found.add(Kind.ANNOUNCE, on(announce), is_announce=announce)
    if event.HasField("Ephemeral"):
        timer = number(event.Ephemeral, "DisappearingTimer") or None
        found.add(Kind.EPHEMERAL, str(timer or "off"), ephemeral_duration=timer)
    if event.HasField("NewInviteLink"):
        code = text(event.NewInviteLink.rpartition("/")[2])
        found.add(Kind.INVITE, None, invite_code=code)
    if event.HasField("Delete"):
        found.add(Kind.DELETE, text(event.Delete.DeletedReason), is_deleted=True, is_member=False)
    for kind, name in ((Kind.LINK, "Link"), (Kind.UNLINK, "Unlink")):
        if event.HasField(name):
            link = getattr(event, name)
            other = jid_text(link.Group.JID) or None
            is_parent = link.Type == neonize_pb2.GroupLinkChange.PARENT
            fields = {"parent_jid": other if kind == Kind.LINK else None} if is_parent else {}
            found.add(kind, other, **fields)
    for node in event.UnknownChanges:
        add_unknown(found, node)
    return found


def add_unknown(found: Settings, node: neonize_pb2.Node) -> None:
    """A change that neonize has no field for: the stanza itself."""
    if node.Tag == "membership_approval_mode":
        state = next(
            (text(one.text) for child in node.Nodes for one in child.Attrs if one.name == "state"), ""
        )
        found.add(Kind.APPROVAL, state or None, is_approval_required=state == "on")
    else:
        found.add(Kind.OTHER, text(node.Tag))


def on(value: bool) -> str:
    return "on" if value else "off"
