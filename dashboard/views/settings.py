"""Settings: what changes while the hub runs, and how pages look in this browser."""

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.access import THEME_COOKIE, THEMES, owner_page, theme_of
from dashboard.answers import go, show
from dashboard.data import settings as data
from dashboard.requests import Request
from whatsapp import preferences

YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
@owner_page
def settings(request: Request) -> HttpResponseBase:
    errors: dict[str, list[str]] = {}
    typed = {}
    if request.method == "POST":
        typed = data.values_of(request.POST)
        try:
            preferences.change(typed)
        except preferences.InvalidPreferences as error:
            errors = error.errors
        else:
            return go(request, "settings", "The settings are saved.")
    context = {
        "groups": data.groups(typed, errors),
        "errors": errors,
        "themes": [(theme, theme == theme_of(request)) for theme in THEMES],
    }
    return show(request, "dashboard/settings.html", context, status=422 if errors else 200)


@require_POST
@owner_page
def appearance(request: Request) -> HttpResponseBase:
    """Keeps the theme that was chosen in this browser."""
    theme = request.POST.get("theme", "")
    response = go(request, "settings")
    response.set_cookie(
        THEME_COOKIE, theme if theme in THEMES else THEMES[0], max_age=YEAR, samesite="Lax", httponly=True
    )
    return response
