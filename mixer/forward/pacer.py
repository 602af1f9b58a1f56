"""A leaky bucket in front of one peer's line, so that key frames leave over some time."""

from __future__ import annotations

from collections import deque
from typing import Final

from mixer.forward.out_packet import OutPacket

_SECOND_NS: Final = 1_000_000_000
DEPTH_NS: Final = 5_000_000
FULL_NS: Final = 600_000_000
DRAINED_NS: Final = 150_000_000
"""A key frame into a queue that is just not full any more would fill it again."""
FULL_PACKETS: Final = 768
BRIMMING_PACKETS: Final = 1024
AGAIN_NS: Final = 300_000_000
"""More retransmissions than that would only hold up the next key frame."""
MAX_DEBT_NS: Final = 200_000_000
"""Sound is counted, but no more of it than this may hold up video."""


class Pacer:
    """Packets that wait, and when the line is free again.

    Retransmissions leave before other video. When the queue is full, out-streams stop at the end
    of their frame (`is_full`) or at once (`is_brimming`), and go on with a key frame once most of
    it has left (`is_drained`).
    """

    def __init__(self) -> None:
        self.bps = 0
        self._free_ns = 0
        self._again: deque[OutPacket] = deque()
        self._media: deque[OutPacket] = deque()
        self.queued_octets = 0
        self.waiting = 0
        """Packets."""
        self._again_octets = 0

    def __len__(self) -> int:
        return self.waiting

    @property
    def is_full(self) -> bool:
        """Whether no further frame may begin."""
        return self._waits_ns > FULL_NS or (self.bps > 0 and self.waiting >= FULL_PACKETS)

    @property
    def is_drained(self) -> bool:
        """Whether who had to stop may begin again."""
        return self._waits_ns <= DRAINED_NS and self.waiting < FULL_PACKETS

    @property
    def is_brimming(self) -> bool:
        """Whether nothing more may be queued at all."""
        return self.waiting >= BRIMMING_PACKETS

    @property
    def _waits_ns(self) -> int:
        """How long what is queued needs to leave."""
        return self.queued_octets * 8 * _SECOND_NS // self.bps if self.bps else 0

    @property
    def _is_busy_again(self) -> bool:
        return self._again_octets * 8 * _SECOND_NS > AGAIN_NS * self.bps > 0

    def account(self, octets: int, now_ns: int) -> None:
        """Note what leaves, by the queue or past it."""
        if self.bps:
            free_ns = max(self._free_ns, now_ns - DEPTH_NS) + octets * 8 * _SECOND_NS // self.bps
            self._free_ns = min(free_ns, max(self._free_ns, now_ns + MAX_DEBT_NS))

    def may_pass(self, now_ns: int) -> bool:
        """Whether a packet may leave now without waiting."""
        return not self.bps or (not self.waiting and self._free_ns <= now_ns)

    def push(self, packet: OutPacket) -> bool:
        """Queue a packet; False: there is no room."""
        is_again = packet.is_retransmission or packet.is_repeat
        if self.is_brimming or (is_again and self._is_busy_again):
            return False
        (self._again if is_again else self._media).append(packet)
        if is_again:
            self._again_octets += len(packet.plain)
        self.queued_octets += len(packet.plain)
        self.waiting += 1
        return True

    def pop(self, now_ns: int) -> OutPacket | None:
        """Return the next packet whose time has come; the caller accounts for it."""
        if self.bps and self._free_ns > now_ns:
            return None
        queue = self._again or self._media
        if not queue:
            return None
        packet = queue.popleft()
        if queue is self._again:
            self._again_octets -= len(packet.plain)
        self.queued_octets -= len(packet.plain)
        self.waiting -= 1
        return packet

    def clear(self) -> int:
        """Throw everything away; return how many packets that were."""
        count = len(self)
        self._again.clear()
        self._media.clear()
        self.queued_octets = self._again_octets = self.waiting = 0
        return count

    def discard(self, out: object) -> int:
        """Throw away what waits of one out-stream; return how many packets that were."""
        count = len(self)
        for queue in (self._again, self._media):
            kept = [packet for packet in queue if packet.out is not out]
            octets = sum(len(packet.plain) for packet in queue if packet.out is out)
            self.waiting -= len(queue) - len(kept)
            self.queued_octets -= octets
            if queue is self._again:
                self._again_octets -= octets
            queue.clear()
            queue.extend(kept)
        return count - self.waiting
