"""Groups: what WhatsApp says of them as a whole, and each change with who made it.

Every field of a group remembers when it was last set (`set_at`), so that news that come late change nothing.
A change is kept in the log of changes whenever it comes.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from whatsapp import events
from whatsapp.ingest import codes
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import LAST_SECOND, number, text
from whatsapp.ingest.handlers.changes import set_timer
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.jids import is_group, jid_text
from whatsapp.models import Contact, Group, GroupChange, GroupParticipant
from whatsapp.protobuf import neonize_pb2

Kind = GroupChange.Kind
Role = GroupParticipant.Role


# Writing


def group_of(batch: Batch, jid: str) -> Group:
    """The group with that JID, made when it is not there."""
    return batch.row(
        Group(account=batch.account, jid=jid, first_seen_at=batch.now, updated_at=batch.now, set_at={})
    )


def put(batch: Batch, group: Group, second: int, **values: Any) -> None:
    """Sets fields of the group as they were at `second` (Unix seconds); what is newer stays."""
    fresh = {name: value for name, value in values.items() if second >= group.set_at.get(name, 0)}
    if not fresh:
        return
    batch.put(group, **fresh)
    times = {**group.set_at, **dict.fromkeys(fresh, second)}
    batch.put(group, set_at=times)
    chat = batch.people.known_chat(group.jid)
    if chat is None:
        return
    if "name" in fresh and group.name:
        batch.put(chat, name=group.name)
    if "ephemeral_duration" in fresh:
        set_timer(batch, chat, group.ephemeral_duration or 0, second)


def seat(batch: Batch, group: Group, contact: Contact) -> GroupParticipant:
    """The participant's row, made when it is not there: nobody is in a group before they are said to be."""
    return batch.row(GroupParticipant(group=group, contact=contact, is_present=False))


def place(
    batch: Batch, group: Group, contact: Contact, second: int, present: bool, role: str | None = None
) -> bool:
    """Somebody is in the group, or no more, since `second`; with that role, if it is told.

    Returns whether that brings them in or out: not when it is old news, or no news.
    """
    participant = seat(batch, group, contact)
    was_present = participant.is_present
    if second >= participant.membership_at:
        batch.put(participant, is_present=present, membership_at=second)
        batch.put(participant, left_at=None if present else second)
        if batch.is_me(contact):
            put(batch, group, second, is_member=present)
    if present and (participant.added_at is None or second < participant.added_at):
        batch.put(participant, added_at=second)
    if role is not None:
        rank(batch, participant, second, role)
    return participant.is_present is not was_present


def rank(batch: Batch, participant: GroupParticipant, second: int, role: str) -> bool:
    """A participant has that role since `second`. Returns whether that is another than before."""
    was = participant.role
    if second >= participant.role_at:
        batch.put(participant, role=role, role_at=second)
    return participant.role != was


def count(batch: Batch, group: Group) -> None:
    present = sum(one.is_present for one in batch.rows(GroupParticipant) if one.group is group)
    batch.put(group, participant_count=present)


def jids_of(participant: neonize_pb2.GroupParticipant) -> Address:
    return Address.of_jids(participant.JID, participant.PhoneNumber, participant.LID)


def role_of(participant: neonize_pb2.GroupParticipant) -> str:
    if participant.IsSuperAdmin:
        return Role.SUPERADMIN
    return Role.ADMIN if participant.IsAdmin else Role.MEMBER


# A group as a whole


@dataclass(slots=True)
class Description:
    """All that WhatsApp says of one group, as it was at `second` (Unix seconds)."""

    info: neonize_pb2.GroupInfo
    second: int

    @property
    def jid(self) -> str:
        return jid_text(self.info.JID)

    def touch(self, touched: Touched) -> None:
        touched.jids.add(self.jid)
        touched.rows(Group, self.jid).rows(GroupParticipant, self.jid)
        touched.people([self.owner, *(jids_of(one) for one in self.info.Participants)])

    @property
    def owner(self) -> Address:
        return Address.of_jids(self.info.OwnerJID, self.info.OwnerPN)

    def apply(self, batch: Batch) -> Group:
        info, second = self.info, self.second
        batch.chat(self.jid)
        group = group_of(batch, self.jid)
        topic = None if info.GroupTopic.TopicDeleted else text(info.GroupTopic.Topic)
        parent = jid_text(info.GroupLinkedParent.LinkedParentJID)
        put(
            batch,
            group,
            second,
            name=text(info.GroupName.Name),
            description=topic,
            is_announce=info.GroupAnnounce.IsAnnounce,
            is_restrict=info.GroupLocked.isLocked,
            ephemeral_duration=number(info.GroupEphemeral, "DisappearingTimer") or None,
            is_community=info.GroupParent.IsParent,
            parent_jid=parent or None,
            is_default_subgroup=info.GroupIsDefaultSub.IsDefaultSubGroup,
        )
        if info.GroupParent.DefaultMembershipApprovalMode:
            approval = info.GroupParent.DefaultMembershipApprovalMode == "request_required"
            put(batch, group, second, is_approval_required=approval)
        if self.owner:
            batch.put(group, owner=batch.contact(self.owner))
        if 0 < info.GroupCreated <= LAST_SECOND and group.creation_time is None:
            batch.put(group, creation_time=int(info.GroupCreated))
        self._seat_all(batch, group)
        batch.put(group, synced_at=max(second, group.synced_at or 0))
        return group

    def _seat_all(self, batch: Batch, group: Group) -> None:
        """Those who are named are in; those who are not, are no more."""
        if not self.info.Participants:
            return  # WhatsApp leaves the list out for some communities
        named = {id(batch.contact(jids_of(one))): one for one in self.info.Participants}
        for one in named.values():
            place(batch, group, batch.contact(jids_of(one)), self.second, True, role_of(one))
        for participant in list(batch.rows(GroupParticipant)):
            is_missing = participant.group is group and id(participant.contact) not in named
            if is_missing and participant.is_present:
                place(batch, group, participant.contact, self.second, False)
        count(batch, group)


@handles(codes.GROUP, neonize_pb2.GroupInfo)
@dataclass(slots=True)
class OneGroup:
    """A group that the hub has asked for."""

    description: Description

    @classmethod
    def parse(cls, event: neonize_pb2.GroupInfo, arrival: Arrival) -> "OneGroup":
        return cls(Description(event, arrival.second))

    def touches(self) -> Touched:
        touched = Touched()
        self.description.touch(touched)
        return touched

    def apply(self, batch: Batch) -> Outcome:
        self.description.apply(batch)
        return Outcome.HANDLED


@handles(codes.GROUPS, neonize_pb2.GetJoinedGroupsReturnFunction)
@dataclass(slots=True)
class AllGroups:
    """Every group that we are in: from those that are missing we have been removed."""

    descriptions: list[Description]
    second: int

    @classmethod
    def parse(cls, event: neonize_pb2.GetJoinedGroupsReturnFunction, arrival: Arrival) -> "AllGroups":
        return cls([Description(info, arrival.second) for info in event.Group], arrival.second)

    def touches(self) -> Touched:
        touched = Touched()
        for description in self.descriptions:
            description.touch(touched)
        return touched

    def apply(self, batch: Batch) -> Outcome:
        here = {description.apply(batch).jid for description in self.descriptions}
        batch.load_where(Group, is_member=True)
        for group in batch.rows(Group):
            if group.is_member and group.jid not in here:
                put(batch, group, self.second, is_member=False)
        for jid in here:
            put(batch, group_of(batch, jid), self.second, is_member=True, is_deleted=False)
        return Outcome.HANDLED


@handles(codes.JOINED_GROUP, neonize_pb2.JoinedGroup)
@dataclass(slots=True)
class JoinedGroup:
    """We have come into a group: it was made with us in it, or somebody added us, or we joined."""

    description: Description
    sender: Address
    kind: str
    digest: str

    @classmethod
    def parse(cls, event: neonize_pb2.JoinedGroup, arrival: Arrival) -> "JoinedGroup":
        how = Kind.CREATE if event.CreateKey else Kind.JOIN if event.Reason == "invite" else Kind.ADD
        sender = Address.of_jids(event.Sender, event.SenderPN)
        return cls(Description(event.GroupInfo, arrival.second), sender, how, digest_of(arrival))

    def touches(self) -> Touched:
        touched = Touched().people([self.sender])
        self.description.touch(touched)
        return touched

    def apply(self, batch: Batch) -> Outcome:
        group = self.description.apply(batch)
        put(batch, group, self.description.second, is_member=True, is_deleted=False)
        actor = batch.contact(self.sender) if self.sender else None
        second, me = self.description.second, batch.account.jid or ""
        note_change(batch, group, self.kind, second, self.digest, actor=actor, contact=batch.me(), about=me)
        return Outcome.HANDLED


# Single changes


def digest_of(arrival: Arrival) -> str:
    return sha256(arrival.raw).hexdigest()[:32]


def note_change(
    batch: Batch,
    group: Group,
    kind: str,
    second: int,
    digest: str,
    *,
    actor: Contact | None = None,
    contact: Contact | None = None,
    about: str = "",
    value: str | None = None,
) -> None:
    """Adds to the log of changes; the same news again adds nothing.

    `about` tells apart the people of one notice, as it names them: what the hub calls them may change.
    """
    batch.add(
        GroupChange(
            group=group,
            kind=kind,
            actor=actor,
            contact=contact,
            value=value,
            timestamp=second,
            digest=sha256(f"{digest} {kind} {about}".encode()).hexdigest()[:32],
        )
    )


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
        name = text(event.Name.Name)
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
        state = next((one.text for child in node.Nodes for one in child.Attrs if one.name == "state"), "")
        found.add(Kind.APPROVAL, state or None, is_approval_required=state == "on")
    else:
        found.add(Kind.OTHER, text(node.Tag))


def on(value: bool) -> str:
    return "on" if value else "off"
