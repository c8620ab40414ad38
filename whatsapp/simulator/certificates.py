"""The identity of a simulated WhatsApp: a throw-away certificate authority and the Noise root key.

Real clients check two things: the TLS certificate of ``web.whatsapp.com`` and ``*.whatsapp.net``, and a chain
of Noise certificates that ends at a key built into the library. An :class:`Authority` stands for both, so
that several simulators (one after the other, or side by side in tests) can be trusted by the same process.
"""

from __future__ import annotations

import datetime
import secrets
import ssl
from pathlib import Path

import xeddsa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOISE_ROOT_NAME = "noise-root.key"

HOST_NAMES = ("web.whatsapp.com", "*.whatsapp.com", "*.whatsapp.net")


class SigningKey:
    """A Curve25519 key pair that signs the way Signal does (XEdDSA)."""

    def __init__(self, private: bytes) -> None:
        self.private = private
        self.public: bytes = xeddsa.priv_to_curve25519_pub(private)

    @classmethod
    def new(cls) -> SigningKey:
        """A fresh random key."""
        return cls(secrets.token_bytes(32))

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes. XEdDSA verifies against the Ed25519 point with sign bit 0, so force it."""
        return bytes(xeddsa.ed25519_priv_sign(xeddsa.priv_force_sign(self.private, False), message))

    def agree(self, public: bytes) -> bytes:
        """The X25519 secret shared with the owner of the public key."""
        return bytes(xeddsa.x25519(self.private, public))


class Authority:
    """The CA, the server's certificate and the Noise root key, made once in a directory and reused."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.ca_file = directory / "ca.pem"
        self._server_file = directory / "server.pem"
        self._noise_file = directory / NOISE_ROOT_NAME
        if not (self.ca_file.exists() and self._server_file.exists() and self._noise_file.exists()):
            self._make()
        self.noise_root = SigningKey(bytes.fromhex(self._noise_file.read_text().strip()))

    def server_context(self) -> ssl.SSLContext:
        """TLS for the server end, HTTP/1.1 only."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._server_file)
        return context

    def _make(self) -> None:
        authority_key, server_key = (
            ec.generate_private_key(ec.SECP256R1()),
            ec.generate_private_key(ec.SECP256R1()),
        )
        authority = _certificate("WhatsApp Hub simulator", authority_key, None, authority_key)
        server = _certificate("web.whatsapp.com", server_key, authority, authority_key)
        self._noise_file.touch(mode=0o600)
        self._noise_file.write_text(SigningKey.new().private.hex())
        self._server_file.touch(mode=0o600)
        self._server_file.write_bytes(
            server_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + server.public_bytes(serialization.Encoding.PEM)
        )
        self.ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """A certificate for the key: of a CA without an issuer, else of the WhatsApp host names."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650 if issuer is None else 800))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in HOST_NAMES])
        builder = builder.add_extension(names, critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return builder.sign(issuer_key, hashes.SHA256())
