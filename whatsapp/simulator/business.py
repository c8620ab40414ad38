"""Verified names of businesses.

Facts from whatsmeow's ``parseVerifiedNameContent``: a certificate that names the business, in the sender's
messages and in the answers about it. Nobody checks its signature.
"""

from __future__ import annotations

import time

from whatsapp.simulator.accounts import Account
from whatsapp.simulator.binary import Node
from whatsapp.simulator.library import name_proto

ISSUER = "smb:wa"


def verified_name(account: Account) -> Node | None:
    """The ``<verified_name>`` of a business, None of anybody else."""
    if not account.business_name:
        return None
    details = name_proto.VerifiedNameCertificate.Details(
        serial=int(account.number), issuer=ISSUER, verifiedName=account.business_name
    )
    certificate = name_proto.VerifiedNameCertificate(
        details=details.SerializeToString(), signature=b"\0" * 64
    )
    attrs = {
        "v": 1,
        "verified_level": "unknown",
        "host_storage": 1,
        "actual_actors": 1,
        "privacy_mode_ts": int(time.time()),
    }
    return Node("verified_name", attrs, certificate.SerializeToString())
