"""What the owner sees in the terminal."""

import sys

import segno


def show_code(text: str) -> None:
    """Draws the code to scan, in half-height blocks."""
    print(
        "\nOn the phone: WhatsApp > Settings > Linked devices > Link a device, and scan this:\n", flush=True
    )
    segno.make_qr(text).terminal(out=sys.stdout, compact=True)
    sys.stdout.flush()
