"""The fan-out's interface: integers and batches, no call per packet.

A fan-out owns the media plane of one UDP socket. Peers, in-streams and out-streams are integers
minted above. All times are CLOCK_MONOTONIC in ns; `set_clock` says how session time relates.

`drain` reads what has arrived and moves it, `receive` moves what came by TCP, `inject` what workers
made; `poll` does what time makes due (paced packets, reports, requests for retransmissions and key
frames). Each returns a `Batch`. The Python reference (`reference.ReferenceFanout`) and a compiled
one differ in nothing visible.

An **in-stream** is one layer of one publication; a new SSRC or a new announcement of a worker
begins a new *life*. An **out-stream** is what one peer receives on one m-line. Its *target* is the
in-stream it shall show, its *current* one what it shows: video goes over at a key frame of the
target, sound at once. For the receiver it is one stream over all switches, pauses and lives:
sequence numbers (from below 32768 on) without a hole, timestamps that go on by session time, VP8
picture ids and TL0PICIDX that go on by one. Late packets of the layer that was left still fill
their places for 500 ms.
"""

from __future__ import annotations

from typing import Protocol

from mixer.forward.batch import (
    NOTHING,
    Batch,
    BitrateReport,
    Feedback,
    InjectedPacket,
    LayerSwitch,
    ReceptionReport,
    TappedPacket,
    TransportFeedback,
)
from mixer.forward.estimate.measured import MeasuredEstimate
from mixer.forward.lines import (
    NO_EXTENSIONS,
    STREAM_HOST,
    Address,
    DatagramSocket,
    Extensions,
    InLine,
    OutLine,
    SrtpSession,
    is_streamed,
)
from mixer.forward.readings import (
    AudioLevel,
    OutFigures,
    OutFlow,
    PeerFigures,
    StreamFigures,
    StreamFlow,
    Totals,
)
from mixer.forward.turns import Waiter
from mixer.wire.ids import MediaKind

__all__ = [
    "NOTHING",
    "NO_EXTENSIONS",
    "STREAM_HOST",
    "Address",
    "AudioLevel",
    "Batch",
    "BitrateReport",
    "DatagramSocket",
    "Extensions",
    "Fanout",
    "Feedback",
    "InLine",
    "InjectedPacket",
    "LayerSwitch",
    "OutFigures",
    "OutFlow",
    "OutLine",
    "PeerFigures",
    "ReceptionReport",
    "SrtpSession",
    "StreamFigures",
    "StreamFlow",
    "TappedPacket",
    "Totals",
    "TransportFeedback",
    "Waiter",
    "is_streamed",
]


class Fanout(Protocol):
    """See the module's docstring. An id that is not known raises KeyError."""

    def set_clock(self, origin_monotonic_ns: int, origin_wall_ns: int) -> None:
        """Session time is monotonic less the first; the second is Unix time at 0."""

    # --- peers ----------------------------------------------------------------------------------

    def add_peer(self, peer: int, cname: str) -> None:
        """Make a peer without keys and address."""

    def set_keys(self, peer: int, inbound: SrtpSession, outbound: SrtpSession) -> None:
        """Take the sessions of a finished handshake.

        Out-streams, the transport-wide numbers and both feedback logs begin anew; what waits to
        be sent is dropped.
        """

    def clear_keys(self, peer: int) -> None:
        """Send and accept no media until `set_keys`."""

    def set_address(self, peer: int, address: Address, *, send_to: bool) -> None:
        """Accept media from an authenticated address; with `send_to` also send there."""

    def forget_address(self, peer: int, address: Address) -> None:
        """Accept nothing from there any more."""

    def remove_peer(self, peer: int) -> None:
        """Say BYE and remove it with all its streams."""

    def set_pace(self, peer: int, bps: int) -> None:
        """Let video leave for a peer at no more than `bps`; 0 (from the start): as it comes.

        A leaky bucket with 5 ms of depth. Sound and RTCP never wait but are counted; a
        retransmission goes before other video, a probe behind it. The queue holds what leaves
        within 600 ms, at most 1024 packets: of an out-stream that would begin another frame beyond
        that nothing more is queued until its next key frame (`Drop.PACER_FULL`), which is asked
        for. Retransmissions wait at most 300 ms; what would wait longer is dropped.
        """

    def make_estimate(self) -> MeasuredEstimate:
        """What takes the feedback of one peer; see `judge`."""

    def judge(self, peer: int, estimate: MeasuredEstimate | None) -> None:
        """Let an estimate take a peer's feedback as it comes; None: `Batch.feedback` has it."""

    def probe(self, peer: int, cluster: int, octets: int, bps: int) -> bool:
        """Send at least `octets` of padding at `bps`, whatever the pace; False: not possible now.

        As retransmission padding (RFC 4588 section 8.6 permits any content) where that is agreed,
        else as padding-only packets of a video stream, between two of its frames. Feedback on it
        carries `cluster` (1 to 2**31 - 1). Needs a peer with transport feedback, and a video stream
        that has retransmissions agreed and has been sent from, paused or not, or that flows (a
        line too narrow for any picture is probed most); one cluster at a time (False while one is
        being sent), at most 256 kB.
        """

    # --- in-streams -----------------------------------------------------------------------------

    def set_in_lines(self, peer: int, lines: tuple[InLine, ...]) -> None:
        """Replace what the peer publishes where; known streams stay bound."""

    def add_in(self, stream: int, peer: int, mid: str, kind: MediaKind, rid: str = "") -> None:
        """Receive a layer of the m-line `mid` of a peer as an in-stream.

        An SSRC is bound by its mid and rid (or repaired rid) extension, by what was announced, or,
        where only one line fits, by its payload type. Without `rid` the m-line has one layer.
        """

    def add_local(self, stream: int, kind: MediaKind, clock_rate: int) -> int:
        """Make an in-stream whose packets come by `inject`; a known one begins a new life.

        Returns the life.
        """

    def remove_in(self, stream: int) -> None:
        """Remove an in-stream; routes from it end, their out-streams stay."""

    def set_tap(self, stream: int, *, tapped: bool) -> None:
        """Whether `Batch.tapped` shall have this in-stream's packets."""

    def taken(self) -> frozenset[int]:
        """The in-streams somebody takes: tapped, or target or current of an out-stream.

        Not counted are out-streams that are paused or whose peer has no keys or no address.
        """

    # --- out-streams ----------------------------------------------------------------------------

    def add_out(self, out: int, peer: int, line: OutLine) -> None:
        """Make an out-stream, or replace what its peer agreed to."""

    def remove_out(self, out: int) -> None:
        """Say BYE for it and remove it."""

    def set_route(self, out: int, stream: int | None) -> None:
        """Set the target of an out-stream; None ends it.

        Current becomes target at the target's next key frame (`Batch.switches`); ask for one by
        `request_keyframe`. Until then the current one goes on. The stream may come later.
        """

    def set_paused(self, out: int, *, paused: bool) -> None:
        """Send nothing of an out-stream for a while; its numbers go on where they were.

        Video goes on with a key frame of its target, which has to be asked for.
        """

    def request_keyframe(self, stream: int, now_ns: int) -> Batch:
        """Ask the publisher, throttled: one request each 500 ms for all layers of an m-line."""

    # --- moving packets -------------------------------------------------------------------------

    def waiter(self) -> Waiter | None:
        """What reads the socket while an event loop waits; None: `drain` has to be called."""

    def drain(self, now_ns: int, limit: int) -> Batch:
        """Read at most `limit` datagrams and forward what is media."""

    def receive(self, datagram: bytes, address: Address, now_ns: int) -> Batch:
        """Take one datagram that did not come by the UDP socket, as if `drain` had read it."""

    def inject(self, packets: list[InjectedPacket], now_ns: int) -> Batch:
        """Forward what workers made."""

    def poll(self, now_ns: int) -> Batch:
        """Do what is due; call it at `next_due_ns`."""

    def next_due_ns(self, now_ns: int) -> int:
        """When `poll` is to be called next: 20 ms ahead, or 5 ms while something is paced."""

    def send_control(self, datagram: bytes, address: Address) -> None:
        """Send STUN or DTLS on the shared socket; a full buffer drops it, counted."""

    def take_streamed(self) -> list[tuple[Address, bytes]]:
        """What is to be sent over TCP since the last call, in order; call it after every batch.

        Bounded: above 4096 datagrams the newest are dropped (`Drop.STREAM_OUTBOX_FULL`).
        """

    # --- figures --------------------------------------------------------------------------------

    def audio_levels(self, now_ns: int) -> list[AudioLevel]:
        """What publishers told of their levels since the last call, of streams that told any."""

    def peer_figures(self, now_ns: int) -> list[PeerFigures]:
        """Figures of all connected peers since the last call."""

    def stream_flows(self) -> list[StreamFlow]:
        """What flows on all in-streams."""

    def stream_figures(self) -> list[StreamFigures]:
        """All in-streams."""

    def out_flows(self) -> list[OutFlow]:
        """What has left on each out-stream."""

    def out_figures(self) -> list[OutFigures]:
        """All out-streams."""

    def totals(self) -> Totals:
        """Counters since the start."""
