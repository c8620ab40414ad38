"""Environment variables for a Go library that is loaded later in the same process.

Go reads the variables that the process was started with: its runtime finds them behind the arguments on the
initial stack (``goenvs_unix`` in Go's runtime), where ``os.environ`` does not reach, except that the C
library replaces a variable that was there already in its place. So a new variable takes the place of one
nobody needs.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

#: Variables that say how the process came about; no library asks for them.
_EXPENDABLE = ("_", "OLDPWD", "SHLVL", "LS_COLORS", "SHELL", "PWD", "TERM", "LOGNAME", "MAIL", "LANG")

#: Variables that Go's network or file code reads; their place is never taken.
_NEEDED = ("PATH", "HOME", "TMPDIR", "SSL_CERT_", "GO", "NEONIZE_", "HTTP", "http", "NO_PROXY", "no_proxy")

#: The new variables' memory, which must outlive the process's libraries.
_kept: list[ctypes.Array[ctypes.c_char]] = []


def show_to_go() -> None:
    """Shows a Go library that is not loaded yet the whole of ``os.environ``: also what has been written over,
    as a title of the process is (setproctitle).

    Raises RuntimeError where that is not possible.
    """
    places = [place for _name, place in _initial_places()]
    variables = sorted(os.environ.items(), key=lambda variable: not variable[0].startswith(_NEEDED))
    needed = [name for name, _value in variables if name.startswith(_NEEDED)]
    if len(needed) > len(places):
        raise RuntimeError(f"start this process with {needed[-1]} in its environment: Go can't be told of it")
    for place, (name, value) in zip(places, variables, strict=False):
        _put(place, name, value)


def set_for_go(name: str, value: str) -> None:
    """Sets the variable for Python, for child processes and for a Go library that is not loaded yet.

    Raises RuntimeError where that is not possible: not on Linux, or started without any variable to replace.
    """
    os.environ[name] = value
    places = dict(_initial_places())
    if name in places:
        place = places[name]
        if ctypes.string_at(_pointer(place)) == f"{name}={value}".encode():
            return
    else:
        place = _expendable(places, name)
    _put(place, name, value)


def _put(place: int, name: str, value: str) -> None:
    entry = ctypes.create_string_buffer(os.fsencode(f"{name}={value}"))
    _kept.append(entry)
    ctypes.c_void_p.from_address(place).value = ctypes.addressof(entry)


def _expendable(places: dict[str, int], wanted: str) -> int:
    for name in _EXPENDABLE:
        if name in places:
            return places[name]
    for name, place in places.items():
        if not name.startswith(_NEEDED):
            return place
    raise RuntimeError(f"start this process with {wanted} in its environment: Go can't be told of it later")


def _initial_places() -> Iterator[tuple[str, int]]:
    """The variables that the process was started with: name and address of the pointer to it."""
    try:
        status = Path("/proc/self/stat").read_text()
    except OSError as error:
        raise RuntimeError("the simulator needs Linux: it reads /proc/self") from error
    # Field 28, ``startstack`` (proc_pid_stat(5)), is where the kernel put the number of arguments. The
    # arguments follow, a null, the variables, a null.
    stack = int(status.rpartition(")")[2].split()[25])
    word = ctypes.sizeof(ctypes.c_void_p)
    place = stack + word * (ctypes.c_long.from_address(stack).value + 2)
    while address := _pointer(place):
        name, _, _value = ctypes.string_at(address).partition(b"=")
        yield os.fsdecode(name), place
        place += word


def _pointer(place: int) -> int:
    return ctypes.c_void_p.from_address(place).value or 0
