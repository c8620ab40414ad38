"""Conversations: the list of chats, and one chat's messages."""

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.answers import part_wanted, show
from dashboard.data.messages import chats, pending
from dashboard.data.messages import conversations as conversation
from dashboard.data.messages.conversations import Window
from dashboard.data.messages.talks import Talk, talk_with
from dashboard.requests import Request
from whatsapp.models import Chat

TEMPLATE = "dashboard/messages/conversations.html"
PARTS = ("chats", "head", "piece", "foot", "pending")
HIDDEN_ACTS = "hidden_acts"  # the session's key for failed acts that were put away
MOST_NAMED = 100  # messages that are asked for anew at once


@require_safe
@owner_page
def messages(request: Request) -> HttpResponseBase:
    listed = chats.listed(request.account, request)
    has_chats = bool(listed.entries) or Chat.objects.filter(account=request.account).exists()
    context = {"listed": listed, "has_chats": has_chats, "is_linked": is_linked(request)}
    return show(request, TEMPLATE, context, PARTS)


@require_safe
@owner_page
def conversation_with(request: Request, jid: str) -> HttpResponseBase:
    """A chat at its newest message, at `?message=` (WhatsApp's id), at `?day=`, or right `?before=` or
    `?after=` a message's key."""
    talk = talk_or_404(request, jid)
    part = part_wanted(request, PARTS)
    if talk.jid != jid and part is None:
        return redirect(talk.path + ("?" + request.GET.urlencode() if request.GET else ""))
    context: dict[str, Any] = {"talk": talk, "is_linked": is_linked(request)}
    if part in (None, "chats"):
        context["listed"] = chats.listed(request.account, request, talk.chat.pk if talk.chat else None)
        context["has_chats"] = True
    if part in (None, "head"):
        context["doing"] = talk.presence()
    if part in (None, "piece"):
        context |= piece_of(request, talk, is_page=part is None)
    if part in (None, "pending", "foot"):
        context["pending"] = pending.pending_in(talk, hidden_acts(request))
        context["reply"] = reply_of(request, talk)
    return show(request, TEMPLATE, context, PARTS)


@require_safe
@owner_page
def bubbles(request: Request, jid: str) -> HttpResponseBase:
    """Some messages anew: those of `?ids=` (WhatsApp's ids, by comma), and what came `?after=` a key."""
    talk = talk_or_404(request, jid)
    if talk.chat is None:
        return HttpResponse()
    ids = [part for part in request.GET.get("ids", "").split(",") if part][:MOST_NAMED]
    named = conversation.keys_named(talk.chat, ids) if ids else []
    window = Window([])
    if (key := whole(request.GET.get("after"))) is not None:
        window = conversation.after(talk.chat, key)
    come = set(window.keys)
    items = conversation.named_items(request.account, talk.chat, [key for key in named if key not in come])
    if key is not None:
        items += conversation.items_of(request.account, talk.chat, window, follows=key)
    context = {"talk": talk, "items": items, "later": window.keys[-1] if window.later else None}
    return HttpResponse(render_to_string("dashboard/messages/items.html", context, request))


def piece_of(request: Request, talk: Talk, *, is_page: bool) -> dict[str, Any]:
    """The window that is asked for, and what to say of it."""
    if talk.chat is None:
        return {"items": []}
    window, missing = window_of(request, talk.chat)
    at_newest = not window.later
    items = conversation.items_of(
        request.account, talk.chat, window, mark_unread=is_page and at_newest and window.anchor is None
    )
    return {
        "items": items,
        "earlier": window.keys[0] if window.earlier and window.keys else None,
        "later": window.keys[-1] if window.later and window.keys else None,
        "missing": missing,
        "day": request.GET.get("day", ""),
        "found": window.anchor if "message" in request.GET else None,
    }


def window_of(request: Request, chat: Chat) -> tuple[Window, str]:
    """The window, and what of the wish could not be met."""
    if message_id := request.GET.get("message"):
        key = conversation.key_of(chat, message_id)
        if key is not None:
            return conversation.around(chat, key), ""
        return conversation.newest(chat), "That message is not stored. These are the newest."
    if text := request.GET.get("day"):
        try:
            return conversation.on_day(chat, date.fromisoformat(text)), ""
        except (ValueError, OverflowError):
            return conversation.newest(chat), "That is no date. These are the newest messages."
    for name, walk in (("before", conversation.before), ("after", conversation.after)):
        if (key := whole(request.GET.get(name))) is not None:
            return walk(chat, key), ""
    return conversation.newest(chat), ""


def reply_of(request: Request, talk: Talk) -> Any:
    """The bubble of the message that is being answered; None for none."""
    key = whole(request.GET.get("reply"))
    if key is None or talk.chat is None:
        return None
    items = conversation.named_items(request.account, talk.chat, [key])
    return items[0].shown if items else None


def talk_or_404(request: Request, jid: str) -> Talk:
    talk = talk_with(request.account, jid)
    if talk is None:
        raise Http404
    return talk


def hidden_acts(request: Request) -> list[int]:
    hidden: list[int] = request.session.get(HIDDEN_ACTS, [])
    return hidden


def is_linked(request: Request) -> bool:
    return bool(request.account.device)


def whole(text: str | None) -> int | None:
    """The key that a query names; None for what is none."""
    if text and text.isascii() and text.isdecimal() and len(text) <= 18:
        return int(text)
    return None
