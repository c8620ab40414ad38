"""Settings that change while the hub runs."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from api.resources.fields import StrictSerializer
from whatsapp.preferences import SETTINGS, Choice, Number, Setting, Switch, Whole

ANY_VALUE = {"oneOf": [{"type": "string"}, {"type": "boolean"}, {"type": "number"}]}


@extend_schema_field(ANY_VALUE)
class ValueField(serializers.Field[Any, Any, Any, Any]):
    """A value of the setting's own type."""


class SettingSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    value = ValueField(help_text="What it is now.")
    defaultValue = ValueField(help_text="What the environment says.")
    isOverridden = serializers.BooleanField(help_text="Whether the value was set here.")


@extend_schema_serializer(many=False)  # the whole answer, of a call that lists
class SettingsSerializer(serializers.Serializer[Any]):
    # A field of the answer, of the name that serializers use for their result.
    data = SettingSerializer(many=True)  # type: ignore[assignment]  # the API's clients read `data`; DRF's metaclass moves fields out of the class, so its own property stays


def field_of(setting: Setting) -> Any:
    """How the description shows the setting in a request."""
    common: dict[str, Any] = {"required": False, "allow_null": True, "help_text": setting.meaning}
    if isinstance(setting, Choice):
        return serializers.ChoiceField(choices=setting.choices, **common)
    if isinstance(setting, Switch):
        return serializers.BooleanField(**common)
    if isinstance(setting, Whole):
        return serializers.IntegerField(min_value=setting.least, max_value=setting.most, **common)
    assert isinstance(setting, Number)
    return serializers.FloatField(min_value=setting.least, max_value=setting.most, **common)


# For the description alone: `whatsapp.preferences` checks what comes in.
SettingsBody = type(
    "SettingsBody",
    (StrictSerializer,),
    {
        "__doc__": "The settings to change; null puts one back to its default.",
        "__module__": __name__,
        "needs_a_field": True,
        **{key: field_of(setting) for key, setting in SETTINGS.items()},
    },
)


# Examples

SETTINGS_ANSWER = {
    "data": [
        {"key": "logLevel", "value": "debug", "defaultValue": "info", "isOverridden": True},
        {"key": "autoDownloadMedia", "value": True, "defaultValue": True, "isOverridden": False},
        {"key": "maxMediaSizeMB", "value": 100, "defaultValue": 100, "isOverridden": False},
    ]
}

SETTINGS_BODY = {"logLevel": "debug", "maxMediaSizeMB": None}
