"""How a process comes to trust a simulator: in processes of their own, since each can do it only once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from whatsapp.simulator import Authority, trust

if TYPE_CHECKING:
    from whatsapp.simulator.server import Simulator

ROOT = Path(__file__).parents[2]


#: What a user's shell may look like: nothing about certificates.
PLAIN = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "SHLVL": "1", "TERM": "xterm"}


def python(
    program: str, *arguments: object, environment: dict[str, str] = PLAIN
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True, text=True, cwd=ROOT, env=environment, check=False,
    )  # fmt: skip


CONNECT = """
import os, sys, threading
from pathlib import Path
from whatsapp.simulator import trust
config = trust.prepare(Path(sys.argv[1]))
import pylibmagic
from neonize.client import NewClient, ProxySettings
trust.apply(config)
trust.apply(config)
client = NewClient(sys.argv[2])
seen = threading.Event()
client.qr(lambda _client, code: seen.set())
proxy = ProxySettings(proxy_address=config.proxy)
threading.Thread(target=client.connect, args=(proxy,), daemon=True).start()
sys.stdout.write("shows a code" if seen.wait(20) else "shows nothing")
sys.stdout.flush()
os._exit(0)
"""


def test_another_process_finds_the_simulator_by_its_file(simulator: Simulator, tmp_path: Path) -> None:
    finished = python(CONNECT, simulator.config_path, tmp_path / "other.db")
    assert "shows a code" in finished.stdout, finished.stderr
    assert "trusts the WhatsApp simulator" in finished.stderr


def test_variables_that_were_there_at_the_start_are_replaced(simulator: Simulator, tmp_path: Path) -> None:
    set_before = PLAIN | {"SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt", "NEONIZE_BOT_TAG": "on"}
    finished = python(CONNECT, simulator.config_path, tmp_path / "other.db", environment=set_before)
    assert "shows a code" in finished.stdout, finished.stderr


def test_a_process_without_variables_is_told_what_to_do(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from whatsapp.simulator import trust;"
        "trust.prepare(Path(sys.argv[1]))"
    )
    finished = python(program, tmp_path, environment={})
    assert "RuntimeError: start this process with SSL_CERT_FILE" in finished.stderr


def test_neonize_imported_too_early_is_refused(tmp_path: Path) -> None:
    finished = python(
        "import sys, pylibmagic, neonize; from pathlib import Path; from whatsapp.simulator import trust;"
        "trust.prepare(Path(sys.argv[1]))",
        tmp_path,
    )
    assert "RuntimeError: neonize was imported before" in finished.stderr


def test_the_simulator_is_not_loaded_without_trust() -> None:
    assert "RuntimeError: call whatsapp.simulator.trust.prepare()" in python(
        "from whatsapp.simulator import Simulator"
    ).stderr  # fmt: skip


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"there is no .*simulator.json"):
        trust.prepare(tmp_path / "simulator.json")


def test_an_authority_is_kept(tmp_path: Path) -> None:
    first, second = Authority(tmp_path), Authority(tmp_path)
    assert first.noise_root.public == second.noise_root.public
    assert trust.prepared_authority() is not None


def test_private_keys_are_for_the_owner_only(tmp_path: Path) -> None:
    Authority(tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes["noise-root.key"] == modes["server.pem"] == 0o600


def test_a_restarted_simulator_keeps_its_address(tmp_path: Path, authority: Authority) -> None:
    from whatsapp.simulator import Simulator

    with Simulator(tmp_path, authority=authority) as first:
        proxy = first.proxy.url
    with Simulator(tmp_path, authority=authority) as second:
        assert second.proxy.url == proxy
