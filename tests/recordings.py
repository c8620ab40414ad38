"""Films and sounds of every make, made on the spot; pictures are in tests/session/pictures.py."""

import io
import math
from array import array
from fractions import Fraction
from typing import Any, cast

import av
from PIL import Image

RED, BLUE = (200, 30, 30), (30, 30, 200)


def film(
    form: str = "mp4",
    codec: str = "libx264",
    *,
    seconds: float = 1,
    size: tuple[int, int] = (320, 180),
    rate: int = 10,
    pix_fmt: str = "yuv420p",
    sound: str | None = None,
    rotation: int = 0,
    picture: Image.Image | None = None,
) -> bytes:
    """A film that goes from red to blue, or shows one picture; `sound` is a codec's name."""
    out = io.BytesIO()
    frame_of = cast(Any, av.VideoFrame).from_image
    with av.open(out, "w", format=form) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        if rotation:
            stream.set_display_rotation(rotation)
        voice: Any = container.add_stream(sound, rate=48000, layout="mono") if sound else None
        count = int(seconds * rate)
        for number in range(count):
            frame = frame_of(picture or Image.new("RGB", size, RED if number < count / 2 else BLUE))
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if voice is not None:
            encode(container, voice, tone(seconds, 48000), 48000)
    return out.getvalue()


def sound(
    form: str, codec: str, *, seconds: float = 1, rate: int = 48000, samples: "array[int] | None" = None
) -> bytes:
    """A sound of one channel: a tone, or these samples."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream: Any = container.add_stream(codec, rate=rate, layout="mono")
        encode(container, stream, samples or tone(seconds, rate), rate)
    return out.getvalue()


def tone(seconds: float, rate: int, loudness: float = 0.5) -> "array[int]":
    step = 2 * math.pi * 440 / rate
    return array("h", [int(32767 * loudness * math.sin(step * at)) for at in range(int(seconds * rate))])


def encode(container: Any, stream: Any, samples: "array[int]", rate: int) -> None:
    resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples))
    frame.planes[0].update(samples.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    frame.sample_rate = rate
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(stream.encode(piece))
    container.mux(stream.encode(None))


def codecs(data: bytes) -> tuple[str | None, str | None]:
    """The names of the codecs of pictures and sound."""
    with av.open(io.BytesIO(data)) as file:
        pictures, sounds = file.streams.video, file.streams.audio
        return (
            pictures[0].codec_context.codec.canonical_name if pictures else None,
            sounds[0].codec_context.codec.canonical_name if sounds else None,
        )
