"""The server's side of the Noise handshake, against an initiator written here."""

from __future__ import annotations

import pytest
import xeddsa

from whatsapp.simulator.certificates import SigningKey


def shake_hands(client_prologue: bytes = b"WA\x06\x03", payload: bytes = b"who I am") -> object:
    """Both halves of a handshake: what the server read, and its ciphers against ours."""
    from whatsapp.simulator.library import wa6_proto
    from whatsapp.simulator.noise import Cipher, Identity, Responder, SymmetricState

    responder = Responder(Identity(SigningKey.new()))
    state, ephemeral, static = SymmetricState(client_prologue), SigningKey.new(), SigningKey.new()
    state.mix_hash(ephemeral.public)
    hello = wa6_proto.HandshakeMessage(clientHello={"ephemeral": ephemeral.public})
    answer = wa6_proto.HandshakeMessage.FromString(responder.hello(hello.SerializeToString())).serverHello
    state.mix_hash(answer.ephemeral)
    state.mix_key(ephemeral.agree(answer.ephemeral))
    state.mix_key(ephemeral.agree(state.decrypt(answer.static)))
    state.decrypt(answer.payload)
    sealed = state.encrypt(static.public)
    state.mix_key(static.agree(answer.ephemeral))
    finish = wa6_proto.HandshakeMessage(clientFinish={"static": sealed, "payload": state.encrypt(payload)})
    read_static, read_payload, server_reads, server_writes = responder.finish(finish.SerializeToString())
    assert read_static == static.public
    writes, reads = state.split()
    return read_payload, (Cipher(writes), server_reads), (server_writes, Cipher(reads))


def test_the_server_learns_who_the_client_says_it_is() -> None:
    payload, _, _ = shake_hands(payload=b"a payload")
    assert payload == b"a payload"


def test_frames_go_both_ways_and_each_has_its_own_nonce() -> None:
    _, (client_writes, server_reads), (server_writes, client_reads) = shake_hands()
    for text in (b"one", b"two", b"two"):
        assert server_reads.decrypt(client_writes.encrypt(text)) == text
        assert client_reads.decrypt(server_writes.encrypt(text)) == text
    assert client_writes.encrypt(b"same") != client_writes.encrypt(b"same")


def test_another_prologue_fails() -> None:
    from whatsapp.simulator.noise import HandshakeFailed

    with pytest.raises(HandshakeFailed):
        shake_hands(client_prologue=b"WA\x06\x02")


def test_the_certificates_lead_from_the_root_to_the_servers_key() -> None:
    from whatsapp.simulator.library import cert_proto
    from whatsapp.simulator.noise import Identity

    root = SigningKey.new()
    identity = Identity(root)
    chain = cert_proto.CertChain.FromString(identity.certificates)
    intermediate = cert_proto.CertChain.NoiseCertificate.Details.FromString(chain.intermediate.details)
    leaf = cert_proto.CertChain.NoiseCertificate.Details.FromString(chain.leaf.details)
    for signer, signed in ((root.public, chain.intermediate), (intermediate.key, chain.leaf)):
        verifier = xeddsa.curve25519_pub_to_ed25519_pub(signer, False)
        assert xeddsa.ed25519_verify(signed.signature, verifier, signed.details)
    assert leaf.key == identity.static.public
    assert (intermediate.issuerSerial, intermediate.serial, leaf.issuerSerial) == (0, 1, 1)
