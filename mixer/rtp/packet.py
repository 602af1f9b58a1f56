"""RTP packets (RFC 3550 section 5.1) with header extensions (RFC 8285)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from mixer.rtp.errors import RtpError
from mixer.rtp.extensions import build_extensions, parse_extensions

__all__ = [
    "HEADER_SIZE",
    "Kind",
    "RtpError",
    "RtpPacket",
    "classify",
    "peek_payload_type",
    "peek_sequence",
    "peek_ssrc",
]

HEADER_SIZE: Final = 12
_HEADER: Final = struct.Struct("!BBHII")


class Kind(Enum):
    """What a datagram on the shared port is."""

    STUN = "stun"
    DTLS = "dtls"
    RTP = "rtp"
    RTCP = "rtcp"
    OTHER = "other"


def _kind_of_first_byte(first: int) -> Kind:
    # RFC 7983 section 7; 128..191 is split by the second byte.
    if first <= 3:
        return Kind.STUN
    if 20 <= first <= 63:
        return Kind.DTLS
    if 128 <= first <= 191:
        return Kind.RTP
    return Kind.OTHER


_KINDS: Final = tuple(_kind_of_first_byte(first) for first in range(256))


def classify(datagram: bytes) -> Kind:
    """Tell what `datagram` is from its first two bytes (RFC 7983, RFC 5761 section 4)."""
    if len(datagram) < 2:
        return Kind.OTHER
    kind = _KINDS[datagram[0]]
    if kind is Kind.RTP and 64 <= datagram[1] & 0x7F <= 95:
        return Kind.RTCP
    return kind


def peek_payload_type(datagram: bytes) -> int:
    """Return the payload type of a datagram that `classify` called RTP."""
    return datagram[1] & 0x7F


def peek_sequence(datagram: bytes) -> int:
    """Return the 16-bit sequence number; `datagram` has at least 4 bytes."""
    return datagram[2] << 8 | datagram[3]


def peek_ssrc(datagram: bytes) -> int:
    """Return the SSRC; `datagram` has at least 12 bytes."""
    return int.from_bytes(datagram[8:12], "big")


@dataclass(slots=True)
class RtpPacket:
    """One RTP packet; `payload` is without padding.

    `sequence` has 16 bits, `timestamp` and `ssrc` 32. `extensions` maps the
    negotiated element id to its bytes. `padding_size` counts the padding bytes
    including the last one, which holds the count.
    """

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes = b""
    marker: bool = False
    extensions: dict[int, bytes] = field(default_factory=dict)
    csrcs: tuple[int, ...] = ()
    padding_size: int = 0

    @property
    def padding_only(self) -> bool:
        """Whether the packet carries padding and nothing else (probing)."""
        return not self.payload and self.padding_size > 0

    @classmethod
    def parse(cls, data: bytes) -> RtpPacket:
        """Parse a datagram; raise `RtpError` on anything malformed."""
        size = len(data)
        if size < HEADER_SIZE:
            raise RtpError("rtp.short", f"an RTP packet has at least 12 bytes, not {size}")
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        if first >> 6 != 2:
            raise RtpError("rtp.version", f"the RTP version is {first >> 6}, not 2")
        offset = HEADER_SIZE
        csrcs: tuple[int, ...] = ()
        if first & 0x0F:
            offset += 4 * (first & 0x0F)
            if offset > size:
                raise RtpError("rtp.csrc_overrun", "the CSRC list is longer than the packet")
            csrcs = struct.unpack_from(f"!{first & 0x0F}I", data, HEADER_SIZE)
        extensions: dict[int, bytes] = {}
        if first & 0x10:
            extensions, offset = parse_extensions(data, offset)
        padding_size = 0
        if first & 0x20:
            padding_size = data[-1]
            if padding_size == 0 or offset + padding_size > size:
                raise RtpError(
                    "rtp.padding_overrun", "the padding is empty or longer than the packet"
                )
        return cls(
            second & 0x7F,
            sequence,
            timestamp,
            ssrc,
            data[offset : size - padding_size],
            second > 0x7F,
            extensions,
            csrcs,
            padding_size,
        )

    def serialize(self, extensions: Mapping[int, bytes] | None = None) -> bytes:
        """Return the wire form, with `extensions` in place of the packet's own if given.

        Ids 1..14 of 1..16 bytes use the one-byte form, anything else the
        two-byte form. Raise `RtpError` for an extension that fits neither.
        """
        elements = self.extensions if extensions is None else extensions
        first = 0x80 | len(self.csrcs)
        if elements:
            first |= 0x10
        if self.padding_size:
            first |= 0x20
        head = _HEADER.pack(
            first,
            self.payload_type | (0x80 if self.marker else 0),
            self.sequence,
            self.timestamp,
            self.ssrc,
        )
        if not (elements or self.csrcs or self.padding_size):
            return head + self.payload
        parts = [head]
        if self.csrcs:
            parts.append(struct.pack(f"!{len(self.csrcs)}I", *self.csrcs))
        if elements:
            parts.append(build_extensions(elements))
        parts.append(self.payload)
        if self.padding_size:
            parts.append(bytes(self.padding_size - 1))
            parts.append(bytes((self.padding_size,)))
        return b"".join(parts)
