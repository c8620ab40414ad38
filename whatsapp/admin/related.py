"""What belongs to a record and lies in other tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.urls import reverse

from whatsapp.admin.columns import page_url

MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Related:
    """The rows of `model` that the record's values lead to. An index must lead there, too."""

    label: str
    model: type[models.Model]
    lookups: dict[str, str]  # look-up in `model` → attribute of the record


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    count: str
    url: str


def links(record: models.Model, related: Iterable[Related]) -> list[Link]:
    """Links to what there is: a list, or the page of the only one."""
    return [link for entry in related if (link := link_to(record, entry)) is not None]


def link_to(record: models.Model, related: Related) -> Link | None:
    """None when nothing is there."""
    values: dict[str, Any] = {lookup: getattr(record, name) for lookup, name in related.lookups.items()}
    if None in values.values():
        return None
    rows = related.model._default_manager.filter(**values).order_by()
    keys = list(rows.values_list("pk", flat=True)[: MOST_COUNTED + 1])
    if not keys:
        return None
    if len(keys) == 1:
        return Link(related.label, "", page_url(related.model, keys[0]))
    count = f"{len(keys):,}" if len(keys) <= MOST_COUNTED else f"{MOST_COUNTED:,}+"
    meta = related.model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return Link(related.label, count, f"{url}?{urlencode(values)}")
