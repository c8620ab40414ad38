"""What one does in a conversation: writing, and what a message's menu offers.

Each is a page with a form, which JavaScript shows as a dialog. What comes of an act shows in the
conversation by itself, for the page follows the event log.
"""

import json
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.resources import acts as shapes
from api.resources.chats import RetentionBody
from dashboard.access import owner_page
from dashboard.acting import Outcome, errors_of, perform
from dashboard.answers import DIALOG, go, show, tell, toasts
from dashboard.data.messages import chats, pending
from dashboard.data.messages.bubbles import Bubble
from dashboard.data.messages.details import EMOJI, bubble_with, details_of
from dashboard.data.messages.talks import Talk, talk_with
from dashboard.requests import Request
from dashboard.views.messages.conversations import HIDDEN_ACTS, TEMPLATE, hidden_acts, talk_or_404
from whatsapp import actions, forgetting
from whatsapp.ingest.unread import ASIDES
from whatsapp.jids import InvalidJid, parse_jid
from whatsapp.models import Account, Action, Chat, Media, Message
from whatsapp.models.message import KEY_BITS

CHATS_TO_CHOOSE = 20
MOST_HIDDEN = 100  # failed acts that a session remembers to have put away
Values = dict[str, Any]


@require_POST
@owner_page
def send(request: Request, jid: str) -> HttpResponseBase:
    """Queues a text; what becomes of it shows at the end of the conversation."""
    talk = talk_or_404(request, jid)
    text = request.POST.get("text", "")
    values: Values = {"jid": talk.jid, "text": text}
    if quoted := request.POST.get("quoted_id"):
        values["quoted_id"] = quoted
    if talk.refusal or not text.strip():
        outcome = Outcome(errors={"": [talk.refusal or "Write something first."]})
    else:
        defaults: Values = {"quoted_id": None, "mentions": []}
        outcome = perform(
            request.account, actions.SEND_TEXT, values, shapes.SendTextBody, defaults=defaults, seconds=0
        )
    if not outcome.errors and not request.htmx:
        return go(request, talk.path)
    context: Values = {"talk": talk}
    if outcome.errors:
        context |= {"typed": text, "sentence": outcome.sentence}
        return show(request, "dashboard/messages/refused.html", context, ("pending",), status=422)
    context["pending"] = pending.pending_in(talk, hidden_acts(request))
    return show(request, TEMPLATE, context, ("pending",))


@require_POST
@owner_page
def read(request: Request, jid: str) -> HttpResponseBase:
    """Tells WhatsApp that all of the chat is read."""
    talk = talk_or_404(request, jid)
    is_automatic = "automatic" in request.POST
    if talk.chat is None or (is_automatic and not talk.is_connected):
        return HttpResponse(status=204) if is_automatic else go(request, talk.path)
    outcome = mark_read(request.account, talk.chat, seconds=0 if is_automatic else 5)
    if is_automatic:
        return HttpResponse(status=204)
    said = outcome.sentence or "The chat is read."
    if request.htmx:
        tell(request, said, is_bad=bool(outcome.errors))
        return HttpResponse(toasts(request))
    return go(request, talk.path, said, is_bad=bool(outcome.errors))


def mark_read(account: Account, chat: Chat, seconds: float) -> Outcome:
    """Marks what is unread as read, or takes the mark away that somebody has set by hand."""
    unread = Message.objects.filter(
        chat=chat.pk, id__gte=((chat.read_at or -1) + 1) << KEY_BITS, from_me=False
    ).exclude(message_type__in=ASIDES)
    ids = list(unread.order_by("-id").values_list("message_id", flat=True)[: shapes.MOST_IDS])
    if ids:
        values = {"jid": chat.jid, "message_ids": ids}
        return perform(account, actions.MARK_READ, values, shapes.ReadBody, seconds=seconds)
    if chat.is_marked_unread:
        return perform(account, actions.SET_CHAT, {"jid": chat.jid, "mark_unread": False}, seconds=seconds)
    return Outcome()


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def keep(request: Request, jid: str) -> HttpResponseBase:
    """For how many days the chat's messages are kept; nothing is for ever."""
    talk = talk_or_404(request, jid)
    if talk.chat is None:
        raise Http404
    typed = request.POST.get("keep_days", "").strip()
    context: Values = {"talk": talk, "value": typed or talk.chat.keep_days or ""}
    if request.method == "POST":
        body = RetentionBody(data={"keep_days": typed or None})
        if body.is_valid():
            days = body.validated_data["keep_days"]
            forgetting.keep_for(talk.chat, days)
            said = f"Messages are kept for {days} day{'s' * (days != 1)}." if days else "Messages stay."
            return go(request, talk.path, said)
        context |= {"errors": errors_of(body.errors)["keep_days"]}
    status = 422 if "errors" in context else 200
    return show(request, "dashboard/messages/keep.html", context, (DIALOG,), status=status)


@require_POST
@owner_page
def pending_act(request: Request, jid: str, act: int, verb: str) -> HttpResponseBase:
    """Cancels what is queued, tries again what failed, or puts a failure away."""
    talk = talk_or_404(request, jid)
    action = get_object_or_404(Action, pk=act, account=request.account, jid=talk.jid)
    said, is_bad = "", False
    try:
        match verb:
            case "cancel":
                actions.cancel(action)
                said = "It was taken back."
            case "retry":
                actions.retry(action)
            case "hide":
                request.session[HIDDEN_ACTS] = [*hidden_acts(request), action.pk][-MOST_HIDDEN:]
            case _:
                raise Http404
    except actions.NotNow as error:
        said, is_bad = str(error), True
    if not request.htmx:
        return go(request, talk.path, said, is_bad=is_bad)
    if said:
        tell(request, said, is_bad=is_bad)
    context = {"talk": talk, "pending": pending.pending_in(talk, hidden_acts(request))}
    return show(request, TEMPLATE, context, ("pending",))


@require_safe
@owner_page
def message(request: Request, jid: str, key: int) -> HttpResponseBase:
    """A message's menu, and all that is known of it."""
    talk, bubble = message_or_404(request, jid, key)
    context = {"talk": talk, "bubble": bubble, "details": details_of(talk, bubble), "emoji": EMOJI}
    return show(request, "dashboard/messages/message.html", context, (DIALOG,))


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def react(request: Request, jid: str, key: int) -> HttpResponseBase:
    """Gives a reaction, or takes it back."""
    talk, bubble = message_or_404(request, jid, key)
    outcome = None
    if request.method == "POST":
        emoji = request.POST.get("other", "").strip() or request.POST.get("emoji", "")
        outcome = act_on(bubble, talk, actions.REACT, {"emoji": emoji}, shapes.ReactBody)
        if not outcome.errors:
            return done(request, talk, bubble, outcome, "" if emoji else "The reaction was taken back.")
    context = {
        "talk": talk,
        "bubble": bubble,
        "emoji": EMOJI,
        "details": details_of(talk, bubble),
        "outcome": outcome,
    }
    return show(request, "dashboard/messages/react.html", context, (DIALOG,), status_of(outcome))


@require_POST
@owner_page
def star(request: Request, jid: str, key: int) -> HttpResponseBase:
    talk, bubble = message_or_404(request, jid, key)
    starred = "starred" in request.POST
    outcome = act_on(bubble, talk, actions.STAR, {"starred": starred}, shapes.StarBody)
    return done(request, talk, bubble, outcome, "Starred." if starred else "The star was taken away.")


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def edit(request: Request, jid: str, key: int) -> HttpResponseBase:
    """Gives an own message another text."""
    talk, bubble = message_or_404(request, jid, key)
    outcome, text = None, bubble.body
    if request.method == "POST":
        text = request.POST.get("text", "")
        outcome = act_on(bubble, talk, actions.EDIT, {"text": text}, shapes.EditBody)
        if not outcome.errors:
            return done(request, talk, bubble, outcome, "The message was edited.")
    context = {"talk": talk, "bubble": bubble, "text": text, "outcome": outcome}
    return show(request, "dashboard/messages/edit.html", context, (DIALOG,), status_of(outcome))


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def delete(request: Request, jid: str, key: int) -> HttpResponseBase:
    """Deletes a message for everyone, once somebody has said that they mean it."""
    talk, bubble = message_or_404(request, jid, key)
    outcome = None
    if request.method == "POST":
        outcome = act_on(bubble, talk, actions.REVOKE, {}, shapes.ToMessageBody)
        if not outcome.errors:
            return done(request, talk, bubble, outcome, "The message was deleted for everyone.")
    context = {"talk": talk, "bubble": bubble, "outcome": outcome}
    return show(request, "dashboard/messages/delete.html", context, (DIALOG,), status_of(outcome))


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def forward(request: Request, jid: str, key: int) -> HttpResponseBase:
    """Passes a message on to another chat."""
    talk, bubble = message_or_404(request, jid, key)
    outcome = None
    if request.method == "POST":
        other = talk_with(request.account, request.POST.get("to", ""))
        if other is None:
            outcome = Outcome(errors={"": ["Choose a chat."]})
        elif other.refusal:
            outcome = Outcome(errors={"": [other.refusal]})
        else:
            outcome = act_on(bubble, talk, actions.FORWARD, {"to": other.jid}, shapes.ForwardBody)
            if not outcome.errors:
                return done(request, talk, bubble, outcome, f"Forwarded to {other.face.name}.")
    find = request.GET.get("find", "").strip()
    rows: Any = Chat.objects.filter(account=request.account).exclude(jid__endswith="@newsletter")
    found = (rows.found_by(find) if find else rows).newest_first()[:CHATS_TO_CHOOSE]
    entries = chats.entries_of(request.account, list(found))
    context = {"talk": talk, "bubble": bubble, "entries": entries, "find": find, "outcome": outcome}
    context["number"] = None if entries else number_in(find)
    template = "dashboard/messages/forward.html"
    return show(request, template, context, (DIALOG, "forward-to"), status_of(outcome))


@require_POST
@owner_page
def retry_file(request: Request, jid: str, key: int) -> HttpResponseBase:
    """Makes a download due again."""
    talk, bubble = message_or_404(request, jid, key)
    media = get_object_or_404(Media, message=bubble.key, account=request.account)
    media.retry()
    return done(request, talk, bubble, Outcome(), "The download is tried again.")


def message_or_404(request: Request, jid: str, key: int) -> tuple[Talk, Bubble]:
    talk = talk_or_404(request, jid)
    bubble = bubble_with(talk, key) if key < 2**63 else None
    if bubble is None:
        raise Http404
    return talk, bubble


def act_on(bubble: Bubble, talk: Talk, kind: str, values: Values, shape: Any) -> Outcome:
    """Does something with a message; while WhatsApp is away it is queued at once."""
    about = {"jid": talk.jid, "message_id": bubble.record["id"], **values}
    seconds = 10.0 if talk.is_connected else 0.0
    return perform(talk.account, kind, about, shape, seconds=seconds)


def done(request: Request, talk: Talk, bubble: Bubble, outcome: Outcome, said: str) -> HttpResponse:
    """Back to the conversation; the dialog of a page with JavaScript just closes."""
    sentence = outcome.sentence or said
    if not request.htmx:
        query = f"?message={bubble.record['id']}#{bubble.id}"
        return go(
            request, reverse("conversation", args=[talk.jid]) + query, sentence, is_bad=bool(outcome.errors)
        )
    if sentence:
        tell(request, sentence, is_bad=bool(outcome.errors))
    news = {"acted": {"id": bubble.record["id"]}}
    return HttpResponse(toasts(request), headers={"HX-Trigger-After-Swap": json.dumps(news)})


def status_of(outcome: Outcome | None) -> int:
    return 422 if outcome is not None and outcome.errors else 200


def number_in(text: str) -> str | None:
    try:
        return parse_jid(text)
    except InvalidJid:
        return None
