"""How texts of the API's description are shown."""

import re

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

CODE = re.compile(r"`([^`]+)`")


@register.filter
def marked(text: str) -> SafeString:
    """The text, escaped; what stands between backticks as code."""
    parts = enumerate(CODE.split(text))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", p) if n % 2 else p,) for n, p in parts)
    )
