"""The fan-out's final interface: integers and batches, no call per packet.

A fan-out owns the media plane of one UDP socket. Peers, in-streams and out-streams are integers
minted above. All times are CLOCK_MONOTONIC in ns; `set_clock` says how session time relates.

`drain` reads what has arrived and moves it; `inject` moves what workers made; `poll` does what
time makes due (reports, retransmission requests, key frame requests). Each returns a `Batch`.
The Python reference (`reference.ReferenceFanout`) and a compiled one differ in nothing visible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from mixer.forward.drops import Drop
from mixer.wire.ids import MediaKind

Address = tuple[str, int]


class SrtpSession(Protocol):
    """One direction of SRTP and SRTCP; raises `pylibsrtp.Error` or ValueError on refusal."""

    def protect(self, packet: bytes) -> bytes:
        """RTP to SRTP."""

    def protect_rtcp(self, packet: bytes) -> bytes:
        """RTCP to SRTCP."""

    def unprotect(self, packet: bytes) -> bytes:
        """SRTP to RTP."""

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """SRTCP to RTCP."""


class DatagramSocket(Protocol):
    """A non-blocking UDP socket, or what a test puts in its place."""

    def recvfrom(self, size: int, /) -> tuple[bytes, Address]:
        """Raises BlockingIOError when there is nothing more."""

    def sendto(self, datagram: bytes, address: Address, /) -> int:
        """Raises BlockingIOError when the buffer is full, OSError otherwise."""


@dataclass(slots=True, frozen=True)
class InLine:
    """An m-line on which a peer publishes."""

    mid: str
    kind: MediaKind
    media: dict[int, int]
    """Negotiated payload type to canonical payload type."""
    rtx: dict[int, int]
    """Retransmission payload type to the media payload type it repeats."""
    ssrcs: tuple[int, ...]
    rtx_ssrcs: dict[int, int]
    """Announced retransmission SSRC to media SSRC."""
    nack: bool


@dataclass(slots=True, frozen=True)
class OutLine:
    """What a receiving peer agreed to for one out-stream."""

    kind: MediaKind
    ssrc: int
    rtx_ssrc: int
    media: dict[int, int]
    """Canonical payload type to the negotiated one."""
    rtx: dict[int, int]
    """Canonical payload type to the negotiated type of its retransmissions."""


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


class InjectedPacket(NamedTuple):
    """A packet made by a worker, with its canonical payload type."""

    stream: int
    is_keyframe: bool
    sequence: int
    session_ns: int
    packet: bytes


@dataclass(slots=True)
class Batch:
    """What a call of the fan-out leaves to others."""

    control: list[tuple[bytes, Address]] = field(default_factory=list)
    """STUN and DTLS datagrams, in order."""
    tapped: list[TappedPacket] = field(default_factory=list)
    keyframes_wanted: list[int] = field(default_factory=list)
    """Local in-streams whose worker shall make a key frame."""
    exhausted: bool = True
    """Whether `drain` read everything there was."""


@dataclass(slots=True, frozen=True)
class PeerFigures:
    """One peer over the time since the last call."""

    peer: int
    rtt_ms: float
    loss_fraction: float
    jitter_ms: float
    bitrate: float
    """Media bits per second, both directions together."""


@dataclass(slots=True, frozen=True)
class StreamFigures:
    """One in-stream."""

    stream: int
    life: int
    payload_type: int
    """Canonical; -1 before the first packet."""
    last_packet_ns: int
    """Monotonic; -1 before the first packet and after a BYE."""
    packets: int
    octets: int
    nacks_sent: int
    lost: int
    recovered: int
    keyframes_asked: int


@dataclass(slots=True, frozen=True)
class Totals:
    """Counters of the whole fan-out since its start."""

    packets_in: int
    packets_out: int
    octets_in: int
    octets_out: int
    resent: int
    drops: dict[Drop, int]


class Fanout(Protocol):
    """See the module's docstring. An id that is not known raises KeyError."""

    def set_clock(self, origin_monotonic_ns: int, origin_wall_ns: int) -> None:
        """Session time is monotonic less the first; the second is Unix time at 0."""

    def add_peer(self, peer: int, cname: str) -> None:
        """Make a peer without keys and address."""

    def set_keys(self, peer: int, inbound: SrtpSession, outbound: SrtpSession) -> None:
        """Take the sessions of a finished handshake; out-streams begin anew."""

    def clear_keys(self, peer: int) -> None:
        """Send and accept no media until `set_keys`."""

    def set_address(self, peer: int, address: Address, *, send_to: bool) -> None:
        """Accept media from an authenticated address; with `send_to` also send there."""

    def forget_address(self, peer: int, address: Address) -> None:
        """Accept nothing from there any more."""

    def remove_peer(self, peer: int) -> None:
        """Say BYE and remove it with all its streams."""

    def set_in_lines(self, peer: int, lines: tuple[InLine, ...], mid_extension: int) -> None:
        """Replace what the peer publishes where; known streams stay bound."""

    def add_in(self, stream: int, peer: int, mid: str, kind: MediaKind) -> None:
        """Receive the m-line `mid` of a peer as an in-stream."""

    def add_local(self, stream: int, kind: MediaKind, clock_rate: int) -> int:
        """Make an in-stream whose packets come by `inject`; a known one begins a new life.

        Returns the life.
        """

    def remove_in(self, stream: int) -> None:
        """Remove an in-stream; routes from it end, their out-streams stay."""

    def set_tap(self, stream: int, *, tapped: bool) -> None:
        """Whether `Batch.tapped` shall have this in-stream's packets."""

    def add_out(self, out: int, peer: int, line: OutLine) -> None:
        """Make an out-stream, or replace what its peer agreed to."""

    def remove_out(self, out: int) -> None:
        """Say BYE for it and remove it."""

    def set_route(self, out: int, stream: int | None) -> None:
        """Feed an out-stream from an in-stream; video goes over at its next key frame."""

    def request_keyframe(self, stream: int, now_ns: int) -> Batch:
        """Ask the publisher, throttled."""

    def drain(self, now_ns: int, limit: int) -> Batch:
        """Read at most `limit` datagrams and forward what is media."""

    def inject(self, packets: list[InjectedPacket], now_ns: int) -> Batch:
        """Forward what workers made."""

    def poll(self, now_ns: int) -> Batch:
        """Do what is due; call it every 20 ms."""

    def send_control(self, datagram: bytes, address: Address) -> None:
        """Send STUN or DTLS on the shared socket; a full buffer drops it, counted."""

    def peer_figures(self, now_ns: int) -> list[PeerFigures]:
        """Figures of all connected peers since the last call."""

    def stream_figures(self) -> list[StreamFigures]:
        """All in-streams."""

    def totals(self) -> Totals:
        """Counters since the start."""
