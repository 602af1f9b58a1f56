"""One stream on its way out to one peer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mixer.forward.drops import Drop, DropCounters
from mixer.forward.extension_writer import ExtensionWriter
from mixer.forward.fanout_reference import RewriteHeader
from mixer.forward.interface import OutLine
from mixer.forward.media_packet import HEADER_BYTES, LayerRing, MediaPacket
from mixer.forward.numbering import Numbering, Segment, first_sequence
from mixer.forward.out_packet import OutPacket
from mixer.forward.red import map_red_types, red_primary
from mixer.forward.repeats import Repeats
from mixer.rtp import payload_type as types
from mixer.wire.ids import MediaKind

if TYPE_CHECKING:
    from mixer.forward.peer import PeerState

_SECOND_NS: Final = 1_000_000_000
_MASK: Final = 0xFFFFFFFF
_PADDING_BYTES: Final = 255
_BEHIND_NS: Final = 15_000_000
"""Less is how far layers of one camera are apart on session time; pictures are further."""
_REFUSE_NS: Final = 1_000_000_000
"""So long key frames of the past are refused; then a switch counts more than order."""


class OutStream:
    """Rewrites packets of its in-stream into one continuous stream.

    The first timestamp is laid on session time, every later life goes on from the last one by the
    session time between them, so that sender reports hold across the switch.
    """

    writer_type = ExtensionWriter
    numbering_type = Numbering

    def __init__(
        self, out: int, peer: PeerState, line: OutLine, rewrite: RewriteHeader, drops: DropCounters
    ) -> None:
        """`rewrite` is the hot path's header function."""
        self.out = out
        self.peer = peer
        self.kind = line.kind
        self.clock_rate = (
            types.AUDIO_CLOCK_RATE if self.kind is MediaKind.AUDIO else types.VIDEO_CLOCK_RATE
        )
        self._rewrite = rewrite
        self.drops = drops.tally()
        self.stream: int | None = None
        """The in-stream it is fed from: current."""
        self.target: int | None = None
        """The in-stream that takes over at its next key frame, or None."""
        self._refused_ns = -1
        """When the target's key frame was first refused."""
        self._overran = False
        """Whether it stopped as the peer's queue was full."""
        self.shown = -1
        """The in-stream that was told last as current."""
        self.paused = False
        self.packets = 0
        self.octets = 0
        self.switches = 0
        self.nacks = 0
        self.resent = 0
        self.keyframe_requests = 0
        self.loss_fraction = 0.0
        self.jitter_ms = 0.0
        self.rtt_ns = 0
        self.set_line(line)
        self.restart()

    def set_line(self, line: OutLine) -> None:
        """Take what the receiver agreed to."""
        self.line = line
        self.extensions = self.writer_type(line)
        self._rtx = {
            number: line.rtx[canonical]
            for canonical, number in line.media.items()
            if line.nack and canonical in line.rtx
        }

    def restart(self) -> None:
        """Begin anew, as after a new handshake: nothing of before may be sent again."""
        self._numbering = self.numbering_type()
        self._repeats = Repeats()
        self._rtx_sequence = first_sequence()
        self.last_timestamp = -1
        self.last_session_ns = 0
        self._frame_timestamp = -1
        self._ends_frame = True
        self.sent_packets = 0
        """Since the keys, as sender reports count."""
        self.sent_octets = 0
        self.report_due_ns = 0
        self.extensions.is_known = False
        self.awaits_keyframe = self.kind is MediaKind.VIDEO

    # --- routing --------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether anything can be sent now."""
        return not self.paused and self.peer.outbound is not None and self.peer.address is not None

    @property
    def flows(self) -> bool:
        """Whether packets of the current in-stream are being sent."""
        return self._numbering.current is not None

    @property
    def may_pad(self) -> bool:
        """Whether padding can be sent: as retransmissions also while it is paused."""
        if self.kind is MediaKind.AUDIO or self.peer.outbound is None or self.peer.address is None:
            return False
        return self.last_timestamp >= 0 if self._rtx else self.flows and not self.paused

    @property
    def has_room(self) -> bool:
        """Whether a key frame may begin, as far as the peer's queue is concerned."""
        pacer = self.peer.pacer
        return pacer.is_drained if self._overran else not pacer.is_full

    def awaits(self, stream: int) -> bool:
        """Whether a key frame of this in-stream is needed before anything flows from it."""
        if not self.is_open or not self.has_room:
            return False
        return self.target == stream or (self.awaits_keyframe and self.stream == stream)

    def is_behind(self, keyframe: MediaPacket, now_ns: int) -> bool:
        """Whether a switch to this key frame would show again what was shown before.

        It does when the key frame was repaired late. The current layer goes on meanwhile.
        """
        if not self.flows or self.last_session_ns - keyframe.session_ns < _BEHIND_NS:
            self._refused_ns = -1
            return False
        if self._refused_ns < 0:
            self._refused_ns = now_ns
        if now_ns - self._refused_ns < _REFUSE_NS:
            return True
        self._refused_ns = -1
        return False

    def interrupt(self, now_ns: int) -> None:
        """Go on with a key frame, as if another life began."""
        self._numbering.close(now_ns)
        self.awaits_keyframe = self.kind is MediaKind.VIDEO

    # --- packets --------------------------------------------------------------------------------

    def take(self, packet: MediaPacket, ring: LayerRing, now_ns: int) -> OutPacket | None:
        """Return a packet as this peer shall get it, or None (dropped, counted)."""
        segment = self._place(packet, ring, now_ns)
        if segment is None:
            return None
        made = self._made(packet, segment)
        if made is None:
            self.drops.add(Drop.CODEC_NOT_ACCEPTED)
            return None
        return made

    def take_late(self, packet: MediaPacket, now_ns: int) -> OutPacket | None:
        """Return a packet of a layer that was left, if it still has a place."""
        segment = self._numbering.place_of(packet, now_ns)
        return None if segment is None else self._made(packet, segment)

    def _place(self, packet: MediaPacket, ring: LayerRing, now_ns: int) -> Segment | None:
        numbering = self._numbering
        segment = numbering.place_of(packet, now_ns)
        if segment is not None:
            if segment is numbering.current and self._is_overrun(packet, now_ns):
                return None
            return segment
        current = numbering.current
        if current is not None and current.life == packet.life:
            self.drops.add(Drop.BEFORE_SWITCH)
            return None
        if self.kind is MediaKind.VIDEO and not packet.is_keyframe:
            self.awaits_keyframe = True
            self.drops.add(Drop.AWAITING_KEYFRAME)
            return None
        if self.kind is MediaKind.VIDEO and not self.has_room:
            self.drops.add(Drop.PACER_FULL)
            return None
        return self._switch(packet, ring, now_ns)

    def _is_overrun(self, packet: MediaPacket, now_ns: int) -> bool:
        """Whether the peer's queue has no room for the frame that begins with this packet."""
        pacer = self.peer.pacer
        begins = packet.timestamp != self._frame_timestamp
        if self.kind is MediaKind.AUDIO or not (pacer.is_brimming or (begins and pacer.is_full)):
            return False
        self.interrupt(now_ns)
        self._overran = True
        self.drops.add(Drop.PACER_FULL)
        return True

    def _switch(self, packet: MediaPacket, ring: LayerRing, now_ns: int) -> Segment:
        self.awaits_keyframe = self._overran = False
        if self.last_timestamp < 0:
            wanted = packet.session_ns * self.clock_rate // _SECOND_NS & _MASK
        else:
            # Decoders take an older or equal timestamp for a late packet.
            wanted = self.timestamp_at(packet.session_ns)
            step = self.clock_rate // 100
            if not step <= (wanted - self.last_timestamp) & _MASK < 1 << 31:
                wanted = (self.last_timestamp + step) & _MASK
        return self._numbering.begin(packet, ring, wanted - packet.timestamp, now_ns)

    def timestamp_at(self, session_ns: int) -> int:
        """Return the RTP timestamp of a session time, for sender reports."""
        elapsed = (session_ns - self.last_session_ns) * self.clock_rate // _SECOND_NS
        return (self.last_timestamp + elapsed) & _MASK

    def _made(self, packet: MediaPacket, segment: Segment) -> OutPacket | None:
        """Write a packet and take its number, for the first time."""
        written = self._written(packet, segment)
        if written is None:
            return None
        head, payload = written
        before = self._numbering.next_sequence
        number = self._numbering.take(segment, packet)
        if number >= before:
            self.last_timestamp = int.from_bytes(head[4:8], "big")
            self.last_session_ns = packet.session_ns
            self._frame_timestamp = packet.timestamp
            self._ends_frame = head[1] > 0x7F
        block = self.extensions.block(packet.level, packet.orientation)
        made = OutPacket(self, head, block, payload)
        made.number = number
        return made

    def _written(
        self, packet: MediaPacket, segment: Segment
    ) -> tuple[bytearray, bytes | bytearray] | None:
        """Return header and payload, the same bytes each time; None for a codec not accepted."""
        plain = packet.packet
        payload: bytes | bytearray = plain[HEADER_BYTES:]
        canonical = plain[1] & 0x7F
        negotiated = self.line.media.get(canonical)
        if canonical == types.RED:
            reduced = self._red(payload, negotiated)
            if reduced is None:
                return None
            negotiated, payload = reduced
        if negotiated is None:
            return None
        head = bytearray(plain[:HEADER_BYTES])
        head[1] = head[1] & 0x80 | negotiated
        self._rewrite(
            head,
            (packet.sequence + segment.sequence_offset) & 0xFFFF,
            (packet.timestamp + segment.timestamp_offset) & _MASK,
            self.line.ssrc,
        )
        pictures = packet.pictures
        if pictures is not None and (segment.picture_offset or segment.tl0_offset):
            payload = bytearray(payload)
            _renumber(payload, packet, segment)
        return head, payload

    def _red(self, payload: bytes | bytearray, negotiated: int | None) -> tuple[int, bytes] | None:
        """Translate the blocks of RED, or leave the primary one alone to whom takes no RED."""
        if negotiated is not None:
            mapped = map_red_types(bytes(payload), self.line.media)
            return None if mapped is None else (negotiated, mapped)
        primary = red_primary(bytes(payload))
        if primary is None or primary[0] not in self.line.media:
            return None
        return self.line.media[primary[0]], primary[1]

    def note_sent(self, packet: OutPacket, now_ns: int) -> None:
        """A packet has left, or would have if the kernel had room."""
        if packet.is_retransmission or packet.is_repeat:
            return
        self.packets += 1
        self.octets += packet.octets
        self.sent_packets += 1
        self.sent_octets += packet.octets
        if self.line.nack and packet.plain[1] & 0x7F not in self._rtx:
            self._repeats.keep(packet, now_ns)

    # --- once more ------------------------------------------------------------------------------

    def retransmission(self, sequence: int, now_ns: int, rtt_ns: int) -> OutPacket | None:
        """Return what a NACK for a 16-bit number gets, or None.

        With a negotiated retransmission stream it is wrapped (RFC 4588 section 4), else it is
        the very packet of before.
        """
        if not self._repeats.may(sequence, now_ns, rtt_ns):
            return None
        found = self._numbering.find(sequence)
        written = self._written(found[1], found[0]) if found is not None else None
        if found is None or written is None or written[0][1] & 0x7F not in self._rtx:
            return self._repeats.get(sequence, now_ns)
        head, payload = written
        packet = found[1]
        original = bytes(head[2:4])
        self._rtx_head(head, head[1] & 0x80 | self._rtx[head[1] & 0x7F])
        block = self.extensions.block(packet.level, packet.orientation)
        made = OutPacket(self, head, block, original + payload)
        made.is_retransmission = True
        return made

    def _rtx_head(self, head: bytearray, second: int) -> None:
        head[1] = second
        self._rtx_sequence += 1
        head[2:4] = (self._rtx_sequence & 0xFFFF).to_bytes(2, "big")
        head[8:12] = self.line.rtx_ssrc.to_bytes(4, "big")

    def padding(self, cluster: int, now_ns: int) -> OutPacket | None:
        """Return a packet of 255 bytes of padding, or None when there is no place for one now."""
        if not self.may_pad:
            return None
        head = bytearray(HEADER_BYTES)
        head[0] = 0xA0
        head[4:8] = self.last_timestamp.to_bytes(4, "big")
        if self._rtx:
            self._rtx_head(head, next(iter(self._rtx.values())))
        elif self._ends_frame:
            number = self._numbering.insert(now_ns)
            self._rewrite(head, number & 0xFFFF, self.last_timestamp, self.line.ssrc)
            head[1] = next(iter(self.line.media.values()))
        else:
            return None
        filling = bytes(_PADDING_BYTES - 1) + bytes((_PADDING_BYTES,))
        made = OutPacket(self, head, self.extensions.block(-1, -1), filling)
        made.is_retransmission = True
        made.cluster = cluster
        return made


def _renumber(payload: bytearray, packet: MediaPacket, segment: Segment) -> None:
    """Write picture id and TL0PICIDX over the publisher's, in as many bits as it used."""
    pictures = packet.pictures
    if pictures is None:
        return
    if pictures.picture_bits:
        at = pictures.picture_at - HEADER_BYTES
        number = pictures.picture_id + segment.picture_offset
        if pictures.picture_bits == 15:
            payload[at] = 0x80 | number >> 8 & 0x7F
            payload[at + 1] = number & 0xFF
        else:
            payload[at] = number & 0x7F
    if pictures.tl0 >= 0:
        payload[pictures.tl0_at - HEADER_BYTES] = (pictures.tl0 + segment.tl0_offset) & 0xFF
