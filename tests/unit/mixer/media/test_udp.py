import pytest

from mixer.media.udp import PortTakenError, candidate_hosts, open_udp_port


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
