"""The WhatsApp beside the hubs: a process with a simulator, the owner's phone and a friend of theirs.

    python -m bench.hubs.simulated FOLDER

It reads a JSON object a line from its input and answers each with one: `{"link": code}` scans a hub's QR
code, `{"unlink": true}` logs all hubs out, `{"send": text}` lets the friend write to the owner and says how
many milliseconds that took. It ends with its input.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whatsapp.simulator import Authority, trust

if TYPE_CHECKING:
    from whatsapp.simulator.phone import Phone

OWNER, FRIEND = "5511999990000", "5511988881234"  # the owner is the corpus's


def serve(folder: Path) -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the library may print
    authority = Authority(folder)
    trust.prepare(authority)
    from whatsapp.simulator import Simulator

    with Simulator(folder, authority=authority) as simulator:
        owner, friend = simulator.phone("Olivia", OWNER), simulator.person("Frida", FRIEND)

        def send(text: str) -> float:
            began = time.perf_counter()
            friend.send_text(owner, text)
            return (time.perf_counter() - began) * 1000

        answer(answers, {"simulator": str(simulator.config_path), "friend": str(friend.jid)})
        deeds: dict[str, Callable[[Any], Any]] = {
            "link": lambda code: link(owner, code),
            "unlink": lambda _: owner.unlinks_devices(),
            "send": send,
        }
        for line in sys.stdin:
            ((name, wish),) = json.loads(line).items()
            answer(answers, {name: deeds[name](wish)})


def link(owner: "Phone", code: str) -> str:
    """The JID of the device that is linked."""
    return str(owner.scan(code).jid)


def answer(answers: Any, said: dict[str, Any]) -> None:
    answers.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
