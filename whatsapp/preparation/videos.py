"""Videos: H.264 in MP4 goes as it is, in QuickTime (as iPhones film) it is packed anew, all else is
converted."""

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from whatsapp.preparation import NotSuitable, Prepared
from whatsapp.preparation.containers import (
    first_picture,
    moving_stream,
    open_recording,
    seconds_of,
    sound_stream,
    whole_seconds,
)
from whatsapp.preparation.pictures import require_fair_size, thumbnail_of

VIDEO_TYPE = "video/mp4"
LONGEST_SIDE = 1280  # pixels of a converted video
MOST_FRAMES = 30  # a second
TICKS = 90_000  # a second, of a converted video's clock
SOUND_RATE = 44_100  # Hz
SOUND_CODECS = ("aac", "mp3")
TURNS = {90: "cclock", 270: "clock"}  # FFmpeg's words for turning by that angle, counter-clockwise


def prepare_video(path: Path) -> Prepared:
    with open_recording(path) as file:
        pictures = moving_stream(file)
        if pictures is None:
            raise NotSuitable("There are no moving pictures in this file.")
        require_fair_size(pictures.codec_context.width, pictures.codec_context.height)
        is_gif = "gif" in file.format.name or "apng" in file.format.name
        first = first_picture(file)
        is_right = has_right_codecs(pictures, sound_stream(file))
        # Both are read by one reader, which calls itself by the names of both.
        is_mp4 = "mp4" in file.format.name
        is_quicktime = is_mp4 and file.metadata.get("major_brand", "qt").startswith("qt")
    if not (is_right and is_mp4 and not is_quicktime):
        target = path.with_name("converted.mp4")
        if is_right and is_mp4:
            repack(path, target)
        else:
            convert(path, target)
        path = target
        with open_recording(path) as file:
            first = first_picture(file)
    with open_recording(path) as file:
        seconds = seconds_of(file)
    picture = upright(first)
    return Prepared(
        str(path),
        VIDEO_TYPE,
        picture.width,
        picture.height,
        whole_seconds(seconds) if seconds is not None else None,
        thumbnail_of(picture),
        is_animated=is_gif,
    )


def has_right_codecs(pictures: VideoStream, sound: AudioStream | None) -> bool:
    """Whether every client can show it."""
    context = pictures.codec_context
    is_shown = context.codec.canonical_name == "h264" and context.pix_fmt in ("yuv420p", "yuvj420p")
    return is_shown and (sound is None or sound.codec_context.codec.canonical_name in SOUND_CODECS)


def upright(frame: VideoFrame) -> Image.Image:
    """The picture as it is shown: phones film as they are held, and note the angle."""
    picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV's
    return picture.rotate(frame.rotation, expand=True)


def repack(path: Path, target: Path) -> None:
    """Writes the same pictures and sound into an MP4 that can be played while it loads."""
    with open_recording(path) as file, written(target) as out:
        rotation = first_picture(file).rotation
        file.seek(0)
        pictures, sound = moving_stream(file), sound_stream(file)
        assert pictures is not None
        copies: dict[int, VideoStream | AudioStream] = {}
        copies[pictures.index] = film = out.add_stream_from_template(pictures)
        if rotation:
            film.set_display_rotation(rotation)
        if sound is not None:
            copies[sound.index] = out.add_stream_from_template(sound)
        for packet in file.demux([one for one in (pictures, sound) if one is not None]):
            if packet.dts is not None:
                packet.stream = copies[packet.stream_index]
                out.mux(packet)


def written(target: Path) -> OutputContainer:
    out: OutputContainer = av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"})
    return out


def convert(path: Path, target: Path) -> None:
    """Writes H.264 and AAC in MP4, upright, with even sides of at most 1280 pixels."""
    with open_recording(path) as file, written(target) as out:
        pictures, sound = moving_stream(file), sound_stream(file)
        film, voice = Film(out), Voice(out) if sound is not None else None
        for packet in file.demux([one for one in (pictures, sound) if one is not None]):
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    film.take(frame)
                elif isinstance(frame, AudioFrame) and voice is not None:
                    voice.take(frame)
        film.end()
        if voice is not None:
            voice.take(None)


class Film:
    """The pictures of a converted video."""

    def __init__(self, out: OutputContainer) -> None:
        self._out = out
        self._clock = Clock()
        self._turning = Turning()
        options = {"preset": "veryfast", "crf": "23"}
        self._stream = out.add_stream("libx264", rate=MOST_FRAMES, options=options)
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, TICKS)
        self._size: tuple[int, int] | None = None

    def take(self, frame: VideoFrame) -> None:
        pts = self._clock.pts_of(frame)
        if pts is None:
            return
        shown = self._turning.upright(frame)
        if self._size is None:
            self._size = self._stream.width, self._stream.height = fitting(shown.width, shown.height)
        shown = shown.reformat(*self._size, "yuv420p")
        shown.pts, shown.time_base = pts, Fraction(1, TICKS)
        self._out.mux(self._stream.encode(shown))

    def end(self) -> None:
        self._out.mux(self._stream.encode(None))


class Voice:
    """The sound of a converted video."""

    def __init__(self, out: OutputContainer) -> None:
        self._out = out
        self._stream = out.add_stream("aac", rate=SOUND_RATE, layout="stereo")
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE)

    def take(self, frame: AudioFrame | None) -> None:
        """The next piece; None ends it."""
        if frame is not None:
            frame.pts = None  # a gap in the times is no gap in the sound
        for piece in self._resampler.resample(frame):
            self._out.mux(self._stream.encode(piece))
        if frame is None:
            self._out.mux(self._stream.encode(None))


class Clock:
    """Times of frames that grow, and not faster than thirty a second."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._last = -math.inf

    def pts_of(self, frame: VideoFrame) -> int | None:
        """When the frame is shown, in ticks; None for one too many."""
        if frame.time is None:
            return None
        if self._start is None:
            self._start = frame.time
        seconds = frame.time - self._start
        if seconds < self._last + 0.9 / MOST_FRAMES:
            return None
        self._last = seconds
        return round(seconds * TICKS)


class Turning:
    """Turns frames as they say."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._form: tuple[int, int, str] | None = None

    def upright(self, frame: VideoFrame) -> VideoFrame:
        angle = frame.rotation % 360
        filters = [("transpose", TURNS[angle])] if angle in TURNS else []
        if angle == 180:
            filters = [("hflip", ""), ("vflip", "")]
        if not filters:
            return frame
        form = (frame.width, frame.height, frame.format.name)
        if self._form != form:
            self._form, self._graph = form, graph_of(frame, filters)
        assert self._graph is not None
        self._graph.push(frame)
        turned = self._graph.pull()
        assert isinstance(turned, VideoFrame)
        return turned


def graph_of(frame: VideoFrame, filters: list[tuple[str, str]]) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    steps = [source, *(graph.add(name, words or None) for name, words in filters), graph.add("buffersink")]
    graph.link_nodes(*steps).configure()
    return graph


def fitting(width: int, height: int) -> tuple[int, int]:
    """The size in the same proportions that a converted video has: even numbers, as H.264 wants."""
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def frames_at(file: InputContainer, stream: VideoStream) -> Iterator[tuple[float, VideoFrame]]:
    """The frames with the seconds since the first one."""
    start: float | None = None
    for frame in file.decode(stream):
        if frame.time is not None:
            start = frame.time if start is None else start
            yield frame.time - start, frame
