"""Which queued act is done next."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from whatsapp import actions, leases
from whatsapp.models import Account, Action
from whatsapp.prepared import Prepared, Slot, Slots


def queued_of_account() -> Any:
    return Action.objects.queued().filter(account=Slot("account")).values_list("pk", "attempts")


# Asked after every commit of anybody: mostly there is nothing.
QUEUED = Prepared(lambda: queued_of_account().filter(kind__in=Slots("kinds"))[:10])
QUEUED_OTHERS = Prepared(lambda: queued_of_account().exclude(kind__in=Slots("kinds"))[:10])


def claim(
    account: Account,
    connection_kinds: bool,
    only: Iterable[str] | None = None,
    but: Iterable[str] = (),
) -> Action | None:
    """The oldest queued act, taken so that no one else does it; None when there is none.

    Of others than those on the connection: of the kinds in `only` (None: of any), and of none in `but`.
    """
    others = {*actions.CONNECTION_KINDS, *but}
    if connection_kinds:
        rows = QUEUED.rows(account=account.pk, kinds=actions.CONNECTION_KINDS)
    elif only is None:
        rows = QUEUED_OTHERS.rows(account=account.pk, kinds=others)
    else:
        rows = QUEUED.rows(account=account.pk, kinds=set(only) - others)
    for key, attempts in rows:
        with leases.fenced(account):
            taken = (
                Action.objects.queued()
                .filter(pk=key)
                .update(status=Action.Status.SENDING, attempts=attempts + 1, updated_at=timezone.now())
            )
        if taken:
            mine: Action = Action.objects.select_related("account").get(pk=key)
            return mine
    return None
