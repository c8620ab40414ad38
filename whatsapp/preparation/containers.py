"""Recordings as FFmpeg reads them: only formats that are recordings themselves, and never another file."""

from pathlib import Path
from typing import IO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from whatsapp.preparation import NotSuitable

# Playlists are not among them: those name other files and addresses, which FFmpeg would open.
FORMATS = (
    "mov", "mp4", "matroska", "webm", "avi", "flv", "mpeg", "mpegts", "gif", "asf", "ogg", "mp3", "wav",
    "w64", "flac", "aac", "amr", "aiff", "caf", "ac3", "eac3", "au", "h264", "hevc", "m4v", "apng", "wv",
)  # fmt: skip

# What the libraries raise for files that are not what they seem.
UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    Image.DecompressionBombError,
    av.FFmpegError,
)


def open_recording(path: Path) -> InputContainer:
    """The recording. Raises NotSuitable."""
    return opened(path.open("rb"))


def opened(recording: IO[bytes]) -> InputContainer:
    """The same of a file object. By its path, FFmpeg would need leave to open files."""
    options = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "none"}
    try:
        file: InputContainer = av.open(recording, options=options)
    except av.FFmpegError as error:
        raise NotSuitable("This is neither a video nor a sound that can be read.") from error
    return file


def moving_stream(file: InputContainer) -> VideoStream | None:
    """The pictures that move; None where there are none. The cover of a song is none."""
    for stream in file.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def sound_stream(file: InputContainer) -> AudioStream | None:
    return file.streams.audio[0] if file.streams.audio else None


def first_picture(file: InputContainer) -> VideoFrame:
    """The first of the pictures that move. Raises NotSuitable."""
    stream = moving_stream(file)
    frame = next(file.decode(stream), None) if stream is not None else None
    if frame is None:
        raise NotSuitable("There are no moving pictures in this file.")
    return frame


def seconds_of(file: InputContainer) -> float | None:
    """How long it is, as the file says; None when it doesn't."""
    return file.duration / av.time_base if file.duration and file.duration > 0 else None


def whole_seconds(seconds: float) -> int:
    """As a message says it; a moment is a second."""
    return max(1, round(seconds))
