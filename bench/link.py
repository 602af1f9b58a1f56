"""Framed worker link against UDP on loopback: CPU time per packet at each end.

Both run under the event loop the workers use and carry the same frames (header and an RTP-sized
packet) in batches of 20: the link by stream reader and writer, as `mixer.wire.link` does, UDP as
one datagram a frame. The split between the ends is approximate: what the loop itself costs, and
a stream's write that uvloop puts off to the end of its turn, count as receiving. So the limit is
on the sum.
"""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from statistics import median
from time import thread_time_ns
from typing import NamedTuple

import uvloop

from bench.alternate import alternate
from bench.report import Measurement
from mixer.wire.frame import Frame, FrameKind, FrameReader, encode_frame

PACKET_BYTES = 1100
BATCH_PACKETS = 20
BATCHES = 400
READ_BYTES = 256 * 1024
PATIENCE_S = 10.0


class Cost(NamedTuple):
    """Microseconds of CPU time per packet."""

    send_us: float
    receive_us: float


def measure(rounds: int) -> list[Measurement]:
    """Both ends of both carriers, and the ratio link / UDP of their sums (lower is better)."""
    costs: dict[str, list[Cost]] = {"link": [], "udp": []}

    def run(name: str, carry: Callable[[], Coroutine[None, None, Cost]]) -> Callable[[], float]:
        def run_once() -> float:
            cost = uvloop.run(asyncio.wait_for(carry(), PATIENCE_S))
            costs[name].append(cost)
            return sum(cost)

        return run_once

    sums = alternate({"link": run("link", link_cost), "udp": run("udp", udp_cost)}, rounds)
    ends = [
        Measurement(f"{name}_{end}", median(values), "us")
        for name, found in costs.items()
        # The first is the warm-up round that `alternate` throws away as well.
        for end, values in zip(("send", "receive"), zip(*found[1:], strict=True), strict=True)
    ]
    return [*ends, Measurement("link_to_udp", sums.ratio("link", "udp"))]


async def link_cost() -> Cost:
    """One run over a Unix stream socket."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    _, writer = await asyncio.open_unix_connection(sock=near)
    reader, far_writer = await asyncio.open_unix_connection(sock=far, limit=READ_BYTES)
    frames = FrameReader()
    send_ns = 0
    begun_ns = thread_time_ns()
    for batch in range(BATCHES):
        started_ns = thread_time_ns()
        writer.write(b"".join([encode_frame(frame) for frame in _batch(batch)]))
        send_ns += thread_time_ns() - started_ns
        missing = BATCH_PACKETS
        while missing:
            missing -= len(frames.feed(await reader.read(READ_BYTES)))
    total_ns = thread_time_ns() - begun_ns
    for end in (writer, far_writer):
        end.close()
        await end.wait_closed()
    return _per_packet(send_ns, total_ns)


class _Datagrams(asyncio.DatagramProtocol):
    """Reads one frame a datagram and tells when a batch is complete."""

    def __init__(self) -> None:
        self.frames = FrameReader()
        self.missing = 0
        self.complete = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        self.missing -= len(self.frames.feed(data))
        if self.missing == 0:
            self.complete.set()


async def udp_cost() -> Cost:
    """One run over UDP on 127.0.0.1."""
    loop = asyncio.get_running_loop()
    receiver, sink = await loop.create_datagram_endpoint(_Datagrams, ("127.0.0.1", 0))
    sender, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=receiver.get_extra_info("sockname")
    )
    send_ns = 0
    begun_ns = thread_time_ns()
    for batch in range(BATCHES):
        sink.missing = BATCH_PACKETS
        sink.complete.clear()
        started_ns = thread_time_ns()
        for frame in _batch(batch):
            sender.sendto(encode_frame(frame))
        send_ns += thread_time_ns() - started_ns
        # A datagram the kernel dropped ends the bench by `PATIENCE_S` instead of hanging it.
        await sink.complete.wait()
    total_ns = thread_time_ns() - begun_ns
    sender.close()
    receiver.close()
    return _per_packet(send_ns, total_ns)


_PACKET = bytes(PACKET_BYTES)


def _batch(number: int) -> list[Frame]:
    first = number * BATCH_PACKETS
    return [
        Frame(FrameKind.RTP, 7, 0, 0, first + index, 1, 2, _PACKET)
        for index in range(BATCH_PACKETS)
    ]


def _per_packet(send_ns: int, total_ns: int) -> Cost:
    packets = BATCHES * BATCH_PACKETS
    return Cost(send_ns / packets / 1000, (total_ns - send_ns) / packets / 1000)
