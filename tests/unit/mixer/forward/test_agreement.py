"""The compiled fan-out and its reference, given the same: same bytes, discards and figures."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.forward.batch import Batch, Feedback, InjectedPacket
from mixer.forward.estimate.measured import MeasuredEstimate
from mixer.forward.reports import SessionTime
from mixer.forward.transport_log import ArrivalLog
from mixer.rtp.ntp import middle_of_ntp, ns_to_short_ntp
from mixer.rtp.packet import RtpPacket
from mixer.rtp.rtcp import (
    Nack,
    PictureLoss,
    ReceiverReport,
    Remb,
    ReportBlock,
    Rtcp,
    SourceDescription,
    serialize_rtcp,
)
from mixer.wire.ids import MediaKind
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS
from tests.unit.mixer.forward.layers_rig import (
    LAYERS,
    OUT,
    OUT_SSRC,
    SOUND_OUT,
    SOUND_OUT_SSRC,
    SOUND_SSRC,
    SSRCS,
    LayersRig,
    sound_out,
    video_out,
)
from tests.unit.mixer.forward.rig import MS, ORIGIN_WALL_NS, PUBLISHER, VIEWER

pytestmark = pytest.mark.skipif(
    "compiled" not in IMPLEMENTATIONS, reason="without a compiler there is nothing to compare"
)
MADE: Final = 900
"""An in-stream that a worker makes."""
H264: Final = (b"\x67\x42", b"\x65\x88", b"\x41\x9a", b"\x78\x00\x02\x67\x42\x00\x02\x65\x88")
H264_PARTS: Final = (b"\x7c\x85\x00", b"\x7c\x05\x00", b"\x78\x00", b"\x1c")
RED: Final = (b"\x6fopus", b"\xef\x00\x00\x04oldsopus", b"\xef\x00\x0f\xff", b"\x80", b"\x05x")
Step = Callable[["Side", random.Random], Batch | None]


class Side(LayersRig):
    """One of the two, with what was published so far."""

    def __init__(self, name: str, *, rtx: bool, red: bool) -> None:
        super().__init__(make=IMPLEMENTATIONS[name], rtx=rtx)
        self.fanout.add_out(SOUND_OUT, 2, sound_out(red=red))
        self.fanout.add_local(MADE, MediaKind.VIDEO, 90_000)
        self.fanout.set_tap(LAYERS[1], tapped=True)
        self.published: list[bytes] = []
        self.sent: list[RtpPacket] = []
        self.heard = ArrivalLog()
        self.made = 0
        self.estimate: MeasuredEstimate | None = None

    def publish(self, packet: RtpPacket, elements: dict[int, bytes]) -> Batch:
        self.sent.append(packet)
        return super().publish(packet, elements)

    def arrive(self, datagram: bytes, address: tuple[str, int] = PUBLISHER) -> Batch:
        self.published.append(datagram)
        return super().arrive(datagram, address)


def _video(side: Side, source: random.Random) -> Batch:
    packet = side.packet(
        source.randrange(3),
        key=source.random() < 0.3,
        first=source.random() < 0.7,
        last=source.random() < 0.6,
    )
    layer = SSRCS.index(packet.ssrc)
    elements = {1: b"0", 2: b"lmh"[layer : layer + 1]} if source.random() < 0.8 else {}
    if source.random() < 0.2:
        elements[6] = bytes((source.randrange(16),))
    if source.random() < 0.1:
        packet = RtpPacket(
            96,
            packet.sequence,
            packet.timestamp,
            packet.ssrc,
            source.randbytes(source.randrange(9)),
        )
    return side.publish(packet, elements)


def _lost(side: Side, source: random.Random) -> None:
    """A packet that does not come, or comes later as a retransmission."""
    side.sent.append(side.packet(source.randrange(3), first=source.random() < 0.5))


def _h264(side: Side, source: random.Random) -> Batch:
    made = side.packet(source.randrange(3), first=source.random() < 0.5)
    layer = SSRCS.index(made.ssrc)
    payload = source.choice(H264 + H264_PARTS)
    packet = RtpPacket(98, made.sequence, made.timestamp, made.ssrc, payload, made.marker)
    return side.publish(packet, {1: b"0", 2: b"lmh"[layer : layer + 1]})


def _padding(side: Side, source: random.Random) -> Batch:
    made = side.packet(source.randrange(3), first=False)
    return side.publish(RtpPacket(96, made.sequence, made.timestamp, made.ssrc, b""), {1: b"0"})


def _again(side: Side, source: random.Random) -> Batch | None:
    """The very bytes once more, or damaged ones."""
    if not side.published:
        return None
    datagram = bytearray(source.choice(side.published[-20:]) or b"\x80")  # cut off before
    for _ in range(source.choice((0, 0, 1, 3))):
        datagram[source.randrange(len(datagram))] = source.randrange(256)
    if source.random() < 0.2:
        del datagram[source.randrange(len(datagram)) :]
    return side.arrive(bytes(datagram), source.choice((PUBLISHER, PUBLISHER, VIEWER)))


def _repeat(side: Side, source: random.Random) -> Batch | None:
    if not side.sent:
        return None
    packet = source.choice(side.sent[-10:])
    layer = SSRCS.index(packet.ssrc) if packet.ssrc in SSRCS else 0
    return side.repeat(layer, packet, named=source.random() < 0.7)


def _sound(side: Side, source: random.Random) -> Batch:
    number = len(side.sent)
    is_red = source.random() < 0.3
    payload = source.choice(RED) if is_red else b"opus"
    packet = RtpPacket(63 if is_red else 111, number & 0xFFFF, number * 960, SOUND_SSRC, payload)
    return side.publish(packet, {1: b"1", 4: bytes((source.randrange(256),))})


def _inject(side: Side, source: random.Random) -> Batch:
    side.made += source.choice((0, 1, 1, 1, 2))
    body = b"\x90\xe0\x80\x01\x05\x00" + (b"\x10" if source.random() < 0.3 else b"\x11") + b"made"
    plain = RtpPacket(96, side.made, side.made * 3600, 1, body).serialize()
    packet = plain[: source.choice((len(plain), len(plain), 12))]
    told = InjectedPacket(MADE, source.random() < 0.2, side.made, side.now_ns, packet)
    return side.fanout.inject([told], side.now_ns)


def _route(side: Side, source: random.Random) -> None:
    side.fanout.set_route(OUT, source.choice((*LAYERS, MADE, None)))


def _pause(side: Side, source: random.Random) -> None:
    side.fanout.set_paused(source.choice((OUT, SOUND_OUT)), paused=source.random() < 0.4)


def _pace(side: Side, source: random.Random) -> None:
    side.fanout.set_pace(2, source.choice((0, 20_000, 200_000, 5_000_000)))


def _probe(side: Side, source: random.Random) -> None:
    side.fanout.probe(2, source.randrange(1, 9), 2000, source.choice((200_000, 2_000_000)))


def _line(side: Side, source: random.Random) -> None:
    side.fanout.add_out(OUT, 2, video_out(rtx=source.random() < 0.5))


def _kernel(side: Side, source: random.Random) -> None:
    side.socket.error = source.choice((None, None, BlockingIOError(), OSError()))


def _rtcp(side: Side, source: random.Random) -> Batch:
    sent = [number for data, _ in side.socket.sent[-30:] for number in _number_of(data)]
    for number in sent:
        if source.random() < 0.8:
            side.heard.add(number, side.now_ns + source.randrange(50 * MS))
    numbers = tuple(source.randrange(65536) for _ in range(2)) + tuple(sent[-2:])
    reports = (
        ReportBlock(OUT_SSRC, 12, jitter=source.randrange(1 << 32), **_echo(side, source)),
        ReportBlock(SOUND_OUT_SSRC, 255, **_echo(side, source)),
        ReportBlock(999),
    )
    choices: tuple[list[Rtcp], ...] = (
        [*side.heard.reports(1, OUT_SSRC)] or [ReceiverReport(1)],
        [ReceiverReport(1, reports[: source.randrange(4)])],
        [ReceiverReport(1, reports), SourceDescription(((1, "viewer"),))],
        [Nack(1, OUT_SSRC, numbers)],
        [PictureLoss(1, OUT_SSRC), Remb(1, 500_000, (OUT_SSRC,))],
    )
    told = bytearray(serialize_rtcp(source.choice(choices)))
    if source.random() < 0.2:
        told[source.randrange(len(told))] = source.randrange(256)
    if source.random() < 0.1:
        del told[source.randrange(len(told)) :]
    return side.arrive(bytes(told), VIEWER)


def _echo(side: Side, source: random.Random) -> dict[str, int]:
    """When a report of ours came, and how long ago that is, or neither."""
    ago_ns = source.randrange(3000) * MS
    left = middle_of_ntp(SessionTime(0, ORIGIN_WALL_NS).ntp(side.now_ns - ago_ns))
    return source.choice(
        (
            {},
            {"last_sr": left},
            {"last_sr": left, "delay_since_last_sr": ns_to_short_ntp(ago_ns // 2)},
            {"last_sr": left, "delay_since_last_sr": source.randrange(1 << 32)},
        )
    )


def _judge(side: Side, source: random.Random) -> None:
    """Let an estimate take what the viewer tells, or nobody."""
    is_judged = source.random() < 0.7
    side.estimate = side.fanout.make_estimate() if is_judged else None
    side.fanout.judge(2, side.estimate)


def _number_of(datagram: bytes) -> list[int]:
    """Transport-wide and sequence number of what was sent."""
    if len(datagram) < 20 or 64 <= datagram[1] & 0x7F <= 95 or not datagram[0] & 0x10:
        return []
    return [int.from_bytes(datagram[17:19], "big"), int.from_bytes(datagram[2:4], "big")]


def _time(side: Side, source: random.Random) -> Batch:
    side.now_ns += source.choice((1, 5, 20, 20, 100, 700)) * MS
    return side.fanout.poll(side.now_ns)


STEPS: Final[tuple[Step, ...]] = (
    *(_video,) * 8,
    *(_sound,) * 2,
    *(_inject,) * 2,
    *(_time,) * 3,
    *(_rtcp,) * 2,
    _again,
    _h264,
    _judge,
    _kernel,
    _line,
    _lost,
    _pace,
    _padding,
    _pause,
    _probe,
    _repeat,
    _route,
)


def _left(batch: Batch | None) -> object:
    if batch is None:
        return None
    others = [getattr(batch, name) for name in Batch.__slots__ if name != "feedback"]
    return [[_told(report) for report in batch.feedback], *others]


def _told(report: Feedback) -> object:
    """Each has a class of its own."""
    sequences = (report.sent_ns, report.arrived_ns, report.octets, report.cluster)
    sums = (report.packets, report.lost, report.last_arrival_ns, report.received_octets)
    return (
        report.peer,
        [list(one) for one in sequences],
        sums,
        [report.first_of(one) for one in range(9)],
    )


def _figures(side: Side) -> object:
    fanout = side.fanout
    return (
        fanout.totals(),
        fanout.stream_figures(),
        fanout.out_figures(),
        fanout.out_flows(),
        fanout.stream_flows(),
        fanout.peer_figures(side.now_ns),
        fanout.audio_levels(side.now_ns),
        fanout.taken(),
        fanout.next_due_ns(side.now_ns),
        side.estimate and (side.estimate.bps, side.estimate.rtt_ns, side.estimate.has_moved),
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(st.sampled_from(STEPS), min_size=30, max_size=120),
    rtx=st.booleans(),
    red=st.booleans(),
)
def test_both_do_the_same(seed: int, steps: list[Step], *, rtx: bool, red: bool) -> None:
    with patch("secrets.randbelow", return_value=4711):
        sides = [Side(name, rtx=rtx, red=red) for name in ("reference", "compiled")]
    sources = [random.Random(seed) for _ in sides]
    for step in steps:
        told = [_left(step(side, source)) for side, source in zip(sides, sources, strict=True)]
        assert told[0] == told[1], step
        assert sides[0].socket.sent == sides[1].socket.sent, step
        assert _figures(sides[0]) == _figures(sides[1]), step
