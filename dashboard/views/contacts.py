"""People: the list, one of them, and how their presence changed."""

from urllib.parse import quote

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.answers import show
from dashboard.data.contacts import contacts as data
from dashboard.data.contacts import presence as contact_presence
from dashboard.data.faces import faces
from dashboard.paging import slice_of
from dashboard.requests import Request
from whatsapp.jids import is_group
from whatsapp.models import Contact


@require_safe
@owner_page
def contacts(request: Request) -> HttpResponseBase:
    text = request.GET.get("q", "").strip()
    people = slice_of(data.found(request.account, text), request)
    context = {"q": text, "slice": people, "rows": data.rows_of(request.account, people.rows)}
    return show(request, "dashboard/contacts/contacts.html", context, parts=("results",))


@require_safe
@owner_page
def contact(request: Request, jid: str) -> HttpResponseBase:
    """One person, under the phone JID where it is known."""
    if is_group(jid):
        return redirect(f"/groups/{quote(jid, safe='@')}")
    person = person_or_404(request, jid)
    if person.jid != jid:
        return redirect(f"/contacts/{quote(person.jid, safe='@')}")
    page = data.Person(request.account, person)
    context = {"page": page, "person": person}
    parts = ("who", "presence", "chats", "groups", "calls")
    return show(request, "dashboard/contacts/person.html", context, parts=parts)


@require_safe
@owner_page
def presence(request: Request, jid: str) -> HttpResponseBase:
    person = person_or_404(request, jid)
    changes = slice_of(contact_presence.changes_of(person), request)
    told = [contact_presence.in_words(change) for change in changes.rows]
    places = faces(request.account, [change.chat for change in told])
    context = {
        "person": person,
        "row": data.rows_of(request.account, [person])[0],
        "slice": changes,
        "changes": [(change, places.get(change.chat or "")) for change in told],
    }
    return show(request, "dashboard/contacts/presence.html", context)


def person_or_404(request: Request, jid: str) -> Contact:
    person = data.person_at(request.account, jid)
    if person is None:
        raise Http404("Nobody of that address is known to the hub.")
    return person
