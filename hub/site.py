"""The admin's site: what it is called, how one signs in to it, and what is at hand first."""

from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.response import TemplateResponse

from api import guesses
from hub.owner import NAME
from whatsapp.models import Webhook
from whatsapp.webhooks.subscriptions import host_of


class SignInForm(AdminAuthenticationForm):
    """Says what the owner's password is, as they have never chosen one."""

    password = forms.CharField(
        label="Password (the owner's is the API key)",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.initial.setdefault("username", NAME)

    def get_invalid_login_error(self) -> ValidationError:
        if self.request is not None and guesses.are_too_many(guesses.address_of(self.request)):
            return ValidationError("Too many wrong keys from this address. Try again in a minute.")
        return super().get_invalid_login_error()


class HubSite(AdminSite):
    site_header = site_title = "WhatsApp Hub"
    index_title = "All tables"
    login_form = SignInForm

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
