"""One layer of one publication on its way in."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from mixer.forward.drops import DropCounters
from mixer.forward.keyframe import KeyframeGate
from mixer.forward.levels import LevelMeter
from mixer.forward.media_packet import LayerRing
from mixer.rtp import payload_type as types
from mixer.rtp.nack import NackGenerator
from mixer.rtp.receive import ReceiveStatistics
from mixer.rtp.sequence import SequenceExtender, TimestampExtender
from mixer.wire.ids import MediaKind

if TYPE_CHECKING:
    from mixer.forward.interface import InLine
    from mixer.forward.out_stream import OutStream
    from mixer.forward.peer import PeerState

_WINDOW_BITS: Final = 1024
_WINDOW_MASK: Final = (1 << _WINDOW_BITS) - 1
_MAX_CLOSED_GAPS: Final = 64
_MAX_RETIRED: Final = 16
REORDER_NS: Final = 10_000_000


class DuplicateWindow:
    """Which of the last 1024 extended sequence numbers have been seen."""

    __slots__ = ("_highest", "_seen")

    def __init__(self) -> None:
        self._highest = -1
        self._seen = 0

    def is_new(self, ext_seq: int) -> bool | None:
        """Note a number. False: seen before; None: too old to tell."""
        ahead = ext_seq - self._highest
        if ahead > 0:
            self._seen = ((self._seen << ahead) | 1) & _WINDOW_MASK if ahead < _WINDOW_BITS else 1
            self._highest = ext_seq
            return True
        if -ahead >= _WINDOW_BITS:
            return None
        bit = 1 << -ahead
        if self._seen & bit:
            return False
        self._seen |= bit
        return True

    def has(self, ext_seq: int) -> bool:
        """Whether a number was seen, as far as the window reaches."""
        behind = self._highest - ext_seq
        return 0 <= behind < _WINDOW_BITS and bool(self._seen >> behind & 1)


class ClosedGaps:
    """Takes padding-only packets out of the numbering, so that nobody asks for them.

    Remembers the last 64; a packet older than those keeps the numbering of the oldest.
    """

    __slots__ = ("_removed", "count")

    def __init__(self) -> None:
        self.count = 0
        self._removed: deque[tuple[int, int]] = deque(maxlen=_MAX_CLOSED_GAPS)

    def remove(self, ext_seq: int) -> None:
        """Close the gap at a number higher than all before."""
        self.count += 1
        self._removed.append((ext_seq, self.count))

    def renumber(self, ext_seq: int) -> int:
        """Return the number of a packet among those that are kept."""
        for removed, count in reversed(self._removed):
            if ext_seq > removed:
                return ext_seq - count
        return ext_seq - (self._removed[0][1] - 1 if self._removed else 0)


class InStream:
    """State of one in-stream; a new SSRC or a new publisher begins a new *life*.

    `peer` is None for a stream that a worker makes.
    """

    meter_type = LevelMeter

    def __init__(
        self,
        stream: int,
        kind: MediaKind,
        drops: DropCounters,
        *,
        peer: PeerState | None,
        mid: str = "",
        rid: str = "",
        clock_rate: int = 0,
        gate: KeyframeGate | None = None,
    ) -> None:
        """`clock_rate` in Hz; by default that of the kind. Layers of an m-line share a `gate`."""
        self.stream = stream
        self.kind = kind
        self.peer = peer
        self.mid = mid
        self.rid = rid
        default = types.AUDIO_CLOCK_RATE if kind is MediaKind.AUDIO else types.VIDEO_CLOCK_RATE
        self.clock_rate = clock_rate or default
        self.routes: list[OutStream] = []
        """Out-streams of which it is current or target."""
        self.leaving: list[tuple[OutStream, int]] = []
        """Out-streams that went over to another, and until when they take late packets."""
        self.tapped = False
        self.line: InLine | None = None
        """What was negotiated for its m-line; None for a local stream."""
        self.bound_ns = 0
        """When the SSRC was taken."""
        self.retired: deque[int] = deque(maxlen=_MAX_RETIRED)
        """SSRCs of earlier lives, whose late packets must not come back."""
        self.gate = gate or KeyframeGate()
        self.drops = drops.tally()
        self.meter = self.meter_type()
        self.packets = self.octets = 0
        self.keyframes = self.keyframes_asked = 0
        self.loss_fraction = 0.0
        self.begin(ssrc=-1, life=0, wants_nack=False)

    def begin(self, *, ssrc: int, life: int, wants_nack: bool) -> None:
        """Start a life: sequence numbers begin anew."""
        self.ssrc = ssrc
        self.life = life
        self.payload_type = -1
        self.last_packet_ns = -1
        self.keyframe_timestamp = -1
        self.has_parameter_sets = False
        """Whether its key frames bring the parameter sets of H.264 along."""
        self.highest = -1
        self.lost_seen = 0
        self.rotation = 0
        self._renew_parts(wants_nack=wants_nack)

    def _renew_parts(self, *, wants_nack: bool) -> None:
        """Make what counts one life alone."""
        self.extend_sequence = SequenceExtender().extend
        self.extend_timestamp = TimestampExtender().extend
        self.window = DuplicateWindow()
        self.closed = ClosedGaps()
        self.ring = LayerRing()
        self.statistics = ReceiveStatistics(max(self.ssrc, 0), self.clock_rate)
        self.nack = NackGenerator(reorder_ns=REORDER_NS) if wants_nack else None

    @property
    def is_awaited(self) -> bool:
        """Whether a receiver shows nothing until a key frame comes."""
        return any(route.awaits(self.stream) for route in self.routes)

    def note_orientation(self, told: int, *, ends_frame: bool) -> None:
        """Take the byte of urn:3gpp:video-orientation, -1 for none.

        It stands on the last packet of a frame at least; one without it is upright.
        """
        if told >= 0:
            self.rotation = told & 0x03
        elif ends_frame:
            self.rotation = 0
