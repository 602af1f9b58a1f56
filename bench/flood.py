"""What datagrams cost that are nobody's: of strangers, and forged ones from a known address.

The fan-out as the media process chooses it, on a socket of the loopback device; counted is the CPU
time of `drain` alone, with what the kernel does for it. Each batch also holds one good packet,
which has to reach its viewer.
"""

import os
import socket
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from bench.alternate import alternate
from bench.report import Measurement
from mixer.forward.compiled import choose_hot_path
from mixer.forward.interface import Fanout, InLine, OutLine
from mixer.rtp import payload_type
from mixer.rtp.packet import RtpPacket
from mixer.transport.srtp import PROFILES, SrtpSessions, make_sessions
from mixer.wire.ids import MediaKind

BATCHES = 300
BATCH = 64
"""As many as the media process reads in one go."""
SSRC = 1234
STREAM, OUT = 1, 1
PUBLISHER, VIEWER = 1, 2
BODY_BYTES = 200


class Flooded:
    """A publisher of sound, a viewer, and somebody who floods them."""

    def __init__(self) -> None:
        self.socket = _opened()
        self.fanout: Fanout = choose_hot_path(allow_compiled=True).make_fanout(self.socket)
        self.publisher, self._keys = self._peer(PUBLISHER)
        line = InLine("0", MediaKind.AUDIO, {111: payload_type.OPUS}, {}, (SSRC,), {}, nack=False)
        self.fanout.set_in_lines(PUBLISHER, (line,))
        self.fanout.add_in(STREAM, PUBLISHER, "0", MediaKind.AUDIO)
        self.viewer, _ = self._peer(VIEWER)
        out = OutLine(MediaKind.AUDIO, SSRC + 1, 0, {payload_type.OPUS: 111}, {}, nack=False)
        self.fanout.add_out(OUT, VIEWER, out)
        self.fanout.set_route(OUT, STREAM)
        self.stranger = _opened()

    def _peer(self, peer: int) -> tuple[socket.socket, SrtpSessions]:
        keying = os.urandom(2 * (PROFILES[0].key_bytes + PROFILES[0].salt_bytes))
        ours = make_sessions(PROFILES[0], keying, is_server=True)
        far = _opened()
        self.fanout.add_peer(peer, "bench")
        self.fanout.set_keys(peer, ours.inbound, ours.outbound)
        self.fanout.set_address(peer, far.getsockname(), send_to=True)
        return far, make_sessions(PROFILES[0], keying, is_server=False)

    def cost_us(self, sender: socket.socket) -> float:
        """CPU time per datagram while `sender` floods. Raises ValueError if it disturbs."""
        flood = RtpPacket(111, 1, 960, SSRC, bytes(BODY_BYTES)).serialize()
        spent_ns = arrived = 0
        for number in range(BATCHES):
            for _ in range(BATCH - 1):
                sender.sendto(flood, self.socket.getsockname())
            good = RtpPacket(111, number, number * 960, SSRC, bytes(BODY_BYTES)).serialize()
            self.publisher.sendto(self._keys.outbound.protect(good), self.socket.getsockname())
            begun_ns = time.thread_time_ns()
            self.fanout.drain(time.monotonic_ns(), BATCH)
            spent_ns += time.thread_time_ns() - begun_ns
            arrived += _count(self.viewer)
        if arrived != BATCHES:
            raise ValueError(f"{BATCHES - arrived} of {BATCHES} good packets were lost")
        return spent_ns / 1000 / (BATCHES * BATCH)

    def close(self) -> None:
        """Close all sockets."""
        for one in (self.socket, self.publisher, self.viewer, self.stranger):
            one.close()


def measure(rounds: int) -> list[Measurement]:
    """Microseconds per datagram. Raises ValueError when a good packet was lost meanwhile."""
    found: dict[str, list[float]] = {"stranger": [], "forged": []}
    alternate({name: partial(_once, name, found[name].append) for name in found}, rounds)
    # The first is the round that warms up.
    return [Measurement(name, median(costs[1:]), "us") for name, costs in found.items()]


def _once(name: str, note: Callable[[float], None]) -> float:
    flooded = Flooded()
    try:
        sender = flooded.stranger if name == "stranger" else flooded.publisher
        cost_us = flooded.cost_us(sender)
    finally:
        flooded.close()
    note(cost_us)
    return cost_us


def _opened() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.setblocking(False)  # noqa: FBT003  takes no keyword
    return opened


def _count(viewer: socket.socket) -> int:
    count = 0
    while True:
        try:
            viewer.recv(2048)
        except BlockingIOError:
            return count
        count += 1
