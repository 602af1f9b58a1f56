"""The wait of an event loop during which packets pass, between real sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from mixer.forward.drops import Drop
from mixer.forward.interface import NOTHING
from mixer.forward.turns import CALM_NS, GATHER_NS, LATE_NS, OTHERS, PACKETS, Waiter
from mixer.rtp.packet import RtpPacket
from mixer.rtp.rtcp import SenderReport, parse_rtcp
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS
from tests.unit.mixer.forward.test_real_sockets import SSRC, Room

pytestmark = pytest.mark.skipif(
    "compiled" not in IMPLEMENTATIONS, reason="only what is compiled waits"
)
MS = 1_000_000
SECOND = 1000 * MS
STUN = bytes((0, 1)) + bytes(18)


class Waiting:
    """A room whose fan-out is only moved by its waiter, and the other files of a loop."""

    def __init__(self) -> None:
        self.room = Room("compiled")
        waiter = self.room.fanout.waiter()
        assert waiter is not None
        self.waiter: Waiter = waiter
        self.others, self.sender = socket.socketpair()
        self.waiter.look(time.monotonic_ns() + 60 * SECOND)

    def send(self, body: bytes = b"\x10\x10picture") -> None:
        packet = RtpPacket(96, self.room.number, 3600, SSRC, body, marker=True)
        self.room.number += 1
        protected = self.room.publisher.sessions.outbound.protect(packet.serialize())
        self.send_raw(protected)

    def send_raw(self, datagram: bytes) -> None:
        self.room.publisher.socket.sendto(datagram, self.room.socket.getsockname())

    def wait(self, patience_ns: int) -> int:
        return self.waiter.wait(self.others.fileno(), time.monotonic_ns() + patience_ns)

    def settle(self) -> None:
        """Let a first picture through, and do what it and the first tick ask for."""
        self.send()
        while self.wait(2 * LATE_NS) & PACKETS:
            self.waiter.take()
            if self.waiter.is_tick():
                self.room.fanout.poll(time.monotonic_ns())
        assert self.came() == [1, 1, 1]

    def came(self) -> list[int]:
        """How many packets each viewer got."""
        return [len(viewer.packets()) for viewer in self.room.viewers]

    def close(self) -> None:
        self.room.close()
        self.others.close()
        self.sender.close()


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    made = Waiting()
    yield made
    made.close()


def test_packets_pass_while_nobody_has_a_turn(waiting: Waiting) -> None:
    waiting.settle()
    for _ in range(200):
        waiting.send()
    assert waiting.wait(4 * GATHER_NS) == 0
    assert waiting.came() == [200, 200, 200]
    assert waiting.waiter.take() is NOTHING


def test_what_comes_soon_after_a_reading_is_gathered(waiting: Waiting) -> None:
    waiting.settle()
    assert LATE_NS > CALM_NS
    waiting.send()
    waiting.wait(0)
    assert waiting.came() == [1, 1, 1], "after calm it is read at once"
    begun_ns = time.monotonic_ns()
    waiting.send()
    waiting.wait(0)
    seen = waiting.came()
    if time.monotonic_ns() - begun_ns < GATHER_NS:  # else the machine stood still
        assert seen == [0, 0, 0]
    waiting.send()
    waiting.wait(3 * GATHER_NS)
    assert [before + after for before, after in zip(seen, waiting.came(), strict=True)] == [2] * 3


def test_others_have_a_turn_while_packets_gather(waiting: Waiting) -> None:
    waiting.settle()
    waiting.send()
    waiting.wait(2 * GATHER_NS)
    waiting.send()
    waiting.sender.send(b"link")
    assert waiting.wait(60 * SECOND) & OTHERS
    waiting.others.recv(16)
    waiting.wait(2 * GATHER_NS)
    assert waiting.came() == [2, 2, 2]


def test_what_is_not_media_is_left(waiting: Waiting) -> None:
    waiting.settle()
    waiting.send_raw(STUN)
    assert waiting.wait(60 * SECOND) == PACKETS
    assert waiting.wait(60 * SECOND) == PACKETS, "as long as nobody takes it"
    batch = waiting.waiter.take()
    address = waiting.room.publisher.socket.getsockname()
    assert batch.control == [(STUN, address)]
    assert waiting.waiter.take() is NOTHING


def test_what_is_left_is_not_another_calls(waiting: Waiting) -> None:
    waiting.settle()
    waiting.send_raw(STUN)
    assert waiting.wait(60 * SECOND) == PACKETS
    assert waiting.room.fanout.inject([], time.monotonic_ns()) is NOTHING
    assert len(waiting.waiter.take().control) == 1


def test_rubbish_gives_nobody_a_turn(waiting: Waiting) -> None:
    waiting.settle()
    for datagram in (b"", b"\xff", bytes((0x80, 96)) + bytes(50), bytes((0x80, 200)) + bytes(50)):
        waiting.send_raw(datagram)
    assert waiting.wait(4 * GATHER_NS) == 0
    drops = waiting.room.fanout.totals().drops
    assert (drops[Drop.UNKNOWN_KIND], drops[Drop.SRTP_REFUSED], drops[Drop.SRTCP_REFUSED]) == (
        (2, 1, 1)
    )


def test_nothing_ticks_while_nothing_is_due(waiting: Waiting) -> None:
    waiting.settle()
    assert waiting.wait(3 * LATE_NS) == 0
    assert not waiting.waiter.is_tick()


def test_who_asks_has_the_next_tick(waiting: Waiting) -> None:
    waiting.settle()
    waiting.waiter.ask()
    assert waiting.wait(60 * SECOND) == PACKETS
    assert waiting.waiter.is_tick()
    assert not waiting.waiter.is_tick()
    assert waiting.wait(2 * LATE_NS) == 0


def test_a_look_has_its_time(waiting: Waiting) -> None:
    waiting.settle()
    due_ns = time.monotonic_ns() + 60 * MS
    waiting.waiter.look(due_ns)
    assert waiting.wait(60 * SECOND) == PACKETS
    assert waiting.waiter.is_tick()
    assert time.monotonic_ns() >= due_ns


def test_what_is_paced_has_its_time(waiting: Waiting) -> None:
    waiting.settle()
    due_ns = time.monotonic_ns() + 5 * MS
    waiting.waiter.pace(due_ns)
    waiting.waiter.pace(due_ns + SECOND)
    assert not waiting.waiter.is_paced(due_ns - 1)
    assert waiting.wait(60 * SECOND) == PACKETS
    assert waiting.waiter.is_paced(time.monotonic_ns())
    assert waiting.wait(2 * LATE_NS) == 0


def test_what_is_to_be_written_has_its_time(waiting: Waiting) -> None:
    waiting.settle()
    due_ns = time.monotonic_ns() + 5 * MS
    waiting.waiter.write(due_ns)
    assert not waiting.waiter.is_written(due_ns - 1)
    assert waiting.wait(60 * SECOND) == PACKETS
    assert time.monotonic_ns() >= due_ns
    assert not waiting.waiter.is_paced(time.monotonic_ns())
    assert waiting.waiter.is_written(time.monotonic_ns())
    assert waiting.wait(2 * LATE_NS) == 0


def test_what_waits_for_a_pace_asks_for_a_tick(waiting: Waiting) -> None:
    waiting.settle()
    waiting.room.fanout.set_pace(10, 100_000)
    for _ in range(20):
        waiting.send(b"\x10\x10" + bytes(1000))
    assert waiting.wait(60 * SECOND) == PACKETS
    assert waiting.waiter.take() is not NOTHING, "so that somebody asks when it is due"
    assert 0 < waiting.came()[0] < 20


def test_sender_reports_leave_without_a_turn(waiting: Waiting) -> None:
    waiting.settle()
    until_ns = time.monotonic_ns() + 3 * SECOND // 2
    reports: list[SenderReport] = []
    viewer = waiting.room.viewers[0]
    while time.monotonic_ns() < until_ns and len(reports) < 2:
        if waiting.wait(20 * MS) & PACKETS and waiting.waiter.is_tick():
            waiting.room.fanout.poll(time.monotonic_ns())  # of the publisher's reports
        reports += sender_reports(viewer.socket, viewer.sessions.inbound.unprotect_rtcp)
    assert [report.ssrc for report in reports] == [5000, 5000]
    assert [report.packet_count for report in reports] == [1, 1]


def sender_reports(
    viewer: socket.socket, unprotect: Callable[[bytes], bytes]
) -> list[SenderReport]:
    """Those that came; media is left aside."""
    found: list[SenderReport] = []
    while True:
        try:
            datagram = viewer.recv(2048)
        except BlockingIOError:
            return found
        if datagram[1] == 200:
            told = parse_rtcp(unprotect(datagram))
            found += [report for report in told if isinstance(report, SenderReport)]
