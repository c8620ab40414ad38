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
        """The first phone JID and the first LID; of an address that is neither, `jid` itself."""
        phone = lid = ""
        for one in (jid, *alternatives):
            if not phone and is_phone(one):
                phone = one
            elif not lid and is_lid(one):
                lid = one
        return cls(phone or ("" if lid else jid), lid)

    @classmethod
    def of_jids(cls, *jids: neonize_pb2.JID) -> "Address":
        return cls.of(*(jid_text(jid) for jid in jids))

    def __bool__(self) -> bool:
        return bool(self.phone or self.lid)
