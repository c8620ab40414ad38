"""History, settings and profiles: what else a phone and the server tell the hub."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from whatsapp.simulator.client import wait_until
from whatsapp.simulator.library import build_jid, events, history_proto

if TYPE_CHECKING:
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone
    from whatsapp.simulator.server import Simulator


def history(name: str) -> history_proto.HistorySync:
    blob = history_proto.HistorySync(syncType=history_proto.HistorySync.RECENT, chunkOrder=1, progress=100)
    blob.conversations.add(ID="15550101@s.whatsapp.net", name=name)
    return blob


@pytest.mark.parametrize("size", [10, 200_000], ids=["inside the message", "as an upload"])
def test_the_phone_hands_over_history(hub: HubDouble, olivia: Phone, size: int) -> None:
    name = random.Random(1).randbytes(size).hex()
    olivia.hands_over_history(history(name))
    assert hub.waits_for(events.HistorySyncEv).Data.conversations[0].name == name
    wait_until(
        lambda: any(receipt.kind == "history_sync" for receipt in olivia.receipts), 5, "the hub's receipt"
    )


def test_the_hub_learns_of_archived_pinned_and_muted_chats(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    jid = build_jid("15550101")
    olivia.archives(alice)
    wait_until(lambda: hub.api.chat_settings.get_chat_settings(jid).Archived, 5, "the chat to be archived")
    olivia.pins(alice)
    wait_until(lambda: hub.api.chat_settings.get_chat_settings(jid).Pinned, 5, "the chat to be pinned")
    olivia.mutes(alice, seconds=3600)
    wait_until(lambda: hub.api.chat_settings.get_chat_settings(jid).MutedUntil, 5, "the chat to be muted")


def test_the_hub_learns_the_names_of_contacts(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    olivia.saves_contact(alice, "Alice Liddell")
    wait_until(
        lambda: hub.api.contact.get_contact(build_jid("15550101")).FullName == "Alice Liddell",
        5,
        "the contact's name",
    )


def test_settings_the_hub_changes_reach_the_phone(hub: HubDouble, olivia: Phone, alice: Person) -> None:
    wait_until(lambda: hub.api.get_me().PushName, 5, "the settings' key")
    hub.api.set_profile_name("Olivia at work")
    wait_until(lambda: olivia.api.get_me().PushName == "Olivia at work", 5, "the name on the phone")


def test_a_number_that_is_dialled_in_another_way_leads_to_its_own_address(
    hub: HubDouble, simulator: Simulator, alice: Person
) -> None:
    simulator.call(simulator.world.directory.also_dialled, "155590101", alice.account)
    (found,) = hub.api.is_on_whatsapp("155590101")
    assert found.IsIn
    number = hub.api.get_pn_from_lid(found.JID)
    assert number.User == alice.number


def test_who_is_on_whatsapp(hub: HubDouble, alice: Person) -> None:
    known, unknown = hub.api.is_on_whatsapp("15550101", "15559999")
    assert (known.Query, known.IsIn, known.JID.User) == ("15550101", True, alice.lid.user)
    assert (unknown.Query, unknown.IsIn) == ("15559999", False)


def test_user_information(hub: HubDouble, alice: Person) -> None:
    (answer,) = hub.api.get_user_info(build_jid("15550101"))
    assert answer.UserInfo.Status == "Hey there! I am using WhatsApp."
    assert [device.Device for device in answer.UserInfo.Devices] == [0]


def test_profile_pictures(hub: HubDouble, alice: Person) -> None:
    with pytest.raises(Exception, match="does not have a profile picture"):
        hub.api.get_profile_picture(build_jid("15550101"))
    picture_id = alice.changes_picture(b"\xff\xd8picture")
    assert hub.waits_for(events.PictureEv).JID.User == "15550101"
    found = hub.api.get_profile_picture(build_jid("15550101"))
    assert picture_id == found.ID
    assert found.URL.startswith("https://pps.whatsapp.net/v/")


def test_blocking_and_unblocking(hub: HubDouble, alice: Person) -> None:
    from neonize.utils.enum import BlocklistAction

    hub.api.update_blocklist(build_jid("15550101"), BlocklistAction.BLOCK)
    assert [jid.User for jid in hub.api.get_blocklist().JIDs] == ["15550101"]
    hub.api.update_blocklist(build_jid("15550101"), BlocklistAction.UNBLOCK)
    assert list(hub.api.get_blocklist().JIDs) == []
    hub.api.get_privacy_settings()
    hub.api.set_status_message("busy")
