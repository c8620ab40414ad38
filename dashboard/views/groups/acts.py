"""Changing groups, as far as WhatsApp lets us."""

from typing import Any, cast

from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.serializers import CharField, Serializer

from api.resources import acts as shapes
from dashboard.access import owner_page
from dashboard.acting import Outcome, perform
from dashboard.answers import DIALOG, go, show
from dashboard.data.contacts.contacts import person_at
from dashboard.data.faces import face_of
from dashboard.data.groups import acts as data
from dashboard.data.groups.groups import rights_of
from dashboard.requests import Request
from dashboard.views.groups.groups import group_or_404
from whatsapp import actions
from whatsapp.models import Group

FORM = "dashboard/groups/form.html"


@require_POST
@owner_page
def sync_all(request: Request) -> HttpResponseBase:
    outcome = perform(request.account, actions.SYNC_GROUPS)
    if not outcome.is_done:
        return go(request, "groups", outcome.sentence, is_bad=not outcome.is_waiting)
    number = outcome.result.get("synced", 0)
    told = "1 group is" if number == 1 else f"{number} groups are"
    return go(request, "groups", f"{told} now as WhatsApp has them.")


@require_POST
@owner_page
def sync(request: Request, jid: str) -> HttpResponseBase:
    """Asks WhatsApp what the group is like now; the answer goes into its row."""
    group = group_or_404(request, jid)
    outcome = perform(request.account, actions.GET_GROUP_METADATA, {"jid": group.jid})
    if outcome.is_done:
        return back(request, group, "The group is as WhatsApp has it now.")
    return refuse(request, group, outcome)


# Name and description


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def subject(request: Request, jid: str) -> HttpResponseBase:
    return describe(
        request,
        jid,
        kind=actions.SET_GROUP_SUBJECT,
        shape=shapes.SubjectBody,
        name="subject",
        title="Rename the group",
        done="The group has a new name.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def description(request: Request, jid: str) -> HttpResponseBase:
    return describe(
        request,
        jid,
        kind=actions.SET_GROUP_DESCRIPTION,
        shape=shapes.DescriptionBody,
        name="description",
        title="Describe the group",
        done="The group has a new description.",
    )


def describe(
    request: Request, jid: str, *, kind: str, shape: type[Serializer[Any]], name: str, title: str, done: str
) -> HttpResponseBase:
    """The form for one text of the group; a POST queues the change and waits for it."""
    group = group_or_404(request, jid)
    if not rights_of(request.account, group).may_describe:
        return not_allowed(request, group)
    now = (group.name if name == "subject" else group.description) or ""
    context = {"group": group, "name": name, "title": title, "value": now, "limit": limit_of(shape, name)}
    if request.method != "POST":
        return show(request, FORM, context, parts=(DIALOG,))
    # A browser sends lines with two characters at their ends; people count one.
    typed = request.POST.get(name, "").replace("\r\n", "\n")
    outcome = perform(request.account, kind, {name: typed}, shape, defaults={"jid": group.jid})
    if outcome.is_done:
        return back(request, group, done)
    if outcome.is_waiting:
        return back(request, group, outcome.sentence)
    errors = data.errors_about(outcome, name)
    context |= {"value": typed, "errors": errors, "error": "" if errors else data.reason(outcome)}
    return show(request, FORM, context, parts=(DIALOG,), status=422)


def limit_of(shape: type[Serializer[Any]], name: str) -> int | None:
    """How many characters a text of that shape may have."""
    return cast(CharField, shape().fields[name]).max_length


# The invite link


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def invite(request: Request, jid: str) -> HttpResponseBase:
    """The group's link: the known one; a POST asks WhatsApp for it."""
    group = group_or_404(request, jid)
    if not rights_of(request.account, group).may_manage:
        return not_allowed(request, group)
    code, error = group.invite_code, ""
    if request.method == "POST":
        outcome = perform(request.account, actions.GET_INVITE_CODE, {"jid": group.jid})
        if outcome.is_done:
            code = outcome.result.get("code")
        else:
            error = data.reason(outcome)
    context = {"group": group, "link": data.INVITE_ADDRESS + code if code else "", "error": error}
    return show(
        request, "dashboard/groups/invite.html", context, parts=(DIALOG,), status=422 if error else 200
    )


# People


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def add(request: Request, jid: str) -> HttpResponseBase:
    group = group_or_404(request, jid)
    if not rights_of(request.account, group).may_manage:
        return not_allowed(request, group)
    typed = request.POST.get("participants", "")
    context = {"group": group, "typed": typed, "most": shapes.MOST_PARTICIPANTS}
    if request.method != "POST":
        return show(request, "dashboard/groups/add.html", context, parts=(DIALOG,))
    outcome = change(request, group, data.people_in(typed), "add")
    if outcome.is_done or outcome.is_waiting:
        return tell_results(request, group, outcome)
    errors = data.errors_about(outcome, "participants")
    context |= {"errors": errors, "error": "" if errors else data.reason(outcome)}
    return show(request, "dashboard/groups/add.html", context, parts=(DIALOG,), status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def remove(request: Request, jid: str) -> HttpResponseBase:
    """Asks first."""
    group = group_or_404(request, jid)
    if not rights_of(request.account, group).may_manage:
        return not_allowed(request, group)
    person = person_at(request.account, request.GET.get("person", ""))
    if person is None:
        return back(request, group, "Nobody of that address is known.", is_bad=True)
    if request.method == "POST":
        return tell_results(request, group, change(request, group, [person.jid], "remove"))
    name = face_of(person).name
    context = {
        "title": f"Remove {name}?",
        "text": f"They can't read or write in “{group}” any more. Everybody in it sees who removed them.",
        "does": "Remove",
        "path": request.get_full_path(),
        "back": reverse("group", args=[group.jid]),
    }
    return show(request, "dashboard/confirm.html", context, parts=(DIALOG,))


@require_POST
@owner_page
def rank(request: Request, jid: str) -> HttpResponseBase:
    """Makes somebody an admin (`promote`), or a plain member (`demote`)."""
    group = group_or_404(request, jid)
    if not rights_of(request.account, group).may_manage:
        return not_allowed(request, group)
    act = "promote" if "promote" in request.POST else "demote"
    return tell_results(request, group, change(request, group, [request.POST.get(act, "")], act))


def change(request: Request, group: Group, people: list[str], act: str) -> Outcome:
    values = {"participants": people, "action": act}
    return perform(
        request.account,
        actions.CHANGE_PARTICIPANTS,
        values,
        shapes.ParticipantsBody,
        defaults={"jid": group.jid},
    )


def tell_results(request: Request, group: Group, outcome: Outcome) -> HttpResponseBase:
    """Back to the group with one sentence; where somebody was refused, to what came of each of several."""
    if outcome.action is None or not outcome.is_done:
        return refuse(request, group, outcome)
    results = data.results_of(request.account, outcome.action)
    if all(one.is_done for one in results):
        return back(request, group, data.summary(outcome.action, results))
    if len(results) == 1:
        return back(request, group, results[0].sentence, is_bad=True)
    return go(request, reverse("group_results", args=[group.jid, outcome.action.pk]))


def back(request: Request, group: Group, said: str, *, is_bad: bool = False) -> HttpResponseBase:
    return go(request, reverse("group", args=[group.jid]), said, is_bad=is_bad)


def refuse(request: Request, group: Group, outcome: Outcome) -> HttpResponseBase:
    return back(request, group, data.reason(outcome), is_bad=not outcome.is_waiting)


def not_allowed(request: Request, group: Group) -> HttpResponseBase:
    """Back to the group, which says what one may do in it."""
    if request.method in ("GET", "HEAD") and not request.htmx:
        return redirect("group", group.jid)
    return back(request, group, rights_of(request.account, group).why_not, is_bad=True)
