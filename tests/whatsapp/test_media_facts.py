"""What files tell of themselves, and what is made of files that lie."""

import io

import pytest
from PIL import Image

from tests.session import pictures
from whatsapp.media_facts import LARGEST_PICTURE, THUMBNAIL, Facts, facts_of


def size_of(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert picture.format == "JPEG"
        return picture.size


def test_a_picture_tells_its_size_and_gets_a_thumbnail() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (800, 400), "red").save(out, "PNG")
    facts = facts_of(out.getvalue(), "image/png")

    assert (facts.width, facts.height, facts.duration) == (800, 400, None)
    assert facts.thumbnail is not None
    assert size_of(facts.thumbnail) == (THUMBNAIL[0], THUMBNAIL[0] // 2)


def test_a_sticker_is_a_picture() -> None:
    facts = facts_of(pictures.webp(), "image/webp")
    assert facts.width
    assert facts.thumbnail


def test_a_film_tells_its_size_and_length_and_shows_its_first_picture() -> None:
    facts = facts_of(pictures.film(), "video/mp4")
    assert facts.width
    assert facts.height
    assert facts.duration is not None
    assert facts.thumbnail
    assert size_of(facts.thumbnail)[0] <= THUMBNAIL[0]


def test_a_voice_note_tells_its_length() -> None:
    facts = facts_of(pictures.voice(), "audio/ogg; codecs=opus")
    assert facts.duration is not None
    assert (facts.width, facts.thumbnail) == (None, None)


@pytest.mark.parametrize("mime_type", ["image/jpeg", "image/webp", "video/mp4", "audio/ogg"])
@pytest.mark.parametrize("data", [b"", b"not what it says", pictures.jpeg()[:200], bytes(5000)])
def test_a_file_that_is_not_what_it_says_is_taken_as_it_is(data: bytes, mime_type: str) -> None:
    assert facts_of(data, mime_type).thumbnail is None


def test_a_picture_that_would_fill_the_memory_is_not_unpacked() -> None:
    out = io.BytesIO()
    side = int(LARGEST_PICTURE**0.5) + 10
    Image.new("1", (side, side)).save(out, "PNG")
    assert facts_of(out.getvalue(), "image/png") == Facts(side, side)


def test_a_paper_has_no_such_facts() -> None:
    assert facts_of(pictures.pdf(), "application/pdf") == Facts()
