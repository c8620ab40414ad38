"""Groups as a whole: what WhatsApp says of them when we join or ask."""

from dataclasses import dataclass

from whatsapp.ingest import codes
from whatsapp.ingest.address import Address
from whatsapp.ingest.batch import Batch
from whatsapp.ingest.content.values import LAST_SECOND, name, number, text
from whatsapp.ingest.group_rows import LIST, count, digest_of, group_of, note_change, place, put
from whatsapp.ingest.registry import Arrival, Outcome, Touched, handles
from whatsapp.jids import jid_text
from whatsapp.models import Group, GroupChange, GroupParticipant
from whatsapp.protobuf import neonize_pb2

Kind = GroupChange.Kind
Role = GroupParticipant.Role


def jids_of(participant: neonize_pb2.GroupParticipant) -> Address:
    return Address.of_jids(participant.JID, participant.PhoneNumber, participant.LID)


def role_of(participant: neonize_pb2.GroupParticipant) -> str:
    if participant.IsSuperAdmin:
        return Role.SUPERADMIN
    return Role.ADMIN if participant.IsAdmin else Role.MEMBER


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
            name=name(info.GroupName.Name),
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
        batch.put(group, set_at={**group.set_at, LIST: max(self.second, group.set_at.get(LIST, 0))})
        named = {id(batch.contact(jids_of(one))): one for one in self.info.Participants}
        for one in named.values():
            place(batch, group, batch.contact(jids_of(one)), self.second, True, role_of(one))
        for participant in batch.rows(GroupParticipant):
            is_missing = participant.group is group and id(participant.contact) not in named
            if is_missing and self.second >= participant.membership_at:
                left_at = min(self.second, participant.left_at or self.second)
                batch.put(participant, is_present=False, left_at=left_at)
                if batch.is_me(participant.contact):
                    put(batch, group, self.second, is_member=False)
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
