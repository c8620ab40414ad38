"""How views answer: a page, or the part of it that htmx asked for; and where one goes after a change.

A part is a partial of its page's template and has the name of the element that it goes into: what is asked
for with `hx-target="#results"` is the partial `results`. So the first rendering and every later one are made
by the same lines.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string

from dashboard.requests import Request

DIALOG = "dialog"  # the element that shows what a link opens without leaving its page


def show(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    parts: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """The page, or the one of its `parts` that htmx wants to swap in. 422 for a form that was refused."""
    name = part_wanted(request, parts)
    text: str = render_to_string(f"{template}#{name}" if name else template, dict(context), request)
    if name and is_told(request):
        text += toasts(request)
    return HttpResponse(text, status=status)


def part_wanted(request: Request, parts: tuple[str, ...]) -> str | None:
    """The part of a page that is asked for; None for the whole page."""
    if not request.htmx or request.htmx.history_restore_request:
        return None
    target = request.htmx.target
    return target if target in parts else None


def is_told(request: Request) -> bool:
    """Whether something is told in answering this very request. What an earlier one told is for the page that
    it led to, and is not taken away by a part that a live page, or another window, asks for meanwhile."""
    told = messages.get_messages(request)
    return isinstance(told, BaseStorage) and told.added_new


def toasts(request: Request) -> str:
    """What is to be told beside a part: it appears, and is read out, without anything else moving."""
    return render_to_string("dashboard/parts/toasts.html#news", {}, request)


def go(request: Request, to: Any, said: str = "", *, is_bad: bool = False) -> HttpResponse:
    """Leads on after a change, to a page (a path, or what has an address), and says there what was done."""
    if said:
        tell(request, said, is_bad=is_bad)
    target = redirect(to)
    if not request.htmx:
        return target
    return HttpResponse(headers={"HX-Redirect": target["Location"]})


def tell(request: Request, said: str, *, is_bad: bool = False) -> None:
    """Notes a sentence for the next thing that is shown to this person."""
    messages.add_message(request, messages.ERROR if is_bad else messages.SUCCESS, said)
