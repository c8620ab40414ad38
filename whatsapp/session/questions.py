"""What is asked, one function for each. Importing this module fills the list of questions."""

import logging
import time
from typing import Any

from django.db.models import F, Q

from whatsapp import preferences
from whatsapp.ingest import codes
from whatsapp.ingest.content.values import LAST_SECOND
from whatsapp.jids import LID_SERVER, USER_SERVER, is_group, is_lid, is_newsletter, is_phone, jid_text
from whatsapp.models import Chat, Contact, Group, Newsletter
from whatsapp.protobuf import neonize_pb2
from whatsapp.session.asking import Asking, question
from whatsapp.session.library import NeonizeError
from whatsapp.session.line import Line

log = logging.getLogger(__name__)

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0  # seconds

CONTACTS_PER_EVENT = 500
CHATS_LOOKED_AT = 300  # the newest
ADDRESSES_LOOKED_UP = 500
PROFILES_PER_QUESTION = 20
PROFILE_DAYS = 3  # a picture's address is good for about so long
NEWSLETTERS_FOLLOWED = 20
PRESENCES_FOLLOWED = 50  # the people of the newest chats
FOLLOWED_PER_STEP = 10
FOLLOW_SECONDS = 10  # until somebody who has just written is heard of


# The library's own store: no traffic


@question(every=10 * MINUTE)
def contacts(asking: Asking, line: Line) -> None:
    """Names from the phone's address book, push and business names: those that are new since last time."""
    known = asking.contacts
    news = []
    for one in line.contacts():
        jid, info = jid_text(one.JID), one.Info.SerializeToString()
        if known.get(jid) != info:
            known[jid] = info
            news.append(one)
    for start in range(0, len(news), CONTACTS_PER_EVENT):
        some = news[start : start + CONTACTS_PER_EVENT]
        answer = neonize_pb2.ContactsGetAllContactsReturnFunction(Contact=some)
        asking.answer(codes.CONTACTS, answer)


@question(every=MINUTE)
def chat_settings(asking: Asking, line: Line) -> None:
    """Archived, pinned, muted: the phone's changes reach the library's store, but no event tells of them."""
    rows = Chat.objects.filter(account=asking.account).newest_first()
    fields = ("jid", "is_archived", "is_pinned", "is_muted", "mute_expiry")
    changed = []
    for jid, *before in rows.values_list(*fields)[:CHATS_LOOKED_AT]:
        if is_newsletter(jid):
            continue
        found = line.chat_settings(jid)
        if not found.Found:
            continue
        until = muted_until(found.MutedUntil)
        now = [found.Archived, found.Pinned, until is not None, until if (until or 0) > 0 else None]
        if now != before:
            changed.append(
                {"jid": jid, "archived": found.Archived, "pinned": found.Pinned, "muted_until": until}
            )
    if changed:
        asking.answer(codes.CHAT_SETTINGS, changed)


def muted_until(moment: float) -> int | None:
    """Unix seconds; -1: for ever; None: not muted, or no more."""
    if moment > LAST_SECOND:
        return -1
    return int(moment) if moment > time.time() else None


@question(every=10 * MINUTE)
def addresses(asking: Asking, line: Line) -> bool:
    """The other address of people who are known by one."""
    half = Contact.objects.filter(account=asking.account, pk__gt=asking.memory.last_address_key)
    half = half.filter(Q(lid=None) | Q(jid__endswith=f"@{LID_SERVER}")).order_by("pk")
    rows = list(half.values_list("pk", "jid")[:ADDRESSES_LOOKED_UP])
    pairs = []
    for _, jid in rows:
        if (is_phone(jid) or is_lid(jid)) and (other := line.other_address(jid)):
            pairs.append([other, jid] if is_lid(jid) else [jid, other])
    if pairs:
        asking.answer(codes.ADDRESSES, pairs)
    full = len(rows) == ADDRESSES_LOOKED_UP
    asking.memory.last_address_key = rows[-1][0] if full else 0
    return full


# WhatsApp itself


@question(every=FOLLOW_SECONDS)
def presence(asking: Asking, line: Line) -> bool:
    """Hears of the people in the newest chats; each is asked for once on a line."""
    memory = asking.memory
    tracking = preferences.get("trackPresence")
    wish = line.is_online_wished
    online = tracking if wish is None else wish
    if memory.is_online != online:
        line.be_online(online)
        memory.is_online = online
        memory.followed.clear()
    if not tracking:
        return False
    rows = Chat.objects.filter(account=asking.account, is_group=False).newest_first()
    newest = rows.values_list("jid", flat=True)[:PRESENCES_FOLLOWED]
    missing = [jid for jid in newest if (is_phone(jid) or is_lid(jid)) and jid not in memory.followed]
    for jid in missing[:FOLLOWED_PER_STEP]:
        line.follow_presence(jid)
        memory.followed.add(jid)
    return len(missing) > FOLLOWED_PER_STEP


@question(every=6 * HOUR)
def groups(asking: Asking, line: Line) -> None:
    asking.answer(codes.GROUPS, neonize_pb2.GetJoinedGroupsReturnFunction(Group=line.groups()))


@question(every=6 * HOUR)
def blocklist(asking: Asking, line: Line) -> None:
    asking.answer(codes.ALL_BLOCKED, line.blocklist())


@question(every=6 * HOUR)
def privacy(asking: Asking, line: Line) -> None:
    asking.answer(codes.ALL_PRIVACY, line.privacy())


@question(every=6 * HOUR)
def newsletters(asking: Asking, line: Line) -> None:
    followed = neonize_pb2.GetSubscribedNewslettersReturnFunction(Newsletter=line.newsletters())
    if followed.Newsletter:
        asking.answer(codes.NEWSLETTERS, followed)


@question(every=5 * MINUTE)
def newsletter_counts(asking: Asking, line: Line) -> None:
    """Views and reactions are told for a few minutes to who has asked."""
    followed = Newsletter.objects.filter(account=asking.account, is_followed=True)
    for jid in followed.order_by("pk").values_list("jid", flat=True)[:NEWSLETTERS_FOLLOWED]:
        line.follow_newsletter_counts(jid)


@question(every=HOUR, more=5.0)
def invite_codes(asking: Asking, line: Line) -> bool:
    """The invite code of one group in which we are an admin."""
    mine = Group.objects.filter(
        account=asking.account,
        is_member=True,
        invite_code=None,
        is_community=False,
        participants__contact__jid__in=[asking.account.jid, asking.account.lid],
        participants__is_present=True,
        participants__role__in=["admin", "superadmin"],
    )
    group = mine.order_by("pk").first()
    if group is None:
        return False
    asking.answer(codes.INVITE_CODE, {"jid": group.jid, "code": line.invite_code(group.jid)})
    return True


@question(every=MINUTE, more=20.0)
def profiles(asking: Asking, line: Line) -> bool:
    """About texts, and pictures where they have changed, of the people that were asked for longest ago."""
    before = int(time.time() - PROFILE_DAYS * DAY)
    people = Contact.objects.filter(account=asking.account).filter(
        Q(jid__endswith=f"@{USER_SERVER}") | Q(jid__endswith=f"@{LID_SERVER}")
    )
    oldest = people.order_by(F("profile_asked_at").asc(nulls_first=True), "id")[:PROFILES_PER_QUESTION]
    due = {one.jid: one for one in oldest if (one.profile_asked_at or 0) < before}
    if not due:
        return False
    answers = line.profiles(list(due))
    told = neonize_pb2.GetUserInfoReturnFunction(UsersInfo=answers)
    missing = due.keys() - {jid_text(one.JID) for one in answers}
    for jid in missing:  # WhatsApp says nothing of people who are not there any more
        told.UsersInfo.add().JID.CopyFrom(neonize_pb2.JID(User=jid.split("@")[0], Server=jid.split("@")[1]))
    for one in answers:
        contact = due.get(jid_text(one.JID))
        if contact is not None and (one.UserInfo.PictureID or contact.profile_pic_id):
            picture(asking, line, contact.jid)
    asking.answer(codes.PROFILES, told)
    return len(due) == PROFILES_PER_QUESTION


@question(every=MINUTE, more=5.0)
def group_pictures(asking: Asking, line: Line) -> bool:
    """Where the picture of one group is."""
    before = int(time.time() - PROFILE_DAYS * DAY)
    groups_in = Group.objects.filter(account=asking.account, is_member=True)
    group = groups_in.order_by(F("picture_asked_at").asc(nulls_first=True), "id").first()
    if group is None or (group.picture_asked_at or 0) >= before:
        return False
    picture(asking, line, group.jid)
    return True


def picture(asking: Asking, line: Line, jid: str) -> None:
    """Asks where somebody's picture is; that they show none is an answer too."""
    answer: dict[str, Any] = {"jid": jid, "id": None, "url": None}
    try:
        found = line.picture(jid)
        if found.ID:
            answer |= {"id": found.ID, "url": found.URL}
    except NeonizeError as error:
        log.debug("The picture of a %s can't be had: %s", "group" if is_group(jid) else "person", error)
    asking.answer(codes.PROFILE_PICTURE, answer)
