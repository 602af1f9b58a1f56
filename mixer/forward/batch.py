"""What a call of the fan-out takes and leaves: values, no objects with a life."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from mixer.forward.lines import Address


class TappedPacket(NamedTuple):
    """A packet of a tapped in-stream, in the clear with its canonical payload type."""

    stream: int
    life: int
    payload_type: int
    is_keyframe: bool
    """First packet of a key frame."""
    sequence: int
    """Extended, growing within one life."""
    arrival_ns: int
    """Session time, 0 when made by a worker."""
    session_ns: int
    packet: bytes
    rotation: int = 0
    """Quarter turns clockwise that show the picture upright, as last told by the publisher."""


class InjectedPacket(NamedTuple):
    """A packet made by a worker, with its canonical payload type."""

    stream: int
    is_keyframe: bool
    sequence: int
    session_ns: int
    packet: bytes


class TransportFeedback(NamedTuple):
    """One report of a `send` peer on what arrived of what we sent, in order of sending.

    Only packets reported for the first time, or told lost before and arrived after all; what the
    log does not know any more (the last 4096 packets, 10 s) is left out. The four sequences are
    parallel.
    """

    peer: int
    sent_ns: Sequence[int]
    """Monotonic, when the packet was given to the kernel."""
    arrived_ns: Sequence[int]
    """On the receiver's clock, whose origin is unknown but stays within a peer's keys;
    -1: reported lost."""
    octets: Sequence[int]
    """Length of the SRTP packet."""
    cluster: Sequence[int]
    """The probe it belongs to (see `Fanout.probe`), 0 for media and retransmissions."""

    @property
    def packets(self) -> int:
        """How many are told of."""
        return len(self.octets)

    @property
    def lost(self) -> int:
        """How many of them were lost."""
        return self.arrived_ns.count(-1)

    @property
    def last_arrival_ns(self) -> int:
        """Of the one that arrived last; -1: all were lost."""
        return max(self.arrived_ns)

    @property
    def received_octets(self) -> int:
        """Of those that arrived."""
        told = zip(self.arrived_ns, self.octets, strict=True)
        return sum(size for arrived_ns, size in told if arrived_ns >= 0)

    def first_of(self, cluster: int) -> int:
        """The place of the first packet of a probe, -1: it has none."""
        return self.cluster.index(cluster) if cluster in self.cluster else -1


class Feedback(Protocol):
    """What `TransportFeedback` tells; the compiled fan-out makes the sequences only when asked."""

    @property
    def peer(self) -> int:
        """See `TransportFeedback`, as all below."""

    @property
    def sent_ns(self) -> Sequence[int]: ...  # noqa: D102
    @property
    def arrived_ns(self) -> Sequence[int]: ...  # noqa: D102
    @property
    def octets(self) -> Sequence[int]: ...  # noqa: D102
    @property
    def cluster(self) -> Sequence[int]: ...  # noqa: D102
    @property
    def packets(self) -> int: ...  # noqa: D102
    @property
    def lost(self) -> int: ...  # noqa: D102
    @property
    def last_arrival_ns(self) -> int: ...  # noqa: D102
    @property
    def received_octets(self) -> int: ...  # noqa: D102
    def first_of(self, cluster: int) -> int: ...  # noqa: D102


class ReceptionReport(NamedTuple):
    """One report block of a `send` peer (RFC 3550 section 6.4.1) on one of our streams."""

    peer: int
    out: int
    loss_fraction: float
    """Since the report before, 0 to 1."""
    jitter_ms: float
    rtt_ns: int
    """0 when it cannot be told."""


class BitrateReport(NamedTuple):
    """A REMB of a `send` peer: what it believes its line carries of some streams together."""

    peer: int
    bitrate_bps: int
    outs: tuple[int, ...]
    """Those it names; browsers name all, aiortc the video only."""


class LayerSwitch(NamedTuple):
    """An out-stream goes on with another in-stream from a key frame on: its current one."""

    out: int
    stream: int


class Batch:
    """What a call of the fan-out leaves to others."""

    __slots__ = (
        "bitrates",
        "control",
        "exhausted",
        "feedback",
        "keyframes_wanted",
        "moved",
        "reception",
        "switches",
        "tapped",
    )

    def __init__(self) -> None:
        # Written out, because one is made for every wake-up.
        self.control: list[tuple[bytes, Address]] = []
        """STUN and DTLS datagrams, in order."""
        self.tapped: list[TappedPacket] = []
        self.keyframes_wanted: list[int] = []
        """Local in-streams whose worker shall make a key frame."""
        self.feedback: list[Feedback] = []
        self.moved: list[int] = []
        """Peers whose estimate has moved away from what was decided by it."""
        self.reception: list[ReceptionReport] = []
        self.bitrates: list[BitrateReport] = []
        self.switches: list[LayerSwitch] = []
        self.exhausted = True
        """Whether `drain` read everything there was."""


NOTHING: Final = Batch()
"""What calls that leave nothing may return, so that none is made each time; never changed.

It says as well that nothing began to wait for `Fanout.poll` or `Fanout.take_streamed`."""
