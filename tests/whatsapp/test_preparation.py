"""What becomes of a file before it is sent; with real files of every make."""

import io
import struct
import zlib
from array import array
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from tests import recordings
from tests.session import pictures
from whatsapp import preparation
from whatsapp.preparation import NotSuitable, Prepared, prepare

TOP, BOTTOM = (220, 20, 20), (20, 20, 220)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def prepared(folder: Path, kind: str, data: bytes) -> tuple[Prepared, bytes]:
    path = folder / "received"
    path.write_bytes(data)
    made = prepare(kind, path)
    return made, Path(made.path).read_bytes()


def refusal(folder: Path, kind: str, data: bytes) -> str:
    with pytest.raises(NotSuitable) as caught:
        prepared(folder, kind, data)
    return str(caught.value)


def saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def flag(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Red above, blue below."""
    picture = Image.new("RGB", size, TOP)
    picture.paste(BOTTOM, (0, size[1] // 2, *size))
    return picture


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.effect_noise(size, 120).convert("RGB")


def is_like(pixel: Any, color: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 60 for one, other in zip(pixel, color, strict=False))


# Pictures


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_picture_that_all_clients_show_stays_as_it_is(folder: Path, form: str) -> None:
    data = saved(flag(), form)
    made, sent = prepared(folder, "image", data)
    assert sent == data
    assert (made.mime_type, made.width, made.height) == (f"image/{form.lower()}", 60, 40)
    assert made.thumbnail is not None
    assert Image.open(io.BytesIO(made.thumbnail)).format == "JPEG"


@pytest.mark.parametrize("form", ["BMP", "TIFF", "GIF", "WEBP", "AVIF", "JPEG2000", "ICO", "PPM"])
def test_any_other_picture_becomes_jpeg(folder: Path, form: str) -> None:
    made, sent = prepared(folder, "image", saved(flag(), form))
    picture = Image.open(io.BytesIO(sent))
    assert (picture.format, made.mime_type) == ("JPEG", "image/jpeg")
    assert is_like(picture.getpixel((picture.width // 2, 2)), TOP)
    assert (made.width, made.height) == picture.size


def test_what_is_transparent_becomes_white(folder: Path) -> None:
    _, sent = prepared(folder, "image", saved(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "WEBP"))
    assert is_like(Image.open(io.BytesIO(sent)).getpixel((5, 5)), (255, 255, 255))


def test_sixteen_bits_of_grey_stay_grey(folder: Path) -> None:
    grey = Image.new("I;16", (20, 20), 128 * 256)
    _, sent = prepared(folder, "image", saved(grey, "TIFF"))
    assert is_like(Image.open(io.BytesIO(sent)).convert("RGB").getpixel((5, 5)), (128, 128, 128))


def test_a_picture_on_its_side_has_the_size_it_is_shown_with(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made, _ = prepared(folder, "image", saved(flag(), "JPEG", exif=exif))
    assert (made.width, made.height) == (40, 60)
    assert made.thumbnail is not None
    assert Image.open(io.BytesIO(made.thumbnail)).size == (40, 60)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_what_a_camera_writes_into_a_picture_does_not_go_with_it(folder: Path, form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)  # a latitude
    _, data = prepared(folder, "image", saved(flag(), form, exif=exif))
    sent = Image.open(io.BytesIO(data))
    assert (sent.format, sent.size, dict(sent.getexif())) == (form, (40, 60), {})
    assert "exif" not in sent.info
    assert is_like(sent.convert("RGB").getpixel((35, 30)), TOP)  # upright, though nothing says so any more


def test_a_thumbnail_is_small(folder: Path) -> None:
    made, _ = prepared(folder, "image", saved(noise((1200, 900)), "JPEG"))
    assert made.thumbnail is not None
    assert Image.open(io.BytesIO(made.thumbnail)).size == (100, 75)
    assert len(made.thumbnail) < 8000


@pytest.mark.parametrize(
    "data",
    [b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", pictures.pdf(), recordings.film()],
    ids=["text", "svg", "pdf", "film"],
)
def test_what_is_no_picture_is_refused(folder: Path, data: bytes) -> None:
    assert "not a picture" in refusal(folder, "image", data)


def test_heic_is_refused_by_name(folder: Path) -> None:
    assert "HEIC" in refusal(folder, "image", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_half_a_picture_is_refused(folder: Path, form: str) -> None:
    data = saved(noise((200, 200)), form)
    assert "damaged" in refusal(folder, "image", data[: len(data) // 2])


def test_a_picture_that_would_fill_memory_is_refused(folder: Path) -> None:
    """A PNG of 900 million black pixels, which takes 110 KB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((30_000 // 8 + 1) * 30_000), 9)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    for kind in ("image", "sticker"):
        assert "64 million pixels" in refusal(folder, kind, bomb)


# Videos


@pytest.mark.parametrize("sound", [None, "aac"])
def test_h264_in_mp4_stays_as_it_is(folder: Path, sound: str | None) -> None:
    film = recordings.film(sound=sound, seconds=2)
    made, sent = prepared(folder, "video", film)
    assert sent == film
    assert (made.mime_type, made.width, made.height, made.duration) == ("video/mp4", 320, 180, 2)
    assert made.thumbnail is not None
    assert is_like(Image.open(io.BytesIO(made.thumbnail)).getpixel((50, 28)), recordings.RED)
    assert not made.is_animated


def test_a_film_of_an_iphone_is_packed_anew_without_loss(folder: Path) -> None:
    film = recordings.film("mov", sound="aac")
    made, sent = prepared(folder, "video", film)
    assert sent != film
    assert packets(sent) == packets(film)
    with av.open(io.BytesIO(sent)) as file:
        assert not file.metadata["major_brand"].startswith("qt")
    assert made.duration == 1


def packets(film: bytes) -> list[bytes]:
    with av.open(io.BytesIO(film)) as file:
        return sorted(bytes(packet) for packet in file.demux() if packet.size)


@pytest.mark.parametrize(
    ("form", "codec", "pix_fmt", "sound"),
    [
        ("webm", "libvpx", "yuv420p", "libopus"),
        ("matroska", "libx264", "yuv420p", "libopus"),
        ("matroska", "libx264", "yuv420p", "aac"),
        ("mp4", "libx264", "yuv444p", "aac"),
        ("mp4", "mpeg4", "yuv420p", None),
        ("avi", "mpeg4", "yuv420p", "libmp3lame"),
    ],
)
def test_any_other_video_is_converted(
    folder: Path, form: str, codec: str, pix_fmt: str, sound: str | None
) -> None:
    film = recordings.film(form, codec, seconds=2, pix_fmt=pix_fmt, sound=sound)
    made, sent = prepared(folder, "video", film)
    assert recordings.codecs(sent) == ("h264", "aac" if sound else None)
    assert (made.width, made.height, made.duration) == (320, 180, 2)
    with av.open(io.BytesIO(sent)) as file:
        frames = [frame.to_image().getpixel((160, 90)) for frame in file.decode(video=0)]
    assert len(frames) == 20
    assert is_like(frames[0], recordings.RED)
    assert is_like(frames[-1], recordings.BLUE)


def test_a_large_video_is_converted_to_a_smaller_one_of_even_sides(folder: Path) -> None:
    made, sent = prepared(folder, "video", recordings.film("webm", "libvpx", size=(1921, 1001)))
    assert (made.width, made.height) == (1280, 666)
    with av.open(io.BytesIO(sent)) as file:
        assert file.streams.video[0].codec_context.pix_fmt == "yuv420p"


@pytest.mark.parametrize(("form", "codec"), [("mp4", "libx264"), ("mov", "libx264"), ("mov", "mpeg4")])
def test_a_video_on_its_side_is_shown_upright(folder: Path, form: str, codec: str) -> None:
    """Kept, packed anew or converted: its size and its thumbnail are those of the picture as it is seen."""
    frame = recordings.film(form, codec, rotation=90, picture=flag((320, 180)))
    made, sent = prepared(folder, "video", frame)
    assert (made.width, made.height) == (180, 320)
    assert made.thumbnail is not None
    thumbnail = Image.open(io.BytesIO(made.thumbnail))
    # Turned by 90 degrees counter-clockwise, what was above is on the left.
    assert is_like(thumbnail.getpixel((5, 50)), TOP)
    assert is_like(thumbnail.getpixel((thumbnail.width - 5, 50)), BOTTOM)
    with av.open(io.BytesIO(sent)) as file:
        first = next(file.decode(video=0))
    turned = first.to_image().rotate(first.rotation, expand=True)
    assert is_like(turned.getpixel((10, 160)), TOP)


def test_a_gif_becomes_a_video_that_plays_by_itself(folder: Path) -> None:
    made, sent = prepared(folder, "video", recordings.film("gif", "gif", pix_fmt="rgb8"))
    assert made.is_animated
    assert recordings.codecs(sent) == ("h264", None)


@pytest.mark.parametrize(
    "data",
    [pictures.pdf(), b"hello", recordings.sound("mp3", "libmp3lame")],
    ids=["pdf", "text", "song"],
)
def test_what_is_no_video_is_refused(folder: Path, data: bytes) -> None:
    refusal(folder, "video", data)


@pytest.mark.parametrize("kind", ["video", "audio", "voice", "sticker"])
@pytest.mark.parametrize(
    "head", ["#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{}\n", "ffconcat version 1.0\nfile {}\n"]
)
def test_a_list_of_other_files_is_refused(folder: Path, kind: str, head: str) -> None:
    other = folder / "other.mp4"
    other.write_bytes(recordings.film(sound="aac"))
    assert "can be read" in refusal(folder, kind, head.format(other).encode())


# Sounds


@pytest.mark.parametrize(
    ("form", "codec", "mime_type"),
    [
        ("mp3", "libmp3lame", "audio/mpeg"),
        ("ogg", "libopus", "audio/ogg; codecs=opus"),
        ("ipod", "aac", "audio/mp4"),
        ("adts", "aac", "audio/aac"),
        ("wav", "pcm_s16le", "audio/wav"),
        ("flac", "flac", "audio/flac"),
        ("webm", "libopus", "audio/webm"),
    ],
)
def test_a_sound_stays_as_it_is_and_has_its_right_type(
    folder: Path, form: str, codec: str, mime_type: str
) -> None:
    data = recordings.sound(form, codec, seconds=2)
    made, sent = prepared(folder, "audio", data)
    assert sent == data
    assert (made.mime_type, made.duration, made.waveform) == (mime_type, 2, None)


@pytest.mark.parametrize(
    ("form", "codec"), [("mp3", "libmp3lame"), ("ipod", "aac"), ("wav", "pcm_s16le"), ("webm", "libopus")]
)
def test_a_voice_note_is_converted_to_opus_of_one_channel(folder: Path, form: str, codec: str) -> None:
    made, sent = prepared(folder, "voice", recordings.sound(form, codec, seconds=2))
    assert made.mime_type == "audio/ogg; codecs=opus"
    assert made.duration == 2
    with av.open(io.BytesIO(sent)) as file:
        stream = file.streams.audio[0]
        assert file.format.name == "ogg"
        assert (stream.codec_context.codec.canonical_name, stream.rate, stream.channels) == ("opus", 48000, 1)


def test_opus_in_ogg_is_a_voice_note_as_it_is(folder: Path) -> None:
    voice = pictures.voice()
    made, sent = prepared(folder, "voice", voice)
    assert sent == voice
    assert made.waveform is not None
    assert len(made.waveform) == 64


def test_a_waveform_shows_where_it_is_loud(folder: Path) -> None:
    silence = array("h", bytes(2 * 48000))
    samples = silence + recordings.tone(1, 48000, 0.8) + recordings.tone(1, 48000, 0.2) + silence
    made, _ = prepared(folder, "voice", recordings.sound("wav", "pcm_s16le", samples=samples))
    bars = list(made.waveform or b"")
    assert len(bars) == 64
    assert max(bars) == 100
    assert max(bars[:14] + bars[50:]) <= 3
    assert min(bars[18:30]) > 85
    assert 15 < min(bars[34:46]) <= max(bars[34:46]) < 40
    assert made.duration == 4


def test_silence_has_a_flat_waveform(folder: Path) -> None:
    made, _ = prepared(folder, "voice", pictures.sound(1))
    assert made.waveform == bytes(64)


def test_a_song_with_a_cover_is_a_sound(folder: Path) -> None:
    made, _ = prepared(folder, "audio", song_with_cover())
    assert made.mime_type == "audio/mpeg"


def song_with_cover() -> bytes:
    """An MP3 with an ID3v2.3 tag that holds a picture."""
    picture = b"\0image/jpeg\0\x03\0" + pictures.jpeg()
    frame = b"APIC" + struct.pack(">I", len(picture)) + b"\0\0" + picture
    size = len(frame)
    syncsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + syncsafe + frame + recordings.sound("mp3", "libmp3lame")


@pytest.mark.parametrize("kind", ["audio", "voice"])
def test_a_video_is_no_sound(folder: Path, kind: str) -> None:
    assert "video" in refusal(folder, kind, recordings.film(sound="aac"))


# Stickers


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "WEBP"])
def test_a_sticker_is_made_of_any_picture(folder: Path, form: str) -> None:
    made, sent = prepared(folder, "sticker", saved(flag((300, 150)), form))
    picture = Image.open(io.BytesIO(sent)).convert("RGBA")
    assert (made.mime_type, made.width, made.height, made.is_animated) == ("image/webp", 512, 512, False)
    assert picture.size == (512, 512)
    assert picture.getpixel((256, 10))[3] == 0  # type: ignore[index]
    assert is_like(picture.getpixel((256, 150)), TOP)
    assert is_like(picture.getpixel((256, 360)), BOTTOM)


def test_a_sticker_stays_as_it_is(folder: Path) -> None:
    made, sent = prepared(folder, "sticker", pictures.webp())
    assert sent == pictures.webp()
    assert not made.is_animated


def test_a_detailed_sticker_is_made_small_enough(folder: Path) -> None:
    _, sent = prepared(folder, "sticker", saved(noise((512, 512)), "PNG"))
    assert len(sent) <= 100 * 1024


def moving(form: str, count: int = 10, duration: int = 100, size: tuple[int, int] = (120, 80)) -> bytes:
    frames = [Image.new("RGB", size, (25 * number % 256, 0, 0)) for number in range(count)]
    return saved(frames[0], form, save_all=True, append_images=frames[1:], duration=duration, loop=0)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_a_moving_picture_makes_a_moving_sticker(folder: Path, form: str) -> None:
    made, sent = prepared(folder, "sticker", moving(form))
    picture: Any = Image.open(io.BytesIO(sent))
    assert made.is_animated
    assert (picture.format, picture.size, picture.n_frames) == ("WEBP", (512, 512), 10)
    assert sum(durations(picture)) == 1000


def durations(picture: Any) -> list[int]:
    found = []
    for number in range(picture.n_frames):
        picture.seek(number)
        picture.load()
        found.append(picture.info["duration"])
    return found


def test_a_moving_sticker_has_fifteen_frames_a_second_at_most(folder: Path) -> None:
    _, sent = prepared(folder, "sticker", moving("GIF", count=50, duration=20))
    picture: Any = Image.open(io.BytesIO(sent))
    assert picture.n_frames <= 15
    assert sum(durations(picture)) == 1000


def test_a_film_makes_a_moving_sticker(folder: Path) -> None:
    made, sent = prepared(folder, "sticker", recordings.film(seconds=2, size=(180, 320)))
    picture: Any = Image.open(io.BytesIO(sent))
    assert made.is_animated
    assert picture.size == (512, 512)
    assert 1800 <= sum(durations(picture)) <= 2200


def test_a_detailed_moving_sticker_is_made_small_enough(folder: Path) -> None:
    frames = [noise((512, 512)) for _ in range(12)]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100, quality=90)
    assert len(data) > 500 * 1024
    made, sent = prepared(folder, "sticker", data)
    assert len(sent) <= 500 * 1024
    assert made.is_animated


@pytest.mark.parametrize(
    "data", [moving("GIF", count=12, duration=1000), recordings.film(seconds=11)], ids=["gif", "film"]
)
def test_a_sticker_that_moves_for_long_is_refused(folder: Path, data: bytes) -> None:
    assert "10 seconds" in refusal(folder, "sticker", data)


@pytest.mark.parametrize("data", [b"hello", pictures.pdf(), recordings.sound("mp3", "libmp3lame")])
def test_what_can_be_no_sticker_is_refused(folder: Path, data: bytes) -> None:
    assert "neither" in refusal(folder, "sticker", data)


# When something goes wrong


def test_what_takes_too_long_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "LONGEST_SECONDS", 0.01)
    assert "longer than" in refusal(folder, "image", pictures.jpeg())


def test_a_decoder_that_dies_takes_nobody_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(preparation.sys, "executable", "/bin/false")
    assert "can't be read" in refusal(folder, "image", pictures.jpeg())
    assert "ended with code 1" in caplog.text
