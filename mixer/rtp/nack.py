"""Asking for lost packets again, and keeping sent ones for those who ask."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from mixer.rtp.stats import DropCounts, RtpDrop

_MS: Final = 1_000_000
MAX_MISSING: Final = 512
MAX_GAP: Final = 1000
MAX_TRIES: Final = 10
MAX_AGE_NS: Final = 1_000 * _MS
MIN_SPACING_NS: Final = 20 * _MS

T = TypeVar("T")


class _Missing:
    __slots__ = ("asked_ns", "since_ns", "tries")

    def __init__(self, since_ns: int) -> None:
        self.since_ns = since_ns
        self.asked_ns = 0
        self.tries = 0


class NackGenerator:
    """Track which extended sequence numbers of one stream are missing.

    At most `max_missing` numbers are tracked; the oldest leave first
    (`NACK_LIST_FULL`). A gap wider than `max_gap` is not asked for at all
    (`NACK_GAP_TOO_LARGE`): only a key frame repairs that. A number is asked for
    every round trip (at least `MIN_SPACING_NS` apart) and given up after
    `MAX_TRIES` requests or `MAX_AGE_NS` (`NACK_GIVEN_UP`). `lost` counts all
    numbers that were abandoned; it rising means that a key frame is due.
    `round_trip_ns` is how long the last packet took that came after one request.
    """

    __slots__ = (
        "_highest",
        "_max_gap",
        "_max_missing",
        "_missing",
        "_reorder_ns",
        "drops",
        "lost",
        "recovered",
        "requested",
        "round_trip_ns",
    )

    def __init__(
        self,
        *,
        max_missing: int = MAX_MISSING,
        max_gap: int = MAX_GAP,
        reorder_ns: int = 0,
    ) -> None:
        """Wait `reorder_ns` after a gap is seen before the first request."""
        self._max_missing = max_missing
        self._max_gap = max_gap
        self._reorder_ns = reorder_ns
        self._missing: dict[int, _Missing] = {}
        self._highest = -1
        self.drops = DropCounts()
        self.requested = 0
        self.recovered = 0
        self.lost = 0
        self.round_trip_ns = 0

    @property
    def missing(self) -> list[int]:
        """The extended sequence numbers still hoped for, oldest first."""
        return list(self._missing)

    def add(self, ext_seq: int, now_ns: int) -> None:
        """Note that `ext_seq` arrived, first hand or as a retransmission."""
        highest = self._highest
        if ext_seq == highest + 1 or highest < 0:
            self._highest = ext_seq
        elif ext_seq > highest:
            self._highest = ext_seq
            self.open_gap(highest + 1, ext_seq, now_ns)
        else:
            self.fill_gap(ext_seq, now_ns)

    def fill_gap(self, ext_seq: int, now_ns: int) -> None:
        """Note a packet older than another that arrived before; for who finds that out itself."""
        entry = self._missing.pop(ext_seq, None)
        if entry is not None:
            self.recovered += 1
            if entry.tries == 1:
                self.round_trip_ns = now_ns - entry.asked_ns

    def _abandon(self, reason: RtpDrop, count: int) -> None:
        self.drops.add(reason, count)
        self.lost += count

    def open_gap(self, start: int, end: int, now_ns: int) -> None:
        """Miss the numbers from `start` to before `end`; for who finds that out itself."""
        missing = self._missing
        if end - start > self._max_gap:
            self._abandon(RtpDrop.NACK_GAP_TOO_LARGE, end - start + len(missing))
            missing.clear()
            return
        for ext_seq in range(start, end):
            missing[ext_seq] = _Missing(now_ns)
        excess = len(missing) - self._max_missing
        if excess > 0:
            for ext_seq in list(missing)[:excess]:
                del missing[ext_seq]
            self._abandon(RtpDrop.NACK_LIST_FULL, excess)

    def poll(self, now_ns: int, rtt_ns: int) -> list[int]:
        """Return the extended sequence numbers to ask for now, ascending."""
        if not self._missing:
            return []
        spacing_ns = max(rtt_ns, MIN_SPACING_NS)
        due: list[int] = []
        hopeless: list[int] = []
        for ext_seq, entry in self._missing.items():
            if now_ns - entry.since_ns > MAX_AGE_NS:
                hopeless.append(ext_seq)
            elif entry.tries == 0:
                if now_ns - entry.since_ns >= self._reorder_ns:
                    due.append(ext_seq)
            elif now_ns - entry.asked_ns >= spacing_ns:
                (hopeless if entry.tries >= MAX_TRIES else due).append(ext_seq)
        for ext_seq in hopeless:
            del self._missing[ext_seq]
        if hopeless:
            self._abandon(RtpDrop.NACK_GIVEN_UP, len(hopeless))
        for ext_seq in due:
            entry = self._missing[ext_seq]
            entry.tries += 1
            entry.asked_ns = now_ns
        self.requested += len(due)
        return due


class _Slot(Generic[T]):
    __slots__ = ("ext_seq", "item", "resent_ns", "stored_ns")

    def __init__(self, ext_seq: int, item: T, stored_ns: int) -> None:
        self.ext_seq = ext_seq
        self.item = item
        self.stored_ns = stored_ns
        self.resent_ns: int | None = None


class PacketRing(Generic[T]):
    """The last `capacity` sent packets of one stream, found by sequence number.

    `capacity` is rounded up to a power of two, at most 32768 (half the
    sequence space, so that a 16-bit number is unambiguous). A newer packet
    takes the place of one `capacity` numbers older; packets older than
    `max_age_ns` are not given out.
    """

    __slots__ = ("_mask", "_max_age_ns", "_slots", "drops", "resent")

    def __init__(self, capacity: int = 1024, *, max_age_ns: int = 3_000 * _MS) -> None:
        """Make an empty ring."""
        if not 1 <= capacity <= 1 << 15:
            raise ValueError(f"capacity must be 1 to 32768, not {capacity}")
        size = 1 << (capacity - 1).bit_length()
        self._mask = size - 1
        self._slots: list[_Slot[T] | None] = [None] * size
        self._max_age_ns = max_age_ns
        self.drops = DropCounts()
        self.resent = 0

    @property
    def capacity(self) -> int:
        """How many packets fit."""
        return self._mask + 1

    def store(self, ext_seq: int, packet: T, now_ns: int) -> None:
        """Keep `packet`; an older number never replaces a newer one."""
        index = ext_seq & self._mask
        slot = self._slots[index]
        if slot is None or slot.ext_seq <= ext_seq:
            self._slots[index] = _Slot(ext_seq, packet, now_ns)

    def get(self, ext_seq: int, now_ns: int) -> T | None:
        """Return the packet, or None when it is unknown or too old."""
        slot = self._slots[ext_seq & self._mask]
        if slot is None or slot.ext_seq != ext_seq:
            self.drops.add(RtpDrop.RESEND_UNKNOWN)
            return None
        if now_ns - slot.stored_ns > self._max_age_ns:
            self.drops.add(RtpDrop.RESEND_TOO_OLD)
            return None
        return slot.item

    def resend(self, sequence: int, now_ns: int, spacing_ns: int = 0) -> T | None:
        """Return what a NACK for the 16-bit `sequence` asks for, or None.

        The same packet is given out again only `spacing_ns` (a round trip)
        after the last time: a peer may ask twice before the first answer
        reaches it.
        """
        slot = self._slots[sequence & self._mask]
        if slot is None or slot.ext_seq & 0xFFFF != sequence:
            self.drops.add(RtpDrop.RESEND_UNKNOWN)
            return None
        if now_ns - slot.stored_ns > self._max_age_ns:
            self.drops.add(RtpDrop.RESEND_TOO_OLD)
            return None
        if slot.resent_ns is not None and now_ns - slot.resent_ns < spacing_ns:
            self.drops.add(RtpDrop.RESEND_TOO_SOON)
            return None
        slot.resent_ns = now_ns
        self.resent += 1
        return slot.item
