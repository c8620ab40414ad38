"""Every address in an answer names the account that its page is about, where there are several.

So a page, and whatever one does from it, stays with its account, whichever one another tab of the browser is
about, and a link that is passed on leads to the same account. It is done here, to what the templates have
made, because one link that was forgotten would act on another number. Scripts name it in the addresses that
they make (`named` in static/js/shell.js).
"""

import re
from urllib.parse import quote

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.html import escape

ACCOUNT = "account"  # the parameter, and the session's key for the account that pages were last about
HEADERS = ("Location", "HX-Redirect", "HX-Location", "HX-Replace-Url", "HX-Push-Url")

ELSEWHERE = re.compile(r"/(static/|admin\b|login\b|logout\b)")  # what is about no account
NAMED = re.compile(rf"[?&]{ACCOUNT}=")

ADDRESS = re.compile(
    r'(?<=\s)(href|src|poster|action|formaction|hx-(?:get|post|put|patch|delete))="((?:/(?!/)|\?)[^"]*)"'
)
FORM = re.compile(r"<form\b[^>]*>")
IS_POST = re.compile(r'\smethod="post"', re.IGNORECASE)
HAS_ACTION = re.compile(r"\saction=")
IS_TRIAL = re.compile(r"\sdata-path=")  # of a call of the API: it has a field for the account


def name_account(response: HttpResponseBase, name: str, here: str) -> None:
    """Names the account in all addresses of the answer: of its headers, and of a page or a part of one.
    `here` is the address that was asked for."""
    for header in HEADERS:
        if header in response.headers:
            response.headers[header] = named(response.headers[header], name)
    if isinstance(response, HttpResponse) and response.headers["Content-Type"].startswith("text/html"):
        response.content = named_in_page(response.content.decode(), name, here)


def named_in_page(page: str, name: str, here: str) -> str:
    """The HTML with the account's name in each address. A form that is sent by GET has it in a field, for its
    fields take the place of what its address has; one that is sent to its own page is told which that is."""
    hidden = f'<input type="hidden" name="{ACCOUNT}" value="{escape(name)}">'
    kept: list[str] = []  # tags whose addresses stay as they are

    def form(found: re.Match[str]) -> str:
        tag = found[0]
        if IS_POST.search(tag):
            return tag if HAS_ACTION.search(tag) else f'<form action="{escape(here)}"{tag[5:]}'
        kept.append(tag)
        return f"<form {len(kept) - 1}>{'' if IS_TRIAL.search(tag) else hidden}"

    def address(found: re.Match[str]) -> str:
        return f'{found[1]}="{named(found[2], name, joined_by="&amp;")}"'

    marked = ADDRESS.sub(address, FORM.sub(form, page))
    return re.sub(r"<form (\d+)>", lambda found: kept[int(found[1])], marked)


def named(address: str, name: str, joined_by: str = "&") -> str:
    """The address with the account's name; as it is where it is none of the hub's pages, or names one."""
    if not address.startswith(("/", "?")) or ELSEWHERE.match(address):
        return address
    if NAMED.search(address.replace("&amp;", "&")):
        return address
    place, mark, fragment = address.partition("#")
    joint = "" if place.endswith("?") else joined_by if "?" in place else "?"
    return f"{place}{joint}{ACCOUNT}={quote(name)}{mark}{fragment}"
