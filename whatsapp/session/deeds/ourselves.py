"""What others see of us: presence, the about text, an answer to a call."""

import time
from typing import TYPE_CHECKING

from whatsapp import actions
from whatsapp.ingest import codes
from whatsapp.jids import jid_text
from whatsapp.models import Account, Action, Call, InboxEvent
from whatsapp.protobuf import neonize_pb2
from whatsapp.session.deeds.registry import Refused, performs
from whatsapp.session.line import Line

if TYPE_CHECKING:
    from whatsapp.session.acts import Acts

OFFERS = {codes.CALL_OFFER: neonize_pb2.CallOffer, codes.CALL_OFFER_NOTICE: neonize_pb2.CallOfferNotice}
EVENTS_LOOKED_AT = 5000  # the newest: a phone rings for a minute or so


@performs(actions.SET_PRESENCE)
def set_presence(acts: "Acts", line: Line, action: Action) -> None:
    kind, jid = action.payload["type"], action.payload.get("jid")
    if kind in ("available", "unavailable"):
        line.wish_online(kind == "available")
    else:
        line.show_in_chat(acts.recipients.address(line, jid), kind)
    actions.finish(action, Action.Status.DONE)


@performs(actions.SET_PROFILE_STATUS)
def set_profile_status(acts: "Acts", line: Line, action: Action) -> None:
    text = action.payload["status"]
    line.set_about(text)
    news = {"jid": acts.account.jid, "text": text}
    acts.write_down(action, [(codes.ABOUT, news)], at=int(time.time() * 1000))


@performs(actions.REJECT_CALL)
def reject_call(acts: "Acts", line: Line, action: Action) -> None:
    call_id = action.payload["call_id"]
    call = Call.objects.filter(account=acts.account, call_id=call_id).select_related("caller").first()
    if call is None:
        raise Refused(f"call_id: There is no call {call_id!r}.")
    if call.from_me or call.status != Call.Status.RINGING:
        state = "your own" if call.from_me else call.status.replace("_", " ")
        raise Refused(f"call_id: Only a call that rings can be declined; this one is {state}.")
    caller = offered_by(acts.account, call_id) or (call.caller.jid if call.caller else None)
    if caller is None:
        raise Refused("call_id: It is not known who calls.")
    line.reject_call(caller, call_id)
    now = int(time.time())
    news = {"call_id": call_id, "at": now}
    acts.write_down(action, [(codes.CALL_REJECTED, news)], at=now * 1000)


def offered_by(account: Account, call_id: str) -> str | None:
    """The caller's address as the offer has it: WhatsApp takes a refusal for no other."""
    newest = InboxEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    recent = InboxEvent.objects.filter(account=account, id__gt=newest - EVENTS_LOOKED_AT, code__in=OFFERS)
    for code, data in recent.order_by("-id").values_list("code", "data"):
        meta = OFFERS[code].FromString(bytes(data)).basicCallMeta
        if meta.callID == call_id:
            return jid_text(meta.callCreator)
    return None
