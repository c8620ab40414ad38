"""supervisord, with two things of its own that the processes share.

Their output: supervisord would open `/dev/fd/1` anew for that, which fails where the output is a socket
(systemd's journal) or belongs to another user (a container's). Here it writes to the output that it has.

The socket that the web processes accept connections from: supervisord would make one for as long as one of
them runs, and of IPv4 alone. Here it is the one that the hub was started with. So nobody is turned away while
they start or start again: who comes then has to wait.
"""

import os
import socket
import sys
from typing import Any

from supervisor import datatypes, loggers, supervisord

OUTPUT, ERRORS = "/dev/fd/1", "/dev/fd/2"
DOOR = 0  # the number of that socket, in supervisord and in the web processes

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


def door(config: Any) -> socket.socket:
    """The socket, for supervisord to hand on, and to close when it likes."""
    return socket.socket(fileno=os.dup(DOOR))


if __name__ == "__main__":
    os.dup2(int(sys.argv.pop(1)), DOOR)
    loggers.handle_file = handle_output
    datatypes.InetStreamSocketConfig.create_and_bind = door
    supervisord.main()
