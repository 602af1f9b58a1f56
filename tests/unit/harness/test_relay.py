"""The relay's process: flows, both directions, what is told, a clean end."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.harness.line import Impairment
from tests.harness.relay import MAX_FLOWS, Relay, relay


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with udp() as opened:
        yield opened


def udp() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.settimeout(5)
    return opened


def port_of(opened: socket.socket) -> int:
    return int(opened.getsockname()[1])


def test_two_clients_are_two_addresses_and_each_gets_its_answer(server: socket.socket) -> None:
    with relay(port_of(server), Impairment(delay_ms=5)) as running, udp() as one, udp() as two:
        seen = {}
        for client, text in ((one, b"one"), (two, b"two")):
            client.sendto(text, ("127.0.0.1", running.port))
            datagram, address = server.recvfrom(100)
            seen[datagram] = address
        assert len(set(seen.values())) == 2
        for text, address in seen.items():
            server.sendto(b"to " + text, address)
        assert [client.recv(100) for client in (one, two)] == [b"to one", b"to two"]
        counters = running.counters()
        assert (counters.flows, counters.up.left, counters.down.left) == (2, 2, 2)
        assert counters.up.left_bytes == 6


def test_a_delay_takes_time_and_loss_is_counted(server: socket.socket) -> None:
    with (
        Relay(
            port_of(server), up=Impairment(loss=0.5), down=Impairment(delay_ms=30), seed=3
        ) as running,
        udp() as client,
    ):
        for number in range(100):
            client.sendto(bytes([number]), ("127.0.0.1", running.port))
        _, address = server.recvfrom(100)
        begin = time.monotonic()
        server.sendto(b"back", address)
        assert client.recv(100) == b"back"
        assert time.monotonic() - begin >= 0.03
        up = running.counters().up
        assert up.arrived == 100
        assert 30 < up.lost < 70
        assert up.lost + up.left == 100


def test_figures_change_while_it_runs(server: socket.socket) -> None:
    with relay(port_of(server), Impairment()) as running, udp() as client:
        client.sendto(b"first", ("127.0.0.1", running.port))
        assert server.recv(100) == b"first"
        running.change(up=Impairment(loss=1.0))
        client.sendto(b"lost", ("127.0.0.1", running.port))
        deadline = time.monotonic() + 5
        while running.counters().up.lost == 0:
            assert time.monotonic() < deadline
        running.change(up=Impairment())
        client.sendto(b"third", ("127.0.0.1", running.port))
        assert server.recv(100) == b"third"


def test_strangers_and_too_many_flows_are_refused(server: socket.socket) -> None:
    clients = [udp() for _ in range(MAX_FLOWS + 2)]
    with relay(port_of(server), Impairment()) as running:
        for client in clients:
            client.sendto(b"x", ("127.0.0.1", running.port))
        for _ in range(MAX_FLOWS):
            _, address = server.recvfrom(100)
        with udp() as stranger:
            stranger.sendto(b"forged", address)
            server.sendto(b"true", address)
            assert clients[MAX_FLOWS - 1].recv(100) == b"true"
        counters = running.counters()
        assert (counters.flows, counters.flows_refused) == (MAX_FLOWS, 2)
    for client in clients:
        client.close()


def test_a_description_leads_through_the_relay_alone(server: socket.socket) -> None:
    number = port_of(server)
    sdp = "\r\n".join(
        (
            "m=audio 9 UDP/TLS/RTP/SAVPF 111",
            f"a=candidate:1 1 udp 2130706431 192.0.2.1 {number} typ host",
            f"a=candidate:2 1 tcp 1 127.0.0.1 {number} typ host tcptype passive",
            "a=end-of-candidates",
        )
    )
    with relay(number, Impairment()) as running:
        told = running.through(sdp).split("\r\n")
        assert told[1:] == [
            f"a=candidate:1 1 udp 2130706431 127.0.0.1 {running.port} typ host",
            "a=end-of-candidates",
        ]
        assert f"127.0.0.1 {running.port}" in running.script
        assert running.is_running()
    assert not running.is_running()
    running.close()
