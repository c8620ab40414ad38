"""The owner in front of a browser."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def owner(db: None) -> Client:
    """A browser in which the owner has signed in."""
    client = Client()
    client.force_login(User.objects.create_superuser("owner"))
    return client
