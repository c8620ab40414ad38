"""supervisord, with what the processes say going where its own output goes.

supervisord would open `/dev/fd/1` anew for that, which fails where the output is a socket (systemd's journal)
or belongs to another user (a container's). Here it writes to the output that it has.
"""

import sys
from typing import Any

from supervisor import loggers, supervisord

OUTPUT, ERRORS = "/dev/fd/1", "/dev/fd/2"

handle_file = loggers.handle_file


def handle_output(logger: Any, filename: str, fmt: str, *args: Any, **kwargs: Any) -> None:
    """Gives `logger` a handler for the output that `filename` stands for, or for that file."""
    streams = {OUTPUT: sys.stdout, ERRORS: sys.stderr}
    if filename not in streams:
        handle_file(logger, filename, fmt, *args, **kwargs)
        return
    handler = loggers.StreamHandler(streams[filename].buffer)
    handler.setFormat(fmt)
    handler.setLevel(logger.level)
    logger.addHandler(handler)


if __name__ == "__main__":
    loggers.handle_file = handle_output
    supervisord.main()
