"""A person as an event addresses them."""

from dataclasses import dataclass

from whatsapp.jids import is_lid, is_phone, jid_text
from whatsapp.protobuf import neonize_pb2


@dataclass(frozen=True, slots=True)
class Address:
    """Phone JID and LID of one person; each may be empty."""

    phone: str = ""
    lid: str = ""

    @classmethod
    def of(cls, jid: str, *alternatives: str) -> "Address":
        every = (jid, *alternatives)
        phone = next((one for one in every if is_phone(one)), "")
        lid = next((one for one in every if is_lid(one)), "")
        return cls(phone or ("" if lid else jid), lid)

    @classmethod
    def of_jids(cls, *jids: neonize_pb2.JID) -> "Address":
        return cls.of(*(jid_text(jid) for jid in jids))

    def __bool__(self) -> bool:
        return bool(self.phone or self.lid)
