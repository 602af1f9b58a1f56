"""One peer connection as the fan-out knows it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from mixer.forward.drops import DropCounters
from mixer.forward.interface import NO_EXTENSIONS, Address, Extensions, InLine, SrtpSession
from mixer.forward.keyframe import KeyframeGate
from mixer.forward.pacer import Pacer
from mixer.forward.throttle import Budget
from mixer.forward.transport_log import ArrivalLog, SentLog
from mixer.rtp.clock import SessionClock

if TYPE_CHECKING:
    from mixer.forward.estimate.measured import MeasuredEstimate
    from mixer.forward.in_stream import InStream
    from mixer.forward.out_stream import OutStream
    from mixer.forward.probe import Probe

DEFAULT_RTT_NS: Final = 50_000_000
_NACKED: Final = (1000, 1000)
"""Numbers a second a receiver may ask for; 5 Mbit/s at 20 % loss need 100."""
RTCP_LIMIT: Final = (300, 300)
MAX_SSRCS: Final = 512
"""Senders that a peer may name while its keys last: libsrtp keeps each for ever, in a list that it
searches. A page that changes its camera needs seven a time."""


class PeerState:
    """Keys, addresses and streams of a peer; counters for its figures."""

    pacer_type = Pacer
    sent_type = SentLog
    arrivals_type = ArrivalLog
    clock_type = SessionClock
    budget_type = Budget

    def __init__(self, peer: int, cname: str, drops: DropCounters) -> None:
        """`cname` names our streams to this peer (RFC 3550 section 6.5.1)."""
        self.peer = peer
        self.cname = cname
        self.ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        """Sender of our reports where we send no media."""
        self.inbound: SrtpSession | None = None
        self.outbound: SrtpSession | None = None
        self.address: Address | None = None
        self.addresses: set[Address] = set()
        self.drops = drops.tally()
        self.rtcp_budget = self.budget_type(*RTCP_LIMIT)
        self.report_due_ns = 0
        self.feedback_due_ns = 0
        self.rtt_ns = 0
        self.loss_fraction = 0.0
        self.jitter_ms = 0.0
        self._begin_publishing()
        self._begin_receiving()
        self._begin_counting()

    def _begin_publishing(self) -> None:
        self.lines: dict[str, InLine] = {}
        self.extensions: Extensions = NO_EXTENSIONS
        """Of all its lines together."""
        self.streams: dict[tuple[str, str], InStream] = {}
        """By mid and rid."""
        self.gates: dict[str, KeyframeGate] = {}
        """By mid."""
        self.media: dict[int, InStream] = {}
        self.rtx: dict[int, InStream] = {}
        self.clock = self.clock_type()
        self.arrivals: ArrivalLog | None = None
        self._ssrcs: set[int] = set()

    def _begin_receiving(self) -> None:
        self.outs: dict[int, OutStream] = {}
        self.outs_by_ssrc: dict[int, OutStream] = {}
        self.pacer = self.pacer_type()
        self.sent = self.sent_type()
        self.estimate: MeasuredEstimate | None = None
        """Takes its feedback."""
        self.probe: Probe | None = None
        self.nack_budget = self.budget_type(*_NACKED)

    def _begin_counting(self) -> None:
        self.packets_in = self.packets_out = 0
        self.octets_in = self.octets_out = 0
        self.probe_octets = 0
        self.counted_ns = 0
        self.counted_octets = 0
        self.counted_expected = 0
        self.counted_received = 0

    @property
    def spacing_ns(self) -> int:
        """A round trip, for spacing requests and answers."""
        return self.rtt_ns or DEFAULT_RTT_NS

    def set_lines(self, lines: tuple[InLine, ...]) -> None:
        """Take what it publishes where."""
        self.lines = {line.mid: line for line in lines}
        merged = NO_EXTENSIONS
        for line in lines:
            merged = Extensions(
                *(
                    ours or theirs
                    for ours, theirs in zip(_ids(merged), _ids(line.extensions), strict=True)
                )
            )
        self.extensions = merged
        tells = any(line.transport_feedback for line in lines) and merged.transport_sequence
        if not tells:
            self.arrivals = None
        elif self.arrivals is None:
            self.arrivals = self.arrivals_type()

    def admits(self, ssrc: int) -> bool:
        """Whether a packet of this sender may be unprotected."""
        return len(self._ssrcs) < MAX_SSRCS or ssrc in self._ssrcs

    def admit(self, ssrc: int) -> None:
        """A packet of this sender was authentic."""
        self._ssrcs.add(ssrc)

    def forget_ssrcs(self) -> None:
        """There are new keys."""
        self._ssrcs.clear()

    def renew_logs(self) -> None:
        """Begin the transport-wide numbers anew, with new keys."""
        self.forget_ssrcs()
        self.sent = self.sent_type()
        if self.arrivals is not None:
            self.arrivals = self.arrivals_type()


def _ids(extensions: Extensions) -> tuple[int, ...]:
    return (
        extensions.mid,
        extensions.rid,
        extensions.repaired_rid,
        extensions.audio_level,
        extensions.transport_sequence,
        extensions.orientation,
        extensions.absolute_time,
    )
