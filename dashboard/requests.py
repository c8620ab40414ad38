"""What a view of the dashboard is given: who asks, and about which account."""

from django.contrib.auth.models import User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from whatsapp.models import Account


class Request(HttpRequest):
    """A signed-in owner's request for a page or a part of one."""

    user: User
    htmx: HtmxDetails
    account: Account  # with its connection
    accounts: list[Account]  # all of them, likewise
