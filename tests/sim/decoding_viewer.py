"""A receiver of one video stream that repairs, decodes, and notes what it shows and when."""

from __future__ import annotations

from typing import NamedTuple

import av

from mixer.rtp import payload_type as types
from mixer.rtp.assembler import AccessUnit
from mixer.rtp.depacketise import assembler_for
from mixer.rtp.nack import NackGenerator
from mixer.rtp.packet import Kind, RtpPacket, classify
from mixer.rtp.rtcp import Nack, PictureLoss, Rtcp, serialize_rtcp
from mixer.rtp.sequence import SequenceExtender
from tests.sim.layered_camera import decoder, fingerprint
from tests.unit.mixer.forward.layers_rig import OUT_RTX_SSRC, OUT_SSRC

MS = 1_000_000
ROUND_TRIP_NS = 60 * MS
WAIT_NS = 400 * MS
"""For a lost packet: time for two or three requests, then a key frame is asked for."""
_PLI_EVERY_NS = 200 * MS


class Shown(NamedTuple):
    """One decoded picture."""

    at_ns: int
    unit: bytes
    picture: bytes
    stamp: int


class DecodingViewer:
    """Decodes only what has all it refers to, as browsers do."""

    def __init__(self, codec: int) -> None:
        self.codec = codec
        self.packets: dict[int, RtpPacket] = {}
        """By extended sequence number, repaired ones included."""
        self.shown: list[Shown] = []
        self.keyframes_asked = 0
        self.skipped = 0
        self.cut_short = 0
        self._extender = SequenceExtender()
        self._nack = NackGenerator(reorder_ns=10 * MS)
        self._assembler = assembler_for(codec, wait_ns=WAIT_NS)
        self._decoder = decoder(codec)
        self._frozen = True
        self._asked_ns = 0

    def take(self, datagram: bytes, now_ns: int) -> None:
        """Take what has arrived."""
        if classify(datagram) is not Kind.RTP:
            return
        packet = RtpPacket.parse(datagram)
        if packet.ssrc == OUT_RTX_SSRC:
            original = int.from_bytes(packet.payload[:2], "big")
            media = 120 if self.codec == types.VP8 else 122
            packet = RtpPacket(
                media, original, packet.timestamp, OUT_SSRC, packet.payload[2:], packet.marker
            )
        number = self._extender.extend(packet.sequence)
        if number in self.packets:
            return
        self.packets[number] = packet
        self._nack.add(number, now_ns)
        self._decode(self._assembler.push(number, packet, now_ns), now_ns)

    def _decode(self, units: list[AccessUnit], now_ns: int) -> None:
        for unit in units:
            if unit.lost_before:
                self._frozen = True
            if not self.packets[unit.last_sequence].marker:
                # A switch took the rest of the old layer's last picture; browsers do not decode
                # what lacks its marker, and a key frame follows.
                self.cut_short += 1
                self._frozen = True
                continue
            if self._frozen and not unit.keyframe:
                self.skipped += 1
                continue
            self._frozen = False
            for frame in self._decoder.decode(av.Packet(unit.payload)):
                shown = Shown(now_ns, unit.payload, fingerprint(frame), unit.rtp_timestamp)
                self.shown.append(shown)

    def ask(self, now_ns: int) -> list[bytes]:
        """Call every 20 ms; return the feedback to send."""
        self._decode(self._assembler.advance(now_ns), now_ns)
        lost = self._nack.poll(now_ns, ROUND_TRIP_NS)
        wanted: list[Rtcp] = []
        if lost:
            wanted.append(Nack(1, OUT_SSRC, tuple(number & 0xFFFF for number in lost)))
        if self._frozen and now_ns - self._asked_ns >= _PLI_EVERY_NS:
            self._asked_ns = now_ns
            self.keyframes_asked += 1
            wanted.append(PictureLoss(1, OUT_SSRC))
        return [serialize_rtcp((item,)) for item in wanted]
