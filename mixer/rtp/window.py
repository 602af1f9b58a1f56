"""A bounded window that puts the packets of one stream back in order."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from mixer.rtp.packet import RtpPacket
from mixer.rtp.stats import DropCounts, RtpDrop

_STRAYS_TO_RESET: Final = 16
_REMEMBERED_GAPS: Final = 64
# As RFC 3550 appendix A.1 has it for a jump; no retransmission comes from so far back.
_STRAY_DISTANCE: Final = 3000


class Released(NamedTuple):
    """A packet in its place; `lost_before` packets right before it never came."""

    lost_before: int
    ext_seq: int
    packet: RtpPacket
    session_ns: int


class _Held(NamedTuple):
    packet: RtpPacket
    session_ns: int
    noticed_ns: int


class ReorderWindow:
    """Hold packets behind a gap until it fills or `wait_ns` passed.

    When `max_packets` or `max_bytes` are held, the gap is given up at once
    (`WINDOW_OVERFLOW`). A packet behind its place is `TOO_LATE` if its gap had
    been given up, else a `DUPLICATE`. A run of packets far behind means that
    the sender began anew; the window follows it (`SEQUENCE_RESET`).
    """

    __slots__ = (
        "_gaps",
        "_held",
        "_held_bytes",
        "_max_bytes",
        "_max_packets",
        "_now_ns",
        "_strays",
        "_wait_ns",
        "drops",
        "expected",
        "lost",
    )

    def __init__(self, wait_ns: int, max_packets: int, max_bytes: int, drops: DropCounts) -> None:
        self._wait_ns = wait_ns
        self._max_packets = max_packets
        self._max_bytes = max_bytes
        self._held: dict[int, _Held] = {}
        self._held_bytes = 0
        self._now_ns: int | None = None
        self._strays = 0
        self._gaps: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED_GAPS)
        self.drops = drops
        self.expected = -1
        self.lost = 0

    @property
    def held(self) -> int:
        """How many packets wait behind a gap."""
        return len(self._held)

    def passes(self, ext_seq: int) -> bool:
        """Take note of a packet that is next with nothing held; False: `push` it.

        The short way for nearly every packet of a healthy stream.
        """
        if ext_seq != self.expected or self._held:
            return False
        self._strays = 0
        self.expected = ext_seq + 1
        return True

    def push(self, ext_seq: int, packet: RtpPacket, session_ns: int) -> list[Released]:
        """Add a packet; return what is now in order."""
        expected = self.expected
        if ext_seq == expected or expected < 0:
            self._strays = 0
            self.expected = ext_seq + 1
            first = Released(0, ext_seq, packet, session_ns)
            return [first, *self._run()] if self._held else [first]
        if ext_seq < expected:
            return self._push_behind(ext_seq, packet, session_ns)
        self._strays = 0
        if ext_seq in self._held:
            self.drops.add(RtpDrop.DUPLICATE)
            return []
        self._held[ext_seq] = _Held(packet, session_ns, self._now_ns or 0)
        self._held_bytes += len(packet.payload)
        if len(self._held) > self._max_packets or self._held_bytes > self._max_bytes:
            self.drops.add(RtpDrop.WINDOW_OVERFLOW)
            return self._skip_gap()
        return []

    def advance(self, now_ns: int) -> list[Released]:
        """Give up gaps that are older than `wait_ns`; return what that frees.

        A gap's age counts from the call before the packet behind it came, so
        call this at a steady pace, also when no packet comes.
        """
        if self._now_ns is None:
            for ext_seq, held in self._held.items():
                self._held[ext_seq] = held._replace(noticed_ns=now_ns)
        self._now_ns = now_ns
        released: list[Released] = []
        while self._held:
            first = min(self._held)
            if now_ns - self._held[first].noticed_ns < self._wait_ns:
                break
            released += self._skip_gap()
        return released

    def flush(self) -> list[Released]:
        """Give up all gaps: the stream has ended."""
        released: list[Released] = []
        while self._held:
            released += self._skip_gap()
        return released

    def _push_behind(self, ext_seq: int, packet: RtpPacket, session_ns: int) -> list[Released]:
        if self.expected - ext_seq <= _STRAY_DISTANCE:
            was_lost = any(start <= ext_seq < end for start, end in self._gaps)
            self.drops.add(RtpDrop.TOO_LATE if was_lost else RtpDrop.DUPLICATE)
            return []
        self._strays += 1
        if self._strays < _STRAYS_TO_RESET:
            self.drops.add(RtpDrop.TOO_LATE)
            return []
        self.drops.add(RtpDrop.SEQUENCE_RESET)
        released = self.flush()
        self._strays = 0
        self._gaps.clear()
        self.expected = ext_seq + 1
        # The strays before this one are gone, so the stream is not whole here.
        lost = _STRAYS_TO_RESET - 1
        self.lost += lost
        released.append(Released(lost, ext_seq, packet, session_ns))
        return released

    def _skip_gap(self) -> list[Released]:
        first = min(self._held)
        lost = first - self.expected
        self._gaps.append((self.expected, first))
        self.lost += lost
        self.expected = first
        run = self._run()
        run[0] = run[0]._replace(lost_before=lost)
        return run

    def _run(self) -> list[Released]:
        released: list[Released] = []
        while (held := self._held.pop(self.expected, None)) is not None:
            self._held_bytes -= len(held.packet.payload)
            released.append(Released(0, self.expected, held.packet, held.session_ns))
            self.expected += 1
        return released
