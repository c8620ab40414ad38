"""System checks of the domain, for `manage.py check` and every start."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register

from whatsapp import tallies
from whatsapp.search import broken_parts


@register(Tags.database)
def check_full_text_index(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Search goes stale without an error when a trigger of its index is gone."""
    return [
        Warning(
            f"Search indexes lack or have an outdated {', '.join(broken)}.",
            hint="Run `python manage.py migrate`: it makes and fills them anew.",
            id="whatsapp.W001",
        )
        for using in databases or []
        if (broken := broken_parts(using))
    ]


@register(Tags.database)
def check_tallies(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Totals go wrong without an error when a trigger of the counts is gone."""
    return [
        Warning(
            f"The counts of messages and files lack {', '.join(missing)}.",
            hint="Run `python manage.py migrate`: it makes what is missing and counts anew.",
            id="whatsapp.W002",
        )
        for using in databases or []
        if (missing := tallies.missing_parts(using))
    ]
