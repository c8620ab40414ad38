"""The rows of groups, written from whatever tells of them.

Every field of a group remembers when it was last set (`set_at`), so that news that come late change nothing.
A change is kept in the log of changes whenever it comes.
"""

from hashlib import sha256
from typing import Any

from whatsapp.ingest.batch import Batch
from whatsapp.ingest.handlers.changes import set_timer
from whatsapp.ingest.registry import Arrival
from whatsapp.models import Contact, Group, GroupChange, GroupParticipant

LIST = "participants"  # what `set_at` calls the whole list of them


def group_of(batch: Batch, jid: str) -> Group:
    """The group with that JID, made when it is not there."""
    return batch.row(
        Group(account=batch.account, jid=jid, first_seen_at=batch.now, updated_at=batch.now, set_at={})
    )


def put(batch: Batch, group: Group, second: int, **values: Any) -> None:
    """Sets fields of the group as they were at `second` (Unix seconds); what is newer stays."""
    fresh = batch.put_as_of(group, second, **values)
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
    came, was_present = present, participant.is_present
    if second >= participant.membership_at:
        batch.put(participant, membership_at=second)
        listed_at = group.set_at.get(LIST, 0)
        if present and second < listed_at:
            # A later list is known already, and doesn't name them.
            present = False
            batch.put(participant, is_present=False, left_at=listed_at)
        else:
            batch.put(participant, is_present=present, left_at=None if present else second)
        if batch.is_me(contact):
            put(batch, group, second, is_member=present)
    if came and (participant.added_at is None or second < participant.added_at):
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
