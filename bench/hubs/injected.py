"""Starts a hub as `python -m hub.start` does, with the injection door in the session process's place.

    python -m bench.hubs.injected PORT

The door then has the session, and the session's own spool and ingest run in it: what it lets in goes the very
way that WhatsApp's events go. Beside a session process it would have to hand them over through the database.
"""

import os
import sys

import django


def start(port: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    django.setup()
    from hub import supervisor

    programs = supervisor.programs

    def with_door(demo: bool) -> dict[str, list[str]]:
        door = [sys.executable, supervisor.MANAGE, "injectiondoor", "--port", str(port)]
        return programs(demo) | {"session": door}

    supervisor.programs = with_door
    supervisor.become(demo=False)


if __name__ == "__main__":
    start(int(sys.argv[1]))
