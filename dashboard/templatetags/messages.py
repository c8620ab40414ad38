"""Texts of messages as their writers meant them: links, *bold*, _italic_, ~struck~, ```code```, @mentions."""

import re
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# What is no plain text. Each begins with characters that nothing else does, so a text is read once.
PARTS = re.compile(
    r"```(?P<code>[^`]+)```|(?P<url>https?://[^\s<>\"]+)|@(?P<mention>\d{5,20})(?!\d)", re.IGNORECASE
)
AFTER_A_URL = ".,;:!?)]}'*_~"
EMPHASIS = tuple(
    (
        re.compile(rf"(?<![\w{mark}]){mark}(?=[^\s{mark}])([^{mark}\n]+)(?<!\s){mark}(?![\w{mark}])"),
        rf"<{tag}>\1</{tag}>",
    )
    for mark, tag in ((r"\*", "strong"), ("_", "em"), ("~", "s"))
)


@register.filter
def as_written(text: str, names: Mapping[str, str] | None = None) -> SafeString:
    """The text, safe to show; `names` are those of mentioned people, by number or LID."""
    done, place = [], 0
    for found in PARTS.finditer(text):
        done.append(emphasized(text[place : found.start()]))
        part, rest = part_of(found, names or {})
        done.append(part)
        place = found.end() - rest
    done.append(emphasized(text[place:]))
    return format_html_join("", "{}", ((piece,) for piece in done))


def part_of(found: re.Match[str], names: Mapping[str, str]) -> tuple[SafeString, int]:
    """What stands for the part, and how many of its last characters don't belong to it."""
    if found["code"] is not None:
        return format_html("<code>{}</code>", found["code"]), 0
    if found["mention"] is not None:
        name = names.get(found["mention"])
        text = format_html('<b class="mention">@{}</b>', name) if name else conditional_escape(found[0])
        return text, 0
    url = found["url"].rstrip(AFTER_A_URL)
    link = format_html('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>', url, url)
    return link, len(found["url"]) - len(url)


def emphasized(text: str) -> SafeString:
    escaped: str = conditional_escape(text)
    for pattern, replacement in EMPHASIS:
        escaped = pattern.sub(replacement, str(escaped))
    return mark_safe(escaped)  # noqa: S308  # nosec B308 B703  # conditional_escape has escaped all of it; EMPHASIS only puts whole tags around what it finds


@register.inclusion_tag("dashboard/messages/ticks.html")
def ticks(status: str | None) -> dict[str, Any]:
    """How far a message of ours has come, as a sign."""
    return {"status": status}
