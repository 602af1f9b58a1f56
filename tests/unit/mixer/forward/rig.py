"""A fan-out between a fake socket and SRTP that only marks its packets."""

from __future__ import annotations

import struct
from collections import deque

from pylibsrtp import Error as SrtpError

from mixer.forward.drops import Drop
from mixer.forward.interface import Address, Batch, Extensions, Fanout, InLine, OutLine
from mixer.rtp import payload_type as types
from mixer.rtp.packet import RtpPacket
from mixer.rtp.rtcp import Rtcp, parse_rtcp, serialize_rtcp
from mixer.wire.ids import MediaKind
from tests.unit.mixer.forward.implementations import MakeFanout, reference

MS = 1_000_000
SECOND = 1000 * MS
ORIGIN_WALL_NS = 1_700_000_000 * SECOND
PUBLISHER: Address = ("192.0.2.1", 1000)
VIEWER: Address = ("192.0.2.2", 2000)
VIDEO_SSRC, RTX_SSRC, AUDIO_SSRC = 100, 101, 200
OUT_SSRC, OUT_RTX_SSRC = 300, 301
VIDEO, AUDIO = 80, 88
KEY, DELTA = b"\x10\x00key", b"\x10\x01delta"
_TAG = b"protected"
EXTENSIONS = Extensions(mid=4)


class MarkingSrtp:
    """Appends a tag instead of encrypting; anything without it is refused."""

    def protect(self, packet: bytes) -> bytes:
        return packet + _TAG

    protect_rtcp = protect

    def unprotect(self, packet: bytes) -> bytes:
        if not packet.endswith(_TAG):
            raise SrtpError("authentication failure")
        return packet.removesuffix(_TAG)

    unprotect_rtcp = unprotect


class FakeSocket:
    """Datagrams to be read, and those that were sent."""

    def __init__(self) -> None:
        self.incoming: deque[tuple[bytes, Address]] = deque()
        self.sent: list[tuple[bytes, Address]] = []
        self.error: OSError | None = None

    def recvfrom(self, _size: int, /) -> tuple[bytes, Address]:
        if not self.incoming:
            raise BlockingIOError
        return self.incoming.popleft()

    def sendto(self, datagram: bytes, address: Address, /) -> int:
        if self.error is not None:
            raise self.error
        self.sent.append((datagram, address))
        return len(datagram)


class Wire:
    """A fan-out with a publisher (peer 1) and a viewer (peer 2) on a wire that loses nothing."""

    def __init__(self, make: MakeFanout = reference) -> None:
        self.socket = FakeSocket()
        self.fanout: Fanout = make(self.socket)
        self.fanout.set_clock(0, ORIGIN_WALL_NS)
        self.now_ns = 100 * SECOND
        for peer, address in ((1, PUBLISHER), (2, VIEWER)):
            self.fanout.add_peer(peer, f"cname{peer}")
            self.fanout.set_keys(peer, MarkingSrtp(), MarkingSrtp())
            self.fanout.set_address(peer, address, send_to=True)

    def arrive(self, datagram: bytes, address: Address = PUBLISHER) -> Batch:
        """A protected datagram arrives and is drained."""
        return self.arrive_raw(datagram + _TAG, address)

    def arrive_raw(self, datagram: bytes, address: Address = PUBLISHER) -> Batch:
        self.socket.incoming.append((datagram, address))
        return self.fanout.drain(self.now_ns, 64)

    def rtcp(self, *packets: Rtcp, address: Address = VIEWER) -> Batch:
        return self.arrive(serialize_rtcp(packets), address)

    def pass_time(self, milliseconds: int, step_ms: int = 20) -> list[Batch]:
        batches = []
        for _ in range(0, milliseconds, step_ms):
            self.now_ns += step_ms * MS
            batches.append(self.fanout.poll(self.now_ns))
        return batches

    def rtp_to(self, address: Address) -> list[RtpPacket]:
        """RTP sent to an address so far; forgets it."""
        return [RtpPacket.parse(data) for data in self._taken(address, is_rtcp=False)]

    def rtcp_to(self, address: Address) -> list[Rtcp]:
        """RTCP sent to an address so far; forgets it."""
        return [item for data in self._taken(address, is_rtcp=True) for item in parse_rtcp(data)]

    def _taken(self, address: Address, *, is_rtcp: bool) -> list[bytes]:
        taken: list[tuple[bytes, Address]] = []
        kept: list[tuple[bytes, Address]] = []
        for datagram, to in self.socket.sent:
            matches = to == address and (64 <= datagram[1] & 0x7F <= 95) is is_rtcp
            (taken if matches else kept).append((datagram, to))
        self.socket.sent = kept
        return [datagram.removesuffix(_TAG) for datagram, _ in taken]

    def drops(self, reason: Drop) -> int:
        return self.fanout.totals().drops[reason]


class Rig(Wire):
    """A publisher of VP8 (with retransmission) and Opus, and a viewer of the VP8."""

    def __init__(self, *, rtx: bool = True, make: MakeFanout = reference) -> None:
        super().__init__(make)
        video = InLine(
            "0",
            MediaKind.VIDEO,
            {96: types.VP8},
            {97: 96},
            (),
            {},
            nack=True,
            extensions=EXTENSIONS,
        )
        audio = InLine(
            "1",
            MediaKind.AUDIO,
            {111: types.OPUS},
            {},
            (AUDIO_SSRC,),
            {},
            nack=False,
            extensions=EXTENSIONS,
        )
        self.fanout.set_in_lines(1, (video, audio))
        self.fanout.add_in(VIDEO, 1, "0", MediaKind.VIDEO)
        self.fanout.add_in(AUDIO, 1, "1", MediaKind.AUDIO)
        self.fanout.add_out(7, 2, video_line(rtx=rtx))
        self.fanout.set_route(7, VIDEO)

    def video(self, sequence: int, payload: bytes = DELTA, timestamp: int = -1) -> Batch:
        """A video packet; each number has its own picture unless a timestamp is given."""
        stamp = sequence * 3600 if timestamp < 0 else timestamp
        return self.arrive(rtp(96, sequence, stamp, VIDEO_SSRC, payload))


def video_line(*, rtx: bool = True, ssrc: int = OUT_SSRC) -> OutLine:
    return OutLine(
        MediaKind.VIDEO,
        ssrc,
        OUT_RTX_SSRC,
        {types.VP8: 120, types.H264: 122},
        {types.VP8: 121} if rtx else {},
    )


def sound_line(ssrc: int = 400) -> OutLine:
    return OutLine(MediaKind.AUDIO, ssrc, 0, {types.OPUS: 110}, {}, nack=False)


def rtp(
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    first: int = 0x80,
) -> bytes:
    head = struct.pack("!BBHII", first, payload_type, sequence & 0xFFFF, timestamp, ssrc)
    return head + payload


def with_mid(
    mid: str, payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes
) -> bytes:
    packet = RtpPacket(payload_type, sequence, timestamp, ssrc, payload)
    return packet.serialize({4: mid.encode()})
