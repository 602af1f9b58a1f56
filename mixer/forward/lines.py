"""What was negotiated for the streams of a peer, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from mixer.wire.ids import MediaKind

Address = tuple[str, int]
"""Host and port as the socket tells them; on a dual-stack socket IPv4 looks like
``::ffff:192.0.2.1``. Compared and given back as it is, never parsed.

With the host `STREAM_HOST` it is no UDP address but an ICE-TCP connection (RFC 6544), and the port
is the number that the listener gave it, from 1 on and never given twice.
"""

STREAM_HOST: Final = "tcp"


def is_streamed(address: Address) -> bool:
    """Whether an address is a TCP connection."""
    return address[0] == STREAM_HOST


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
class Extensions:
    """Ids of negotiated header extensions (RFC 8285), 1 to 14; 0: not negotiated.

    Within one peer an id means the same on all m-lines (RFC 8843 section 7).
    """

    mid: int = 0
    """urn:ietf:params:rtp-hdrext:sdes:mid."""
    rid: int = 0
    """urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id (RFC 8852); from publishers only."""
    repaired_rid: int = 0
    """urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id; from publishers only."""
    audio_level: int = 0
    """urn:ietf:params:rtp-hdrext:ssrc-audio-level (RFC 6464)."""
    transport_sequence: int = 0
    """draft-holmer-rmcat-transport-wide-cc-extensions-01."""
    orientation: int = 0
    """urn:3gpp:video-orientation."""
    absolute_time: int = 0
    """abs-send-time, for receivers that estimate themselves and answer by REMB."""


NO_EXTENSIONS: Final = Extensions()


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
    rids: tuple[str, ...] = ()
    """Simulcast layers (RFC 8853) as answered, layer 0 first; empty: one layer without a name."""
    extensions: Extensions = NO_EXTENSIONS
    transport_feedback: bool = False
    """``transport-cc`` was agreed: arrivals are told each 100 ms, and no REMB is sent."""


@dataclass(slots=True, frozen=True)
class OutLine:
    """What a receiving peer agreed to for one out-stream."""

    kind: MediaKind
    ssrc: int
    rtx_ssrc: int
    media: dict[int, int]
    """Canonical payload type to the negotiated one.

    RED (canonical 63) passes where it stands here; for others it is reduced to its primary block.
    """
    rtx: dict[int, int]
    """Canonical payload type to the negotiated type of its retransmissions."""
    mid: str = ""
    """At most 16 bytes; sent as an extension until a receiver report names the stream."""
    extensions: Extensions = NO_EXTENSIONS
    nack: bool = True
    """Whether the receiver asks for lost packets; without it no packet is kept for it."""
    transport_feedback: bool = False
    """``transport-cc`` was agreed; needs `extensions.transport_sequence` as well."""
