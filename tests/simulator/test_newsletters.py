"""Newsletters: what the hub is told of them and what it can ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from whatsapp.simulator.library import build_jid, events

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.publisher import Channel


@pytest.fixture
def trails(alice: Person) -> Channel:
    """A newsletter of Alice's."""
    return alice.creates_newsletter("Trails", "Where to walk")


def proto(channel: Channel) -> Any:
    return build_jid(channel.jid.user, channel.jid.server)


def test_following_leaving_and_muting_at_the_phone_are_told(
    hub: HubDouble, olivia: Phone, trails: Channel
) -> None:
    olivia.follows(trails)
    joined = hub.waits_for(events.NewsletterJoinEv).NewsletterMetadata
    assert (joined.ID.User, joined.ThreadMeta.Name.Text) == (trails.jid.user, "Trails")
    assert (joined.ThreadMeta.Description.Text, joined.ThreadMeta.SubscriberCount) == ("Where to walk", 2)
    olivia.mutes_newsletter(trails)
    muted = hub.waits_for(events.NewsletterMuteChangeEv)
    assert (muted.ID.User, muted.Mute) == (trails.jid.user, 1)
    hub.forget()
    olivia.mutes_newsletter(trails, False)
    unmuted = hub.waits_for(events.NewsletterMuteChangeEv)
    assert unmuted.Mute != muted.Mute
    olivia.unfollows(trails)
    assert hub.waits_for(events.NewsletterLeaveEv).ID.User == trails.jid.user


def test_a_post_reaches_who_follows(
    hub: HubDouble, olivia: Phone, bob: Person, alice: Person, trails: Channel
) -> None:
    olivia.follows(trails)
    post = trails.publishes("The ridge is open")
    event = hub.waits_for_message(post.id)
    source = event.Info.MessageSource
    assert (event.Message.conversation, event.Info.ServerID) == ("The ridge is open", post.server_id)
    assert (source.Chat.User, source.Chat.Server) == (trails.jid.user, "newsletter")
    assert (source.Sender.User, source.IsGroup, event.Info.Pushname) == (trails.jid.user, False, "")
    alice.send_text(bob, "not for followers")
    bob.waits_for("not for followers")
    assert all(message.text != "The ridge is open" for message in bob.received)


def test_a_post_is_edited(hub: HubDouble, olivia: Phone, trails: Channel) -> None:
    olivia.follows(trails)
    post = trails.publishes("The ridge is opne")
    hub.waits_for_message(post.id)
    trails.edits(post, "The ridge is open")
    event = hub.waits_for_message("The ridge is open")
    assert (event.Info.ID, event.Info.ServerID) == (post.id, post.server_id)
    assert event.NewsLetterMeta.EditTS > 1_700_000_000


def test_views_and_reactions_are_told_to_who_asks(hub: HubDouble, olivia: Phone, trails: Channel) -> None:
    olivia.follows(trails)
    post = trails.publishes("The ridge is open")
    hub.waits_for_message(post.id)
    assert hub.api.newsletter_subscribe_live_updates(proto(trails)) > 0
    trails.is_received(post, views=12, reactions={"👍": 3})
    update = hub.waits_for(events.NewsletterLiveUpdateEV)
    (message,) = update.Messages
    assert (update.JID.User, message.MessageServerID, message.ViewsCount) == (
        trails.jid.user,
        post.server_id,
        12,
    )
    assert {reaction.type: reaction.count for reaction in message.ReactionCounts} == {"👍": 3}


def test_the_hub_follows_and_asks(hub: HubDouble, olivia: Phone, trails: Channel) -> None:
    assert list(hub.api.get_subscribed_newletters()) == []
    hub.api.follow_newsletter(proto(trails))
    (found,) = hub.api.get_subscribed_newletters()
    assert (found.ThreadMeta.Name.Text, found.ThreadMeta.SubscriberCount) == ("Trails", 2)
    info = hub.api.get_newsletter_info(proto(trails))
    assert (info.ThreadMeta.InviteCode, info.ID.User) == (found.ThreadMeta.InviteCode, trails.jid.user)
    linked = hub.api.get_newsletter_info_with_invite(info.ThreadMeta.InviteCode)
    assert linked.ThreadMeta.Name.Text == "Trails"
    post = trails.publishes("The ridge is open")
    hub.waits_for_message(post.id)
    (listed,) = hub.api.get_newsletter_messages(proto(trails), 10, 0)
    assert (listed.MessageServerID, listed.Message.conversation) == (post.server_id, "The ridge is open")
    hub.api.newsletter_mark_viewed(proto(trails), [post.server_id])
    hub.api.newsletter_send_reaction(proto(trails), post.server_id, "🎉", "")
    hub.api.unfollow_newsletter(proto(trails))
    assert list(hub.api.get_subscribed_newletters()) == []


def test_only_the_owner_posts(hub: HubDouble, olivia: Phone, trails: Channel) -> None:
    hub.api.follow_newsletter(proto(trails))
    with pytest.raises(Exception, match="403"):
        hub.api.send_message(proto(trails), "mine!")


def test_a_newsletter_that_is_not_there_can_not_be_asked(hub: HubDouble) -> None:
    with pytest.raises(Exception, match="404"):
        hub.api.get_newsletter_info(build_jid("120363000000000009", "newsletter"))
