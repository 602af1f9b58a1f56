"""The last seconds of a recorded stream, for a reader that died and came back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from mixer.wire.resources import StreamCodec

KEPT_NS: Final = 10_000_000_000
KEPT_BYTES: Final = 24 * 1024 * 1024
"""10 s at 19 Mbit/s; the time is the bound that counts."""


class Entry(NamedTuple):
    """One encoded frame of the link."""

    life: int
    codec: StreamCodec
    sequence: int
    stored_ns: int
    is_keyframe: bool
    encoded: bytes


class ReplayRing:
    """Entries in order of arrival, found by a running index that is never used twice.

    Bounded by `KEPT_NS` and `KEPT_BYTES`: the oldest leave first.
    """

    __slots__ = ("_bytes", "_entries", "first")

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self.first = 0
        """Index of the oldest entry."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def end(self) -> int:
        """Index of the next entry."""
        return self.first + len(self._entries)

    @property
    def size_bytes(self) -> int:
        """What is kept."""
        return self._bytes

    def append(self, entry: Entry) -> None:
        """Keep `entry`, and drop what became too old or too much."""
        self._entries.append(entry)
        self._bytes += len(entry.encoded)
        self.trim(entry.stored_ns)

    def trim(self, now_ns: int) -> None:
        """Drop what is older than `KEPT_NS`."""
        entries = self._entries
        while entries and (now_ns - entries[0].stored_ns > KEPT_NS or self._bytes > KEPT_BYTES):
            self._bytes -= len(entries.popleft().encoded)
            self.first += 1

    def since(self, index: int) -> Iterator[Entry]:
        """Entries from `index` on; those that left already are skipped."""
        return islice(self._entries, max(index - self.first, 0), None)
