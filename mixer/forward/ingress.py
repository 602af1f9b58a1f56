"""From an SRTP datagram to an accepted packet of an in-stream."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from pylibsrtp import Error as SrtpError

from mixer.forward.binding import Binder, Refused
from mixer.forward.drops import Drop, DropCounters
from mixer.forward.in_stream import InStream
from mixer.forward.keyframe import KeyframeStart, keyframe_start
from mixer.forward.media_packet import HEADER_BYTES, MediaPacket, picture_numbers
from mixer.forward.peer import PeerState
from mixer.forward.red import map_red_types
from mixer.rtp import payload_type as types
from mixer.rtp.errors import RtpError
from mixer.rtp.extensions import parse_extensions
from mixer.wire.ids import MediaKind

HEADER: Final = struct.Struct("!BBHII")
_NO_ELEMENTS: Final[dict[int, bytes]] = {}


class _Parsed(NamedTuple):
    """One RTP packet in the clear."""

    second: int
    sequence: int
    timestamp: int
    ssrc: int
    elements: dict[int, bytes]
    payload: bytes


class Ingress:
    """Unprotects, binds SSRCs to in-streams, undoes retransmission, drops duplicates."""

    def __init__(self, drops: DropCounters, binder: Binder) -> None:
        self._drops = drops
        self._binder = binder
        self.packets = 0
        self.octets = 0

    def receive(
        self, peer: PeerState, datagram: bytes, now_ns: int, origin_ns: int
    ) -> tuple[InStream, MediaPacket] | None:
        """Take one SRTP datagram; None: dropped and counted.

        `origin_ns` is the monotonic time at which session time is 0.
        """
        try:
            parsed = _parse(self._unprotect(peer, datagram))
            self._note_arrival(peer, parsed, now_ns)
            payload_type = parsed.second & 0x7F
            stream = peer.media.get(parsed.ssrc) or peer.rtx.get(parsed.ssrc)
            if stream is None:
                stream = self._binder.bind(peer, parsed.elements, payload_type, parsed.ssrc, now_ns)
        except Refused as refused:
            peer.drops.add(refused.reason)
            return None
        try:
            parsed = _undone(stream, parsed)
            return stream, self._accept(peer, stream, parsed, now_ns, origin_ns)
        except Refused as refused:
            stream.drops.add(refused.reason)
            return None

    def _unprotect(self, peer: PeerState, datagram: bytes) -> bytes:
        if peer.inbound is None:
            raise Refused(Drop.NO_KEYS)
        ssrc = int.from_bytes(datagram[8:12], "big")
        if not peer.admits(ssrc):
            raise Refused(Drop.SSRC_SURPLUS)
        try:
            plain = peer.inbound.unprotect(datagram)
        except ValueError:
            raise Refused(Drop.TOO_LONG) from None
        except SrtpError:
            raise Refused(Drop.SRTP_REFUSED) from None
        peer.admit(ssrc)
        size = len(plain)
        self.packets += 1
        self.octets += size
        peer.packets_in += 1
        peer.octets_in += size
        return plain

    def _note_arrival(self, peer: PeerState, parsed: _Parsed, now_ns: int) -> None:
        if peer.arrivals is None or not parsed.elements:
            return
        told = parsed.elements.get(peer.extensions.transport_sequence)
        if told is not None and len(told) >= 2:
            peer.arrivals.add(told[0] << 8 | told[1], now_ns)

    def _accept(
        self, peer: PeerState, stream: InStream, parsed: _Parsed, now_ns: int, origin_ns: int
    ) -> MediaPacket:
        second, sequence, timestamp, ssrc, elements, payload = parsed
        ext_seq = stream.extend_sequence(sequence)
        is_new = stream.window.is_new(ext_seq)
        if not is_new:
            raise Refused(Drop.TOO_OLD if is_new is None else Drop.DUPLICATE)
        _note_repair(peer, stream, ext_seq, now_ns)
        size = len(payload)
        is_rtx = ssrc != stream.ssrc
        stream.statistics.on_packet(ext_seq, timestamp, now_ns, size, repaired=is_rtx)
        is_highest = ext_seq > stream.highest
        if is_highest:
            stream.highest = ext_seq
        if not payload:
            if is_highest:
                stream.closed.remove(ext_seq)
            raise Refused(Drop.PADDING_ONLY)
        stream.packets += 1
        stream.octets += size
        stream.last_packet_ns = now_ns
        canonical = stream.payload_type = second & 0x7F
        level, orientation = _told(peer, stream, second, elements)
        captured_ns = peer.clock.on_packet(stream.ssrc, stream.extend_timestamp(timestamp), now_ns)
        number = stream.closed.renumber(ext_seq) if stream.closed.count else ext_seq
        return MediaPacket(
            stream.stream,
            stream.life,
            number,
            timestamp,
            captured_ns - origin_ns,
            note_keyframe(stream, canonical, timestamp, ext_seq, payload),
            HEADER.pack(0x80, second, number & 0xFFFF, timestamp, stream.ssrc) + payload,
            picture_numbers(canonical, payload),
            level,
            orientation,
        )


def _note_repair(peer: PeerState, stream: InStream, ext_seq: int, now_ns: int) -> None:
    nack = stream.nack
    if nack is None:
        return
    nack.add(ext_seq, now_ns)
    if nack.round_trip_ns:
        # Publishers send no reports on what we send them: how fast they repeat is all there is.
        sample_ns, nack.round_trip_ns = nack.round_trip_ns, 0
        peer.rtt_ns += (sample_ns - peer.rtt_ns) // 4 if peer.rtt_ns else sample_ns


def _told(
    peer: PeerState, stream: InStream, second: int, elements: dict[int, bytes]
) -> tuple[int, int]:
    """Return audio level and orientation as told with a packet, -1 for not told."""
    ids = peer.extensions
    if stream.kind is MediaKind.AUDIO:
        told = elements.get(ids.audio_level) if elements else None
        if not told:
            return -1, -1
        stream.meter.add(told[0])
        return told[0], -1
    told = elements.get(ids.orientation) if elements else None
    orientation = told[0] if told else -1
    stream.note_orientation(orientation, ends_frame=second > 0x7F)
    return -1, orientation


def _undone(stream: InStream, parsed: _Parsed) -> _Parsed:
    """Undo retransmission (RFC 4588 section 4) and translate the payload type."""
    line = stream.line
    if line is None or stream.ssrc < 0:
        raise Refused(Drop.UNBOUND_SSRC)
    second, sequence, _, ssrc, _, payload = parsed
    payload_type = second & 0x7F
    if ssrc != stream.ssrc:
        if len(payload) < 2:
            raise Refused(Drop.PADDING_ONLY)
        payload_type = line.rtx.get(payload_type, -1)
        sequence = payload[0] << 8 | payload[1]
        payload = payload[2:]
    canonical = line.media.get(payload_type)
    if canonical is None:
        raise Refused(Drop.UNKNOWN_PAYLOAD_TYPE)
    if canonical == types.RED and payload:
        mapped = map_red_types(payload, line.media)
        if mapped is None:
            raise Refused(Drop.MALFORMED_RTP)
        payload = mapped
    return parsed._replace(second=second & 0x80 | canonical, sequence=sequence, payload=payload)


def note_keyframe(
    stream: InStream, canonical: int, timestamp: int, ext_seq: int, payload: bytes
) -> bool:
    """Tell whether this is the first packet of a key frame, once for each frame.

    A picture of H.264 whose parameter sets are late or lost does not begin one: with those of
    another layer a decoder makes garbage of it. Who never sent any in band has none to wait for.
    """
    if stream.kind is MediaKind.AUDIO or timestamp == stream.keyframe_timestamp:
        return False
    start = keyframe_start(canonical, payload)
    if start is KeyframeStart.NONE:
        return False
    if start is KeyframeStart.BARE and (
        stream.has_parameter_sets or not stream.window.has(ext_seq - 1)
    ):
        return False
    stream.has_parameter_sets = start is KeyframeStart.WHOLE
    stream.keyframe_timestamp = timestamp
    stream.keyframes += 1
    stream.gate.on_keyframe(stream.stream)
    return True


def elements_of(plain: bytes) -> dict[int, bytes]:
    """Return the header extensions of an RTP packet. Raises `Refused`."""
    return _parse(plain).elements


def _parse(plain: bytes) -> _Parsed:
    """Read header, extension and payload (RFC 3550 section 5.1, RFC 8285). Raises `Refused`."""
    size = len(plain)
    if size < HEADER_BYTES:
        raise Refused(Drop.MALFORMED_RTP)
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(plain)
    if first == 0x80:
        return _Parsed(second, sequence, timestamp, ssrc, _NO_ELEMENTS, plain[HEADER_BYTES:])
    start = HEADER_BYTES + 4 * (first & 0x0F)
    elements = _NO_ELEMENTS
    if first & 0x10:
        try:
            elements, start = parse_extensions(plain, start)
        except RtpError:
            raise Refused(Drop.MALFORMED_RTP) from None
    # A count of zero padding bytes is wrong; it makes the padding longer than any packet.
    end = size - (plain[-1] or size) if first & 0x20 else size
    if start > end or first >> 6 != 2:
        raise Refused(Drop.MALFORMED_RTP)
    return _Parsed(second, sequence, timestamp, ssrc, elements, plain[start:end])
