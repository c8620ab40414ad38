"""Everything that WhatsApp delivers, played by the simulator and read back from the tables and in admin.

The scenes follow one another on one line, because linking takes longer than any of them. Olivia owns the
phone; Alice is seen by her number, Bob by his LID.
"""

import hashlib
import time
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from tests.session import pictures
from tests.session.conftest import SessionProcess
from tests.waiting import eventually
from tests.whatsapp.admin.rows import DERIVED
from whatsapp import actions
from whatsapp.message_details import detail_record
from whatsapp.models import (
    Account,
    ApiKey,
    Call,
    Chat,
    Contact,
    Delivery,
    DeliveryAttempt,
    Event,
    Group,
    GroupChange,
    GroupParticipant,
    HistorySync,
    InboxEvent,
    Label,
    Lease,
    Media,
    Message,
    Newsletter,
    PeriodicRun,
    PollVote,
    Preference,
    Presence,
    PresenceChange,
    Process,
    Reaction,
    Receipt,
    Story,
    StoryView,
    Ticket,
    Webhook,
)
from whatsapp.protobuf import waE2E
from whatsapp.simulator import Simulator, compose
from whatsapp.simulator.group_member import GroupChat
from whatsapp.simulator.history import History
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.mail import Sent
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone

ALICE, BOB, OLIVIA = "15550101@s.whatsapp.net", "15550102@s.whatsapp.net", "15550100@s.whatsapp.net"


class Scenes:
    """The cast and what it does. Each scene plays something and reads back what became of it."""

    def __init__(
        self, session: SessionProcess, simulator: Simulator, olivia: Phone, alice: Person, bob: Person
    ) -> None:
        self.session, self.simulator = session, simulator
        self.olivia, self.alice, self.bob = olivia, alice, bob
        self.group: GroupChat = alice.creates_group("Friends", [olivia, bob])
        self.chat_of_alice = Chat.objects.none()

    def stored(self, sent: Sent, **wanted: Any) -> Message:
        """The row of a message that somebody sent, once it is as wanted."""
        found = Message.objects.select_related("chat", "sender", "account").filter(message_id=sent.id)
        return eventually(lambda: found.filter(**wanted).first(), f"message {sent.id} with {wanted}")

    # Messages and what is done with them

    def reactions(self) -> None:
        sent = self.alice.send_text(self.olivia, "react to this")
        self.alice.react(sent, "👍")
        changed = self.alice.react(sent, "❤️")
        row = self.stored(sent)
        eventually(
            lambda: Reaction.objects.filter(target_id=sent.id, emoji="❤️").exists(), "the changed reaction"
        )
        assert Message.objects.filter(reaction_target_id=sent.id).count() == 2
        reactions = detail_record(row)["reactions"]
        assert [(one["emoji"], one["from_jid"]) for one in reactions] == [("❤️", ALICE)]
        self.alice.react(sent, "")
        eventually(lambda: Reaction.objects.filter(target_id=sent.id, emoji=None).exists(), "none any more")
        assert detail_record(row)["reactions"] == []
        assert Message.objects.filter(message_id=changed.id).exists()

    def polls(self) -> None:
        poll = self.alice.send_poll(self.group, "Lunch?", ["Soup", "Salad", "Fish"], selectable=2)
        row = self.stored(poll, message_type="poll")
        heard = self.bob.waits_for_id(poll.id)
        self.bob.votes(heard, ["Soup", "Fish"])
        votes = PollVote.objects.filter(poll_id=poll.id, voter__jid=BOB)
        eventually(lambda: votes.filter(options=["Soup", "Fish"]).exists(), "Bob's vote")
        self.bob.votes(heard, ["Salad"])
        eventually(lambda: votes.filter(options=["Salad"]).exists(), "Bob's changed vote")
        results = detail_record(row)["poll_results"]
        assert [(one["option"], one["voters"]) for one in results] == [
            ("Soup", []),
            ("Salad", [BOB]),
            ("Fish", []),
        ]
        bodies = Message.objects.filter(message_type="poll_update").order_by("id")
        assert list(bodies.values_list("body", flat=True)) == ["Soup, Fish", "Salad"]
        assert Event.objects.filter(event_type="wa.poll.vote").count() == 2

    def edits_and_deletions(self) -> None:
        sent = self.alice.send_text(self.group, "at five")
        self.alice.edit(sent, "at six")
        edited = self.stored(sent, body="at six")
        (earlier,) = detail_record(edited)["edits"]
        assert (earlier["body"], earlier["from_jid"]) == ("at five", ALICE)

        rude = self.bob.send_text(self.group, "something rude")
        self.stored(rude)
        self.alice.delete(self.alice.waits_for_id(rude.id))
        gone = self.stored(rude, is_deleted=True)
        assert (gone.body, gone.deleted_by.jid, gone.edit_type) == ("something rude", ALICE, 8)

    def kinds(self) -> None:
        """Kinds that have no verb of their own, as WhatsApp's apps build them."""
        e2e = waE2E.Message
        target = self.alice.send_text(self.olivia, "pin me")
        pinned = self.stored(target)
        key = compose.key(self.olivia.jid, target.id, True, None)
        pin = e2e(
            pinInChatMessage={"key": key, "type": 1},
            messageContextInfo={"messageAddOnDurationInSecs": 86400},
        )
        self.stored(self.alice.send_message(self.olivia, pin), message_type="pin", target_id=target.id)
        eventually(
            lambda: Message.objects.filter(pk=pinned.pk, pinned_until__gt=time.time()).exists(), "the pin"
        )
        invite = e2e(
            groupInviteMessage={
                "groupJID": "120363000000000009@g.us",
                "groupName": "Chess",
                "inviteCode": "AbC",
                "caption": "come in",
            }
        )
        row = self.stored(self.alice.send_message(self.olivia, invite), message_type="group_invite")
        assert (row.body, row.details["invite"]["code"]) == ("come in", "AbC")
        party = e2e(eventMessage={"name": "Party", "startTime": 1_800_000_000})
        row = self.stored(self.alice.send_message(self.olivia, party), message_type="event")
        assert (row.body, row.details["event"]["start"]) == ("Party", 1_800_000_000)
        album = e2e(albumMessage={"expectedImageCount": 2})
        self.stored(self.alice.send_message(self.olivia, album), message_type="album")
        reply = e2e(buttonsResponseMessage={"selectedButtonID": "yes", "selectedDisplayText": "Yes, please"})
        row = self.stored(self.alice.send_message(self.olivia, reply), message_type="buttons")
        assert (row.body, row.details["selected_id"]) == ("Yes, please", "yes")
        row = self.stored(self.alice.send_text(self.olivia, "gone tomorrow", ephemeral=86400))
        assert (row.is_ephemeral, row.ephemeral_duration) == (True, 86400)

    def messages_that_cannot_be_had(self) -> None:
        once = self.alice.sends_for_the_phone_only(self.olivia, "look once")
        row = self.stored(once, message_type="unavailable")
        assert "phone only" in row.body

        before = Chat.objects.get(jid=BOB).undecryptable_count if Chat.objects.filter(jid=BOB) else 0
        self.simulator.holds_retries()
        self.simulator.delivers_undecryptable(self.olivia, from_=self.bob)
        secret = self.bob.send_text(self.olivia, "a secret")
        waiting = self.stored(secret, message_type="undecryptable")
        assert "decrypted" in waiting.body
        assert Chat.objects.get(jid=BOB).undecryptable_count == before + 1
        self.simulator.lets_retries_through()
        replaced = self.stored(secret, message_type="text")
        assert (replaced.pk, replaced.body, replaced.raw is not None) == (waiting.pk, "a secret", True)
        assert Chat.objects.get(jid=BOB).undecryptable_count == before

    def receipts(self) -> None:
        sent = self.olivia.send_text(self.group, "who reads this?")
        self.stored(sent)
        self.alice.reads(self.alice.waits_for_id(sent.id))
        self.bob.reads(self.bob.waits_for_id(sent.id))
        read = Receipt.objects.filter(message_id=sent.id, read_at__isnull=False)
        eventually(lambda: read.count() == 2, "two readers")
        assert set(read.values_list("contact__jid", flat=True)) == {ALICE, BOB}
        assert self.stored(sent, status="read").from_me
        note = self.olivia.send_voice_note(self.alice, pictures.voice(), seconds=2)
        heard = self.alice.waits_for_id(note.id)
        self.alice.plays(heard)
        self.stored(note, status="played")

    # Chats

    def unread(self) -> None:
        chat = Chat.objects.filter(jid=ALICE)
        sent = self.alice.send_text(self.olivia, "unread one")
        self.stored(sent)
        assert chat.get().unread_count > 0
        heard = self.olivia.waits_for_id(sent.id)
        # WhatsApp's clock counts seconds: what is read must not be of the same one as what comes.
        self.olivia.reads(heard)
        eventually(lambda: chat.filter(unread_count=0).exists(), "read on the phone")
        again = self.alice.send_text(self.olivia, "unread two")
        eventually(lambda: chat.filter(last_message_body="unread two").exists(), "the preview")
        actions.mark_read(Account.default(), ALICE, [again.id])
        self.alice.waits_for_receipt("read", again.id)
        eventually(lambda: chat.filter(unread_count=0, read_at__gte=again.timestamp).exists(), "read here")

    def chat_settings(self) -> None:
        self.olivia.archives(self.alice)
        self.olivia.pins(self.group)
        self.olivia.mutes(self.bob, seconds=3600)
        eventually(lambda: Chat.objects.filter(jid=ALICE, is_archived=True).exists(), "an archived chat")
        eventually(
            lambda: Chat.objects.filter(jid=str(self.group.jid), is_pinned=True).exists(), "a pinned one"
        )
        muted = eventually(lambda: Chat.objects.filter(jid=BOB, is_muted=True).first(), "a muted one")
        assert time.time() + 3000 < muted.mute_expiry < time.time() + 4000

    # People

    def contacts(self) -> None:
        self.olivia.saves_contact(self.alice, "Alice Adams")
        row = eventually(lambda: Contact.objects.filter(jid=ALICE, name="Alice Adams").first(), "a name")
        assert (row.short_name, row.notify_name, row.display_name) == ("Alice", "Alice", "Alice Adams")
        eventually(lambda: Chat.objects.filter(jid=ALICE, name="Alice Adams").exists(), "the chat's name")
        bob = Contact.objects.get(jid=BOB)
        assert (bob.lid, bob.phone_number) == (str(self.bob.lid), "15550102")

        self.bob.sets_about("at the beach")
        self.bob.changes_picture(pictures.jpeg("blue"))
        eventually(
            lambda: Contact.objects.filter(jid=BOB, profile_pic_url__startswith="https://").exists(),
            "the picture's address",
        )
        kept = eventually(
            lambda: Media.objects.filter(contact__jid=BOB, download_status="downloaded").first(), "a picture"
        )
        assert (kept.kind, kept.mime_type, kept.width) == ("profile_picture", "image/jpeg", 64)
        assert (settings.MEDIA_DIR / kept.file_path).exists()
        Contact.objects.filter(jid=BOB).update(profile_asked_at=None)
        eventually(lambda: Contact.objects.filter(jid=BOB, status_text="at the beach").exists(), "an about")

    def business(self) -> None:
        shop = self.simulator.person("Carla", "15550103", business_name="Carla's Shop")
        self.stored(shop.send_text(self.olivia, "we are open"))
        row = eventually(
            lambda: Contact.objects.filter(jid="15550103@s.whatsapp.net", is_business=True).first(), "a shop"
        )
        assert row.business_name == "Carla's Shop"

    def lids(self) -> None:
        """Somebody whose number is known late is one person all along."""
        dana = self.simulator.person("Dana", "15550104", "lid", hidden=True)
        first = dana.send_text(self.olivia, "guess who")
        assert self.stored(first).sender.jid == str(dana.lid)
        dana.shows_number()
        second = dana.send_text(self.olivia, "it's me")
        row = self.stored(second)
        assert row.sender.jid == "15550104@s.whatsapp.net"
        assert self.stored(first).sender_id == row.sender_id
        assert self.stored(first).chat_id == row.chat_id
        assert not Contact.objects.filter(jid=str(dana.lid)).exists()

    def identity(self) -> None:
        self.bob.reinstalls()
        eventually(
            lambda: Contact.objects.filter(jid=BOB, identity_changed_at__isnull=False).exists(),
            "the new security code",
        )
        eventually(lambda: Event.objects.filter(event_type="wa.identity.change").exists(), "its event")

    # Groups

    def groups(self) -> None:
        jid = str(self.group.jid)
        row = eventually(lambda: Group.objects.filter(jid=jid, synced_at__isnull=False).first(), "a group")
        assert (row.name, row.is_member, row.participant_count) == ("Friends", True, 3)
        eventually(lambda: Group.objects.filter(jid=jid, owner__jid=ALICE).exists(), "its owner")
        self.alice.renames(self.group, "Best friends")
        self.alice.describes(self.group, "old and new")
        self.alice.announces(self.group)
        self.alice.locks(self.group)
        self.alice.sets_timer(self.group, 86400)
        self.alice.promotes(self.group, self.bob)
        eventually(
            lambda: GroupParticipant.objects.filter(
                group__jid=jid, contact__jid=BOB, role="admin", is_present=True
            ).exists(),
            "a new admin",
        )
        row = Group.objects.get(jid=jid)
        assert (row.name, row.description) == ("Best friends", "old and new")
        assert (row.is_announce, row.is_restrict, row.ephemeral_duration) == (True, True, 86400)
        assert Chat.objects.get(jid=jid).name == "Best friends"
        self.alice.announces(self.group, False)
        self.alice.pictures_group(self.group, pictures.jpeg("green"))
        self.bob.leaves(self.group)
        eventually(
            lambda: GroupParticipant.objects.filter(
                group__jid=jid, contact__jid=BOB, is_present=False, left_at__isnull=False
            ).exists(),
            "Bob gone",
        )
        assert Group.objects.get(jid=jid).participant_count == 2
        told = GroupChange.objects.filter(group__jid=jid)
        for kind in ("subject", "description", "announce", "restrict", "ephemeral", "promote", "picture"):
            change = eventually(lambda kind=kind: told.filter(kind=kind).first(), f"the change {kind}")
            assert change.actor.jid == ALICE
        left = told.get(kind="leave")
        assert (left.actor.jid, left.contact.jid) == (BOB, BOB)
        eventually(
            lambda: Media.objects.filter(group__jid=jid, download_status="downloaded").exists(),
            "the group's picture",
        )
        mine = self.olivia.creates_group("Mine", [self.alice])
        eventually(
            lambda: Group.objects.filter(jid=str(mine.jid), invite_code__isnull=False).exists(),
            "an invite code",
        )

    # Presence, calls, stories

    def presence(self) -> None:
        self.alice.goes_online()
        eventually(lambda: Presence.objects.filter(contact__jid=ALICE, is_online=True).exists(), "online")
        self.alice.types(self.olivia)
        eventually(
            lambda: Presence.objects.filter(contact__jid=ALICE, chat_state="composing").exists(), "typing"
        )
        self.alice.records(self.olivia)
        self.alice.pauses(self.olivia)
        self.alice.goes_offline()
        gone = eventually(
            lambda: Presence.objects.filter(contact__jid=ALICE, is_online=False).first(), "offline"
        )
        assert gone.last_seen is not None
        assert gone.chat_state == "paused"
        states = PresenceChange.objects.filter(contact__jid=ALICE).order_by("changed_at", "id")
        seen = list(states.values_list("state", flat=True))
        for state in ("available", "composing", "recording", "paused", "unavailable"):
            assert state in seen, state

    def calls(self) -> None:
        missed = self.alice.calls(self.olivia)
        missed.times_out()
        taken = self.bob.calls(self.olivia, video=True)
        taken.is_accepted()
        refused = self.alice.calls(self.olivia)
        refused.is_rejected()
        ring = self.alice.calls(self.group)

        def status(call_id: str, status: str) -> Call:
            found = Call.objects.select_related("chat", "caller").filter(call_id=call_id, status=status)
            return eventually(found.first, f"a call that is {status}")

        call = status(missed.id, "missed")
        assert (call.caller.jid, call.chat.jid, call.from_me, call.is_video) == (ALICE, ALICE, False, False)
        status(taken.id, "ended")
        assert Call.objects.get(call_id=taken.id).is_video
        status(refused.id, "rejected")
        call = status(ring.id, "ringing")
        assert (call.is_group, call.chat.jid) == (True, str(self.group.jid))
        assert Call.objects.count() == 4

    def stories(self) -> None:
        text = self.alice.posts_story("good morning", [self.olivia])
        picture = self.alice.posts_story(pictures.jpeg("red"), [self.olivia], caption="sunrise")
        row = eventually(lambda: Story.objects.filter(message_id=picture.id).first(), "a story")
        assert (row.story_type, row.body, row.sender.jid, row.from_me) == ("image", "sunrise", ALICE, False)
        assert row.expires_at == row.timestamp + 86400
        media = eventually(
            lambda: Media.objects.filter(story=row, download_status="downloaded").first(), "its picture"
        )
        assert media.file_hash == hashlib.sha256(pictures.jpeg("red")).hexdigest()
        self.alice.delete(text)
        eventually(lambda: Story.objects.filter(message_id=text.id, is_deleted=True).exists(), "it deleted")
        assert Story.objects.get(message_id=text.id).body == "good morning"

        mine = self.olivia.posts_story("my day", [self.alice])
        eventually(lambda: Story.objects.filter(message_id=mine.id, from_me=True).exists(), "our own story")
        seen = self.alice.waits_for_id(mine.id)
        self.alice.reads(seen)
        self.alice.react(seen, "😍")
        view = eventually(
            lambda: StoryView.objects.filter(
                message_id=mine.id, viewed_at__isnull=False, reaction_emoji="😍"
            ).first(),
            "a viewer",
        )
        assert view.contact.jid == ALICE
        assert not Chat.objects.filter(jid="status@broadcast").exists()
        assert not Message.objects.filter(message_id__in=[text.id, picture.id, mine.id]).exists()

    # The account's own affairs

    def account(self) -> None:
        self.olivia.blocks(self.bob)
        eventually(lambda: Contact.objects.filter(jid=BOB, is_blocked=True).exists(), "Bob blocked")
        self.olivia.unblocks(self.bob)
        eventually(lambda: Contact.objects.filter(jid=BOB, is_blocked=False).exists(), "and no more")
        types = list(Event.objects.filter(event_type="wa.blocklist.update").values_list("payload", flat=True))
        assert any('"add"' in one for one in types)
        self.olivia.sets_privacy("last", "none")
        eventually(
            lambda: (Account.default().privacy or {}).get("last_seen") == "none", "the privacy setting"
        )

    def newsletters(self) -> None:
        news = self.alice.creates_newsletter("Daily", description="every day")
        self.olivia.follows(news)
        jid = str(news.jid)
        row = eventually(lambda: Newsletter.objects.filter(jid=jid).first(), "a newsletter")
        assert (row.name, row.description, row.is_followed) == ("Daily", "every day", True)
        post = news.publishes("first issue")
        message = eventually(lambda: Message.objects.filter(message_id=post.id).first(), "a post")
        assert (message.body, message.server_id, message.chat.jid) == ("first issue", post.server_id, jid)
        news.edits(post, "first issue, corrected")
        eventually(
            lambda: Message.objects.filter(message_id=post.id, body="first issue, corrected").exists(), "edit"
        )

        def counted_after_telling() -> Message | None:
            """WhatsApp tells those who have asked, and the hub asks when it has learnt of the newsletter."""
            news.is_received(post, views=7, reactions={"👍": 3})
            return Message.objects.filter(message_id=post.id, views=7).first()

        counted = eventually(counted_after_telling, "its views")
        assert counted.reaction_counts == {"👍": 3}
        self.olivia.mutes_newsletter(news)
        eventually(lambda: Newsletter.objects.filter(jid=jid, is_muted=True).exists(), "muted")
        self.olivia.unfollows(news)
        eventually(lambda: Newsletter.objects.filter(jid=jid, is_followed=False).exists(), "unfollowed")

    # What the phone knew before

    def history(self) -> None:
        old = int(time.time()) - 90 * 86400
        erin = Jid("15550105")
        blob = History(self.olivia.jid, "RECENT", progress=100)
        chat = blob.chat(erin, name="Erin", pinned=old, unreadCount=1, ephemeralExpiration=604800)
        hello = chat.says(self.olivia.jid, "hello Erin", at=old, starred=True, labels=["7"])
        chat.receipt(hello, erin, delivered=old + 1, read=old + 2)
        chat.reacts(hello, erin, "🎉")
        chat.says(erin, "hello Olivia", at=old + 60)
        blob.names({erin: "Erin E."})
        blob.call(erin, "MISSED", at=old + 120, call_id="OLDCALL")
        self.olivia.hands_over_history(blob.blob())

        row = eventually(lambda: Message.objects.filter(body="hello Erin").first(), "an old message")
        eventually(lambda: HistorySync.objects.filter(finished_at__isnull=False).exists(), "the end of it")
        row.refresh_from_db()
        assert (row.is_starred, row.status, row.timestamp) == (True, "read", old)
        assert [one["emoji"] for one in detail_record(row)["reactions"]] == ["🎉"]
        there = Chat.objects.get(jid=str(erin))
        assert (there.name, there.is_pinned, there.ephemeral_duration) == ("Erin", True, 604800)
        assert there.unread_count == 1
        assert Call.objects.get(call_id="OLDCALL").status == "missed"
        assert Label.objects.get().label_id == "7"
        assert Event.objects.filter(event_type="wa.messaging-history.set").exists()

    ORDER = (
        "reactions",
        "polls",
        "edits_and_deletions",
        "kinds",
        "messages_that_cannot_be_had",
        "receipts",
        "unread",
        "chat_settings",
        "contacts",
        "business",
        "lids",
        "presence",
        "calls",
        "stories",
        "account",
        "newsletters",
        "groups",
        "history",
        "identity",
    )


@pytest.fixture
def scenes(
    session: SessionProcess, simulator: Simulator, olivia: Phone, alice: Person, bob: Person
) -> Scenes:
    return Scenes(session, simulator, olivia, alice, bob)


def test_everything_that_happens_on_whatsapp_is_in_the_tables_and_in_admin(scenes: Scenes) -> None:
    for scene in Scenes.ORDER:
        getattr(scenes, scene)()

    assert scenes.session.ends() == 0  # so that no answer leaves the inbox while we look
    quarantined = InboxEvent.objects.filter(state=InboxEvent.State.QUARANTINED)
    assert list(quarantined.values_list("code", "error")) == []
    ids = list(Event.objects.order_by("id").values_list("id", flat=True))
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    every_table_is_shown_in_admin()


WEBHOOKS = (Webhook, Delivery, DeliveryAttempt)


def every_table_is_shown_in_admin() -> None:
    """Each list and the page of each table's newest row, as the owner sees them."""
    owner = get_user_model().objects.create_superuser("admin-of-the-test")
    admin = Client()
    admin.force_login(owner)
    for model in apps.get_app_config("whatsapp").get_models():
        name = f"admin:whatsapp_{model._meta.model_name}"
        row = model._default_manager.order_by("-pk").first()
        if model in DERIVED:
            continue
        # The owner's, and the hub's own.
        if model in (ApiKey, Lease, PeriodicRun, Preference, Process, Ticket, *WEBHOOKS):
            continue
        assert row is not None, f"nothing in {model.__name__}"
        assert admin.get(reverse(f"{name}_changelist")).status_code == 200
        assert admin.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
