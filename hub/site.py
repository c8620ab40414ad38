"""The admin's site: what it is called, how one signs in to it, and what is at hand first."""

from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from api import guesses
from dashboard.access import protect
from whatsapp.models import Webhook
from whatsapp.webhooks.subscriptions import host_of

OTHER_USER = "user"  # with this in its query, the sign-in is the admin's own form


class SignInForm(AdminAuthenticationForm):
    """For those whom createsuperuser has made; the owner shows the API key at the dashboard's sign-in."""

    def get_invalid_login_error(self) -> ValidationError:
        if self.request is not None and guesses.are_too_many(guesses.address_of(self.request)):
            return ValidationError("Too many wrong keys from this address. Try again in a minute.")
        return super().get_invalid_login_error()


class HubSite(AdminSite):
    site_header = site_title = "WhatsApp Hub"
    index_title = "All tables"
    login_form = SignInForm

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page of the admin runs the hub's own files alone, as the dashboard's do."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response: HttpResponseBase = inner(request, *args, **kwargs)
            return protect(response)

        return protected

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One sign-in for all pages; those who have a name and password of their own say that they have."""
        is_asked = request.method in ("GET", "HEAD") and OTHER_USER not in request.GET
        if is_asked and not request.user.is_authenticated:
            wanted = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index", current_app=self.name)
            return redirect_to_login(wanted, settings.LOGIN_URL)
        return protect(super().login(request, extra_context))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What needs the owner is said before anything else."""
        paused = Webhook.objects.filter(is_active=True, paused_at__isnull=False).order_by("pk")
        notices = {"paused_webhooks": [(webhook, host_of(webhook)) for webhook in paused]}
        return super().index(request, {**(extra_context or {}), **notices})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The domain's tables come first."""
        return sorted(
            super().get_app_list(request, app_label), key=lambda app: app["app_label"] != "whatsapp"
        )
