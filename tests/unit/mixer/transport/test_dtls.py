import time

import pytest

from mixer.transport.dtls import MTU_BYTES, DtlsEndpoint, DtlsState
from mixer.transport.identity import Fingerprint, Identity
from mixer.transport.srtp import PROFILES, make_sessions

SERVER, CLIENT = Identity(), Identity()


def endpoints(
    expected_by_server: Fingerprint = CLIENT.fingerprint,
) -> tuple[DtlsEndpoint, DtlsEndpoint]:
    server = DtlsEndpoint(SERVER, (expected_by_server,), is_server=True)
    client = DtlsEndpoint(CLIENT, (SERVER.fingerprint,), is_server=False)
    client.start()
    return server, client


def exchange(server: DtlsEndpoint, client: DtlsEndpoint) -> None:
    for _ in range(10):
        moved = False
        for sender, receiver in ((client, server), (server, client)):
            for datagram in sender.datagrams_to_send():
                assert len(datagram) <= MTU_BYTES
                receiver.receive(datagram)
                moved = True
        if not moved:
            return


def test_a_handshake_gives_matching_gcm_sessions() -> None:
    server, client = endpoints()
    exchange(server, client)
    assert server.state is client.state is DtlsState.CONNECTED
    assert server.sessions is not None
    assert client.sessions is not None
    assert server.sessions.profile == "SRTP_AEAD_AES_128_GCM"
    packet = bytes.fromhex("806000010000000100000001") + b"payload"
    assert client.sessions.inbound.unprotect(server.sessions.outbound.protect(packet)) == packet
    assert server.sessions.inbound.unprotect(client.sessions.outbound.protect(packet)) == packet


def test_a_lost_flight_is_repeated() -> None:
    server, client = endpoints()
    client.datagrams_to_send()
    timeout = client.timeout_s()
    assert timeout is not None
    assert 0 < timeout <= 1.1
    time.sleep(timeout)
    client.handle_timeout()
    exchange(server, client)
    assert server.state is DtlsState.CONNECTED


def test_a_certificate_that_was_not_announced_fails() -> None:
    server, client = endpoints(SERVER.fingerprint)
    exchange(server, client)
    assert server.state is DtlsState.FAILED
    assert "fingerprint" in server.reason
    assert server.sessions is None


def test_without_a_known_digest_nothing_is_trusted() -> None:
    server, client = endpoints(Fingerprint("sha-1", "00"))
    exchange(server, client)
    assert server.state is DtlsState.FAILED


def test_close_is_noticed_by_the_other_end() -> None:
    server, client = endpoints()
    exchange(server, client)
    client.close()
    exchange(server, client)
    assert client.state is server.state is DtlsState.CLOSED
    server.receive(b"\x16 anything")
    assert server.datagrams_to_send() == []


def test_garbage_does_not_end_an_association() -> None:
    server, client = endpoints()
    exchange(server, client)
    for garbage in (b"\x17", b"\x17\xfe\xfd" + bytes(60), bytes(range(20, 60)), b"\x16" * 1200):
        server.receive(garbage)
    assert server.state is DtlsState.CONNECTED


def test_garbage_during_a_handshake_does_not_stop_it() -> None:
    server, client = endpoints()
    server.receive(b"\x16\xfe\xfd" + bytes(40))
    exchange(server, client)
    assert server.state is DtlsState.CONNECTED


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name.decode())
def test_every_profile_carries_rtp_and_rtcp(profile: object) -> None:
    chosen = next(known for known in PROFILES if known is profile)
    keying = bytes(range(chosen.keying_bytes))
    server = make_sessions(chosen, keying, is_server=True)
    client = make_sessions(chosen, keying, is_server=False)
    rtp = bytes.fromhex("806000010000000100000001") + b"payload"
    rtcp = bytes.fromhex("80c9000100000001")
    assert client.inbound.unprotect(server.outbound.protect(rtp)) == rtp
    assert server.inbound.unprotect_rtcp(client.outbound.protect_rtcp(rtcp)) == rtcp
