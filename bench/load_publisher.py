"""A publisher of the load: VP8 and Opus in ticks of 5 ms, repaired on request."""

import struct
import time
from dataclasses import dataclass, field

from bench._load import send_all
from bench.descriptions import MID_ID, RID_ID, SentLine, fresh_ssrc
from mixer.rtp import payload_type
from mixer.rtp.errors import RtpError
from mixer.rtp.ntp import ns_to_ntp
from mixer.rtp.rtcp import (
    Nack,
    PictureLoss,
    SenderReport,
    SourceDescription,
    parse_rtcp,
    serialize_rtcp,
)
from mixer.rtp.rtcp import TransportFeedback as Feedback
from server.simulate.connection import Connection

TICK_NS = 5_000_000
TICKS_PER_S = 200
FRAME_TICKS = 8
"""25 frames a second."""
KEY_TICKS = 400
"""A key frame every 2 s."""
AUDIO_TICKS = 4
SKIP_EVERY = 997
"""One video packet in so many is held back until the server asks for it."""
REPORT_TICKS = 200
RING = 4096
MARK = struct.Struct("!4sHQ")
MAGIC = b"lxBn"
VIDEO_BYTES, AUDIO_BYTES = 1100, 120
"""Whole RTP packets before protection."""
EXTENSION_TICKS = 400
"""For so long packets say their mid and rid, as browsers do until reports arrive."""
_HEADER = struct.Struct("!BBHII")


@dataclass(slots=True)
class Rate:
    """Video packets a second of one layer; Opus comes beside the first."""

    packets_per_s: int
    payload_bytes: int = VIDEO_BYTES


@dataclass(slots=True)
class SentStream:
    """One SSRC with its ring of protected packets."""

    ssrc: int
    payload_type: int
    mid: str
    rid: str
    clock_rate: int
    number: int = 0
    picture: int = 0
    packets: int = 0
    octets: int = 0
    timestamp: int = 0
    ring: dict[int, bytes] = field(default_factory=dict)


class Publisher:
    """Sends on a connection whose socket it was given; `sent_ns` tells when each number left."""

    def __init__(self, index: int, layers: tuple[str, ...] = ()) -> None:
        """`layers`: rids, lowest first; empty for one layer without a rid."""
        self.index = index
        self.video = [
            SentStream(fresh_ssrc(), payload_type.VP8, "0", rid, 90_000) for rid in layers or ("",)
        ]
        self.audio = SentStream(fresh_ssrc(), payload_type.OPUS, "1", "", 48_000)
        self.rates = [Rate(0) for _ in self.video]
        self.sent_ns: dict[int, int] = {}
        self.number = 0
        self.nacked = self.repaired = self.held_back = 0
        self.pictures_asked = self.feedback_packets = self.refused = 0
        self._by_ssrc = {one.ssrc: one for one in (*self.video, self.audio)}
        self._connection: Connection | None = None
        self._transport_id = 0
        self._transport_number = 0
        self._ticks = 0
        self._wants_key = True
        self._credit = [0.0 for _ in self.video]

    def lines(self) -> list[SentLine]:
        """What its offer says."""
        rids = tuple(one.rid for one in self.video if one.rid)
        return [
            SentLine("0", "video", self.video[0].ssrc, rids),
            SentLine("1", "audio", self.audio.ssrc),
        ]

    def start(self, connection: Connection, transport_id: int) -> None:
        """Connected; `transport_id` is the agreed extension of the transport-wide number."""
        self._connection = connection
        self._socket, self._sessions = connection.take_over()
        self.fileno = self._socket.fileno()
        self._transport_id = transport_id

    def tick(self) -> None:
        """Send what 5 ms bring."""
        packets: list[bytes] = []
        if self._ticks % KEY_TICKS == 0:
            self._wants_key = True
        if self._ticks % FRAME_TICKS == 0:
            for stream in self.video:
                stream.picture += 1
                stream.timestamp += 3600
        for place, (stream, rate) in enumerate(zip(self.video, self.rates, strict=True)):
            self._credit[place] += rate.packets_per_s / TICKS_PER_S
            count = int(self._credit[place])
            self._credit[place] -= count
            if self._ticks % KEY_TICKS == 0 and rate.packets_per_s:
                count = max(count, 1)  # a slow layer has key frames as well
            packets += self._video(stream, rate, count)
        if self._ticks % AUDIO_TICKS == 0:
            packets.append(self._audio())
        if self._ticks % REPORT_TICKS == 0:
            packets += self._reports()
        self._ticks += 1
        sent = send_all(self.fileno, packets)
        self.refused += len(packets) - sent

    def _video(self, stream: SentStream, rate: Rate, count: int) -> list[bytes]:
        in_frame = self._ticks % FRAME_TICKS
        packets = []
        for place in range(count):
            starts = in_frame == 0 and place == 0
            ends = in_frame == FRAME_TICKS - 1 and place == count - 1
            is_key = starts and self._ticks % KEY_TICKS == 0
            body = self._payload(_vp8(stream.picture, starts=starts, is_key=is_key), rate)
            protected = self._protect(stream, body, marker=ends)
            if stream.number % SKIP_EVERY == SKIP_EVERY - 1 and not starts:
                self.held_back += 1
            else:
                packets.append(protected)
        return packets

    def _audio(self) -> bytes:
        self.audio.timestamp += 960
        body = self._payload(b"\xfc", Rate(0, AUDIO_BYTES))
        return self._protect(self.audio, body, marker=False)

    def _payload(self, head: bytes, rate: Rate) -> bytes:
        self.number += 1
        self.sent_ns[self.number] = time.time_ns()
        self.sent_ns.pop(self.number - RING, None)
        mark = MARK.pack(MAGIC, self.index, self.number)
        return head + bytes(max(rate.payload_bytes - 12 - len(head) - MARK.size, 0)) + mark

    def _protect(self, stream: SentStream, body: bytes, *, marker: bool) -> bytes:
        extension = self._extension(stream)
        header = _HEADER.pack(
            0x90 if extension else 0x80,
            stream.payload_type | (0x80 if marker else 0),
            stream.number & 0xFFFF,
            stream.timestamp & 0xFFFFFFFF,
            stream.ssrc,
        )
        protected: bytes = self._sessions.outbound.protect(header + extension + body)
        stream.ring[stream.number & 0xFFFF] = protected
        stream.ring.pop((stream.number - RING) & 0xFFFF, None)
        stream.number += 1
        stream.packets += 1
        stream.octets += len(body)
        return protected

    def _extension(self, stream: SentStream) -> bytes:
        elements = b""
        if self._transport_id:
            number = self._transport_number & 0xFFFF
            self._transport_number += 1
            elements += bytes((self._transport_id << 4 | 1,)) + number.to_bytes(2, "big")
        if self._ticks < EXTENSION_TICKS:
            for name, value in ((MID_ID, stream.mid), (RID_ID, stream.rid)):
                if value:
                    elements += bytes((name << 4 | len(value) - 1,)) + value.encode()
        if not elements:
            return b""
        elements += bytes(-len(elements) % 4)
        return b"\xbe\xde" + (len(elements) // 4).to_bytes(2, "big") + elements

    def _reports(self) -> list[bytes]:
        ntp = ns_to_ntp(time.time_ns())
        reports = [
            SenderReport(one.ssrc, ntp, one.timestamp & 0xFFFFFFFF, one.packets, one.octets)
            for one in (*self.video, self.audio)
            if one.packets
        ]
        return [
            self._sessions.outbound.protect_rtcp(
                serialize_rtcp([report, SourceDescription(((report.ssrc, f"b{self.index}"),))])
            )
            for report in reports
        ]

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()

    def drain(self) -> None:
        """Read what the server sent to the publisher."""
        while True:
            try:
                datagram = self._socket.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return
            self.received(datagram)

    def received(self, datagram: bytes) -> None:
        """Take what the server sent to the publisher."""
        if self._connection is None:
            return
        if not (len(datagram) > 8 and 192 <= datagram[1] <= 223 and datagram[0] & 0x80):
            self._connection.received(datagram)
            return
        try:
            parts = parse_rtcp(self._sessions.inbound.unprotect_rtcp(datagram))
        except RtpError:
            return
        for part in parts:
            if isinstance(part, Nack):
                self._repair(part)
            elif isinstance(part, Feedback):
                self.feedback_packets += 1
            elif isinstance(part, PictureLoss):
                self.pictures_asked += 1

    def _repair(self, nack: Nack) -> None:
        stream = self._by_ssrc.get(nack.media_ssrc)
        if stream is None:
            return
        self.nacked += len(nack.lost)
        kept = [stream.ring[number] for number in nack.lost if number in stream.ring]
        self.repaired += send_all(self.fileno, kept)


def _vp8(picture: int, *, starts: bool, is_key: bool) -> bytes:
    """Payload descriptor (RFC 7741) as Chromium writes it, and the head of a frame."""
    descriptor = bytes((0x90 if starts else 0x80, 0x80, 0x80 | picture >> 8 & 0x7F, picture & 0xFF))
    if not starts:
        return descriptor
    if not is_key:
        return descriptor + b"\x31\x00\x00"
    return descriptor + b"\x10\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 640, 360)
