"""Small files of every kind, made on the spot."""

import io
import random
import wave

from PIL import Image


def jpeg(color: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
    return _image(color, size, "JPEG")


def webp(color: str = "purple") -> bytes:
    return _image(color, (512, 512), "WEBP")


def pdf() -> bytes:
    return _image("white", (100, 140), "PDF")


def voice() -> bytes:
    """Opus in Ogg, as WhatsApp's own voice notes are."""
    from whatsapp.simulator.demo_media import voice_note

    return voice_note(random.Random(1)).data


def film() -> bytes:
    from whatsapp.simulator.demo_media import video

    return video(random.Random(1)).data


def sound(seconds: float = 0.2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"\0\0" * int(8000 * seconds))
    return file.getvalue()


def _image(color: str, size: tuple[int, int], kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, kind)
    return file.getvalue()
