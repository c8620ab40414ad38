"""Settings that change while the hub runs."""

import logging
import math
import timeit
from typing import Any

import pytest

from whatsapp import preferences
from whatsapp.ingest.content import MediaContent
from whatsapp.ingest.media import why_not_downloaded
from whatsapp.models import Preference

pytestmark = pytest.mark.django_db


def test_a_setting_has_the_environments_value_until_it_is_changed(settings: Any) -> None:
    settings.MAX_MEDIA_SIZE_MB = 7
    assert preferences.get("maxMediaSizeMB") == 7
    preferences.change({"maxMediaSizeMB": 3})
    assert preferences.get("maxMediaSizeMB") == 3
    preferences.change({"maxMediaSizeMB": None})
    assert preferences.get("maxMediaSizeMB") == 7
    assert not Preference.objects.exists()


def test_a_process_that_starts_later_knows_what_was_changed() -> None:
    preferences.change({"sendJitterSeconds": 0.5, "autoDownloadMedia": False})
    preferences.forget()
    assert preferences.get("sendJitterSeconds") == 0.5
    assert preferences.get("autoDownloadMedia") is False


@pytest.mark.parametrize(
    ("key", "value", "right"),
    [
        ("logLevel", "loud", "one of trace, debug, info"),
        ("logLevel", 3, "one of trace"),
        ("autoDownloadMedia", "true", "true or false"),
        ("autoDownloadMedia", 1, "true or false"),
        ("maxMediaSizeMB", -1, "from 0 to 10000"),
        ("maxMediaSizeMB", 1.5, "a whole number"),
        ("maxMediaSizeMB", True, "a whole number"),
        ("maxMediaSizeMB", "5", "a whole number"),
        ("sendJitterSeconds", -0.1, "a number from 0 to 300"),
        ("sendJitterSeconds", math.nan, "a number"),
        ("sendJitterSeconds", math.inf, "a number"),
        ("sendJitterSeconds", [2], "a number"),
        ("transcribeMedia", True, "no such setting"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_changed(key: str, value: object, right: str) -> None:
    with pytest.raises(preferences.InvalidPreferences) as refused:
        preferences.change({"trackPresence": False, key: value})
    assert list(refused.value.errors) == [key]
    assert right in str(refused.value)
    assert preferences.get("trackPresence") is True
    assert not Preference.objects.exists()


def test_every_default_is_a_right_value() -> None:
    for setting in preferences.SETTINGS.values():
        assert setting.takes(setting.default), setting.key
        assert setting.meaning.endswith("."), setting.key


def test_a_stored_value_that_is_no_longer_right_does_not_count() -> None:
    Preference.objects.create(key="maxMediaSizeMB", value="huge")
    Preference.objects.create(key="gone", value=1)
    preferences.forget()
    assert preferences.get("maxMediaSizeMB") == 100
    assert preferences.overrides() == {}


def test_reading_one_costs_microseconds() -> None:
    preferences.change({"sendRatePerMinute": 5})
    best = min(timeit.repeat(lambda: preferences.get("sendRatePerMinute"), number=1000, repeat=5)) / 1000
    assert best < 20e-6


def test_the_log_level_is_in_force_at_once() -> None:
    preferences.change({"logLevel": "trace"})
    assert logging.getLogger().level == logging.DEBUG
    assert logging.getLogger("whatsmeow").level == logging.DEBUG
    preferences.change({"logLevel": "debug"})
    assert logging.getLogger("whatsmeow").level == logging.WARNING
    preferences.change({"logLevel": None})
    assert logging.getLogger().level == logging.INFO


def test_files_are_left_where_they_are_when_that_is_set() -> None:
    file = MediaContent(kind="image", part="imageMessage", size=5 * 1024 * 1024, is_downloadable=True)
    assert why_not_downloaded(file) is None
    preferences.change({"maxMediaSizeMB": 4})
    assert "MAX_MEDIA_SIZE_MB (4)" in (why_not_downloaded(file) or "")
    preferences.change({"maxMediaSizeMB": 0})
    assert why_not_downloaded(file) is None
    preferences.change({"autoDownloadMedia": False})
    assert "AUTO_DOWNLOAD_MEDIA" in (why_not_downloaded(file) or "")
