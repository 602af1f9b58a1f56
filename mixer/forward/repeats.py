"""Answering requests for lost packets: how often, and with which bytes."""

from __future__ import annotations

from typing import Final

from mixer.forward.media_packet import RING_NS
from mixer.forward.out_packet import OutPacket
from mixer.rtp.nack import PacketRing

_KEPT_PACKETS: Final = 256
_MAX_REMEMBERED: Final = 1024


class Repeats:
    """When a number was repeated last, and the packets themselves where no RTX is agreed."""

    __slots__ = ("_ring", "_sent_ns")

    def __init__(self) -> None:
        self._sent_ns: dict[int, int] = {}
        self._ring: PacketRing[OutPacket] | None = None

    def may(self, sequence: int, now_ns: int, rtt_ns: int) -> bool:
        """Whether a number may be repeated now: once in a round trip; True counts as repeated."""
        before_ns = self._sent_ns.pop(sequence, None)
        if before_ns is not None and now_ns - before_ns < rtt_ns:
            self._sent_ns[sequence] = before_ns
            return False
        if len(self._sent_ns) >= _MAX_REMEMBERED:
            del self._sent_ns[next(iter(self._sent_ns))]
        self._sent_ns[sequence] = now_ns
        return True

    def keep(self, packet: OutPacket, now_ns: int) -> None:
        """Keep a packet as it was protected: the last 256, for 5 s."""
        if self._ring is None:
            self._ring = PacketRing(_KEPT_PACKETS, max_age_ns=RING_NS)
        self._ring.store(packet.number, packet, now_ns)

    def get(self, sequence: int, now_ns: int) -> OutPacket | None:
        """Return the very packet of before, or None."""
        found = self._ring.resend(sequence, now_ns) if self._ring is not None else None
        if found is not None:
            found.is_repeat = True
        return found
