"""Who may sign in to the pages: the owner, who has no password but the API key."""

import hmac
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from api import guesses

NAME = "owner"


class OwnerBackend(ModelBackend):
    """The user name `owner` with the API key as password."""

    @sensitive_variables("password")
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **other: Any,
    ) -> User | None:
        """The owner's user, made at the first sign-in; None for anybody else or a wrong key, and for any key
        when there were too many wrong ones from there."""
        if username != NAME or password is None:
            return None
        key, address = password.encode("utf-8", "replace"), guesses.address_of(request) if request else ""
        if guesses.are_too_many(address):
            return None
        if not hmac.compare_digest(key, settings.API_KEY.encode()):
            guesses.note(address, key)
            return None
        owner, _ = User.objects.get_or_create(
            username=NAME,
            defaults={"is_staff": True, "is_superuser": True, "password": make_password(None)},
        )
        return owner if self.user_can_authenticate(owner) else None
