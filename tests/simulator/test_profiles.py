"""Who people are: names, pictures, about texts, blocks, settings, keys."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from whatsapp.simulator.client import wait_until
from whatsapp.simulator.library import build_jid, events

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.group_member import GroupChat
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.server import Simulator


def fetch(simulator: Simulator, url: str) -> httpx.Response:
    """A plain GET, as a browser behind the simulator's proxy would do it."""
    context = ssl.create_default_context(cafile=str(simulator.authority.ca_file))
    with httpx.Client(proxy=simulator.proxy.url, verify=context, trust_env=False) as browser:
        return browser.get(url)


def info(hub: HubDouble, number: str) -> Any:
    (answer,) = hub.api.get_user_info(build_jid(number))
    return answer.UserInfo


def test_pictures_can_be_fetched_until_they_are_lost(
    simulator: Simulator, hub: HubDouble, alice: Person
) -> None:
    identifier = alice.changes_picture(b"jpeg" * 99)
    hub.waits_for(events.PictureEv, lambda event: event.JID.User == "15550101")
    picture = hub.api.get_profile_picture(build_jid("15550101"))
    assert (picture.ID, picture.Type) == (identifier, "image")
    assert picture.URL.startswith("https://pps.whatsapp.net/v/")
    answer = fetch(simulator, picture.URL)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content == b"jpeg" * 99
    simulator.loses_picture(alice, 410)
    assert fetch(simulator, picture.URL).status_code == 410


def test_a_picture_can_be_taken_away(hub: HubDouble, alice: Person) -> None:
    alice.changes_picture(b"jpeg" * 9)
    hub.waits_for(events.PictureEv)
    alice.removes_picture()
    assert hub.waits_for(events.PictureEv, lambda event: event.Remove).JID.User == "15550101"
    with pytest.raises(Exception, match="does not have a profile picture"):
        hub.api.get_profile_picture(build_jid("15550101"))


def test_the_owners_new_picture_is_told_without_its_author(hub: HubDouble, olivia: Phone) -> None:
    olivia.changes_picture(b"jpeg" * 9)
    event = hub.waits_for(events.PictureEv)
    assert (event.JID.User, event.Author.User, event.Remove) == ("15550100", "", False)


def test_a_groups_picture_can_be_fetched(
    simulator: Simulator, hub: HubDouble, friends: GroupChat, alice: Person
) -> None:
    alice.pictures_group(friends, b"group" * 9)
    picture = hub.api.get_profile_picture(build_jid(friends.jid.user, "g.us"))
    assert fetch(simulator, picture.URL).content == b"group" * 9
    simulator.loses_picture(friends)
    assert fetch(simulator, picture.URL).status_code == 404


def test_what_people_say_about_themselves_can_be_asked(hub: HubDouble, alice: Person) -> None:
    assert info(hub, "15550101").Status == "Hey there! I am using WhatsApp."
    alice.sets_about("Out hiking")
    identifier = alice.changes_picture(b"jpeg" * 9)
    answer = info(hub, "15550101")
    assert (answer.Status, answer.PictureID) == ("Out hiking", identifier)
    assert [device.User for device in answer.Devices] == ["15550101"]
    assert not answer.HasField("VerifiedName")


def test_a_business_has_a_verified_name(simulator: Simulator, hub: HubDouble, olivia: Phone) -> None:
    shop = simulator.person("Carol", "15550103", business_name="Carol's Cakes")
    event = hub.waits_for_message(shop.send_text(olivia, "fresh today").id)
    assert event.Info.VerifiedName.Details.verifiedName == "Carol's Cakes"
    assert event.Info.Pushname == "Carol"
    # whatsmeow puts the name into its contacts and leaves it out of this answer.
    assert not info(hub, "15550103").HasField("VerifiedName")
    (found,) = hub.api.is_on_whatsapp("15550103")
    assert found.VerifiedName.Details.verifiedName == "Carol's Cakes"
    wait_until(
        lambda: hub.api.contact.get_contact(build_jid("15550103")).BusinessName == "Carol's Cakes",
        5,
        "the contact's business name",
    )
    shop.becomes_business("")
    event = hub.waits_for_message(shop.send_text(olivia, "closed").id)
    assert not event.Info.HasField("VerifiedName")


def test_a_block_at_the_phone_is_told(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    olivia.blocks(alice)
    event = hub.waits_for(events.BlocklistEv)
    assert event.Action == type(event).MODIFY
    (change,) = event.Changes
    assert (change.JID.User, change.BlockAction) == ("15550101", type(change).BLOCK)
    hub.forget()
    unheard = alice.send_text(olivia, "can you hear me?")
    olivia.unblocks(alice)
    (change,) = hub.waits_for(events.BlocklistEv).Changes
    assert change.BlockAction == type(change).UNBLOCK
    assert not hub.api.get_blocklist().JIDs
    hub.waits_for_message(alice.send_text(olivia, "and now?").id)
    assert not [event for event in hub.of(events.MessageEv) if unheard.id == event.Info.ID]


def test_a_privacy_setting_changed_at_the_phone_is_told(hub: HubDouble, olivia: Phone) -> None:
    olivia.sets_privacy("last", "contacts")
    event = hub.waits_for(events.PrivacySettingsEv)
    assert (event.LastSeenChanged, event.OnlineChanged) == (True, False)
    # whatsmeow leaves the new settings out of its event: they have to be asked.
    assert event.NewSettings.LastSeen == type(event.NewSettings).UNDEFINED
    settings = hub.api.get_privacy_settings()
    assert (settings.LastSeen, settings.Profile) == (type(settings).CONTACTS, type(settings).ALL)


@pytest.mark.parametrize("addressing", ["pn", "lid"])
def test_new_keys_are_told_and_used(
    simulator: Simulator, hub: HubDouble, olivia: Phone, addressing: str, troubled: None
) -> None:
    carol = simulator.person("Carol", "15550103", addressing)
    hub.waits_for_message(carol.send_text(olivia, "before").id)
    hub.send_text(carol, "before, too")
    carol.waits_for("before, too")
    carol.reinstalls()
    event = hub.waits_for(events.IdentityChangeEv, lambda event: not event.Implicit)
    assert event.JID.User == carol.account.address.user
    hub.waits_for_message(carol.send_text(olivia, "after").id)
    hub.send_text(carol, "after, too")
    carol.waits_for("after, too")
