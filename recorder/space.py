"""Free space: how long it lasts, when to warn, what to stop first."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

GIGABYTE: Final = 1_000_000_000
START_FLOOR_BYTES: Final = GIGABYTE
"""Below this no session begins."""
LOW_BYTES: Final = 2 * GIGABYTE
LOW_HOURS: Final = 1.0
FULL_BYTES: Final = 400_000_000
"""Below this ISO tracks pause, so that the programme has what is left."""
FULL_AGAIN_BYTES: Final = 600_000_000
"""ISO tracks go on above this; apart from `FULL_BYTES` so that they do not flap."""
_SMOOTHING: Final = 0.2
NO_RATE_HOURS: Final = 9999.0


class SpaceLevel(IntEnum):
    """How bad it is."""

    ENOUGH = 0
    LOW = 1
    FULL = 2


@dataclass(slots=True)
class SpaceWatch:
    """Decides from free bytes and from the rate at which we write. Has no clock."""

    full_bytes: int = FULL_BYTES
    full_again_bytes: int = FULL_AGAIN_BYTES
    low_bytes: int = LOW_BYTES
    free_bytes: int = 0
    rate: float = 0.0
    """Bytes a second, smoothed."""
    level: SpaceLevel = SpaceLevel.ENOUGH
    refused: bool = False
    """A write failed for want of space; cleared by the first one that succeeds."""

    def measure(self, free_bytes: int, written_bytes: int, elapsed_s: float) -> SpaceLevel:
        """Take a sample: what is free, and what was written in ``elapsed_s``."""
        self.free_bytes = free_bytes
        if elapsed_s > 0:
            now = written_bytes / elapsed_s
            self.rate = now if not self.rate else self.rate + _SMOOTHING * (now - self.rate)
        full_below = self.full_bytes
        if self.level is SpaceLevel.FULL:
            full_below = self.full_again_bytes
        if self.refused or free_bytes < full_below:
            self.level = SpaceLevel.FULL
        elif free_bytes < self.low_bytes or self.hours_left < LOW_HOURS:
            self.level = SpaceLevel.LOW
        else:
            self.level = SpaceLevel.ENOUGH
        return self.level

    @property
    def hours_left(self) -> float:
        """At the present rate; `NO_RATE_HOURS` while nothing is written."""
        if self.rate < 1:
            return NO_RATE_HOURS
        return min(NO_RATE_HOURS, self.free_bytes / self.rate / 3600)


def free_bytes(path: Path) -> int:
    """Bytes this process may still write below ``path``. Raises OSError."""
    return shutil.disk_usage(path).free
