"""Prepares one file: reads `{"kind", "path"}` as JSON, and writes what came of it or `{"refused": why}`."""

import json
import logging
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from whatsapp.preparation import NotSuitable, Prepared
from whatsapp.preparation.containers import UNREADABLE
from whatsapp.preparation.pictures import prepare_image
from whatsapp.preparation.recordings import prepare_audio, prepare_voice_note
from whatsapp.preparation.stickers import prepare_sticker
from whatsapp.preparation.videos import prepare_video

LARGEST_MEMORY = 4 * 1024**3  # bytes of addresses
NICENESS = 5  # messages come first

PREPARERS: dict[str, Callable[[Path], Prepared]] = {
    "image": prepare_image,
    "video": prepare_video,
    "audio": prepare_audio,
    "voice": prepare_voice_note,
    "sticker": prepare_sticker,
}


def main() -> None:
    os.umask(0o077)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST_MEMORY, LARGEST_MEMORY))
    logging.getLogger("libav").setLevel(logging.CRITICAL)
    order = json.load(sys.stdin)
    try:
        answer = PREPARERS[order["kind"]](Path(order["path"])).as_json()
    except NotSuitable as error:
        answer = json.dumps({"refused": str(error)})
    except UNREADABLE as error:
        print(type(error).__name__, error, file=sys.stderr)
        answer = json.dumps({"refused": "This file is damaged: it can't be read to its end."})
    sys.stdout.write(answer)


if __name__ == "__main__":
    main()
