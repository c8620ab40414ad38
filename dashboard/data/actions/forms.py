"""An act as a form: its fields, its call of the API and its curl line.

What a form says is checked by the serializer of the API's own call.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote

from rest_framework import serializers

from api.resources import acts as shapes
from api.resources import sending_media as files
from api.resources.fields import JidField
from dashboard.data.actions import curl
from dashboard.data.actions.fields import Field, Typed
from whatsapp.jids import is_group


class GroupField(JidField):
    def to_internal_value(self, data: Any) -> str:
        jid = super().to_internal_value(data)
        if not is_group(jid):
            raise serializers.ValidationError(f"{jid} is no group: the JID of one ends with @g.us.")
        return jid


class ToGroup(serializers.Serializer[Any]):
    """The API has the group in the path."""

    jid = GroupField()


class SubjectForm(ToGroup, shapes.SubjectBody):
    pass


class DescriptionForm(ToGroup, shapes.DescriptionBody):
    pass


class ParticipantsForm(ToGroup, shapes.ParticipantsBody):
    pass


class NothingForm(serializers.Serializer[Any]):
    pass


SAID_BY_GROUP = re.compile(r"^(Send (an? )?|Group )|( to)? a message$")


@dataclass(frozen=True)
class Form:
    """An act. `slug` is its name in addresses, `kind` the row's; `asks` is what somebody has to say yes to
    before it is done, for what can't be undone."""

    slug: str
    title: str
    group: str
    icon: str
    kind: str
    path: str
    shape: type[serializers.Serializer[Any]]
    fields: tuple[Field, ...]
    method: str = "POST"
    does: str = "Send"
    help: str = ""
    asks: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """Its name below the title of its group."""
        text = SAID_BY_GROUP.sub("", self.title)
        return text[0].upper() + text[1:]

    @cached_property
    def rules(self) -> Mapping[str, Any]:
        """The serializer's fields."""
        return self.shape().fields

    @property
    def has_file(self) -> bool:
        return issubclass(self.shape, files.SendFileBody)

    def is_required(self, one: Field) -> bool:
        rule = self.rules.get(one.name)
        return bool(rule is not None and rule.required and not getattr(rule, "allow_blank", False))

    def longest(self, one: Field) -> int | None:
        """How many characters a text may have; None of what is no text."""
        return getattr(self.rules.get(one.name), "max_length", None) if one.kind in ("text", "long") else None

    def values(self, typed: Typed) -> dict[str, Any]:
        """What was typed, as the API takes it; what is optional and empty is left out."""
        values = {}
        for one in self.fields:
            if one.kind == "file":
                continue
            value = one.value(typed)
            rule = self.rules.get(one.name)
            if value not in (None, "", []) or (rule is not None and rule.required):
                values[one.name] = "" if value is None else value
        return values

    def curl(self, values: Mapping[str, Any], base: str, file: str = "") -> str:
        """The line that does the same. `base` is the hub's own address, `file` the name of an upload."""
        body = dict(values)
        path = self.path
        if "{jid}" in path:
            path = path.replace("{jid}", quote(str(body.pop("jid", "")) or "GROUP", safe="@"))
        address = base.rstrip("/") + path
        if self.has_file and file and not body.get("url"):
            texts = {name: "true" if value is True else str(value) for name, value in body.items() if value}
            return curl.line(self.method, address, form=texts, file=file)
        return curl.line(self.method, address, body if self.fields else None)
