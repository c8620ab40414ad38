"""Linking the hub: by QR code, by pairing code, again after a logout."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from whatsapp.simulator.library import events
from whatsapp.simulator.pairing import PairingFailed, QrCode
from whatsapp.simulator.server import Simulator

if TYPE_CHECKING:
    from pathlib import Path

    from whatsapp.simulator import Authority
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone


def test_scanning_the_code_links_the_hub(unlinked_hub: HubDouble, olivia: Phone) -> None:
    companion = unlinked_hub.links_to(olivia)
    me = unlinked_hub.api.get_me()
    assert (me.JID.User, me.JID.Device) == ("15550100", companion.jid.device) == ("15550100", 1)
    assert me.LID.User == olivia.lid.user
    pair = unlinked_hub.waits_for(events.PairStatusEv)
    assert pair.ID.User == "15550100"


def test_the_phone_shares_its_settings_with_the_hub(hub: HubDouble) -> None:
    deadline = time.monotonic() + 5
    while hub.api.get_me().PushName != "Olivia":
        assert time.monotonic() < deadline, "the hub has not learned its owner's name"
        time.sleep(0.01)


def test_typing_the_code_links_the_hub(unlinked_hub: HubDouble, olivia: Phone) -> None:
    unlinked_hub.start()
    code = unlinked_hub.api.PairPhone("15550100", True)
    companion = olivia.enter_code(code.lower().replace("-", " ").replace(" ", "-"))
    unlinked_hub.wait_until_connected()
    assert olivia.companions == [companion]


def test_a_wrong_code_links_nothing(unlinked_hub: HubDouble, olivia: Phone) -> None:
    unlinked_hub.start()
    code = unlinked_hub.api.PairPhone("15550100", True)
    wrong = ("1" if code[0] != "1" else "2") + code[1:]
    with pytest.raises(PairingFailed, match="not the one that the device shows"):
        olivia.enter_code(wrong)
    assert olivia.companions == []


def test_a_code_nobody_shows_is_refused(olivia: Phone) -> None:
    with pytest.raises(PairingFailed, match="no device waits"):
        olivia.enter_code("ABCD-EFGH")


def test_a_code_is_good_for_one_link(hub: HubDouble, olivia: Phone) -> None:
    with pytest.raises(PairingFailed, match="not valid any more"):
        olivia.scan(hub.qr_codes[0])


def test_something_else_than_a_code_is_refused(olivia: Phone) -> None:
    with pytest.raises(ValueError, match="no code of a device"):
        olivia.scan("https://example.org/")


def test_a_code_without_the_address_is_read_too() -> None:
    assert QrCode.read("2@ref,AAAA,AAAA,AAAA,1").reference == "2@ref"


def test_a_logged_out_hub_is_linked_again_as_another_device(
    hub: HubDouble, olivia: Phone, alice: Person
) -> None:
    hub.api.logout()
    assert olivia.companions == []
    hub.stop()
    hub.forget()
    hub.qr_codes.clear()
    companion = hub.links_to(olivia)
    assert companion.jid.device == 2
    alice.send_text(olivia, "welcome back")
    hub.waits_for_message("welcome back")


def test_two_hubs_are_linked_to_one_phone(
    hub: HubDouble, simulator: Simulator, olivia: Phone, tmp_path: Path
) -> None:
    from whatsapp.simulator.double import HubDouble

    (tmp_path / "second").mkdir()
    second = HubDouble(tmp_path / "second", simulator.proxy.url)
    second.links_to(olivia)
    olivia.send_text("15550100", "to both")
    hub.waits_for_message("to both")
    second.waits_for_message("to both")
    second.stop()


def test_from_start_to_linked_takes_less_than_three_seconds(
    tmp_path: Path, authority: Authority, record_property: pytest.RecordProperty
) -> None:
    from whatsapp.simulator.double import HubDouble

    begin = time.monotonic()
    with Simulator(tmp_path / "whatsapp", authority=authority) as simulator:
        phone = simulator.phone("Olivia", "15550100")
        hub = HubDouble(tmp_path, simulator.proxy.url)
        hub.links_to(phone)
        seconds = time.monotonic() - begin
        hub.stop()
    record_property("seconds", seconds)
    print(f"start to linked: {seconds:.2f} s")
    assert seconds < 3
