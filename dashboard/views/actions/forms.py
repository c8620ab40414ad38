"""Asking for an act: its form, and the curl line that does the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.access import owner_page
from dashboard.acting import Outcome
from dashboard.answers import go, show
from dashboard.data.actions.fields import Field
from dashboard.data.actions.forms import Form
from dashboard.data.actions.kinds import FORMS, groups
from dashboard.data.choosing import jid_meant, kinds_in
from dashboard.data.faces import faces
from dashboard.requests import Request
from dashboard.sending import act

TEMPLATE = "dashboard/actions/form.html"
SURE = "sure"


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as it stands: what was typed in it, and why that was refused. `name` is whose JID it is."""

    field: Field
    form: Form
    value: str
    name: str
    wrong: list[str]

    @property
    def is_required(self) -> bool:
        return self.form.is_required(self.field)

    @property
    def longest(self) -> int | None:
        return self.form.longest(self.field)


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def new(request: Request, slug: str) -> HttpResponseBase:
    """The form of an act. What it asks for is done, and its page says how far it has come."""
    form = form_of(slug)
    if request.method != "POST":
        return answer(request, form, {**initial(form), **request.GET.dict()})
    typed = meant(request, form)
    errors: dict[str, list[str]] = {}
    if form.asks and not typed.get(SURE):
        errors = {SURE: ["Say that you mean it."]}
        return answer(request, form, typed, Outcome(errors=errors))
    outcome = act(request.account, form, form.values(typed), request.FILES.get("file"))
    if outcome.action is not None and not outcome.errors:
        said = f"{form.title}: done." if outcome.is_done else "It is queued."
        return go(request, f"/actions/{outcome.action.pk}", said)
    return answer(request, form, typed, outcome)


@require_POST
@owner_page
def curl(request: Request, slug: str) -> HttpResponseBase:
    """The curl line of what stands in the form now."""
    form = form_of(slug)
    typed = meant(request, form)
    if not request.htmx:
        return answer(request, form, typed)
    context = {"form": form, "curl": curl_of(request, form, typed)}
    return show(request, TEMPLATE, context, parts=("curl",))


def answer(
    request: Request, form: Form, typed: Mapping[str, str], outcome: Outcome | None = None
) -> HttpResponseBase:
    errors = outcome.errors if outcome is not None else {}
    fields = fields_of(request, form, typed, errors)
    named = {shown.field.name for shown in fields}
    context = {
        "form": form,
        "groups": groups(),
        "fields": fields,
        "has_chooser": any(shown.field.only for shown in fields),
        "has_rare": any(field.is_rare for field in form.fields),
        "rare_is_open": any(shown.field.is_rare and (shown.value or shown.wrong) for shown in fields),
        "errors": errors,
        "sure_wrong": errors.get(SURE),
        "general": [text for name, texts in errors.items() if name not in {*named, SURE} for text in texts],
        "failed": outcome.action if outcome is not None else None,
        "curl": curl_of(request, form, typed),
    }
    return show(request, TEMPLATE, context, status=422 if errors else 200)


def fields_of(
    request: Request, form: Form, typed: Mapping[str, str], errors: Mapping[str, list[str]]
) -> list[Shown]:
    jids = [typed.get(field.name) for field in form.fields if field.kind == "jid"]
    known = faces(request.account, jids)
    found = []
    for field in form.fields:
        value = typed.get(field.name, "")
        wrong = [
            text
            for name, texts in errors.items()
            if name == field.name
            or name.startswith(f"{field.name}.")
            or (field.kind == "file" and name == "base64")
            for text in texts
        ]
        shown = known[value].name if field.kind == "jid" and value in known else ""
        found.append(Shown(field, form, value, shown, wrong))
    return found


def initial(form: Form) -> dict[str, str]:
    return {field.name: field.initial for field in form.fields if field.initial}


def meant(request: Request, form: Form) -> dict[str, str]:
    """What was typed, with the JID of whoever is called by name."""
    typed = request.POST.dict()
    for field in form.fields:
        name = field.adder if field.kind == "people" else field.name
        if field.only and typed.get(name, "").strip():
            typed[name] = jid_meant(request.account, typed[name], kinds_in(field.only)) or typed[name]
    return typed


def curl_of(request: Request, form: Form, typed: Mapping[str, str]) -> str:
    base = request.build_absolute_uri("/")
    return form.curl(form.values(typed), base, file_name(request, typed))


def file_name(request: Request, typed: Mapping[str, str]) -> str:
    """Of the file that is to be uploaded: the page's script tells it before there is an upload."""
    file: Any = request.FILES.get("file")
    return str(file.name) if file is not None else typed.get("file_name", "")


def form_of(slug: str) -> Form:
    """Raises Http404."""
    form = FORMS.get(slug)
    if form is None:
        raise Http404
    return form
