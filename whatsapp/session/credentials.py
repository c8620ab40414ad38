"""What neonize's own store knows and its library doesn't tell.

A process of its own looks: were this one to open and close the file, it would drop the locks that the
library's SQLite holds on it, as POSIX locks belong to processes.
"""

import subprocess
import sys
from pathlib import Path

LOOK_UP = """
import sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=10)
row = database.execute(sys.argv[2], [bytes.fromhex(word) for word in sys.argv[3:]]).fetchone()
print(row[0] if row else "")
"""


def message_with_secret(store: Path, secret: bytes) -> str | None:
    """The id of the message that carries `secret`, if the library got as far as sending it.

    whatsmeow writes a message's secret down right before the message goes out (send.go), and gives it an id
    of its own choice that we learn only afterwards. So after a crash the store tells the two cases apart.
    """
    return _first(store, "SELECT message_id FROM whatsmeow_message_secrets WHERE key = ?", secret)


def is_linked(store: Path) -> bool:
    """Whether the store holds a device that a phone has linked."""
    return _first(store, "SELECT jid FROM whatsmeow_device") is not None


def _first(store: Path, statement: str, *values: bytes) -> str | None:
    """The first column of the first row; None where there is no row or no store."""
    if not store.exists():
        return None
    command = [sys.executable, "-I", "-c", LOOK_UP, str(store), statement, *(value.hex() for value in values)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return found.stdout.strip() or None
