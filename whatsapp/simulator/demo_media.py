"""Pictures, videos, sounds and papers of the demo, drawn and played at run time: nothing is shipped."""

from __future__ import annotations

import io
import math
import random
from array import array
from dataclasses import dataclass
from typing import Any, cast

import av
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SAMPLE_RATE = 48_000
THUMBNAIL_SIZE = (72, 72)


@dataclass(frozen=True)
class Picture:
    """A JPEG, its size and a small one to show before it is loaded."""

    data: bytes
    width: int
    height: int
    thumbnail: bytes

    @property
    def details(self) -> dict[str, Any]:
        """The fields of a message that go with it."""
        return {"width": self.width, "height": self.height, "JPEGThumbnail": self.thumbnail}


@dataclass(frozen=True)
class Recording:
    """A sound or a video: its bytes, how long it is, and (voice notes) 64 heights from 0 to 100."""

    data: bytes
    seconds: int
    waveform: bytes = b""


def landscape(chance: random.Random, words: str = "", size: tuple[int, int] = (960, 640)) -> Picture:
    """Hills under a coloured sky, with words on it."""
    image = _landscape(chance, size)
    if words:
        pen, font = ImageDraw.Draw(image), ImageFont.load_default(44)
        box = pen.textbbox((0, 0), words, font=font)
        place = ((size[0] - box[2]) / 2, size[1] * 0.12)
        pen.text(place, words, font=font, fill="white", stroke_width=3, stroke_fill=(30, 30, 40))
    return _picture(image)


def portrait(initial: str, colour: tuple[int, int, int]) -> bytes:
    """A profile picture: a letter on a coloured square, JPEG."""
    image = Image.new("RGB", (320, 320), colour)
    pen = ImageDraw.Draw(image)
    pen.ellipse((30, 30, 290, 290), fill=tuple(min(255, part + 45) for part in colour))
    pen.text((160, 155), initial, font=ImageFont.load_default(150), fill="white", anchor="mm")
    return _jpeg(image)


def sticker(chance: random.Random) -> bytes:
    """A face on nothing: WebP of 512 × 512 with transparency."""
    image = Image.new("RGBA", (512, 512))
    pen = ImageDraw.Draw(image)
    pen.ellipse(
        (36, 36, 476, 476),
        fill=(255, chance.randrange(190, 225), 60, 255),
        outline=(120, 80, 0, 255),
        width=10,
    )
    for left in (160, 300):
        pen.ellipse((left, 170, left + 52, 240), fill=(60, 40, 0, 255))
    pen.chord((140, 240, 372, 410), 0, 180, fill=(140, 30, 40, 255))
    out = io.BytesIO()
    image.save(out, "WEBP", quality=85)
    return out.getvalue()


def video(chance: random.Random, seconds: int = 3, size: tuple[int, int] = (480, 272)) -> Recording:
    """A sun that crosses a landscape: H.264 in MP4, or MPEG-4 where there is no H.264."""
    out = io.BytesIO()
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    background = _landscape(chance, size)
    rate, frame_of = 15, cast(Any, av.VideoFrame).from_image
    with av.open(out, "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(seconds * rate):
            image = background.copy()
            across = number / (seconds * rate)
            x, y = across * size[0], size[1] * (0.45 - 0.3 * math.sin(across * math.pi))
            ImageDraw.Draw(image).ellipse((x - 18, y - 18, x + 18, y + 18), fill=(255, 236, 150))
            container.mux(stream.encode(frame_of(image)))
        container.mux(stream.encode(None))
    return Recording(out.getvalue(), seconds)


def video_thumbnail(chance: random.Random) -> bytes:
    """A small JPEG to show before a video is loaded."""
    return _picture(_landscape(chance, (480, 272))).thumbnail


def voice_note(chance: random.Random, seconds: int = 4) -> Recording:
    """Something like a voice: hummed syllables. Opus in Ogg, mono."""
    samples = _hum(chance, seconds)
    return Recording(_encode(samples, "ogg", "libopus"), seconds, _waveform(samples))


def song(chance: random.Random, seconds: int = 6) -> Recording:
    """A tune: MP3."""
    scale = (262, 294, 330, 392, 440, 523)
    samples = array("h")
    for _ in range(seconds * 4):
        samples += _tone(chance.choice(scale), 0.25)
    return Recording(_encode(samples, "mp3", "libmp3lame"), seconds)


def paper(title: str, lines: list[str]) -> bytes:
    """A page of text as PDF (ISO 32000-1, 7.5): five objects and a table of where they are."""
    text = [f"BT /F1 20 Tf 60 770 Td ({_escaped(title)}) Tj ET"]
    text += [
        f"BT /F1 12 Tf 60 {730 - 20 * row} Td ({_escaped(line)}) Tj ET" for row, line in enumerate(lines)
    ]
    page = "\n".join(text).encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _landscape(chance: random.Random, size: tuple[int, int]) -> Image.Image:
    width, height = size
    top = tuple(chance.randrange(40, 140) for _ in range(3))
    bottom = tuple(chance.randrange(170, 255) for _ in range(3))
    sky = Image.new("RGB", (1, 2))
    sky.putpixel((0, 0), top)
    sky.putpixel((0, 1), bottom)
    image = sky.resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    green = chance.randrange(90, 150)
    for layer in range(3):
        base, swing = height * (0.55 + 0.15 * layer), height * 0.1
        phase, waves = chance.random() * 6, chance.uniform(1, 3)
        ridge = [(x, base + swing * math.sin(phase + waves * x * 6 / width)) for x in range(0, width + 8, 8)]
        shade = 1 - 0.22 * layer
        pen.polygon(
            [*ridge, (width, height), (0, height)],
            fill=(int(60 * shade), int(green * shade), int(70 * shade)),
        )
    return image.filter(ImageFilter.SMOOTH)


def _picture(image: Image.Image) -> Picture:
    small = image.copy()
    small.thumbnail(THUMBNAIL_SIZE)
    return Picture(_jpeg(image), image.width, image.height, _jpeg(small, 50))


def _jpeg(image: Image.Image, quality: int = 82) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _tone(frequency: float, seconds: float, loudness: float = 0.4) -> array[int]:
    """A note that swells and fades."""
    count = int(SAMPLE_RATE * seconds)
    step, swell = 2 * math.pi * frequency / SAMPLE_RATE, math.pi / count
    peak = 32_767 * loudness
    return array("h", (int(peak * math.sin(step * at) * math.sin(swell * at)) for at in range(count)))


def _hum(chance: random.Random, seconds: int) -> array[int]:
    """Syllables and breaths, as long as asked for."""
    samples = array("h")
    while len(samples) < SAMPLE_RATE * seconds:
        samples += _tone(chance.uniform(110, 190), chance.uniform(0.08, 0.3), chance.uniform(0.15, 0.6))
        samples += array("h", bytes(2 * int(SAMPLE_RATE * chance.uniform(0.02, 0.12))))
    return samples[: SAMPLE_RATE * seconds]


def _waveform(samples: array[int]) -> bytes:
    """The loudest moment of each of 64 parts, 0 to 100."""
    part = len(samples) // 64
    return bytes(max(samples[at : at + part]) * 100 // 32_768 for at in range(0, part * 64, part))


def _encode(samples: array[int], container_format: str, codec: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container_format) as container:
        stream: Any = container.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples))
        frame.sample_rate = SAMPLE_RATE
        frame.planes[0].update(samples.tobytes())
        fitted = av.AudioResampler(
            stream.format, "mono", SAMPLE_RATE, frame_size=stream.codec_context.frame_size or 960
        )
        for part in [*fitted.resample(frame), *fitted.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return out.getvalue()
