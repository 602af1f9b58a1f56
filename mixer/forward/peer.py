"""One peer connection as the fan-out knows it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from mixer.forward.interface import Address, InLine, SrtpSession
from mixer.rtp.clock import SessionClock

if TYPE_CHECKING:
    from mixer.forward.in_stream import InStream
    from mixer.forward.out_stream import OutStream

DEFAULT_RTT_NS = 50_000_000


class PeerState:
    """Keys, addresses and streams of a peer; counters for its figures."""

    __slots__ = (
        "address",
        "addresses",
        "clock",
        "cname",
        "counted_expected",
        "counted_ns",
        "counted_octets",
        "counted_received",
        "estimate_bps",
        "in_by_mid",
        "inbound",
        "jitter_ms",
        "lines",
        "loss_fraction",
        "media",
        "mid_extension",
        "octets",
        "outbound",
        "outs",
        "outs_by_ssrc",
        "peer",
        "report_due_ns",
        "rtt_ns",
        "rtx",
        "ssrc",
    )

    def __init__(self, peer: int, cname: str) -> None:
        """`cname` names our streams to this peer (RFC 3550 section 6.5.1)."""
        self.peer = peer
        self.cname = cname
        self.ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        """Sender of our reports where we send no media."""
        self.inbound: SrtpSession | None = None
        self.outbound: SrtpSession | None = None
        self.address: Address | None = None
        self.addresses: set[Address] = set()
        self.lines: dict[str, InLine] = {}
        self.mid_extension = 0
        self.in_by_mid: dict[str, InStream] = {}
        self.media: dict[int, InStream] = {}
        self.rtx: dict[int, InStream] = {}
        self.outs: dict[int, OutStream] = {}
        self.outs_by_ssrc: dict[int, OutStream] = {}
        self.clock = SessionClock()
        self.report_due_ns = 0
        self.rtt_ns = 0
        self.loss_fraction = 0.0
        self.jitter_ms = 0.0
        self.estimate_bps = 0
        self.octets = 0
        self.counted_ns = 0
        self.counted_octets = 0
        self.counted_expected = 0
        self.counted_received = 0

    @property
    def spacing_ns(self) -> int:
        """A round trip, for spacing requests and answers."""
        return self.rtt_ns or DEFAULT_RTT_NS
