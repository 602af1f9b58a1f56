"""A packet on its way to one receiver, in the clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.forward.extension_writer import ExtensionBlock
from mixer.forward.media_packet import HEADER_BYTES

if TYPE_CHECKING:
    from mixer.forward.out_stream import OutStream


class OutPacket:
    """Header, extension and payload; transport sequence and absolute time follow when it leaves.

    `number` is its extended sequence number on the media SSRC, -1 on the retransmission's.
    """

    __slots__ = (
        "cluster",
        "is_repeat",
        "is_retransmission",
        "number",
        "octets",
        "out",
        "plain",
        "sequence_at",
        "time_at",
    )

    def __init__(
        self, out: OutStream, head: bytearray, block: ExtensionBlock, payload: bytes | bytearray
    ) -> None:
        """`head` has 12 bytes and is changed."""
        self.out = out
        if block.octets:
            head[0] |= 0x10
        self.plain = head + block.octets + payload
        self.octets = len(payload)
        self.sequence_at = block.sequence_at and HEADER_BYTES + block.sequence_at
        self.time_at = block.time_at and HEADER_BYTES + block.time_at
        self.number = -1
        self.cluster = 0
        self.is_retransmission = False
        self.is_repeat = False
        """The very bytes of before: nothing in it may change (RFC 3711 section 9.1)."""
