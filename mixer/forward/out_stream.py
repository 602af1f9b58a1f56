"""One stream on its way out to one peer."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from mixer.forward.compiled import RewriteHeader
from mixer.forward.drops import Drop, DropCounters
from mixer.forward.interface import OutLine
from mixer.rtp import payload_type as types
from mixer.rtp.nack import PacketRing
from mixer.wire.ids import MediaKind

if TYPE_CHECKING:
    from mixer.forward.peer import PeerState

_SECOND_NS: Final = 1_000_000_000
_MASK: Final = 0xFFFFFFFF
# 1024 packets are over 3 s of the programme at 2.5 Mbit/s.
_RING_PACKETS: Final = {MediaKind.VIDEO: 1024, MediaKind.AUDIO: 64}
_RING_AGE_NS: Final = 2 * _SECOND_NS


def first_sequence() -> int:
    """A random start below 32768: a receiver that misses the first packets still guesses the
    rollover counter right (RFC 3711 section 3.3.1).
    """
    return secrets.randbelow(1 << 15)


class OutStream:
    """Rewrites packets of its in-stream into one continuous stream.

    Timestamps are laid on session time whenever a new life or layer begins, so they go on
    without a jump, and sender reports hold across the switch.
    """

    __slots__ = (
        "_drops",
        "_last_switch_timestamp",
        "_next_sequence",
        "_rewrite",
        "_sequence_offset",
        "_start",
        "_timestamp_offset",
        "awaits_keyframe",
        "clock_rate",
        "kind",
        "last_session_ns",
        "last_timestamp",
        "life",
        "line",
        "octets",
        "out",
        "packets",
        "peer",
        "report_due_ns",
        "ring",
        "rtx_sequence",
        "stream",
        "target",
    )

    def __init__(
        self, out: int, peer: PeerState, line: OutLine, rewrite: RewriteHeader, drops: DropCounters
    ) -> None:
        """`rewrite` is the hot path's header function."""
        self.out = out
        self.peer = peer
        self.line = line
        self.kind = line.kind
        self.clock_rate = (
            types.AUDIO_CLOCK_RATE if self.kind is MediaKind.AUDIO else types.VIDEO_CLOCK_RATE
        )
        self._rewrite = rewrite
        self._drops = drops
        self.stream: int | None = None
        """The in-stream it is fed from."""
        self.target: int | None = None
        """The in-stream that takes over at its next key frame, or None."""
        self.restart()

    def restart(self) -> None:
        """Begin anew, as after a new handshake: nothing of before may be sent again."""
        self._next_sequence = first_sequence()
        self.rtx_sequence = first_sequence()
        self.ring: PacketRing[bytes] = PacketRing(_RING_PACKETS[self.kind], max_age_ns=_RING_AGE_NS)
        self.life = -1
        self._start = 0
        self._sequence_offset = 0
        self._timestamp_offset = 0
        self._last_switch_timestamp = -1
        self.last_timestamp = -1
        self.last_session_ns = 0
        self.packets = 0
        self.octets = 0
        self.report_due_ns = 0
        self.awaits_keyframe = self.kind is MediaKind.VIDEO

    def awaits(self, stream: int) -> bool:
        """Whether a key frame of this in-stream is needed before anything flows from it."""
        if self.peer.outbound is None or self.peer.address is None:
            return False
        return self.target == stream or (self.awaits_keyframe and self.stream == stream)

    def rewritten(
        self,
        life: int,
        sequence: int,
        timestamp: int,
        session_ns: int,
        packet: bytes,
        *,
        is_keyframe: bool,
        now_ns: int,
    ) -> bytes | None:
        """Return the packet as this peer shall get it, or None (dropped, counted).

        `packet` has a fixed header of 12 bytes with a canonical payload type; `sequence` is
        extended within `life`.
        """
        second = packet[1]
        negotiated = self.line.media.get(second & 0x7F)
        if negotiated is None:
            self._drops.add(Drop.CODEC_NOT_ACCEPTED)
            return None
        if life != self.life:
            if self.kind is MediaKind.VIDEO and not is_keyframe:
                self.awaits_keyframe = True
                self._drops.add(Drop.AWAITING_KEYFRAME)
                return None
            self._switch(life, sequence, timestamp, session_ns)
        elif sequence < self._start:
            self._drops.add(Drop.BEFORE_SWITCH)
            return None
        out_sequence = sequence + self._sequence_offset
        out_timestamp = (timestamp + self._timestamp_offset) & _MASK
        copy = bytearray(packet)
        copy[1] = second & 0x80 | negotiated
        self._rewrite(copy, out_sequence & 0xFFFF, out_timestamp, self.line.ssrc)
        plain = bytes(copy)
        if out_sequence >= self._next_sequence:
            self._next_sequence = out_sequence + 1
            self.last_timestamp = out_timestamp
            self.last_session_ns = session_ns
        self.packets += 1
        self.octets += len(plain) - 12
        self.ring.store(out_sequence, plain, now_ns)
        return plain

    def _switch(self, life: int, sequence: int, timestamp: int, session_ns: int) -> None:
        self.life = life
        self.awaits_keyframe = False
        self._start = sequence
        self._sequence_offset = self._next_sequence - sequence
        wanted = session_ns * self.clock_rate // _SECOND_NS & _MASK
        if self.last_timestamp >= 0:
            # Decoders take an older or equal timestamp for a late packet.
            step = self.clock_rate // 100
            ahead = (wanted - self.last_timestamp) & _MASK
            if not step <= ahead < 1 << 31:
                wanted = (self.last_timestamp + step) & _MASK
        self._timestamp_offset = wanted - timestamp

    def timestamp_at(self, session_ns: int) -> int:
        """Return the RTP timestamp of a session time, for sender reports."""
        elapsed = (session_ns - self.last_session_ns) * self.clock_rate // _SECOND_NS
        return (self.last_timestamp + elapsed) & _MASK

    def retransmission(self, sequence: int, now_ns: int, rtt_ns: int) -> bytes | None:
        """Return what a NACK for a 16-bit number gets, or None.

        With a negotiated retransmission stream it is wrapped (RFC 4588 section 4), else it is
        the very packet of before.
        """
        plain = self.ring.resend(sequence, now_ns, rtt_ns)
        if plain is None:
            return None
        rtx_type = self._rtx_type(plain[1] & 0x7F)
        if rtx_type is None:
            return plain
        self.rtx_sequence += 1
        return b"".join(
            (
                plain[:1],
                bytes((plain[1] & 0x80 | rtx_type,)),
                (self.rtx_sequence & 0xFFFF).to_bytes(2, "big"),
                plain[4:8],
                self.line.rtx_ssrc.to_bytes(4, "big"),
                plain[2:4],
                plain[12:],
            )
        )

    def _rtx_type(self, negotiated: int) -> int | None:
        for canonical, number in self.line.media.items():
            if number == negotiated and canonical in self.line.rtx:
                return self.line.rtx[canonical]
        return None
