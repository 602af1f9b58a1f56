"""RTCP packets as values that know their wire form (RFC 3550, RFC 4585, RFC 5104)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mixer.rtp.errors import RtpError
from mixer.rtp.ntp import ntp_to_ns

SR: Final = 200
RR: Final = 201
SDES: Final = 202
BYE: Final = 203
RTPFB: Final = 205
PSFB: Final = 206

FMT_NACK: Final = 1
FMT_TWCC: Final = 15
FMT_PLI: Final = 1
FMT_FIR: Final = 4
FMT_AFB: Final = 15
SDES_CNAME: Final = 1
_MAX_BLOCKS: Final = 31

HEAD: Final = struct.Struct("!BBH")
WORD: Final = struct.Struct("!I")
SENDER_FIELDS: Final = struct.Struct("!QIII")
BLOCK_FIELDS: Final = struct.Struct("!IIIIII")
FEEDBACK_FIELDS: Final = struct.Struct("!II")
NACK_ITEM: Final = struct.Struct("!HH")
FIR_ITEM: Final = struct.Struct("!IBxxx")


@dataclass(slots=True, frozen=True)
class ReportBlock:
    """Reception of one stream (RFC 3550 section 6.4.1).

    `fraction_lost` is in 1/256, `jitter` in RTP clock units, `last_sr` the
    middle 32 bits of the last report's NTP time, `delay_since_last_sr` in
    1/65536 s.
    """

    ssrc: int
    fraction_lost: int = 0
    packets_lost: int = 0
    highest_sequence: int = 0
    jitter: int = 0
    last_sr: int = 0
    delay_since_last_sr: int = 0

    def body(self) -> bytes:
        """Return the 24 bytes of the block."""
        lost = max(-0x800000, min(self.packets_lost, 0x7FFFFF)) & 0xFFFFFF
        return BLOCK_FIELDS.pack(
            self.ssrc,
            self.fraction_lost << 24 | lost,
            self.highest_sequence & 0xFFFFFFFF,
            min(self.jitter, 0xFFFFFFFF),
            self.last_sr,
            self.delay_since_last_sr,
        )


@dataclass(slots=True, frozen=True)
class SenderReport:
    """A sender's clocks and counts; `ntp` is the 64-bit NTP timestamp."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    reports: tuple[ReportBlock, ...] = ()

    @property
    def ntp_ns(self) -> int:
        """The sender's clock in ns since the NTP epoch; 0 means it has none."""
        return ntp_to_ns(self.ntp)

    def serialize(self) -> bytes:
        """Return the wire form."""
        sender = SENDER_FIELDS.pack(
            self.ntp,
            self.rtp_timestamp,
            self.packet_count & 0xFFFFFFFF,
            self.octet_count & 0xFFFFFFFF,
        )
        return _packet(SR, len(self.reports), WORD.pack(self.ssrc) + sender + _join(self.reports))


@dataclass(slots=True, frozen=True)
class ReceiverReport:
    """Reception of up to 31 streams by one that sends nothing itself."""

    ssrc: int
    reports: tuple[ReportBlock, ...] = ()

    def serialize(self) -> bytes:
        """Return the wire form."""
        return _packet(RR, len(self.reports), WORD.pack(self.ssrc) + _join(self.reports))


@dataclass(slots=True, frozen=True)
class SourceDescription:
    """CNAMEs by SSRC; other items are skipped when parsed."""

    cnames: tuple[tuple[int, str], ...]

    def serialize(self) -> bytes:
        """Return the wire form; a CNAME longer than 255 bytes is an `RtpError`."""
        body = bytearray()
        for ssrc, cname in self.cnames:
            encoded = cname.encode()
            if len(encoded) > 255:
                raise RtpError("rtcp.cname_range", "a CNAME has at most 255 bytes")
            chunk = WORD.pack(ssrc) + bytes((SDES_CNAME, len(encoded))) + encoded
            # RFC 3550 section 6.5: one to four zero bytes end a chunk on a word.
            body += chunk + bytes(4 - len(chunk) % 4)
        return _packet(SDES, len(self.cnames), bytes(body))


@dataclass(slots=True, frozen=True)
class Goodbye:
    """Streams that end; `reason` may be empty."""

    ssrcs: tuple[int, ...]
    reason: str = ""

    def serialize(self) -> bytes:
        """Return the wire form; a reason longer than 255 bytes is an `RtpError`."""
        body = struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs)
        if self.reason:
            encoded = self.reason.encode()
            if len(encoded) > 255:
                raise RtpError("rtcp.reason_range", "a BYE reason has at most 255 bytes")
            body += bytes((len(encoded),)) + encoded
        return _packet(BYE, len(self.ssrcs), body + bytes(-len(body) % 4))


@dataclass(slots=True, frozen=True)
class Nack:
    """Lost 16-bit sequence numbers of `media_ssrc` (RFC 4585 section 6.2.1)."""

    sender_ssrc: int
    media_ssrc: int
    lost: tuple[int, ...]

    def serialize(self) -> bytes:
        """Return the wire form; numbers are packed into PID and mask in order."""
        body = bytearray(FEEDBACK_FIELDS.pack(self.sender_ssrc, self.media_ssrc))
        index = 0
        while index < len(self.lost):
            first = self.lost[index]
            index += 1
            mask = 0
            while index < len(self.lost):
                # No item spans the wrap: some peers do not reduce the sum to 16 bits.
                distance = self.lost[index] - first
                if not 1 <= distance <= 16:
                    break
                mask |= 1 << (distance - 1)
                index += 1
            body += NACK_ITEM.pack(first, mask)
        return _packet(RTPFB, FMT_NACK, bytes(body))


@dataclass(slots=True, frozen=True)
class PictureLoss:
    """A request for a key frame (PLI, RFC 4585 section 6.3.1)."""

    sender_ssrc: int
    media_ssrc: int

    def serialize(self) -> bytes:
        """Return the wire form."""
        return _packet(PSFB, FMT_PLI, FEEDBACK_FIELDS.pack(self.sender_ssrc, self.media_ssrc))


@dataclass(slots=True, frozen=True)
class FullIntraRequest:
    """Requests for key frames (FIR, RFC 5104 section 4.3.1): (ssrc, command number)."""

    sender_ssrc: int
    requests: tuple[tuple[int, int], ...]

    def serialize(self) -> bytes:
        """Return the wire form; the media SSRC of a FIR is 0."""
        items = b"".join(FIR_ITEM.pack(ssrc, number) for ssrc, number in self.requests)
        return _packet(PSFB, FMT_FIR, FEEDBACK_FIELDS.pack(self.sender_ssrc, 0) + items)


@dataclass(slots=True, frozen=True)
class Remb:
    """A receiver's estimate for `ssrcs` together (draft-alvestrand-rmcat-remb-03)."""

    sender_ssrc: int
    bitrate_bps: int
    ssrcs: tuple[int, ...]

    def serialize(self) -> bytes:
        """Return the wire form; the rate keeps its 18 leading bits."""
        exponent = max(self.bitrate_bps.bit_length() - 18, 0)
        rate = exponent << 18 | self.bitrate_bps >> exponent
        body = FEEDBACK_FIELDS.pack(self.sender_ssrc, 0) + b"REMB"
        body += WORD.pack(len(self.ssrcs) << 24 | rate)
        return _packet(PSFB, FMT_AFB, body + struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs))


def _packet(packet_type: int, count: int, body: bytes) -> bytes:
    if count > _MAX_BLOCKS:
        raise RtpError("rtcp.count_range", f"an RTCP packet holds at most 31 items, not {count}")
    if len(body) % 4 or len(body) // 4 > 0xFFFF:
        raise RtpError("rtcp.size_range", "an RTCP packet is whole words, at most 65535")
    return HEAD.pack(0x80 | count, packet_type, len(body) // 4) + body


def _join(reports: Sequence[ReportBlock]) -> bytes:
    return b"".join(report.body() for report in reports)
