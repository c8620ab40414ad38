"""Learns the token dictionary from the installed library itself.

One node is sent to a throw-away client whose attributes carry every token. At log level DEBUG the client
writes each node it receives in clear, so its log line is the dictionary. The client lives in a process of its
own, since the level that reaches Go is set for a whole process: ``python -m whatsapp.simulator.learning
CONFIG ANSWER``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
import tempfile
import threading
from pathlib import Path

from whatsapp.simulator import tokens, trust
from whatsapp.simulator.certificates import Authority

log = logging.getLogger(__name__)

WORD_COUNT = tokens.SINGLE_COUNT + tokens.DOUBLE_DICTIONARIES * tokens.DOUBLE_COUNT
PATIENCE_SECONDS = 60


async def learn(authority: Authority) -> tokens.Tokens:
    """The dictionary of the installed neonize, learned now and kept."""
    from whatsapp.simulator.noise import Identity
    from whatsapp.simulator.proxy import Proxy
    from whatsapp.simulator.wire import Wire

    identity = Identity(authority.noise_root)

    async def recite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer, identity)
        await wire.open()
        wire.send(_every_token())
        while await wire.receive() is not None:
            continue

    proxy = Proxy(authority.server_context(), chat=recite, media=recite)
    await proxy.start()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        config = trust.Trust(proxy.url, str(authority.ca_file), authority.noise_root.public.hex()).write(
            directory
        )
        answer = directory / "words.json"
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        learner = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, str(config), str(answer),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environment,
        )  # fmt: skip
        output, _ = await learner.communicate()
        await proxy.stop()
        if not answer.exists():
            raise RuntimeError(
                f"the token dictionary could not be learned from neonize:\n{output.decode()[-4000:]}"
            )
        return tokens.save(authority.directory, json.loads(answer.read_text()))


def _every_token() -> bytes:
    """The frame ``<ib k0=… k1=…/>`` whose values are all tokens in the order of their bytes."""
    from whatsapp.simulator import binary

    out = bytearray(b"\x00")
    binary.write_list_size(out, 1 + 2 * WORD_COUNT)
    binary.write_bytes(out, b"ib")
    for number in range(WORD_COUNT):
        binary.write_bytes(out, f"k{number}".encode())
        if number < tokens.SINGLE_COUNT:
            out.append(number + 1)
        else:
            dictionary, byte = divmod(number - tokens.SINGLE_COUNT, tokens.DOUBLE_COUNT)
            out += bytes((binary.DICTIONARY_0 + dictionary, byte))
    return bytes(out)


class _Listener(logging.Handler):
    """Waits for the log line that names every token."""

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[int, str] = {}
        self.complete = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if " k0=" not in (line := record.getMessage()):
            return
        self.words = {int(number): word for number, word in re.findall(r'\bk(\d+)="([^"]*)"', line)}
        self.complete.set()


def main(config: Path, answer: Path) -> None:
    """The learner's process: connect at DEBUG, listen, write the words, end."""
    known = trust.prepare(config)
    from whatsapp.simulator.library import NewClient, ProxySettings

    trust.apply(known)
    listener = _Listener()
    logging.getLogger().addHandler(listener)
    logging.getLogger("neonize.utils.log").setLevel(logging.DEBUG)
    logging.getLogger("whatsmeow").setLevel(logging.DEBUG)
    client = NewClient(str(answer.with_name("learner.db")))
    proxy = ProxySettings(proxy_address=known.proxy)
    threading.Thread(target=client.connect, args=(proxy,), daemon=True).start()
    if listener.complete.wait(PATIENCE_SECONDS) and len(listener.words) == WORD_COUNT:
        answer.write_text(json.dumps([listener.words[number] for number in range(WORD_COUNT)]))
    else:
        print(f"heard {len(listener.words)} of {WORD_COUNT} words")
    sys.stdout.flush()
    # The client's Go call never returns: it waits to be paired.
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
