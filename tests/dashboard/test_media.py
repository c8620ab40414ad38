"""The pages of files."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.api.test_plans import fill, grow, plan_of
from tests.builders import (
    ALICE,
    BOB,
    FAMILY,
    NOON,
    build_contact,
    build_group,
    build_media,
    build_message,
    build_story,
    stored_file,
)
from tests.dashboard.conftest import htmx, text_of
from tests.tools import about_sqlite
from whatsapp.models import Account, Connection, Media

pytestmark = pytest.mark.django_db

HOSTILE = '<img src=x onerror="alert(1)">.pdf'
DAY = 86_400


def build_file(name: str, *, at: int = NOON, chat: str = ALICE, **fields: Any) -> Media:
    """The file of a message, named so; not downloaded yet when it has a status that says so."""
    stored = fields.get("download_status", Media.Status.DOWNLOADED) == Media.Status.DOWNLOADED
    message = build_message("Look", chat=chat, at=at, has_media=True, message_type="image")
    content = name.encode() if stored else None
    return build_media(content, message=message, original_filename=name, **fields)


def build_picture(**fields: Any) -> Media:
    """A stored profile picture of Alice's."""
    alice = build_contact(ALICE, name="Alice")
    described: dict[str, Any] = {
        "id": (NOON << 20) + 7,
        "account": alice.account,
        "contact": alice,
        "kind": "profile_picture",
        "mime_type": "image/jpeg",
        "file_path": "2024/05/none.jpg",
        "download_status": Media.Status.DOWNLOADED,
        "created_at": alice.first_seen_at,
    }
    return Media.objects.create(**{**described, **fields})


def names_in(response: Any) -> list[str]:
    return re.findall(r'<b class="(?:cut|break media-name)">([^<]*)</b>', response.content.decode())


def next_page(response: Any) -> str | None:
    found = re.search(r'href="(\?[^"]*)" rel="next"', response.content.decode())
    return found[1].replace("&amp;", "&") if found else None


# The list


def test_files_are_shown_newest_first_with_whose_they_are_and_their_state(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_group(FAMILY, name="Family")
    build_file("old.jpg", at=NOON)
    build_file("new.jpg", at=NOON + 9, chat=FAMILY, download_status=Media.Status.FAILED)
    response = owner.get("/media")
    assert names_in(response) == ["new.jpg", "old.jpg"]
    text = text_of(response)
    assert "Failed new.jpg Family" in text
    assert "old.jpg Alice" in text


def test_the_grid_shows_small_pictures_that_keep_their_place_and_none_where_there_is_none(
    owner: Client,
) -> None:
    with_one = build_file("a.jpg", thumbnail=b"jpeg")
    build_file("b.jpg", at=NOON + 1)
    page = owner.get("/media").content.decode()
    small = re.findall(r"<img[^>]*thumbnails[^>]*>", page)
    assert len(small) == 1
    for told in (f'/thumbnails/{with_one.pk}.jpg"', 'width="192" height="192"', 'loading="lazy"', 'alt=""'):
        assert told in small[0]


def test_the_table_is_an_address_of_its_own_that_filters_and_pages_keep(owner: Client) -> None:
    for number in range(50):
        build_file(f"{number}.jpg", at=NOON + number)
    response = owner.get("/media?view=table&kind=image")
    page = response.content.decode()
    assert "<table" in page
    assert '<input type="hidden" name="view" value="table">' in page
    assert 'href="?kind=image"' in page  # the grid
    following = next_page(response)
    assert following is not None
    assert "view=table" in following
    assert "<table" in owner.get("/media" + following).content.decode()
    assert "<table" not in owner.get("/media?kind=image").content.decode()


def test_the_list_goes_on_where_a_page_ends_and_knows_its_way_back(owner: Client) -> None:
    for number in range(60):
        build_file(f"{number:02}.jpg", at=NOON + number)
    first = owner.get("/media")
    following = next_page(first)
    assert following is not None
    second = owner.get("/media" + following)
    assert names_in(first) + names_in(second) == [f"{number:02}.jpg" for number in reversed(range(60))]
    assert next_page(second) is None
    assert 'rel="first"' in second.content.decode()


def test_only_the_first_page_changes_by_itself(owner: Client) -> None:
    for number in range(60):
        build_file(f"{number}.jpg", at=NOON + number)
    first = owner.get("/media")
    live = 'data-live="media" data-every="2000"'
    assert live in first.content.decode()
    assert live not in owner.get("/media" + str(next_page(first))).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=image", ["a.jpg"]),
        ("kind=video", ["b.mp4"]),
        ("status=skipped", ["b.mp4"]),
        ("status=downloaded", ["c.pdf", "a.jpg"]),
        (f"chat={FAMILY}", ["c.pdf"]),
        ("chat=family", ["c.pdf"]),
        ("since=2024-05-02", ["c.pdf", "b.mp4"]),
        ("until=2024-05-02", ["b.mp4", "a.jpg"]),
        ("since=2024-05-02&until=2024-05-02", ["b.mp4"]),
        ("kind=image&status=downloaded&since=2024-05-02", []),
        (f"chat={ALICE}&kind=video", ["b.mp4"]),
        ("kind=planet&status=none", ["c.pdf", "b.mp4", "a.jpg"]),
    ],
)
def test_the_list_is_narrowed_by_type_state_chat_and_days(
    owner: Client, query: str, found: list[str]
) -> None:
    build_group(FAMILY, name="Family")
    build_file("a.jpg", at=NOON)
    build_file("b.mp4", at=NOON + DAY, kind="video", download_status=Media.Status.SKIPPED)
    build_file("c.pdf", at=NOON + 2 * DAY, chat=FAMILY, kind="document")
    assert names_in(owner.get("/media?" + query)) == found


def test_days_are_those_of_the_readers_time_zone(owner: Client) -> None:
    build_file("late.jpg", at=NOON + 11 * 3600)  # 23:00 UTC
    assert names_in(owner.get("/media?since=2024-05-02")) == []
    owner.cookies["hub_time_zone"] = "Europe%2FBerlin"
    assert names_in(owner.get("/media?since=2024-05-02")) == ["late.jpg"]


@pytest.mark.parametrize(
    ("query", "told"),
    [("chat=nobody", "means nobody"), ("since=tomorrow", "is not a day"), ("until=2024-02-31", "not a day")],
)
def test_a_filter_that_can_not_be_read_is_told_and_finds_nothing(
    owner: Client, query: str, told: str
) -> None:
    build_file("a.jpg")
    response = owner.get("/media?" + query)
    assert names_in(response) == []
    assert told in text_of(response)


def test_a_part_of_the_page_comes_alone_and_the_address_has_no_empty_filters(owner: Client) -> None:
    build_file("a.jpg")
    response = owner.get("/media?kind=image&status=&chat=", headers=htmx("results"))
    page = response.content.decode()
    assert page.lstrip().startswith('<section class="stack" id="results"')
    assert response.headers["HX-Replace-Url"] == "/media?kind=image"
    assert "<h1>" not in page
    summary = owner.get("/media", headers=htmx("summary")).content.decode()
    assert 'id="summary"' in summary
    assert "a.jpg" not in summary


def test_what_there_is_not_is_said(owner: Client) -> None:
    assert "No files yet" in text_of(owner.get("/media"))
    build_file("a.jpg")
    assert "No such files" in text_of(owner.get("/media?kind=video"))


# What there is in all


def test_files_are_counted_by_type_and_state_whatever_the_list_is_narrowed_by(owner: Client) -> None:
    build_file("12345")
    build_file("1234567", at=NOON + 1)
    build_file("clip", at=NOON + 2, kind="video", download_status=Media.Status.PENDING, file_size=2048)
    text = text_of(owner.get("/media?kind=sticker"))
    for told in (
        "All files 3 12 bytes stored",
        "Images 2 12 bytes",
        "Videos 1 2.0 KB",
        "Stickers 0",
        "2 downloaded 12 bytes",
        "1 pending 2.0 KB",
        "0 failed",
        "0 skipped",
    ):
        assert told in text


def test_why_files_failed_or_were_skipped_is_told(owner: Client) -> None:
    for number in range(3):
        build_file(
            f"{number}",
            at=NOON + number,
            download_status=Media.Status.SKIPPED,
            download_error="The file is larger than MAX_MEDIA_SIZE_MB (100)." if number else None,
        )
    text = text_of(owner.get("/media"))
    assert "Skipped, the newest 2 × The file is larger than MAX_MEDIA_SIZE_MB (100). 1 × Nobody said" in text
    assert "Failed, the newest" not in text


def test_another_accounts_files_are_neither_shown_nor_counted(owner: Client) -> None:
    mine = build_file("mine.jpg")
    other = Account.objects.create(name="other")
    Connection.objects.create(account=other)
    theirs = build_file("theirs.jpg", at=NOON + 1, download_status=Media.Status.FAILED)
    Media.objects.filter(pk=theirs.pk).update(account=other)
    response = owner.get("/media")
    assert names_in(response) == ["mine.jpg"]
    assert "All files 1 " in text_of(response)
    assert owner.get(f"/media/{mine.pk}").status_code == 200
    assert owner.get(f"/media/{theirs.pk}").status_code == 404
    assert owner.post(f"/media/{theirs.pk}/retry").status_code == 404


# One file


def test_a_file_is_told_with_all_that_is_known_of_it(owner: Client) -> None:
    build_contact(ALICE, name="Alice")
    build_group(FAMILY, name="Family")
    message = build_message("Look", chat=FAMILY, sender=ALICE, has_media=True, message_id="3EB0/A B")
    media = build_media(
        b"bytes", message=message, original_filename="holiday.jpg", width=960, height=640, duration=75
    )
    response = owner.get(f"/media/{media.pk}")
    text = text_of(response)
    for told in (
        "holiday.jpg",
        "Image, image/jpeg",
        "5 bytes",
        "960 × 640 pixels",
        "1:15",
        "State Downloaded",
        "1 May 2024, 12:00:00",
        "Sender Alice",
        "Chat Family",
        str(media.file_hash),
    ):
        assert told in text
    page = response.content.decode()
    assert f'href="/messages/{FAMILY}?message=3EB0%2FA%20B"' in page
    assert f'href="/api/media/{media.pk}/download" download="holiday.jpg"' in page


@pytest.mark.parametrize(
    ("mime_type", "shown"),
    [
        ("image/png", '<img src="{}" width="4" height="3" alt="x"'),
        ("video/mp4", '<video controls preload="metadata" aria-label="x" src="{}" width="4" height="3"'),
        ("audio/ogg; codecs=opus", '<audio controls preload="metadata" aria-label="x" src="{}"'),
        ("application/pdf", 'href="{}" target="_blank" rel="noopener"'),
    ],
)
def test_a_file_is_shown_as_what_it_is(owner: Client, mime_type: str, shown: str) -> None:
    media = build_file("x", mime_type=mime_type, width=4, height=3)
    assert shown.format(f"/api/media/{media.pk}/download") in owner.get(f"/media/{media.pk}").content.decode()


@pytest.mark.parametrize("mime_type", ["image/svg+xml", "text/html", "application/zip", "", None])
def test_what_could_run_or_is_unknown_is_only_downloaded(owner: Client, mime_type: str | None) -> None:
    media = build_file("x")
    Media.objects.filter(pk=media.pk).update(mime_type=mime_type)
    response = owner.get(f"/media/{media.pk}")
    assert "can only be downloaded" in text_of(response)
    assert f'src="/api/media/{media.pk}' not in response.content.decode()


def test_a_file_that_is_gone_from_the_disk_is_said_to_be(owner: Client) -> None:
    media = build_file("x")
    stored_file(media).unlink()
    response = owner.get(f"/media/{media.pk}")
    assert "The file is missing from the disk." in text_of(response)
    assert "/download" not in response.content.decode()


def test_a_path_that_leads_out_of_the_folder_is_not_followed(owner: Client) -> None:
    media = build_file("x")
    Media.objects.filter(pk=media.pk).update(file_path="../../etc/passwd")
    assert "The file is missing from the disk." in text_of(owner.get(f"/media/{media.pk}"))


def test_pictures_and_stories_say_whose_they_are(owner: Client) -> None:
    picture = build_picture()
    assert "Picture of Alice" in text_of(owner.get(f"/media/{picture.pk}"))
    assert f'href="/contacts/{ALICE}"' in owner.get(f"/media/{picture.pk}").content.decode()
    story = build_story(sender=BOB, at=NOON + 5)
    build_contact(BOB)
    of_story = build_picture(id=story.pk, contact=None, story=story, kind="image")
    assert "Story of" in text_of(owner.get(f"/media/{of_story.pk}"))
    assert len(names_in(owner.get("/media"))) == 2


def test_a_failed_download_says_why_and_when_it_is_tried_again(owner: Client) -> None:
    media = build_file("x", download_status=Media.Status.FAILED, download_error="The line broke.")
    Media.objects.filter(pk=media.pk).update(next_attempt_at=NOON + 3600)
    text = text_of(owner.get(f"/media/{media.pk}"))
    assert "Failed. The line broke. Next try: 1 May 2024, 13:00" in text
    Media.objects.filter(pk=media.pk).update(is_gone=True)
    text = text_of(owner.get(f"/media/{media.pk}"))
    assert "it is not tried again by itself" in text
    assert "Next try" not in text


def test_a_dialog_shows_the_file_and_goes_on_in_the_dialog(owner: Client) -> None:
    media = build_file("x", download_status=Media.Status.PENDING)
    dialog = owner.get(f"/media/{media.pk}", headers=htmx("dialog")).content.decode()
    assert dialog.lstrip().startswith("<article")
    assert 'hx-target="#dialog"' in dialog
    refreshed = owner.get(f"/media/{media.pk}", headers=htmx("content")).content.decode()
    assert 'hx-target="#content"' in refreshed
    assert 'hx-target="#dialog"' not in refreshed


def test_names_are_shown_as_they_are_and_run_nothing(owner: Client) -> None:
    build_contact(ALICE, name=HOSTILE)
    media = build_file(
        HOSTILE, download_status=Media.Status.FAILED, download_error=HOSTILE, mime_type=HOSTILE
    )
    for path in ("/media", "/media?view=table", f"/media/{media.pk}", f"/media?chat={ALICE}"):
        response = owner.get(path)
        assert HOSTILE not in response.content.decode(), path
    text = text_of(owner.get(f"/media/{media.pk}"))
    assert f"Name {HOSTILE}" in text
    backwards = build_file("gpj.\u202eexe.scr", at=NOON + 1)
    assert names_in(owner.get("/media"))[0] == "gpj._exe.scr"
    assert 'download="gpj._exe.scr"' in owner.get(f"/media/{backwards.pk}").content.decode()


@pytest.mark.parametrize("media_id", ["1", "9223372036854775808", "99999999999999999999999"])
def test_a_file_that_is_not_there_is_not_found(owner: Client, media_id: str) -> None:
    assert owner.get(f"/media/{media_id}").status_code == 404
    assert owner.post(f"/media/{media_id}/retry").status_code == 404


# Another try


def test_a_download_is_made_due_again(owner: Client) -> None:
    media = build_file("x", download_status=Media.Status.FAILED, is_gone=True, attempts=9)
    response = owner.post(f"/media/{media.pk}/retry", follow=True)
    assert response.redirect_chain == [(f"/media/{media.pk}", 302)]
    assert "The file will be fetched again." in text_of(response)
    media.refresh_from_db()
    assert (media.download_status, media.attempts, media.is_gone) == ("pending", 0, None)
    assert owner.get(f"/media/{media.pk}/retry").status_code == 405


def test_another_try_from_the_dialog_shows_the_file_anew(owner: Client) -> None:
    media = build_file("x", download_status=Media.Status.SKIPPED)
    response = owner.post(f"/media/{media.pk}/retry", headers=htmx("dialog"))
    text = text_of(response)
    assert "Pending." in text
    assert "The file will be fetched again." in text


def test_a_file_that_is_there_is_not_fetched_again(owner: Client) -> None:
    media = build_file("x")
    assert "downloaded already" in text_of(owner.post(f"/media/{media.pk}/retry", follow=True))
    media.refresh_from_db()
    assert media.download_status == Media.Status.DOWNLOADED


def test_all_that_failed_for_now_is_made_due_again_and_what_is_gone_is_not(owner: Client) -> None:
    build_file("a", download_status=Media.Status.FAILED)
    build_file("b", at=NOON + 1, download_status=Media.Status.FAILED)
    gone = build_file("c", at=NOON + 2, download_status=Media.Status.FAILED, is_gone=True)
    assert "Retry 2 that failed for now" in text_of(owner.get("/media"))
    response = owner.post("/media/retry", follow=True)
    assert "2 files will be fetched again." in text_of(response)
    assert "that failed for now" not in text_of(response)
    assert list(Media.objects.filter(download_status="failed").values_list("pk", flat=True)) == [gone.pk]
    assert "Nothing is to be retried." in text_of(owner.post("/media/retry", follow=True))


# How much is asked


def test_more_files_ask_no_more(owner: Client, count_queries: Callable[[Callable[[], Any]], int]) -> None:
    def build(number: int) -> None:
        jid = f"1666{number:04}@s.whatsapp.net"
        build_contact(jid, name=f"Person {number}")
        build_file(f"{number}", chat=jid, at=NOON + number, thumbnail=b"jpeg")

    build(0)
    build(1)
    for path in ("/media", "/media?view=table"):
        assert owner.get(path).status_code == 200
    few = count_queries(lambda: owner.get("/media"))
    for number in range(2, 40):
        build(number)
    assert count_queries(lambda: owner.get("/media")) == few
    assert count_queries(lambda: owner.get("/media?view=table")) == few


WALKS = {  # what narrows the list → the walk that finds its rows
    "": "SCAN whatsapp_media\n",
    "kind=image": "INDEX media_kind",
    "status=pending": "INDEX media_",
    "kind=image&status=pending": "INDEX media_kind_status (kind=? AND download_status=?",
    f"chat={ALICE}": "INDEX message_chat",
    "since=2024-05-01": "(rowid>?)",
    "kind=image&since=2024-05-01&until=2024-05-02": "INDEX media_kind",
    f"chat={ALICE}&kind=image&status=pending&since=2024-05-01": "INDEX me",
}


@about_sqlite
@pytest.mark.parametrize("analyzed", [False, True])
def test_each_list_is_one_walk_along_an_index_and_so_are_the_counts(owner: Client, analyzed: bool) -> None:
    fill()
    if analyzed:
        grow(times=10)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    for query, by in WALKS.items():
        first = owner.get(f"/media?{query}")
        following = next_page(first)
        for path in (f"/media?{query}", "/media" + following if following else "/media"):
            plan = plan_of(owner, path)
            assert "USE TEMP B-TREE FOR ORDER BY" not in plan, (path, plan)
            assert "USE TEMP B-TREE FOR GROUP BY" not in plan, (path, plan)
            assert "whatsapp_filetally" in plan, (path, plan)
        assert by in plan_of(owner, f"/media?{query}") + "\n", (query, plan_of(owner, f"/media?{query}"))
