"""One statement on the database of a running client.

It runs in a process of its own: file locks belong to processes, and a second SQLite in the client's process
would drop the first one's locks when it closes the file (https://www.sqlite.org/howtocorrupt.html, section
2.2).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_PROGRAM = """
import json, sqlite3, sys
path, statement, values = json.load(sys.stdin)
values = [bytes.fromhex(value[4:]) if str(value).startswith("hex:") else value for value in values]
database = sqlite3.connect(path, timeout=10)
with database:
    rows = database.execute(statement, values).fetchall()
database.close()
as_text = lambda value: "hex:" + value.hex() if isinstance(value, bytes) else value
json.dump([[as_text(value) for value in row] for row in rows], sys.stdout)
"""


def execute(database: Path, statement: str, *values: bytes | int | str) -> list[list[Any]]:
    """Runs the statement and returns its rows."""
    request = json.dumps([str(database), statement, [_to_text(value) for value in values]])
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PROGRAM],
        input=request,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(f"the statement on {database.name} failed: {finished.stderr}")
    return [[_from_text(value) for value in row] for row in json.loads(finished.stdout)]


def _to_text(value: bytes | int | str) -> int | str:
    return f"hex:{value.hex()}" if isinstance(value, bytes) else value


def _from_text(value: Any) -> Any:
    return bytes.fromhex(value[4:]) if isinstance(value, str) and value.startswith("hex:") else value
