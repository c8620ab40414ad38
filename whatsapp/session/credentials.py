"""What neonize's own store knows and its library doesn't tell."""

import subprocess
import sys
from pathlib import Path

# whatsmeow's table of the secrets that messages carry (its sqlstore).
LOOK_UP = """
import sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=10)
row = database.execute(
    "SELECT message_id FROM whatsmeow_message_secrets WHERE key = ?", [bytes.fromhex(sys.argv[2])]
).fetchone()
print(row[0] if row else "")
"""


def message_with_secret(store: Path, secret: bytes) -> str | None:
    """The id of the message that carries `secret`, if the library got as far as sending it.

    whatsmeow writes a message's secret down right before the message goes out (send.go), and gives it an id
    of its own choice that we learn only afterwards. So after a crash the store tells the two cases apart.

    A process of its own looks: were this one to open and close the file, it would drop the locks that the
    library's SQLite holds on it, as POSIX locks belong to processes.
    """
    if not store.exists():
        return None
    command = [sys.executable, "-I", "-c", LOOK_UP, str(store), secret.hex()]
    found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return found.stdout.strip() or None
