"""The settings page."""

import pytest
from django.test import Client

from tests.dashboard.conftest import text_of
from whatsapp import preferences

pytestmark = pytest.mark.django_db


def form(**changes: str) -> dict[str, str]:
    """The page's form as it is first shown, with `changes`."""
    fields = {
        key: str(setting.default)
        for key, setting in preferences.SETTINGS.items()
        if setting.default is not False
    }
    return fields | changes


def test_a_setting_is_changed_and_the_rest_stay_at_their_defaults(owner: Client) -> None:
    response = owner.post("/settings", form(sendRatePerMinute="7"), follow=True)
    assert response.redirect_chain == [("/settings", 302)]
    assert "The settings are saved." in text_of(response)
    assert preferences.overrides() == {"sendRatePerMinute": 7}


def test_what_is_set_back_to_its_default_is_no_longer_changed(owner: Client) -> None:
    preferences.change({"sendRatePerMinute": 7})
    owner.post("/settings", form())
    assert preferences.overrides() == {}


def test_a_box_that_is_not_ticked_turns_a_switch_off(owner: Client) -> None:
    unticked = form()
    del unticked["autoDownloadMedia"]
    owner.post("/settings", unticked)
    assert preferences.get("autoDownloadMedia") is False


def test_a_wrong_value_is_named_kept_in_its_field_and_nothing_is_saved(owner: Client) -> None:
    response = owner.post("/settings", form(sendRatePerMinute="many", eventRetentionDays="3"))
    assert response.status_code == 422
    assert "It must be a whole number from 0 to 10000" in text_of(response)
    assert 'value="many"' in response.content.decode()
    assert preferences.overrides() == {}


def test_the_theme_is_kept_in_the_browser(owner: Client) -> None:
    owner.post("/settings/appearance", {"theme": "dark"})
    assert 'data-theme="dark"' in owner.get("/settings").content.decode()
    owner.post("/settings/appearance", {"theme": "<script>"})
    assert "data-theme" not in owner.get("/settings").content.decode()
