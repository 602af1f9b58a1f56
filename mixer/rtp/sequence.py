"""Unwrapping of 16-bit sequence numbers and 32-bit timestamps."""

from __future__ import annotations


class _Extender:
    """Extend a wrapping counter relative to the highest value seen so far.

    The first value is placed one full cycle above zero, so that packets older
    than the first one still get a positive number. The low bits of the result
    always equal the wire value.
    """

    __slots__ = ("_cycle", "_half", "highest")

    def __init__(self, cycle: int) -> None:
        self._cycle = cycle
        self._half = cycle >> 1
        self.highest = -1

    def _extend(self, value: int) -> int:
        highest = self.highest
        if highest < 0:
            self.highest = extended = value + self._cycle
            return extended
        delta = (value - highest) & (self._cycle - 1)
        if delta < self._half:
            self.highest = extended = highest + delta
            return extended
        # Exactly half a cycle away counts as older (RFC 1982 leaves it undefined).
        return highest + delta - self._cycle


class SequenceExtender(_Extender):
    """Extend 16-bit sequence numbers over wraps and reordering."""

    __slots__ = ()

    def __init__(self) -> None:
        """Start without a reference; the first number fixes it."""
        super().__init__(1 << 16)

    def extend(self, sequence: int) -> int:
        """Return `sequence` (16 bits) as a number that never wraps."""
        return self._extend(sequence)


class TimestampExtender(_Extender):
    """Extend 32-bit RTP timestamps over wraps and reordering."""

    __slots__ = ()

    def __init__(self) -> None:
        """Start without a reference; the first timestamp fixes it."""
        super().__init__(1 << 32)

    def extend(self, timestamp: int) -> int:
        """Return `timestamp` (32 bits) as a number that never wraps."""
        return self._extend(timestamp)
