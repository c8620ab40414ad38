"""The tables that the owner changes: keys, and settings. Each change is the same act that the API does."""

import json
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from whatsapp import api_keys, preferences
from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.columns import time_text
from whatsapp.admin.typing import ModelAdmin
from whatsapp.jids import InvalidJid, parse_jid
from whatsapp.models import Account, ApiKey, Preference
from whatsapp.models.api_key import Scope


class EditableAdmin(RecordAdmin):
    """A short table, whose rows may be added and changed. `shown` names what a row's page has."""

    shown: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()  # when a row is added
    editable: tuple[str, ...] = ()
    new_form: type[Any] = forms.ModelForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return ModelAdmin.has_add_permission(self, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_change_permission(self, request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        if obj is None:
            options["form"] = self.new_form
        return super().get_form(request, obj, change, **options)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return list(self.asked if obj is None else self.shown)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [(None, {"fields": self.get_fields(request, obj)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [] if obj is None else [name for name in self.shown if name not in self.editable]


# Keys


class NewKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # has none when it runs
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, help_text="None includes another."
    )
    accounts = forms.TypedMultipleChoiceField(
        choices=lambda: choices_of_accounts(),
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="The only accounts it is for. None chosen: all.",
    )
    chats = forms.CharField(
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 4}),
        help_text="The only chats it is for, one a line: JIDs or numbers with country code. Empty: all.",
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "accounts", "chats", "expires_at")

    def clean_chats(self) -> list[str] | None:
        lines = [line.strip() for line in self.cleaned_data["chats"].splitlines() if line.strip()]
        try:
            return [parse_jid(line) for line in lines] or None
        except InvalidJid as error:
            raise forms.ValidationError(str(error)) from error


def choices_of_accounts() -> list[tuple[int, str]]:
    return list(Account.objects.kept().order_by("name").values_list("pk", "name"))


def accounts_in_words(row: ApiKey) -> str:
    """What the accounts are called that the key is for; by their numbers, those that are gone."""
    if row.accounts is None:
        return "all"
    names = dict(Account.objects.values_list("pk", "name"))
    return ", ".join(str(names.get(key, key)) for key in row.accounts)


@admin.register(ApiKey)
class ApiKeyAdmin(EditableAdmin):
    list_display = ("name", "prefix", "scopes", "chats", "last_used_at", "expires_at", "revoked_at")
    columns = {
        "scopes": lambda row: ", ".join(row.scopes),
        "chats": lambda row: "all" if row.chats is None else ", ".join(row.chats),
    }
    search_fields = ("name__icontains",)
    search_help_text = "Part of the name"
    asked = ("name", "scopes", "accounts", "chats", "expires_at")
    shown = (
        *("name", "prefix", "scopes_in_words", "accounts_in_words", "chats_in_words", "expires_at"),
        *("created", "last_used", "revoked"),
    )
    editable = ("name", "expires_at")
    new_form = NewKeyForm
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is revoked is history."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.revoked_at is None)

    @admin.display(description="scopes")
    def scopes_in_words(self, row: ApiKey) -> str:
        return ", ".join(row.scopes)

    @admin.display(description="accounts")
    def accounts_in_words(self, row: ApiKey) -> str:
        return accounts_in_words(row)

    @admin.display(description="chats")
    def chats_in_words(self, row: ApiKey) -> str:
        return "all" if row.chats is None else ", ".join(row.chats)

    @admin.display(description="created at")
    def created(self, row: ApiKey) -> str | None:
        return time_text(row.created_at)

    @admin.display(description="last used at")
    def last_used(self, row: ApiKey) -> str | None:
        return time_text(row.last_used_at)

    @admin.display(description="revoked at")
    def revoked(self, row: ApiKey) -> str | None:
        return time_text(row.revoked_at)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            api_keys.edit(obj, name=obj.name, expires_at=obj.expires_at)
            return
        made, key = api_keys.create(
            obj.name, obj.scopes, accounts=obj.accounts, chats=obj.chats, expires_at=obj.expires_at
        )
        obj.__dict__.update(made.__dict__)
        words = "The key is <code>{}</code>. Copy it now: it is not shown again."
        self.message_user(request, format_html(words, key), messages.WARNING)

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """The chosen keys stop to work at once."""
        number = sum(api_keys.revoke(row) for row in queryset)
        self.message_user(request, f"{number} keys are revoked.", messages.SUCCESS)


# Settings


class SettingForm(forms.ModelForm):  # type: ignore[type-arg]  # has none when it runs
    value = forms.CharField(help_text="As in JSON: true, 20, 2.5; a word needs no quotes.")

    class Meta:
        model = Preference
        fields = ("value",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.instance._state.adding:
            self.initial["value"] = text_of(self.instance.value)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        key = cleaned.get("key", self.instance.key)
        if "value" in cleaned and key:
            cleaned["value"] = value_of(cleaned["value"])
            error = preferences.why_not(key, cleaned["value"])
            if cleaned["value"] is None:
                error = "To put it back to its default, delete it."
            if error is not None:
                self.add_error("value", error)
        return cleaned


class NewSettingForm(SettingForm):
    key = forms.ChoiceField(choices=lambda: choices_of_settings())

    class Meta(SettingForm.Meta):
        fields = ("key", "value")  # type: ignore[assignment]  # more than before


def choices_of_settings() -> list[tuple[str, str]]:
    return [
        (key, f"{key}, now {text_of(preferences.get(key))}: {setting.meaning}")
        for key, setting in preferences.SETTINGS.items()
    ]


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def value_of(text: str) -> Any:
    """What the text is in JSON, else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()


@admin.register(Preference)
class PreferenceAdmin(EditableAdmin):
    list_display = ("key", "value", "default", "meaning", "updated_at")
    columns = {"value": lambda row: text_of(row.value)}
    ordering = ("key",)
    search_fields = ("key__icontains",)
    search_help_text = "Part of the name. Only settings that differ from the environment are listed."
    asked = ("key", "value")
    shown = ("key", "value", "default", "meaning", "updated")
    editable = ("value",)
    form = SettingForm
    new_form = NewSettingForm

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_delete_permission(self, request, obj)

    @admin.display(description="default")
    def default(self, row: Preference) -> str | None:
        setting = preferences.SETTINGS.get(row.key)
        return text_of(setting.default) if setting else None

    @admin.display(description="meaning")
    def meaning(self, row: Preference) -> str:
        setting = preferences.SETTINGS.get(row.key)
        return setting.meaning if setting else "There is no such setting any more."

    @admin.display(description="updated at")
    def updated(self, row: Preference) -> str | None:
        return time_text(row.updated_at)

    def save_model(self, request: HttpRequest, obj: Preference, form: Any, change: bool) -> None:
        preferences.change({obj.key: obj.value})

    def delete_model(self, request: HttpRequest, obj: Preference) -> None:
        put_back([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Preference]) -> None:
        put_back(queryset)


def put_back(rows: Iterable[Preference]) -> None:
    """Puts settings back to their defaults; a row of a setting that is no more just goes."""
    known = [row.key for row in rows if row.key in preferences.SETTINGS]
    gone = [row.pk for row in rows if row.key not in preferences.SETTINGS]
    Preference.objects.filter(pk__in=gone).delete()
    preferences.change(cast(dict[str, Any], dict.fromkeys(known)))
