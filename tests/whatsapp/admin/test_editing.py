"""What the owner changes in the admin: keys and settings."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.builders import ALICE, ALICE_LID, build_api_key, build_contact
from tests.whatsapp.admin.rows import list_of, page_of, text_of
from whatsapp import api_keys, preferences
from whatsapp.models import ApiKey, Preference

pytestmark = pytest.mark.django_db

NEW_KEY, NEW_SETTING = list_of(ApiKey) + "add/", list_of(Preference) + "add/"


# Keys


def test_a_new_key_is_shown_once(owner: Client) -> None:
    build_contact(ALICE, lid=ALICE_LID)
    assert NEW_KEY in text_of(owner, list_of(ApiKey))
    form = {"name": "Bot", "scopes": ["read", "send"], "chats": f"+1 555 0111\n\n{ALICE_LID}"}
    page = owner.post(NEW_KEY, form, follow=True).content.decode()
    found = re.search(r"The key is <code>(wah_[\w-]{43})</code>", page)
    assert found
    row = ApiKey.objects.get()
    assert api_keys.find(found[1].encode()) == row
    assert row.scopes == ["read", "send"]
    assert row.chats == [ALICE, "15550111@s.whatsapp.net"]
    for path in (list_of(ApiKey), page_of(row)):
        assert found[1] not in text_of(owner, path)


@pytest.mark.parametrize(
    ("change", "error"),
    [({"scopes": []}, "This field is required"), ({"chats": "nobody"}, "is not a JID or phone number")],
)
def test_a_bad_key_is_not_made(owner: Client, change: dict[str, object], error: str) -> None:
    page = owner.post(NEW_KEY, {"name": "Bot", "scopes": ["read"], **change}).content.decode()
    assert error in page
    assert not ApiKey.objects.exists()


def test_name_and_end_are_changed_and_nothing_else(owner: Client) -> None:
    row, _ = build_api_key("read")
    form = {
        "name": "Agent",
        "expires_at_0": "2999-01-01",
        "expires_at_1": "00:00:00",
        "scopes": ["manage"],
        "digest": "0" * 64,
    }
    owner.post(page_of(row), form)
    changed = ApiKey.objects.get()
    assert (changed.name, changed.scopes, changed.digest) == ("Agent", ["read"], row.digest)
    assert str(changed.expires_at).startswith("2999-01-01")
    assert row.digest not in text_of(owner, page_of(row))


def test_chosen_keys_are_revoked_and_then_stay_as_they_are(owner: Client) -> None:
    chosen, key = build_api_key()
    other, _ = build_api_key()
    form = {"action": "revoke", "_selected_action": [chosen.pk]}
    assert "1 keys are revoked." in owner.post(list_of(ApiKey), form, follow=True).content.decode()
    assert api_keys.find(key.encode()) is None
    other.refresh_from_db()
    assert other.revoked_at is None
    assert owner.post(page_of(chosen), {"name": "Back again"}).status_code == 403
    assert owner.post(page_of(chosen, "delete"), {"post": "yes"}).status_code == 403


# Settings


def test_a_setting_is_changed_and_put_back(owner: Client) -> None:
    assert "maxMediaSizeMB, now 100: Larger files are skipped" in text_of(owner, NEW_SETTING)
    owner.post(NEW_SETTING, {"key": "maxMediaSizeMB", "value": "5"})
    assert preferences.get("maxMediaSizeMB") == 5
    row = Preference.objects.get()
    page = text_of(owner, page_of(row))
    assert 'value="5"' in page
    assert "Larger files are skipped" in page
    owner.post(page_of(row), {"value": "7"})
    assert preferences.get("maxMediaSizeMB") == 7
    owner.post(page_of(row, "delete"), {"post": "yes"})
    assert preferences.get("maxMediaSizeMB") == 100


def test_a_word_needs_no_quotes(owner: Client) -> None:
    owner.post(NEW_SETTING, {"key": "logLevel", "value": "warn"})
    assert preferences.get("logLevel") == "warn"
    assert "warn" in text_of(owner, list_of(Preference))


def test_chosen_settings_are_put_back(owner: Client) -> None:
    preferences.change({"logLevel": "warn", "trackPresence": False})
    Preference.objects.create(key="gone", value=1)
    chosen = ["logLevel", "gone"]
    owner.post(list_of(Preference), {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    assert preferences.overrides() == {"trackPresence": False}
    assert preferences.get("logLevel") == "info"
    assert Preference.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("maxMediaSizeMB", "many"), ("trackPresence", "1"), ("logLevel", "null"), ("gone", "1")],
)
def test_a_bad_value_is_refused_with_what_would_be_right(owner: Client, key: str, value: str) -> None:
    page = owner.post(NEW_SETTING, {"key": key, "value": value}).content.decode()
    errors = "It must be (a whole number|true or false)|delete it|not one of the available choices"
    assert re.search(errors, page)
    assert not Preference.objects.exists()


def test_who_may_only_look_changes_nothing(client: Client) -> None:
    guest = User.objects.create_user("charlie", is_staff=True)
    guest.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client.force_login(guest)
    row, _ = build_api_key()
    preferences.change({"trackPresence": False})
    assert client.post(NEW_KEY, {"name": "Mine", "scopes": ["read"]}).status_code == 403
    assert client.post(NEW_SETTING, {"key": "logLevel", "value": "warn"}).status_code == 403
    assert client.post(page_of(row), {"name": "Mine"}).status_code == 403
    client.post(list_of(ApiKey), {"action": "revoke", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert (row.name, row.revoked_at) == ("Bot", None)
    assert preferences.overrides() == {"trackPresence": False}
