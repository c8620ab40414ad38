"""The server as a whole: where it listens, whom it serves, how it ends."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from whatsapp.simulator.binary import Node
from whatsapp.simulator.jid import Jid
from whatsapp.simulator.server import Simulator

if TYPE_CHECKING:
    from whatsapp.simulator import Authority
    from whatsapp.simulator.double import HubDouble
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.phone import Phone

ROOT = Path(__file__).parents[2]

LIVE_AND_END = """
import logging, sys
from pathlib import Path
from whatsapp.simulator import trust
before = logging.getLogger().handlers[:], logging.getLogger().level
trust.prepare(Path(sys.argv[1]))
from whatsapp.simulator import Simulator
with Simulator(Path(sys.argv[1])) as simulator:
    simulator.person("Alice", "15550101").send_text(simulator.person("Bob", "15550102"), "hello")
    assert (logging.getLogger().handlers, logging.getLogger().level) == before
print("ended")
"""


def test_a_process_with_a_simulator_ends_by_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIVE_AND_END, str(tmp_path)]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=30, check=False)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.endswith("ended\n")


def test_only_this_machine_can_connect(simulator: Simulator) -> None:
    port = urlsplit(simulator.proxy.url).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
            socket.create_connection((address, port), timeout=2)


@pytest.mark.parametrize("target", ["example.org:443", "web.whatsapp.com:80", "whatsapp.net.example.org:443"])
def test_the_proxy_leads_nowhere_else(simulator: Simulator, target: str) -> None:
    host, _, port = target.partition(":")
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(simulator.proxy.url).port, timeout=5)
    connection.set_tunnel(host, int(port))
    with pytest.raises(OSError, match="403"):
        connection.connect()
    connection.close()


def test_two_simulators_live_side_by_side(tmp_path: Path, authority: Authority) -> None:
    with (
        Simulator(tmp_path / "one", authority=authority) as one,
        Simulator(tmp_path / "two", authority=authority) as two,
    ):
        for simulator in (one, two):
            alice, bob = simulator.person("Alice", "15550101"), simulator.person("Bob", "15550102")
            alice.send_text(bob, "hello")
            assert bob.waits_for("hello").sender == alice.jid


def test_a_number_belongs_to_one_person(simulator: Simulator, alice: Person) -> None:
    with pytest.raises(ValueError, match="15550101 is registered already"):
        simulator.person("Impostor", "15550101")


def test_a_query_nobody_knows_gets_an_empty_answer(
    simulator: Simulator, hub: HubDouble, olivia: Phone
) -> None:
    from whatsapp.simulator.router import answer_query

    class Asker:
        sent: list[Node] = []

        def send(self, node: Node) -> None:
            self.sent.append(node)

    asker = Asker()
    answer_query(asker, Node("iq", {"id": "7", "xmlns": "never:heard", "type": "get", "to": Jid("")}))  # type: ignore[arg-type]
    assert asker.sent == [Node("iq", {"id": "7", "from": Jid(""), "type": "result"}, None)]


def test_a_simulator_without_an_authority_makes_its_own_certificates(tmp_path: Path) -> None:
    simulator = Simulator(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} >= {"ca.pem", "server.pem", "noise-root.key"}
    assert simulator.authority.directory == tmp_path
