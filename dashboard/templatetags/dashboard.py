"""Small things that templates show in many places."""

import json
from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.data.faces import spaced
from whatsapp.jids import phone_number
from whatsapp.models import MessageIndex

register = template.Library()

FORMS = {"clock": "H:i", "day": "j M Y", "moment": "j M Y, H:i", "second": "j M Y, H:i:s"}
MINUTE, HOUR, DAY = 60, 3600, 86_400  # seconds


@register.simple_tag
def icon(name: str) -> SafeString:
    """The drawing of that name in static/icons.svg; it says nothing that the text beside it doesn't."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.filter
def hits(total: int) -> str:
    """How many messages were found, in words: so many are counted and no more."""
    return intcomma(total) if total < MessageIndex.MOST_COUNTED else f"{intcomma(total)} or more"


@register.filter
def when(value: Any, form: str = "moment") -> SafeString | str:
    """A moment (a datetime, or Unix seconds) as a time element in the reader's time zone. `form` is one of
    FORMS, or `ago` (3 min ago), or `short` (the clock today, else the day). Nothing for none."""
    moment = moment_of(value)
    if moment is None:
        return ""
    text = since(moment) if form == "ago" else short(moment) if form == "short" else None
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        date_format(moment, FORMS["second"]),
        text or date_format(moment, FORMS[form]),
    )


def moment_of(value: Any) -> datetime | None:
    if value in (None, ""):
        return None
    moment = value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
    return timezone.localtime(moment)


def since(moment: datetime) -> str:
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < 0:
        return date_format(moment, FORMS["moment"])
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min ago"
    if seconds < DAY:
        return f"{seconds // HOUR:.0f} h ago"
    if seconds < 14 * DAY:
        days = int(seconds // DAY)
        return f"{days} day{'s' if days > 1 else ''} ago"
    return date_format(moment, FORMS["day"])


def short(moment: datetime) -> str:
    today = timezone.localdate()
    if moment.date() == today:
        return date_format(moment, FORMS["clock"])
    return date_format(moment, "j M" if moment.year == today.year else "j M Y")


@register.filter
def day_name(day: date) -> str:
    """`Today`, `Yesterday`, `Monday, 3 March`, or with its year when that isn't this one."""
    today = timezone.localdate()
    if (today - day).days in (0, 1):
        return ("Today", "Yesterday")[(today - day).days]
    return date_format(day, "l, j F" if day.year == today.year else "l, j F Y")


@register.filter
def length_of_time(seconds: int | None) -> str:
    """`0:07`, `12:30`, `1:02:03`; nothing for none."""
    if seconds is None:
        return ""
    hours, rest = divmod(int(seconds), HOUR)
    minutes, left = divmod(rest, MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


@register.filter
def number_of(jid: str | None) -> str:
    """A person's phone number as it is written; nothing where it isn't known."""
    digits = phone_number(jid or "")
    return spaced(digits) if digits else ""


@register.filter
def pretty(value: Any) -> str:
    """JSON for people; `value` is JSON's text or what it holds."""
    try:
        value = json.loads(value) if isinstance(value, str | bytes) else value
        return json.dumps(value, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return str(value)
