"""With whom a conversation is, what they are doing now, and whether one may write there."""

from dataclasses import dataclass, replace
from functools import cached_property

from django.utils import timezone

from dashboard.data.faces import Face, faces
from whatsapp.jids import (
    InvalidJid,
    is_broadcast,
    is_group,
    is_lid,
    is_newsletter,
    parse_jid,
)
from whatsapp.models import Account, Chat, Connection, Contact, Group, GroupParticipant, Presence

TYPING_MS = 30_000  # after which nobody still types who has not said so again
MOST_TYPING = 3  # who are named

Role = GroupParticipant.Role
TYPING: dict[str | None, str] = {
    Presence.State.COMPOSING: "typing …",
    Presence.State.RECORDING: "recording audio …",
}


@dataclass(frozen=True)
class Talk:
    """A conversation with `jid`, a phone JID where one is known; `chat` is None until there is one."""

    account: Account
    jid: str
    chat: Chat | None
    face: Face

    @property
    def is_group(self) -> bool:
        return is_group(self.jid)

    @property
    def is_person(self) -> bool:
        return not (self.is_group or is_newsletter(self.jid) or is_broadcast(self.jid))

    @property
    def about(self) -> str:
        """The path of the page about whom it is with; empty where there is none."""
        if self.is_group:
            return f"/groups/{self.jid}"
        return f"/contacts/{self.jid}" if self.is_person else ""

    @property
    def path(self) -> str:
        return f"/messages/{self.jid}"

    @property
    def is_connected(self) -> bool:
        return self.account.connection.status == Connection.Status.CONNECTED

    @property
    def is_unread(self) -> bool:
        return self.chat is not None and (self.chat.unread_count > 0 or self.chat.is_marked_unread)

    @cached_property
    def group(self) -> Group | None:
        if not self.is_group:
            return None
        return Group.objects.filter(account=self.account, jid=self.jid).first()

    @cached_property
    def is_admin(self) -> bool:
        """Whether we are an admin of the group."""
        if self.group is None:
            return False
        own = [jid for jid in (self.account.jid, self.account.lid) if jid]
        people = Contact.objects.filter(account=self.account, jid__in=own)
        roles = GroupParticipant.objects.filter(group=self.group, contact__in=people, is_present=True)
        return roles.filter(role__in=(Role.ADMIN, Role.SUPERADMIN)).exists()

    @cached_property
    def refusal(self) -> str:
        """Why one can't write here; empty when one can."""
        if is_newsletter(self.jid):
            return "This is a channel: only its admins write here, from the phone."
        if is_broadcast(self.jid):
            return "Here one can only read."
        if self.is_group:
            return self.refusal_of_group()
        blocked = Contact.objects.filter(account=self.account, jid=self.jid, is_blocked=True)
        return (
            "You have blocked this contact. Unblock them on the phone to write." if blocked.exists() else ""
        )

    def refusal_of_group(self) -> str:
        group = self.group
        if group is None:
            return ""
        if group.is_deleted:
            return "This group was deleted."
        if not group.is_member:
            return "You are not in this group any more."
        if group.is_announce and not self.is_admin:
            return "Only admins may write in this group."
        return ""

    def presence(self) -> "Doing":
        """What the other side does now."""
        now = int(timezone.now().timestamp() * 1000)
        if self.is_person:
            return self.doing_of_person(now)
        if self.group is None or self.chat is None:
            return Doing()
        typing = Presence.objects.filter(
            contact__memberships__group=self.group,
            chat=self.chat,
            chat_state__in=list(TYPING),
            chat_state_at__gt=now - TYPING_MS,
        ).values_list("contact__jid", "chat_state")[: MOST_TYPING + 1]
        doing = list(typing)
        if not doing:
            count = self.group.participant_count
            return Doing(f"{count} participant{'' if count == 1 else 's'}")
        known = faces(self.account, [jid for jid, _ in doing])
        names = [known[jid].name for jid, _ in doing[:MOST_TYPING]]
        if len(doing) > MOST_TYPING:
            return Doing(", ".join(names) + " and others are typing …", is_active=True)
        verb = "is" if len(names) == 1 else "are"
        state = TYPING[doing[0][1]] if len(names) == 1 else "typing …"
        return Doing(f"{' and '.join(names)} {verb} {state}", is_active=True)

    def doing_of_person(self, now: int) -> "Doing":
        found = Presence.objects.filter(contact__account=self.account, contact__jid=self.jid).first()
        if found is None:
            return Doing()
        fresh = found.chat_state_at > now - TYPING_MS
        if fresh and found.chat_state in TYPING and (self.chat is None or found.chat_id == self.chat.pk):
            return Doing(TYPING[found.chat_state], is_active=True)
        if found.is_online:
            return Doing("online", is_active=True)
        return Doing(last_seen=found.last_seen)


@dataclass(frozen=True, slots=True)
class Doing:
    """What the other side does; `last_seen` in Unix seconds."""

    text: str = ""
    is_active: bool = False
    last_seen: int | None = None


def talk_with(account: Account, text: str) -> Talk | None:
    """The conversation with the JID, LID or number; None for what is none."""
    try:
        jid = parse_jid(text)
    except InvalidJid:
        return None
    chat = Chat.objects.filter(account=account).addressed(jid).order_by("-last_message_ts").first()
    if chat is not None:
        jid = chat.jid
    elif is_lid(jid):
        person = Contact.objects.filter(account=account, lid=jid).values_list("jid", flat=True).first()
        jid = person or jid
    face = faces(account, [jid])[jid]
    if chat is not None and chat.name and not face.is_known:
        face = replace(face, name=chat.name)
    return Talk(account, jid, chat, face)
