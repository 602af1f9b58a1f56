"""One recorded track without IO: frames of the link in, Clusters out.

Packets are put in order by the depacketiser of `mixer.rtp`; packets behind a gap
wait `REPAIR_WAIT_NS` for their retransmission, as nobody is in a hurry here. What
stays lost is noted as a gap and writing goes on: most pictures behind a loss still
decode, and the key frame asked for ends the damage.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from mixer.rtp import payload_type
from mixer.rtp.depacketise import AccessUnit, Assembler, assembler_for
from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket
from mixer.wire.frame import FLAG_REPLAY, Frame, FrameKind
from mixer.wire.ids import Codec, MediaKind

from . import coding
from .matroska import (
    MAX_GAPS_PER_CLUSTER,
    TICK_NS,
    Checkpoint,
    ClusterBuilder,
    Gap,
    TrackFormat,
)

if TYPE_CHECKING:
    from mixer.wire.resources import StreamCodec

REPAIR_WAIT_NS: Final = 900_000_000
_PAYLOAD_TYPES: Final = {
    Codec.OPUS: payload_type.OPUS,
    Codec.VP8: payload_type.VP8,
    Codec.H264: payload_type.H264,
}
_VIDEO_UNIT_TICKS: Final = 400
_LONGEST_VIDEO_UNIT_TICKS: Final = 1_000


class RecordDrop(StrEnum):
    """Why something received was not written."""

    BEFORE_START = "before_start"
    BEFORE_KEYFRAME = "before_keyframe"
    ALREADY_PASSED = "already_passed"
    UNREADABLE_PACKET = "unreadable_packet"
    UNKNOWN_STREAM = "unknown_stream"
    EMPTY_UNIT = "empty_unit"
    WRITER_FULL = "writer_full"
    STORAGE_FULL = "storage_full"
    WRITE_FAILED = "write_failed"
    TRACK_FAILED = "track_failed"


class Position(NamedTuple):
    """How far a stream is: all packets of ``life`` up to ``after`` are dealt with."""

    life: int
    after: int


class Chunk(NamedTuple):
    """One Cluster for the track's current file, and the position once it is stored."""

    track: TrackFormat
    cluster: bytes
    position: Position
    first_tick: int
    end_tick: int


class TrackRecorder:
    """State of one track. ``resumed`` is what its file holds, after a restart."""

    def __init__(
        self,
        started_ns: int,
        *,
        resumed: Checkpoint | None = None,
        track: TrackFormat | None = None,
    ) -> None:
        self.format = track
        """Of the file being written; None before the first unit."""
        self.position = Position(0, -1)
        """Of the unit taken last, written or not yet."""
        self.drops: Counter[str] = Counter()
        self.units = 0
        self.lost_packets = 0
        self.paused: RecordDrop | None = None
        """Why nothing is kept at present; the publisher goes on."""
        self._started_ns = started_ns
        self._last_tick = -1
        self._end_tick = 0
        self._codec: StreamCodec | None = None
        self._older: tuple[StreamCodec, int] | None = None
        """A stream told whose life is less than the one stored last."""
        self._assembler: Assembler | None = None
        self._cluster = ClusterBuilder()
        self._gaps: list[Gap] = []
        self._done: list[Chunk] = []
        self._need_keyframe = True
        self._keyframe_wanted = False
        self._shaper: coding.AvcShaper | None = None
        self._new_life = False
        self._after_pause = False
        if resumed is not None:
            self.position = Position(resumed.life, resumed.after)
            self._end_tick = resumed.end_tick
            self._last_tick = resumed.last_tick
            self._need_keyframe = False
        if track is not None:
            self._shape_for(track)

    # --- what the link says ------------------------------------------------

    def stream(self, codec: StreamCodec, life: int) -> None:
        """The stream's codec and life, before its first frame and after each break.

        A replay may begin with lives before the one we stored last. Lives grow, unless
        the machine's clock was set back; so an older one counts from its first frame
        that is no replay.
        """
        self._older = (codec, life) if life < self.position.life else None
        if self._older is None:
            self._begin_stream(codec, life)

    def _begin_stream(self, codec: StreamCodec, life: int) -> None:
        same_life = life == self.position.life and self._codec_continues(codec)
        if not same_life:
            self._end_stream()
        elif self._assembler is not None or self._codec is not None:
            self._codec = codec
            return  # the link was away for a moment; what is half received is still good
        self._codec = codec
        self._assembler = None
        if codec.codec is not Codec.AAC:
            self._assembler = assembler_for(
                _PAYLOAD_TYPES[codec.codec], wait_ns=REPAIR_WAIT_NS, keep_incomplete=True
            )
            if same_life and self.position.after >= 0:
                # An empty packet in the place of the last one stored: the window then
                # knows which one comes next and waits for it, whatever arrives first.
                blank = RtpPacket(_PAYLOAD_TYPES[codec.codec], 0, 0, 0)
                self._assembler.push(self.position.after, blank, 0)
        if not same_life:
            self.position = Position(life, -1)

    def _codec_continues(self, codec: StreamCodec) -> bool:
        return self.format is None or self.format.codec is codec.codec

    def _end_stream(self) -> None:
        if self._assembler is not None:
            self._take(self._assembler.flush())
        if self.format is None:
            return
        self._new_life = True
        if self.format.kind is MediaKind.VIDEO:
            self._need_keyframe = True

    def frame(self, frame: Frame) -> None:
        """One RTP packet or access unit."""
        if self._older is not None:
            if frame.flags & FLAG_REPLAY:
                self.drops[RecordDrop.ALREADY_PASSED] += 1
                return
            codec, life = self._older
            self._older = None
            self._begin_stream(codec, life)
        self._take_frame(frame)

    def _take_frame(self, frame: Frame) -> None:
        codec = self._codec
        if codec is None:
            self.drops[RecordDrop.UNKNOWN_STREAM] += 1
            return
        if frame.sequence <= self.position.after:
            self.drops[RecordDrop.ALREADY_PASSED] += 1
            return
        if frame.kind == FrameKind.ACCESS_UNIT:
            self._access_unit(frame)
            return
        if self._assembler is None:
            self.drops[RecordDrop.UNKNOWN_STREAM] += 1
            return
        try:
            packet = RtpPacket.parse(frame.payload)
        except RtpError:
            self.drops[RecordDrop.UNREADABLE_PACKET] += 1
            return
        units = self._assembler.push(frame.sequence, packet, frame.session_ns)
        if units:
            self._take(units)

    def _access_unit(self, frame: Frame) -> None:
        lost = 0
        if self.position.after >= 0:
            lost = frame.sequence - self.position.after - 1
        unit = AccessUnit(
            frame.payload,
            keyframe=True,
            rtp_timestamp=0,
            session_ns=frame.session_ns,
            first_sequence=frame.sequence,
            last_sequence=frame.sequence,
            lost_before=lost,
        )
        self._take([unit])

    def advance(self, now_ns: int) -> None:
        """Let time pass, so that gaps are given up. ``now_ns`` of any steady clock."""
        if self._assembler is not None:
            units = self._assembler.advance(now_ns)
            if units:
                self._take(units)

    def end(self) -> None:
        """The track is closed: make units of all that is held."""
        if self._assembler is not None:
            self._take(self._assembler.flush())

    # --- what comes out ----------------------------------------------------

    def take_chunks(self) -> list[Chunk]:
        """Clusters ready to be written, the one begun included; empties the core."""
        if self._cluster.units:
            self._close_cluster()
        chunks, self._done = self._done, []
        return chunks

    def wants_keyframe(self) -> bool:
        """Whether the publisher should be asked now; the wish is forgotten by asking."""
        if self._keyframe_wanted:
            self._keyframe_wanted = False
            return True
        codec = self._codec
        video = codec is not None and codec.codec in (Codec.VP8, Codec.H264)
        return video and self._need_keyframe and self.paused is None

    def not_stored(self, chunk: Chunk, reason: RecordDrop) -> None:
        """A chunk could not be written; the next Cluster tells of the gap."""
        self.drops[reason] += 1
        self._gap(chunk.first_tick, chunk.end_tick, 0, "storage")
        self._keyframe_wanted = chunk.track.kind is MediaKind.VIDEO

    # --- inside ------------------------------------------------------------

    def _take(self, units: list[AccessUnit]) -> None:
        for unit in units:
            if unit.lost_before:
                self.lost_packets += unit.lost_before
            if not self._skips(unit):
                self._write(unit)
            self.position = Position(self.position.life, unit.last_sequence)

    def _skips(self, unit: AccessUnit) -> bool:
        if self.paused is not None:
            self.drops[self.paused] += 1
            self._need_keyframe = self._after_pause = True
            return True
        if unit.session_ns < self._started_ns:
            self.drops[RecordDrop.BEFORE_START] += 1
            return True
        if self._need_keyframe and not (unit.keyframe and unit.complete):
            self.drops[RecordDrop.BEFORE_KEYFRAME] += 1
            return True
        return False

    def _write(self, unit: AccessUnit) -> None:
        if (self.format is None or self._new_life) and not self._begin(unit):
            return
        tick = (unit.session_ns - self._started_ns + TICK_NS // 2) // TICK_NS
        # Matroska lets times go back, players do not like it; clocks are slewed by less.
        tick = max(tick, self._last_tick + 1)
        payload = unit.payload if self._shaper is None else self._shaper.shape(unit.payload)
        if not payload:
            self.drops[RecordDrop.EMPTY_UNIT] += 1
            return
        if unit.lost_before:
            self._gap(self._end_tick, tick, unit.lost_before, "loss")
            self._keyframe_wanted = not unit.keyframe
        if self._after_pause:
            self._after_pause = False
            self._gap(self._end_tick, tick, 0, "storage")
        if not self._cluster.fits(tick):
            self._close_cluster()
        self._need_keyframe = False
        self._cluster.add(tick, payload, keyframe=unit.keyframe)
        self._end_tick = tick + self._duration_ticks(unit.payload, tick)
        self._last_tick = tick
        self.units += 1

    def _begin(self, unit: AccessUnit) -> bool:
        """Start a file, or go on in it with a new life of the stream."""
        codec = self._codec
        if codec is None:
            return False
        if self.format is not None and self._codec_continues(codec):
            self._new_life = False
            tick = (unit.session_ns - self._started_ns) // TICK_NS
            self._gap(self._end_tick, tick, 0, "stream")
            return True
        video = codec.codec in (Codec.VP8, Codec.H264)
        try:
            begun = coding.video_format(codec.codec, unit) if video else coding.sound_format(codec)
        except ValueError:
            self.drops[RecordDrop.BEFORE_KEYFRAME] += 1
            return False
        if self._cluster.units:
            self._close_cluster()
        self._new_life = False
        self._shape_for(begun)
        return True

    def _shape_for(self, track: TrackFormat) -> None:
        self.format = track
        self._shaper = coding.AvcShaper(track.codec_private) if track.codec is Codec.H264 else None

    def _duration_ticks(self, payload: bytes, tick: int) -> int:
        track = self.format
        if track is None or track.kind is MediaKind.VIDEO:
            # The next unit will tell; until then it lasts as long as the one before.
            elapsed = tick - self._last_tick if self._last_tick >= 0 else _VIDEO_UNIT_TICKS
            return min(elapsed, _LONGEST_VIDEO_UNIT_TICKS) if elapsed > 1 else _VIDEO_UNIT_TICKS
        if track.codec is Codec.OPUS:
            return coding.opus_duration_ns(payload) // TICK_NS
        return -(-coding.aac_duration_ns(track.sample_rate) // TICK_NS)

    def _gap(self, from_tick: int, to_tick: int, packets: int, reason: str) -> None:
        # How long the last picture lasts was a guess; the next one knows better.
        from_tick = min(from_tick, to_tick)
        if len(self._gaps) < MAX_GAPS_PER_CLUSTER:
            self._gaps.append(Gap(from_tick, to_tick, packets, reason))
            return
        last = self._gaps[-1]
        self._gaps[-1] = Gap(last.from_tick, to_tick, last.packets + packets, last.reason)

    def _close_cluster(self) -> None:
        track = self.format
        if track is None:
            return
        builder, self._cluster = self._cluster, ClusterBuilder()
        first_tick = builder.first_tick
        checkpoint = Checkpoint(
            life=self.position.life,
            after=self.position.after,
            units=builder.units,
            key_tick=builder.key_tick,
            first_tick=first_tick,
            last_tick=self._last_tick,
            end_tick=self._end_tick,
            gaps=tuple(self._gaps),
        )
        self._gaps = []
        self._done.append(
            Chunk(track, builder.build(checkpoint), self.position, first_tick, self._end_tick)
        )
