"""RTCP compounds: parsing what a peer sent, joining what we send."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from mixer.rtp.errors import RtpError
from mixer.rtp.rtcp_packets import (
    BLOCK_FIELDS,
    BYE,
    FEEDBACK_FIELDS,
    FIR_ITEM,
    FMT_AFB,
    FMT_FIR,
    FMT_NACK,
    FMT_PLI,
    FMT_TWCC,
    HEAD,
    NACK_ITEM,
    PSFB,
    RR,
    RTPFB,
    SDES,
    SDES_CNAME,
    SENDER_FIELDS,
    SR,
    WORD,
    FullIntraRequest,
    Goodbye,
    Nack,
    PictureLoss,
    ReceiverReport,
    Remb,
    ReportBlock,
    SenderReport,
    SourceDescription,
)
from mixer.rtp.twcc import TransportFeedback, parse_transport_feedback

__all__ = [
    "FullIntraRequest",
    "Goodbye",
    "Nack",
    "PictureLoss",
    "ReceiverReport",
    "Remb",
    "ReportBlock",
    "Rtcp",
    "SenderReport",
    "SourceDescription",
    "TransportFeedback",
    "parse_rtcp",
    "serialize_rtcp",
]

_SDES_END: Final = 0

Rtcp: TypeAlias = (
    SenderReport
    | ReceiverReport
    | SourceDescription
    | Goodbye
    | Nack
    | PictureLoss
    | FullIntraRequest
    | Remb
    | TransportFeedback
)


def serialize_rtcp(packets: Iterable[Rtcp]) -> bytes:
    """Return one compound datagram holding `packets` in order."""
    return b"".join([packet.serialize() for packet in packets])


def _parse_blocks(body: bytes, offset: int, count: int) -> tuple[ReportBlock, ...]:
    if offset + 24 * count > len(body):
        raise RtpError("rtcp.report_overrun", "a report holds fewer blocks than it says")
    blocks: list[ReportBlock] = []
    for start in range(offset, offset + 24 * count, 24):
        ssrc, loss, highest, jitter, last_sr, delay = BLOCK_FIELDS.unpack_from(body, start)
        lost = loss & 0xFFFFFF
        if lost & 0x800000:
            lost -= 1 << 24
        blocks.append(ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last_sr, delay))
    return tuple(blocks)


def _parse_sr(body: bytes, count: int) -> SenderReport:
    if len(body) < 24:
        raise RtpError("rtcp.short", "a sender report is cut off")
    (ssrc,) = WORD.unpack_from(body)
    ntp, timestamp, packets, octets = SENDER_FIELDS.unpack_from(body, 4)
    return SenderReport(ssrc, ntp, timestamp, packets, octets, _parse_blocks(body, 24, count))


def _parse_rr(body: bytes, count: int) -> ReceiverReport:
    if len(body) < 4:
        raise RtpError("rtcp.short", "a receiver report is cut off")
    return ReceiverReport(WORD.unpack_from(body)[0], _parse_blocks(body, 4, count))


def _parse_sdes_items(body: bytes, offset: int) -> tuple[str | None, int]:
    """Return the CNAME of one chunk and the offset of the next chunk."""
    cname: str | None = None
    while True:
        if offset >= len(body):
            raise RtpError("rtcp.sdes_overrun", "a source description has no end")
        item = body[offset]
        if item == _SDES_END:
            return cname, (offset // 4 + 1) * 4
        if offset + 2 > len(body) or offset + 2 + body[offset + 1] > len(body):
            raise RtpError("rtcp.sdes_overrun", "a source description item is cut off")
        end = offset + 2 + body[offset + 1]
        if item == SDES_CNAME:
            cname = body[offset + 2 : end].decode("utf-8", "replace")
        offset = end


def _parse_sdes(body: bytes, count: int) -> SourceDescription:
    offset = 0
    cnames: list[tuple[int, str]] = []
    for _ in range(count):
        if offset + 4 > len(body):
            raise RtpError("rtcp.sdes_overrun", "a source description holds too few chunks")
        (ssrc,) = WORD.unpack_from(body, offset)
        cname, offset = _parse_sdes_items(body, offset + 4)
        if cname is not None:
            cnames.append((ssrc, cname))
    return SourceDescription(tuple(cnames))


def _parse_bye(body: bytes, count: int) -> Goodbye:
    end = 4 * count
    if end > len(body):
        raise RtpError("rtcp.bye_overrun", "a BYE holds fewer streams than it says")
    reason = ""
    if len(body) > end:
        if end + 1 + body[end] > len(body):
            raise RtpError("rtcp.bye_overrun", "the reason of a BYE is cut off")
        reason = body[end + 1 : end + 1 + body[end]].decode("utf-8", "replace")
    return Goodbye(struct.unpack_from(f"!{count}I", body), reason)


def _parse_rtpfb(body: bytes, fmt: int) -> Rtcp | None:
    if fmt == FMT_TWCC:
        return parse_transport_feedback(body)
    if fmt != FMT_NACK:
        return None
    if len(body) < 8 or len(body) % 4:
        raise RtpError("rtcp.short", "a NACK is cut off")
    sender, media = FEEDBACK_FIELDS.unpack_from(body)
    lost: list[int] = []
    for pid, mask in NACK_ITEM.iter_unpack(body[8:]):
        lost.append(pid)
        if mask:
            lost += [(pid + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return Nack(sender, media, tuple(lost))


def _parse_remb(sender: int, body: bytes) -> Remb | None:
    if body[8:12] != b"REMB":
        return None
    if len(body) < 16 or len(body) < 16 + 4 * body[12]:
        raise RtpError("rtcp.remb_overrun", "a REMB is cut off")
    (rate,) = WORD.unpack_from(body, 12)
    bitrate_bps = (rate & 0x3FFFF) << (rate >> 18 & 0x3F)
    return Remb(sender, bitrate_bps, struct.unpack_from(f"!{body[12]}I", body, 16))


def _parse_psfb(body: bytes, fmt: int) -> Rtcp | None:
    if len(body) < 8:
        raise RtpError("rtcp.short", "payload feedback is cut off")
    sender, media = FEEDBACK_FIELDS.unpack_from(body)
    if fmt == FMT_PLI:
        return PictureLoss(sender, media)
    if fmt == FMT_FIR:
        if len(body) % 8:
            raise RtpError("rtcp.fir_overrun", "a FIR is cut off")
        return FullIntraRequest(sender, tuple(FIR_ITEM.iter_unpack(body[8:])))
    if fmt == FMT_AFB:
        return _parse_remb(sender, body)
    return None


_PARSERS: Final[dict[int, Callable[[bytes, int], Rtcp | None]]] = {
    SR: _parse_sr,
    RR: _parse_rr,
    SDES: _parse_sdes,
    BYE: _parse_bye,
    RTPFB: _parse_rtpfb,
    PSFB: _parse_psfb,
}


def parse_rtcp(data: bytes) -> list[Rtcp]:
    """Parse a compound (or reduced-size, RFC 5506) datagram.

    Unknown packet types and feedback formats are skipped. Anything cut off or
    of a wrong version raises `RtpError`, and then nothing of the datagram counts.
    """
    found: list[Rtcp] = []
    offset = 0
    size = len(data)
    if size < 4:
        raise RtpError("rtcp.short", f"an RTCP datagram has at least 4 bytes, not {size}")
    while offset < size:
        if offset + 4 > size:
            raise RtpError("rtcp.trailing", "bytes behind the last RTCP packet")
        first, packet_type, words = HEAD.unpack_from(data, offset)
        if first >> 6 != 2:
            raise RtpError("rtcp.version", f"the RTCP version is {first >> 6}, not 2")
        start, offset = offset + 4, offset + 4 + 4 * words
        if offset > size:
            raise RtpError("rtcp.overrun", "an RTCP packet is longer than the datagram")
        body = data[start:offset]
        if first & 0x20:
            if not body or not 1 <= body[-1] <= len(body):
                raise RtpError("rtcp.padding_overrun", "the padding of an RTCP packet is wrong")
            body = body[: -body[-1]]
        parser = _PARSERS.get(packet_type)
        parsed = parser(body, first & 0x1F) if parser is not None else None
        if parsed is not None:
            found.append(parsed)
    return found
