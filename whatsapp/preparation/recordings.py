"""Sounds: music goes as it is; a voice note is Opus in Ogg, with a picture of how loud it is."""

from array import array
from collections.abc import Iterator
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from whatsapp.preparation import NotSuitable, Prepared
from whatsapp.preparation.containers import (
    moving_stream,
    open_recording,
    seconds_of,
    sound_stream,
    whole_seconds,
)

VOICE_TYPE = "audio/ogg; codecs=opus"
VOICE_RATE = 48_000  # Hz
VOICE_BITS = 32_000  # a second

BARS = 64  # of a waveform
LOUDEST = 100
SILENCE = 330  # of 32767: what is less loud is not made loud by a waveform
WAVEFORM_RATE = 8_000  # Hz: enough to see how loud it is
BLOCK_SECONDS = 0.02

# The type of what is in a container, by the codec of the sound; else by the container alone.
TYPES = {
    ("ogg", "opus"): VOICE_TYPE,
    ("ogg", ""): "audio/ogg",
    ("mp3", ""): "audio/mpeg",
    ("mp4", ""): "audio/mp4",
    ("aac", ""): "audio/aac",
    ("amr", ""): "audio/amr",
    ("wav", ""): "audio/wav",
    ("flac", ""): "audio/flac",
    ("webm", ""): "audio/webm",
    ("aiff", ""): "audio/aiff",
    ("asf", ""): "audio/x-ms-wma",
    ("caf", ""): "audio/x-caf",
    ("ac3", ""): "audio/ac3",
    ("au", ""): "audio/basic",
}


def prepare_audio(path: Path) -> Prepared:
    with open_recording(path) as file:
        stream = only_sound(file)
        mime_type = type_of(file, stream)
        if mime_type is None:
            raise NotSuitable(f"Sound in the format {file.format.name} can't be sent: use MP3, M4A or Ogg.")
        if next(file.decode(stream), None) is None:
            raise NotSuitable("There is no sound in this file.")
        seconds = seconds_of(file)
    if seconds is None:
        with open_recording(path) as file:
            seconds = sum(frame.samples / frame.sample_rate for frame in file.decode(only_sound(file)))
    return Prepared(str(path), mime_type, duration=whole_seconds(seconds))


def prepare_voice_note(path: Path) -> Prepared:
    with open_recording(path) as file:
        stream = only_sound(file)
        is_ready = type_of(file, stream) == VOICE_TYPE
        if not is_ready:
            target = path.with_name("converted.ogg")
            write_voice(file, stream, target)
            path = target
    with open_recording(path) as file:
        peaks, seconds = loudness(file)
    if not peaks:
        raise NotSuitable("There is no sound in this file.")
    return Prepared(str(path), VOICE_TYPE, duration=whole_seconds(seconds), waveform=waveform_of(peaks))


def only_sound(file: InputContainer) -> AudioStream:
    """The sound of a file that has no moving pictures. Raises NotSuitable."""
    if moving_stream(file) is not None:
        raise NotSuitable("This is a video, not a sound.")
    stream = sound_stream(file)
    if stream is None or not stream.rate:
        raise NotSuitable("There is no sound in this file.")
    return stream


def type_of(file: InputContainer, stream: AudioStream) -> str | None:
    """The MIME type of the file; None for a container that only programs for editing know."""
    names = file.format.name.split(",")
    codec = stream.codec_context.codec.canonical_name
    for (container, wanted), mime_type in TYPES.items():
        if container in names and wanted in ("", codec):
            return mime_type
    return None


def write_voice(file: InputContainer, stream: AudioStream, target: Path) -> None:
    """Writes the sound as WhatsApp's own voice notes are: Opus in Ogg, mono, 48 kHz."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=VOICE_RATE)
    with av.open(str(target), "w", format="ogg") as out:
        voice = out.add_stream("libopus", rate=VOICE_RATE, layout="mono", options={"application": "voip"})
        voice.bit_rate = VOICE_BITS
        for frame in resampled(file, stream, resampler):
            out.mux(voice.encode(frame))
        out.mux(voice.encode(None))


def resampled(
    file: InputContainer, stream: AudioStream, resampler: av.AudioResampler
) -> Iterator[AudioFrame]:
    """The sound in another form, to its end."""
    for frame in file.decode(stream):
        frame.pts = None  # a gap in the times is no gap in the sound
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def loudness(file: InputContainer) -> tuple[list[int], float]:
    """The highest of each 20 ms of sound, and how many seconds there are."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=WAVEFORM_RATE)
    block = int(WAVEFORM_RATE * BLOCK_SECONDS)
    peaks: list[int] = []
    samples, waiting = 0, array("h")
    for frame in resampled(file, only_sound(file), resampler):
        waiting.frombytes(bytes(frame.planes[0])[: frame.samples * 2])
        samples += frame.samples
        whole = len(waiting) - len(waiting) % block
        peaks += [peak(waiting[start : start + block]) for start in range(0, whole, block)]
        waiting = waiting[whole:]
    if waiting:
        peaks.append(peak(waiting))
    return peaks, samples / WAVEFORM_RATE


def peak(samples: "array[int]") -> int:
    return max(max(samples), -min(samples))


def waveform_of(peaks: list[int]) -> bytes:
    """64 numbers from 0 to 100: how loud it is from its beginning to its end, the loudest being 100."""
    bars = []
    for bar in range(BARS):
        start = bar * len(peaks) // BARS
        part = peaks[start : max(start + 1, (bar + 1) * len(peaks) // BARS)]
        bars.append(sum(part) / len(part))
    highest = max(SILENCE, *bars)
    return bytes(round(LOUDEST * bar / highest) for bar in bars)
