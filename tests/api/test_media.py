"""GET /api/media/…: what is known of files, their bytes, and another try."""

from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from tests.builders import ALICE, BOB, NOON, build_media, build_message, stored_file
from whatsapp.models import Media

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 8


def content_of(response: Any) -> bytes:
    assert isinstance(response, HttpResponseBase)
    return b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined, call-overload]


def test_a_file_is_described_with_every_key(api: Client) -> None:
    media = build_media(CONTENT, original_filename="holiday.jpg", width=3, height=2)
    body = api.get(f"/api/media/{media.pk}").json()
    assert body == {
        "id": str(media.pk),
        "message_id": media.message.message_id,
        "mime_type": "image/jpeg",
        "file_size": len(CONTENT),
        "filename": stored_file(media).name,
        "original_filename": "holiday.jpg",
        "file_path": media.file_path,
        "file_hash": media.file_hash,
        "width": 3,
        "height": 2,
        "duration": None,
        "download_status": "downloaded",
        "kind": "image",
        "download_error": None,
        "created_at": "2024-05-01 12:00:00",
    }


def test_a_file_is_found_by_its_message(api: Client) -> None:
    media = build_media()
    assert api.get(f"/api/media/by-message/{media.message.message_id}").json()["id"] == str(media.pk)


def test_of_several_messages_with_one_id_the_newest_file_counts(api: Client) -> None:
    newer = build_media(message=build_message(message_id="SAME", has_media=True, at=NOON + 1))
    build_media(message=build_message(message_id="SAME", chat=BOB, has_media=True, at=NOON))
    assert api.get("/api/media/by-message/SAME").json()["id"] == str(newer.pk)


def test_a_message_without_a_file_has_none(api: Client) -> None:
    message = build_message()
    response = api.get(f"/api/media/by-message/{message.message_id}")
    assert (response.status_code, response.json()) == (404, {"error": "No media for this message"})


@pytest.mark.parametrize(
    "media_id", ["1", "abc", "-1", "99999999999999999999999", "9223372036854775808", "٣"]
)
@pytest.mark.parametrize("rest", ["", "/download"])
def test_an_id_that_no_file_has_is_not_found(api: Client, media_id: str, rest: str) -> None:
    response = api.get(f"/api/media/{media_id}{rest}")
    assert (response.status_code, response.json()) == (404, {"error": "Media not found"})


# Download


def test_a_download_gives_the_bytes_and_says_what_they_are(api: Client) -> None:
    media = build_media(CONTENT, mime_type="audio/ogg; codecs=opus")
    response = api.get(f"/api/media/{media.pk}/download")
    assert response.status_code == 200
    assert content_of(response) == CONTENT
    assert response.headers["Content-Type"] == "audio/ogg; codecs=opus"
    assert response.headers["Content-Length"] == str(len(CONTENT))
    assert response.headers["ETag"] == f'"{media.file_hash}"'
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_download_is_streamed(api: Client) -> None:
    media = build_media(CONTENT)
    response = api.get(f"/api/media/{media.pk}/download")
    assert response.streaming
    response.close()


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, 2047),
        ("bytes=-10", 2038, 2047),
        ("bytes=2047-2047", 2047, 2047),
        ("bytes=2000-99999", 2000, 2047),
        ("bytes=-99999", 0, 2047),
    ],
)
def test_a_part_of_a_file_is_given_alone(api: Client, wanted: str, start: int, end: int) -> None:
    media = build_media(CONTENT)
    response = api.get(f"/api/media/{media.pk}/download", headers={"range": wanted})
    assert response.status_code == 206
    assert content_of(response) == CONTENT[start : end + 1]
    assert response.headers["Content-Range"] == f"bytes {start}-{end}/2048"
    assert response.headers["Content-Length"] == str(end - start + 1)


@pytest.mark.parametrize("wanted", ["bytes=2048-", "bytes=9999-10000", "bytes=-0"])
def test_a_part_outside_the_file_can_not_be_given(api: Client, wanted: str) -> None:
    media = build_media(CONTENT)
    response = api.get(f"/api/media/{media.pk}/download", headers={"range": wanted})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */2048"
    assert response.json()["error"]


@pytest.mark.parametrize("wanted", ["bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=x-y"])
def test_a_range_that_means_nothing_here_gives_the_whole_file(api: Client, wanted: str) -> None:
    media = build_media(CONTENT)
    response = api.get(f"/api/media/{media.pk}/download", headers={"range": wanted})
    assert (response.status_code, content_of(response)) == (200, CONTENT)


def test_a_part_is_given_only_of_the_file_that_the_client_began_with(api: Client) -> None:
    media = build_media(CONTENT)
    path, part = f"/api/media/{media.pk}/download", {"range": "bytes=0-9"}
    same = api.get(path, headers={**part, "if-range": f'"{media.file_hash}"'})
    other = api.get(path, headers={**part, "if-range": '"another"'})
    assert (same.status_code, content_of(same)) == (206, CONTENT[:10])
    assert (other.status_code, content_of(other)) == (200, CONTENT)


@pytest.mark.parametrize("tag", ['"{}"', 'W/"{}"', '"old", "{}"', "*"])
def test_a_file_that_the_client_has_is_not_sent_again(api: Client, tag: str) -> None:
    media = build_media(CONTENT)
    tag = tag.format(media.file_hash)
    response = api.get(f"/api/media/{media.pk}/download", headers={"if-none-match": tag})
    assert (response.status_code, content_of(response)) == (304, b"")
    assert response.headers["ETag"] == f'"{media.file_hash}"'


def test_a_file_that_the_client_has_in_another_form_is_sent(api: Client) -> None:
    media = build_media(CONTENT)
    response = api.get(f"/api/media/{media.pk}/download", headers={"if-none-match": '"old"'})
    assert (response.status_code, content_of(response)) == (200, CONTENT)


def test_head_tells_the_size_without_the_bytes(api: Client) -> None:
    media = build_media(CONTENT)
    response = api.head(f"/api/media/{media.pk}/download")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Length"] == str(len(CONTENT))


@pytest.mark.parametrize(
    ("mime_type", "disposition"),
    [
        ("image/png", "inline"),
        ("IMAGE/PNG", "inline"),
        ("video/mp4", "inline"),
        ("audio/ogg; codecs=opus", "inline"),
        ("application/pdf", "inline"),
        ("image/svg+xml", "attachment"),
        ("image/svg+xml; charset=utf-8", "attachment"),
        ("text/html", "attachment"),
        ("application/xhtml+xml", "attachment"),
        ("text/plain", "attachment"),
        ("application/x-msdownload", "attachment"),
        (None, "attachment"),
        ("nonsense", "attachment"),
        ("image/png\r\nX-Evil: 1", "attachment"),
    ],
)
def test_only_what_a_browser_shows_safely_is_shown(
    api: Client, mime_type: str | None, disposition: str
) -> None:
    media = build_media(CONTENT)
    Media.objects.filter(pk=media.pk).update(mime_type=mime_type)
    response = api.get(f"/api/media/{media.pk}/download")
    response.close()
    assert response.headers["Content-Disposition"].partition(";")[0] == disposition
    assert "X-Evil" not in response.headers


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("report.pdf", 'filename="report.pdf"'),
        ("naïve café.pdf", "filename*=utf-8''na%C3%AFve%20caf%C3%A9.pdf"),
        ('a"b\r\nX-Evil: 1.pdf', 'filename="a_b__X-Evil_ 1.pdf"'),
        ("../../etc/passwd", 'filename="_.._etc_passwd"'),
        ("x" * 300 + ".pdf", f'filename="{"x" * 251}.pdf"'),
        ("...", 'filename="file"'),
        ("invoice\u202egpj.exe", 'filename="invoice_gpj.exe"'),
    ],
)
def test_a_file_keeps_the_name_that_its_sender_gave_it_if_that_is_safe(
    api: Client, name: str, header: str
) -> None:
    media = build_media(CONTENT, mime_type="application/pdf", original_filename=name)
    response = api.get(f"/api/media/{media.pk}/download")
    response.close()
    assert response.headers["Content-Disposition"] == f"inline; {header}"


@pytest.mark.parametrize("status", ["pending", "failed", "skipped"])
def test_a_file_that_was_not_downloaded_is_not_there(api: Client, status: str) -> None:
    media = build_media(None, download_status=status)
    response = api.get(f"/api/media/{media.pk}/download")
    assert (response.status_code, response.json()) == (404, {"error": "Media file not available"})


def test_a_file_that_is_gone_from_the_disk_is_not_there(api: Client) -> None:
    media = build_media(b"soon gone")
    stored_file(media).unlink()
    response = api.get(f"/api/media/{media.pk}/download")
    assert (response.status_code, response.json()) == (404, {"error": "Media file missing from disk"})


def test_no_path_leads_out_of_the_folder_of_media(api: Client) -> None:
    media = build_media()
    Media.objects.filter(pk=media.pk).update(file_path="../../../../../../etc/passwd")
    response = api.get(f"/api/media/{media.pk}/download")
    assert (response.status_code, response.json()) == (404, {"error": "Media file not available"})


# Another try


@pytest.mark.parametrize("status", ["pending", "failed", "skipped"])
def test_a_download_is_tried_again_at_once(api: Client, status: str) -> None:
    media = build_media(
        None, download_status=status, download_error="gone", attempts=9, next_attempt_at=NOON * 2
    )
    assert api.post(f"/api/media/{media.pk}/retry").json() == {"success": True}
    media.refresh_from_db()
    assert (media.download_status, media.download_error) == ("pending", None)
    assert (media.attempts, media.next_attempt_at) == (0, 0)
    assert media in Media.objects.due(NOON)


def test_a_file_that_is_there_is_not_downloaded_again(api: Client) -> None:
    media = build_media()
    response = api.post(f"/api/media/{media.pk}/retry")
    assert (response.status_code, response.json()) == (400, {"error": "The file is downloaded already."})
    media.refresh_from_db()
    assert media.download_status == "downloaded"


def test_files_are_counted(api: Client) -> None:
    build_media(b"12345")
    build_media(b"123", mime_type="audio/ogg")
    build_media(None, download_status="failed", file_size=2)
    build_media(None, download_status="skipped")
    assert api.get("/api/media/stats").json() == {
        "total": 4,
        "downloaded": 2,
        "pending": 0,
        "failed": 1,
        "totalSize": 10,
        "byType": [{"mime_type": "image/jpeg", "count": 3}, {"mime_type": "audio/ogg", "count": 1}],
    }


# Lists


def test_files_are_listed_newest_first_and_narrowed(api: Client) -> None:
    old = build_media(message=build_message(chat=ALICE, has_media=True))
    new = build_media(None, message=build_message(chat=BOB, has_media=True, at=NOON + 5), kind="video")

    def ids(query: str = "") -> list[str]:
        response = api.get(f"/api/media?{query}")
        assert response.status_code == 200, response.content
        return [file["id"] for file in response.json()["data"]]

    assert ids() == [str(new.pk), str(old.pk)]
    assert ids("status=downloaded") == [str(old.pk)]
    assert ids("kind=video") == [str(new.pk)]
    assert ids("chat=15550111") == [str(new.pk)]
    assert ids(f"after={NOON}") == [str(new.pk)]
    assert ids(f"before={NOON + 5}") == [str(old.pk)]
    assert api.get("/api/media").json()["data"][1] == api.get(f"/api/media/{old.pk}").json()
    assert api.get("/api/media?status=lost").json()["error"].startswith("status: ")
