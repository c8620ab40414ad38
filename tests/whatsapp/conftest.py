"""The account of these tests is Olivia's, and she is known by both of her addresses."""

import pytest

from tests.protobufs import OLIVIA
from whatsapp.models import Account


@pytest.fixture
def account(db: None) -> Account:
    account = Account.default()
    Account.objects.filter(pk=account.pk).update(jid=OLIVIA, lid="900015550100@lid")
    account.refresh_from_db()
    return account
