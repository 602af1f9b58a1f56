"""From an SRTP datagram to an accepted packet of an in-stream."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from pylibsrtp import Error as SrtpError

from mixer.forward.drops import Drop, DropCounters
from mixer.forward.in_stream import InStream
from mixer.forward.interface import InLine
from mixer.forward.keyframe import begins_keyframe
from mixer.forward.peer import PeerState
from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket
from mixer.wire.ids import MediaKind

HEADER: Final = struct.Struct("!BBHII")
_HEADER_BYTES: Final = 12
_MAX_RTX_SSRCS: Final = 64
# A publisher changes its SSRC when a track is replaced, never several times a second.
_MIN_LIFE_NS: Final = 100_000_000


class Accepted(NamedTuple):
    """A packet to be forwarded: fixed header, canonical payload type, no extensions."""

    stream: InStream
    sequence: int
    timestamp: int
    monotonic_ns: int
    """When it was captured."""
    is_keyframe: bool
    packet: bytes


class _Refused(Exception):  # noqa: N818  says what happened, not that something broke
    """This packet is dropped."""

    def __init__(self, reason: Drop) -> None:
        super().__init__(reason)
        self.reason = reason


class Ingress:
    """Unprotects, binds SSRCs to m-lines, undoes retransmission, drops duplicates."""

    def __init__(self, drops: DropCounters, first_life: int) -> None:
        """`first_life` is larger than any life of an earlier process."""
        self._drops = drops
        self._life = first_life
        self.packets = 0
        self.octets = 0

    def next_life(self) -> int:
        """Mint a life; grows for ever."""
        self._life += 1
        return self._life

    def receive(self, peer: PeerState, datagram: bytes, now_ns: int) -> Accepted | None:
        """Take one SRTP datagram; None: dropped and counted."""
        try:
            plain = self._unprotect(peer, datagram)
            bounds = _payload_bounds(plain)
            _, second, sequence, timestamp, ssrc = HEADER.unpack_from(plain)
            payload = plain[bounds[0] : bounds[1]]
            stream = peer.media.get(ssrc) or peer.rtx.get(ssrc)
            if stream is None:
                stream = self._bind(peer, plain, second & 0x7F, ssrc, now_ns)
            line = stream.line
            if line is None or stream.ssrc < 0:
                raise _Refused(Drop.UNBOUND_SSRC)
            payload_type = second & 0x7F
            is_rtx = ssrc != stream.ssrc
            if is_rtx:
                if len(payload) < 2:
                    raise _Refused(Drop.PADDING_ONLY)
                payload_type = line.rtx.get(payload_type, -1)
                sequence = payload[0] << 8 | payload[1]
                payload = payload[2:]
            canonical = line.media.get(payload_type)
            if canonical is None:
                raise _Refused(Drop.UNKNOWN_PAYLOAD_TYPE)
            header = (sequence, timestamp, second & 0x80 | canonical)
            return self._accept(peer, stream, header, payload, now_ns, is_rtx)
        except _Refused as refused:
            self._drops.add(refused.reason)
            return None

    def _unprotect(self, peer: PeerState, datagram: bytes) -> bytes:
        if peer.inbound is None:
            raise _Refused(Drop.NO_KEYS)
        try:
            plain = peer.inbound.unprotect(datagram)
        except ValueError:
            raise _Refused(Drop.TOO_LONG) from None
        except SrtpError:
            raise _Refused(Drop.SRTP_REFUSED) from None
        size = len(plain)
        self.packets += 1
        self.octets += size
        peer.octets += size
        return plain

    def _accept(
        self,
        peer: PeerState,
        stream: InStream,
        header: tuple[int, int, int],
        payload: bytes,
        now_ns: int,
        is_rtx: bool,  # noqa: FBT001  the hot path passes by position
    ) -> Accepted:
        sequence, timestamp, second = header
        ext_seq = stream.extend_sequence(sequence)
        is_new = stream.window.is_new(ext_seq)
        if not is_new:
            raise _Refused(Drop.TOO_OLD if is_new is None else Drop.DUPLICATE)
        if stream.nack is not None:
            stream.nack.add(ext_seq, now_ns)
        size = len(payload)
        stream.statistics.on_packet(ext_seq, timestamp, now_ns, size, repaired=is_rtx)
        is_highest = ext_seq > stream.highest
        if is_highest:
            stream.highest = ext_seq
        if not payload:
            if is_highest:
                stream.closed.remove(ext_seq)
            raise _Refused(Drop.PADDING_ONLY)
        stream.packets += 1
        stream.octets += size
        stream.last_packet_ns = now_ns
        canonical = second & 0x7F
        stream.payload_type = canonical
        captured_ns = peer.clock.on_packet(stream.ssrc, stream.extend_timestamp(timestamp), now_ns)
        number = stream.closed.renumber(ext_seq) if stream.closed.count else ext_seq
        return Accepted(
            stream,
            number,
            timestamp,
            captured_ns,
            note_keyframe(stream, canonical, timestamp, payload),
            HEADER.pack(0x80, second, number & 0xFFFF, timestamp, stream.ssrc) + payload,
        )

    # --- binding --------------------------------------------------------------------------------

    def _bind(
        self, peer: PeerState, plain: bytes, payload_type: int, ssrc: int, now_ns: int
    ) -> InStream:
        """Find the in-stream of a new SSRC: by mid, by announced SSRC, by payload type."""
        try:
            line = _line_of(peer, plain, payload_type, ssrc)
        except RtpError:
            raise _Refused(Drop.MALFORMED_RTP) from None
        stream = peer.in_by_mid.get(line.mid) if line is not None else None
        if line is None or stream is None or ssrc in stream.retired:
            raise _Refused(Drop.UNBOUND_SSRC)
        if payload_type in line.rtx:
            if len(peer.rtx) >= _MAX_RTX_SSRCS:
                peer.rtx.clear()
            peer.rtx[ssrc] = stream
            return stream
        if payload_type not in line.media:
            raise _Refused(Drop.UNKNOWN_PAYLOAD_TYPE)
        if stream.ssrc >= 0 and now_ns - stream.bound_ns < _MIN_LIFE_NS:
            raise _Refused(Drop.UNBOUND_SSRC)
        self._begin_life(peer, stream, line, ssrc)
        stream.bound_ns = now_ns
        return stream

    def _begin_life(self, peer: PeerState, stream: InStream, line: InLine, ssrc: int) -> None:
        if stream.ssrc >= 0:
            stream.retired.append(stream.ssrc)
            peer.media.pop(stream.ssrc, None)
            peer.clock.remove_ssrc(stream.ssrc)
        peer.rtx.pop(ssrc, None)
        peer.media[ssrc] = stream
        peer.clock.add_ssrc(ssrc, stream.clock_rate)
        stream.line = line
        stream.begin(ssrc=ssrc, life=self.next_life(), wants_nack=line.nack)


def note_keyframe(stream: InStream, canonical: int, timestamp: int, payload: bytes) -> bool:
    """Tell whether this is the first packet of a key frame, once for each frame."""
    if (
        stream.kind is MediaKind.AUDIO
        or timestamp == stream.keyframe_timestamp
        or not begins_keyframe(canonical, payload)
    ):
        return False
    stream.keyframe_timestamp = timestamp
    stream.gate.on_keyframe()
    return True


def _payload_bounds(plain: bytes) -> tuple[int, int]:
    """Where the payload begins and ends (RFC 3550 section 5.1)."""
    size = len(plain)
    if size < _HEADER_BYTES:
        raise _Refused(Drop.MALFORMED_RTP)
    first = plain[0]
    if first == 0x80:
        return _HEADER_BYTES, size
    start = _HEADER_BYTES + 4 * (first & 0x0F)
    if first & 0x10:
        if start + 4 > size:
            raise _Refused(Drop.MALFORMED_RTP)
        start += 4 + 4 * (plain[start + 2] << 8 | plain[start + 3])
    # A count of zero padding bytes is wrong; it makes the padding longer than any packet.
    end = size - (plain[-1] or size) if first & 0x20 else size
    if start > end or first >> 6 != 2:
        raise _Refused(Drop.MALFORMED_RTP)
    return start, end


def _line_of(peer: PeerState, plain: bytes, payload_type: int, ssrc: int) -> InLine | None:
    if peer.mid_extension and plain[0] & 0x10:
        mid = RtpPacket.parse(plain).extensions.get(peer.mid_extension)
        if mid is not None:
            return peer.lines.get(mid.decode("ascii", "replace"))
    for line in peer.lines.values():
        if ssrc in line.ssrcs or ssrc in line.rtx_ssrcs:
            return line
    fitting = [
        line
        for line in peer.lines.values()
        if payload_type in line.media or payload_type in line.rtx
    ]
    return fitting[0] if len(fitting) == 1 else None
