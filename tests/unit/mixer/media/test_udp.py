import contextlib
import socket

import pytest

from mixer.media.udp import PortTakenError, candidate_hosts, open_udp_port, unmapped


def test_opens_a_free_port_and_says_its_buffers() -> None:
    port = open_udp_port("127.0.0.1", 0)
    try:
        assert port.port > 0
        assert port.receive_buffer > 0
        assert port.send_buffer > 0
        with pytest.raises(BlockingIOError):
            port.socket.recvfrom(10)
    finally:
        port.socket.close()


def test_a_taken_port_is_an_error_of_its_own() -> None:
    port = open_udp_port("127.0.0.1", 0)
    try:
        with pytest.raises(PortTakenError, match=str(port.port)):
            open_udp_port("127.0.0.1", port.port)
    finally:
        port.socket.close()


def test_advertised_addresses_come_before_the_bound_one() -> None:
    assert candidate_hosts("0.0.0.0", ("203.0.113.5",)) == ("203.0.113.5",)
    assert candidate_hosts("127.0.0.1", ()) == ("127.0.0.1",)
    assert candidate_hosts("0.0.0.0", ())[-1] == "127.0.0.1"


def test_a_dual_stack_port_shows_both_families_loopback_last() -> None:
    hosts = candidate_hosts("::", ())
    assert hosts[-2:] == ("127.0.0.1", "::1")
    assert len(set(hosts)) == len(hosts)


def test_one_port_hears_both_families() -> None:
    port = open_udp_port("::", 0)
    try:
        for family, host, seen in (
            (socket.AF_INET, "127.0.0.1", "::ffff:127.0.0.1"),
            (socket.AF_INET6, "::1", "::1"),
        ):
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"x", (host, port.port))
                for _ in range(1000):
                    with contextlib.suppress(BlockingIOError):
                        _, address = port.socket.recvfrom(10)
                        break
                assert address[0] == seen
                assert unmapped(address[:2])[0] == host
    finally:
        port.socket.close()
