"""The settings that change while the hub runs, as fields of a form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whatsapp import preferences
from whatsapp.preferences import Choice, Switch

# Title → the settings below it. What no group names stands in the last one.
GROUPS: dict[str, tuple[str, ...]] = {
    "What is kept": (
        *("autoDownloadMedia", "maxMediaSizeMB", "trackPresence", "presenceRetentionDays"),
        *("eventRetentionDays", "actionRetentionDays", "deliveryRetentionDays"),
    ),
    "Limits": ("sendRatePerMinute", "sendJitterSeconds", "requestsPerMinute"),
    "Logging and the rest": (),
}
NAMES = {
    "logLevel": "Log level",
    "autoDownloadMedia": "Download files",
    "maxMediaSizeMB": "Largest file (MB)",
    "trackPresence": "Follow presence",
    "presenceRetentionDays": "Keep presence (days)",
    "eventRetentionDays": "Keep events (days)",
    "actionRetentionDays": "Keep actions (days)",
    "deliveryRetentionDays": "Keep deliveries (days)",
    "requestsPerMinute": "Requests a minute, each key",
    "sendRatePerMinute": "Messages a minute",
    "sendJitterSeconds": "Wait before a message (s)",
}


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    value: Any
    is_overridden: bool
    errors: list[str]

    @property
    def setting(self) -> preferences.Setting:
        return preferences.SETTINGS[self.key]

    @property
    def name(self) -> str:
        return NAMES.get(self.key, self.key)

    @property
    def kind(self) -> str:
        """`switch`, `choice` or `number`."""
        return {Switch: "switch", Choice: "choice"}.get(type(self.setting), "number")

    @property
    def default(self) -> str:
        default = self.setting.default
        return ("on" if default else "off") if self.kind == "switch" else str(default)


def groups(typed: Mapping[str, Any], errors: Mapping[str, list[str]]) -> list[tuple[str, list[Field]]]:
    """(title, fields) of each group; a field has what was `typed` and why it was refused, else what is."""
    now = preferences.overrides()
    fields = {
        key: Field(
            key,
            typed.get(key, now.get(key, setting.default)),
            key in now,
            errors.get(key, []),
        )
        for key, setting in preferences.SETTINGS.items()
    }
    return [
        (title, [fields.pop(key) for key in keys] if keys else list(fields.values()))
        for title, keys in GROUPS.items()
    ]


def values_of(form: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, for `preferences.change`: what equals its default goes back to the default."""
    values = {key: value_of(key, form) for key in preferences.SETTINGS}
    return {
        key: None if value == preferences.SETTINGS[key].default else value for key, value in values.items()
    }


def value_of(key: str, form: Mapping[str, str]) -> Any:
    """A setting's value from what was typed; what can't be read stays the text that it is."""
    setting = preferences.SETTINGS[key]
    if isinstance(setting, Switch):
        return key in form  # a box that isn't ticked is not sent
    text = form.get(key, "").strip()
    if isinstance(setting, Choice):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
