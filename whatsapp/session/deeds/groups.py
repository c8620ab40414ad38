"""Groups: what WhatsApp says of them now, and what an admin changes.

What has changed reaches the hub's rows as any member's change does: WhatsApp tells every device of every
member, ours too.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from whatsapp import actions
from whatsapp.ingest import codes
from whatsapp.jids import is_group, jid_text
from whatsapp.models import Action, Contact, Group
from whatsapp.protobuf import neonize_pb2
from whatsapp.session.asking import reason_of
from whatsapp.session.deeds.registry import Refused, performs
from whatsapp.session.library import NeonizeError
from whatsapp.session.line import Line

if TYPE_CHECKING:
    from whatsapp.session.acts import Acts

OK = 200

# What WhatsApp's refusals mean here (whatsmeow's errors.go and group.go).
REFUSALS = {
    "status 401": "jid: Only the group's admins may do this.",
    "status 403": "jid: Only the group's admins may do this, or you are not in the group.",
    "status 404": "jid: There is no such group on WhatsApp, or it is no more.",
    "don't have the permission": "jid: Only the group's admins may do this.",
    "not participating in that group": "jid: You are not in this group, or not among its admins.",
    "group does not exist": "jid: There is no such group on WhatsApp, or it is no more.",
}


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """Makes a sentence about the request of what WhatsApp refuses."""
    try:
        yield
    except NeonizeError as error:
        reason = reason_of(error)
        for words, sentence in REFUSALS.items():
            if words in reason:
                raise Refused(sentence) from error
        raise


@performs(actions.SET_GROUP_SUBJECT)
def set_group_subject(acts: "Acts", line: Line, action: Action) -> None:
    with refusals_in_words():
        line.set_group_subject(action.payload["jid"], action.payload["subject"])
    actions.finish(action, Action.Status.DONE)


@performs(actions.SET_GROUP_DESCRIPTION)
def set_group_description(acts: "Acts", line: Line, action: Action) -> None:
    with refusals_in_words():
        line.set_group_description(action.payload["jid"], action.payload["description"])
    actions.finish(action, Action.Status.DONE)


@performs(actions.CHANGE_PARTICIPANTS)
def change_participants(acts: "Acts", line: Line, action: Action) -> None:
    payload = action.payload
    people = payload["participants"]
    if payload["action"] == "add":
        people = [acts.recipients.address(line, jid, "participants") for jid in people]
    with refusals_in_words():
        if payload["action"] != "add":
            people = as_the_group_has_them(line, payload["jid"], people)
        answers = line.change_participants(payload["jid"], people, payload["action"])
    result = [outcome_of(acts, one) for one in answers]
    actions.finish(action, Action.Status.DONE, result={"result": result})


def as_the_group_has_them(line: Line, jid: str, people: list[str]) -> list[str]:
    """The addresses by which the group has its members: some groups know them by LID alone."""
    known: dict[str, str] = {}
    for one in line.group(jid).Participants:
        address = jid_text(one.JID)
        known |= {address: address, jid_text(one.PhoneNumber): address, jid_text(one.LID): address}
    return [known.get(person, person) for person in people]


def outcome_of(acts: "Acts", one: neonize_pb2.GroupParticipant) -> dict[str, Any]:
    """`{"status", "jid", "content"}` of one person: WhatsApp's code as a text, and its stanza in JSON."""
    code = one.Error or OK
    attributes: dict[str, str] = {"jid": jid_text(one.JID)}
    if one.Error:
        attributes["error"] = str(one.Error)
    content: dict[str, Any] = {"tag": "participant", "attrs": attributes}
    if one.HasField("AddRequest"):  # their privacy lets them be invited only
        request = {"code": one.AddRequest.Code, "expiration": str(int(one.AddRequest.Expiration))}
        content["content"] = [{"tag": "add_request", "attrs": request}]
    return {"status": str(code), "jid": known_address(acts, one), "content": content}


def known_address(acts: "Acts", one: neonize_pb2.GroupParticipant) -> str:
    """The phone JID where it is known, else the LID."""
    phone, jid = jid_text(one.PhoneNumber), jid_text(one.JID)
    if phone:
        return phone
    known = Contact.objects.filter(account=acts.account, lid=jid).values_list("jid", flat=True).first()
    return known or jid


@performs(actions.SYNC_GROUPS)
def sync_groups(acts: "Acts", line: Line, action: Action) -> None:
    """Asks for all groups. Those that were thought to be ours and are not among them are ours no more."""
    groups = line.groups()
    answer = neonize_pb2.GetJoinedGroupsReturnFunction(Group=groups).SerializePartialToString()
    counts = {"synced": len(groups), "failed": 0, "total": len(groups)}
    acts.write_down(action, [(codes.GROUPS, answer)], at=int(time.time() * 1000), result=counts)


@performs(actions.GET_GROUP_METADATA)
def get_group_metadata(acts: "Acts", line: Line, action: Action) -> None:
    with refusals_in_words():
        info = line.group(action.payload["jid"])
    acts.write_down(
        action,
        [(codes.GROUP, info.SerializePartialToString())],
        at=int(time.time() * 1000),
        result=metadata_of(info, invite_code_of(acts, action.payload["jid"])),
    )


def invite_code_of(acts: "Acts", jid: str) -> str | None:
    return Group.objects.filter(account=acts.account, jid=jid).values_list("invite_code", flat=True).first()


def metadata_of(info: neonize_pb2.GroupInfo, invite_code: str | None) -> dict[str, Any]:
    """What WhatsApp says of a group, under the names that the original's clients know (Baileys'
    GroupMetadata). Times in Unix seconds, as neonize gives them: to the nearest two minutes."""
    topic = info.GroupTopic
    people = [participant_of(one) for one in info.Participants]
    parent = jid_text(info.GroupLinkedParent.LinkedParentJID)
    return {
        "id": jid_text(info.JID),
        "subject": info.GroupName.Name,
        "subjectOwner": jid_text(info.GroupName.NameSetBy) or None,
        "subjectTime": int(info.GroupName.NameSetAt) or None,
        "creation": int(info.GroupCreated) or None,
        "owner": jid_text(info.OwnerPN) or jid_text(info.OwnerJID) or None,
        "desc": topic.Topic or None,
        "descId": topic.TopicID or None,
        "descOwner": jid_text(topic.TopicSetBy) or None,
        "descTime": int(topic.TopicSetAt) or None,
        "restrict": info.GroupLocked.isLocked,
        "announce": info.GroupAnnounce.IsAnnounce,
        "isCommunity": info.GroupParent.IsParent,
        "linkedParent": parent or None,
        "ephemeralDuration": info.GroupEphemeral.DisappearingTimer or None,
        "inviteCode": invite_code,
        "size": len(people),
        "participants": people,
    }


def participant_of(one: neonize_pb2.GroupParticipant) -> dict[str, Any]:
    rank = "superadmin" if one.IsSuperAdmin else "admin" if one.IsAdmin else None
    jid, phone, lid = jid_text(one.JID), jid_text(one.PhoneNumber), jid_text(one.LID)
    return {"id": phone or jid, "lid": lid or None, "admin": rank}


@performs(actions.GET_INVITE_CODE)
def get_invite_code(acts: "Acts", line: Line, action: Action) -> None:
    jid = action.payload["jid"]
    if not is_group(jid):
        raise Refused(f"jid: {jid} is no group.")
    with refusals_in_words():
        code = line.invite_code(jid)
    news = {"jid": jid, "code": code}
    acts.write_down(action, [(codes.INVITE_CODE, news)], at=int(time.time() * 1000), result={"code": code})
