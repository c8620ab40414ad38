"""supervisord, with three things that the processes share.

Their output: supervisord would open `/dev/fd/1` anew for that, which fails where the output is a socket
(systemd's journal) or belongs to another user (a container's). Here it writes to the output that it has, and
goes on when that takes no more.

The socket that the web processes accept connections from: supervisord would make one for as long as one of
them runs, and of IPv4 alone. Here it is the one that the hub was started with. So nobody is turned away while
they start or start again: who comes then has to wait.

Their code: supervisord would start Python anew for each of them, which takes a second and fifty megabytes.
Here the code is loaded before, once, and each process begins as a copy of this one: they have the same memory
until they write to it.
"""

import gc
import importlib
import io
import os
import runpy
import signal
import socket
import sys
import traceback
from typing import Any, NoReturn

import django
import setproctitle
from supervisor import datatypes, loggers, options, supervisord

OUTPUT, ERRORS = "/dev/fd/1", "/dev/fd/2"
DOOR = 0  # the number of that socket, in supervisord and in the web processes

SHARED = (
    *("hub.urls", "hub.http", "hub.connections", "channels.routing", "uvloop", "huey.contrib.djhuey"),
    "whatsapp.session.keeper",
)

handle_file = loggers.handle_file


def handle_output(logger: Any, filename: str, fmt: str, *args: Any, **kwargs: Any) -> None:
    """Gives `logger` a handler for the output that `filename` stands for, or for that file."""
    streams = {OUTPUT: 1, ERRORS: 2}
    if filename not in streams:
        handle_file(logger, filename, fmt, *args, **kwargs)
        return
    handler = loggers.StreamHandler(io.FileIO(streams[filename], "w", closefd=False))
    handler.setFormat(fmt)
    handler.setLevel(logger.level)
    logger.addHandler(handler)


def say_nothing(handler: Any) -> None:
    """When the output can't be written, because its disk is full, say: supervisord would complain to the same
    output, and die of that."""


def door(config: Any) -> socket.socket:
    """The socket, for supervisord to hand on, and to close when it likes."""
    return socket.socket(fileno=os.dup(DOOR))


def load_code() -> None:
    """Loads what makes up most of each process. It must neither start a thread nor leave a file open that
    Python would close later, for the processes have neither."""
    django.setup()
    for name in SHARED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the collector would write to what is shared


def begin(supervisor: Any, program: str, words: list[str], environment: dict[str, str]) -> NoReturn:
    """Runs Python's command line `words` in this process, which supervisord has just made for it."""
    code = 1
    try:
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR2):
            signal.signal(number, signal.SIG_DFL)  # supervisord has others
        signal.signal(signal.SIGINT, signal.default_int_handler)
        setproctitle.setproctitle(" ".join(words))
        os.environ.update(environment)
        run(words[1:])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def run(words: list[str]) -> None:
    """What `python` does with these words: `-m module …` or `file …`."""
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


def adapt() -> None:
    """Puts what is said above into supervisord."""
    loggers.handle_file = handle_output
    loggers.Handler.handleError = say_nothing
    datatypes.InetStreamSocketConfig.create_and_bind = door
    options.ServerOptions.execve = begin


if __name__ == "__main__":
    os.dup2(int(sys.argv.pop(1)), DOOR)
    adapt()
    load_code()
    supervisord.main()
