"""The fan-out between real sockets and real SRTP, where the compiled one leaves Python aside."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mixer.forward.drops import Drop
from mixer.forward.interface import Extensions, Fanout, InLine, OutLine
from mixer.rtp import payload_type as types
from mixer.rtp.packet import RtpPacket
from mixer.transport.srtp import PROFILES, SrtpSessions, make_sessions
from mixer.wire.ids import MediaKind
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS

STREAM, SSRC, VIEWERS = 80, 1234, 3
IDS = Extensions(mid=4, transport_sequence=5)
SO_NO_CHECK = 11
"""Linux: a socket without checksums, which the kernel sends no segments for."""


@dataclass
class Peer:
    """A socket at the far end and its half of the keys."""

    socket: socket.socket
    sessions: SrtpSessions

    def packets(self) -> list[RtpPacket]:
        """What came, decrypted."""
        found: list[RtpPacket] = []
        while True:
            try:
                datagram = self.socket.recv(2048)
            except BlockingIOError:
                return found
            found.append(RtpPacket.parse(self.sessions.inbound.unprotect(datagram)))


class Room:
    """A publisher of VP8 and viewers of it, on the loopback device."""

    def __init__(self, implementation: str) -> None:
        self.socket = self._open()
        self.fanout: Fanout = IMPLEMENTATIONS[implementation](self.socket)
        self.fanout.set_clock(0, 10**18)
        self.publisher = self._peer(1)
        line = InLine("0", MediaKind.VIDEO, {96: types.VP8}, {}, (SSRC,), {}, nack=True)
        self.fanout.set_in_lines(1, (line,))
        self.fanout.add_in(STREAM, 1, "0", MediaKind.VIDEO)
        self.viewers = [self._viewer(number) for number in range(VIEWERS)]
        self.number = 0

    def _open(self) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind(("127.0.0.1", 0))
        opened.setblocking(False)
        return opened

    def _peer(self, peer: int) -> Peer:
        keying = os.urandom(2 * (16 + 12))
        ours, theirs = (
            make_sessions(PROFILES[0], keying, is_server=is_server) for is_server in (True, False)
        )
        far = Peer(self._open(), theirs)
        self.fanout.add_peer(peer, f"cname{peer}")
        self.fanout.set_keys(peer, ours.inbound, ours.outbound)
        self.fanout.set_address(peer, far.socket.getsockname(), send_to=True)
        return far

    def _viewer(self, number: int) -> Peer:
        far = self._peer(10 + number)
        line = OutLine(
            MediaKind.VIDEO,
            5000 + number,
            6000 + number,
            {types.VP8: 120},
            {types.VP8: 121},
            mid="0",
            extensions=IDS,
            transport_feedback=True,
        )
        self.fanout.add_out(100 + number, 10 + number, line)
        self.fanout.set_route(100 + number, STREAM)
        return far

    def publish(self, sizes: tuple[int, ...]) -> None:
        """One picture in packets with so many bytes each, read in one go."""
        for place, size in enumerate(sizes):
            body = (b"\x10\x10" if place == 0 else b"\x00\x00") + bytes([place]) * size
            packet = RtpPacket(96, self.number, 3600, SSRC, body, place == len(sizes) - 1)
            self.number += 1
            datagram = self.publisher.sessions.outbound.protect(packet.serialize())
            self.publisher.socket.sendto(datagram, self.socket.getsockname())
        self.fanout.drain(time.monotonic_ns(), 64)

    def close(self) -> None:
        for one in (self.socket, self.publisher.socket, *(far.socket for far in self.viewers)):
            one.close()


@pytest.fixture
def room(implementation: str) -> Iterator[Room]:
    made = Room(implementation)
    yield made
    made.close()


SIZES = (1000, 1000, 1000, 400, 900, 900, 1100)


def assert_came_whole(viewer: Peer, number: int) -> None:
    packets = viewer.packets()
    assert [len(packet.payload) - 2 for packet in packets] == list(SIZES)
    assert [packet.payload[-1] for packet in packets] == list(range(len(SIZES)))
    assert {packet.ssrc for packet in packets} == {5000 + number}
    first = packets[0].sequence
    assert [packet.sequence - first for packet in packets] == list(range(len(SIZES)))


def test_every_viewer_decrypts_every_packet_in_order(room: Room) -> None:
    room.publish(SIZES)
    for number, viewer in enumerate(room.viewers):
        assert_came_whole(viewer, number)
    assert room.fanout.totals().packets_out == VIEWERS * len(SIZES)


def test_a_way_that_takes_no_segments_gets_packets_one_by_one(room: Room) -> None:
    room.socket.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    for _ in range(2):
        room.publish(SIZES)
        for number, viewer in enumerate(room.viewers):
            assert_came_whole(viewer, number)
    assert room.fanout.totals().packets_out == 2 * VIEWERS * len(SIZES)


def test_a_peer_that_cannot_be_reached_costs_the_others_nothing(room: Room) -> None:
    # Broadcast without permission is refused by the kernel.
    room.fanout.set_address(10, ("255.255.255.255", 9), send_to=True)
    room.publish(SIZES)
    assert room.viewers[0].packets() == []
    for number, viewer in enumerate(room.viewers[1:], 1):
        assert_came_whole(viewer, number)
    assert room.fanout.totals().drops[Drop.SEND_FAILED] == len(SIZES)
    assert room.fanout.totals().packets_out == (VIEWERS - 1) * len(SIZES)


def test_what_is_forged_or_repeated_is_refused_by_name(room: Room) -> None:
    room.publish(SIZES)
    packet = RtpPacket(96, 0, 3600, SSRC, b"\x10\x10again")
    datagram = room.publisher.sessions.outbound.protect(packet.serialize())
    for sent in (datagram, datagram[:-1] + bytes((datagram[-1] ^ 1,)), datagram[:20]):
        room.publisher.socket.sendto(sent, room.socket.getsockname())
    room.viewers[0].socket.sendto(datagram, room.socket.getsockname())
    room.fanout.drain(time.monotonic_ns(), 64)
    assert room.fanout.totals().drops[Drop.SRTP_REFUSED] == 4


def test_strangers_are_dropped_by_name(room: Room) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(100):
            stranger.sendto(bytes((0x80, 96)) + bytes(100), room.socket.getsockname())
    batches = [room.fanout.drain(time.monotonic_ns(), 64) for _ in range(2)]
    assert [batch.exhausted for batch in batches] == [False, True]
    assert room.fanout.totals().drops[Drop.UNKNOWN_ADDRESS] == 100
