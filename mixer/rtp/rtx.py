"""Retransmission payload format (RFC 4588 section 4)."""

from __future__ import annotations

import struct
from typing import Final

from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket

_OSN: Final = struct.Struct("!H")


def wrap(packet: RtpPacket, *, payload_type: int, ssrc: int, sequence: int) -> RtpPacket:
    """Return `packet` as a retransmission on the stream `ssrc`.

    The original sequence number goes in front of the payload; timestamp,
    marker and header extensions stay (RFC 4588 section 4).
    """
    return RtpPacket(
        payload_type,
        sequence & 0xFFFF,
        packet.timestamp,
        ssrc,
        _OSN.pack(packet.sequence) + packet.payload,
        packet.marker,
        packet.extensions,
        packet.csrcs,
    )


def unwrap(packet: RtpPacket, *, payload_type: int, ssrc: int) -> RtpPacket:
    """Return the original packet, given the media stream's payload type and SSRC.

    Raise `RtpError` when there is no original sequence number. Padding-only
    packets on a retransmission stream are probes: ask `padding_only` first.
    """
    payload = packet.payload
    if len(payload) < 2:
        raise RtpError("rtx.short", "a retransmission without an original sequence number")
    return RtpPacket(
        payload_type,
        payload[0] << 8 | payload[1],
        packet.timestamp,
        ssrc,
        payload[2:],
        packet.marker,
        packet.extensions,
        packet.csrcs,
    )
