"""Fields that many shapes have."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import TextChoices
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from whatsapp import jids

# Texts of a form, as JSON Schema.
JID: Mapping[str, Any] = {"type": "string", "format": "jid"}  # or a phone number, where one is asked for
PHONE: Mapping[str, Any] = {"type": "string", "format": "phone-number"}
MOMENT: Mapping[str, Any] = {"type": "string", "format": "unix-or-iso-time"}
# Python takes the separators of ASCII for spaces, ECMAScript's \s does not.
FILLED: Mapping[str, Any] = {"type": "string", "pattern": r"[^\s\u001c-\u001f\u0085]"}

UNIX_TIME = re.compile(r"-?\d{1,15}(\.\d{1,9})?")


class TextField(serializers.CharField):
    """A text, and nothing else: a number that somebody sends for one is a mistake of theirs."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


def text(help_text: str = "", **more: Any) -> serializers.CharField:
    """A text that may be null."""
    return serializers.CharField(allow_null=True, help_text=help_text, **more)


def whole(help_text: str = "") -> serializers.IntegerField:
    """A whole number that may be null."""
    return serializers.IntegerField(allow_null=True, help_text=help_text)


def moment(help_text: str = "", allow_null: bool = True) -> serializers.CharField:
    return serializers.CharField(
        allow_null=allow_null, help_text=f"{help_text} `YYYY-MM-DD HH:MM:SS`, UTC.".strip()
    )


def one_of(choices: type[TextChoices], help_text: str = "", **more: Any) -> serializers.CharField:
    """A text out of few, which the description names."""
    return serializers.CharField(help_text=f"{help_text} One of {', '.join(choices.values)}.".strip(), **more)


class NoMoment(ValueError):
    """A text that is no time; the message says what would be one."""


def seconds_of(text: str) -> float:
    """Unix seconds, of a text that is such a number, whole or not, or ISO 8601; without a zone it is UTC.
    Raises NoMoment."""
    if UNIX_TIME.fullmatch(text):
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise NoMoment(
            f"{text[:40]!r} is not a time: use Unix seconds or ISO 8601, like 2024-05-01T12:00:00Z."
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@extend_schema_field(dict(MOMENT))
class MomentField(serializers.CharField):
    """A time as lists' filters take it; becomes Unix seconds."""

    def to_internal_value(self, data: Any) -> float:  # type: ignore[override]  # DRF lets a field return any value; its stubs hold a CharField's subclasses to str
        number = isinstance(data, int | float) and not isinstance(data, bool)
        try:
            return seconds_of(str(data) if number else super().to_internal_value(data))
        except NoMoment as error:
            raise serializers.ValidationError(str(error)) from error


class StrictSerializer(serializers.Serializer[Any]):
    """A body that refuses a field which it doesn't have: a misspelt one might be a limit."""

    needs_a_field = False  # whether an empty one is refused, though no field is required

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                known = f"There is no such field; there are {', '.join(self.fields)}."
                raise serializers.ValidationError({name: [known] for name in unknown})
        return super().to_internal_value(data)


@extend_schema_field(dict(JID))
class JidField(TextField):
    """A JID, or a phone number with country code; becomes the JID."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return jids.parse_jid(super().to_internal_value(data))
        except jids.InvalidJid as error:
            raise serializers.ValidationError(str(error)) from error


@extend_schema_field(dict(PHONE))
class PhoneField(JidField):
    """A phone number with country code; becomes its digits."""

    def to_internal_value(self, data: Any) -> str:
        text = str(data) if isinstance(data, int) and not isinstance(data, bool) else data
        digits = jids.phone_number(super().to_internal_value(text))
        if digits is None:
            raise serializers.ValidationError("This is not a phone number: use digits with country code.")
        return digits
