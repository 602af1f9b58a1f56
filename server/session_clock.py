"""The event's clock across restarts and reboots.

Session time is CLOCK_MONOTONIC less an origin. The origin is stored with the boot
id: the same boot keeps it, so restarts never renumber; a new boot gets a new origin
from the wall clock, and never one that would let session time go back.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

NS_PER_MS = 1_000_000
GAP_MS = 1000
"""After a reboot session time goes on at least this far behind the last known one."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ClockOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored. ``last_ms``: a session time that was reached for sure."""

    boot_id: str
    origin_monotonic_ns: int
    origin_wall_ns: int
    last_ms: int = 0


def boot_id() -> str:
    """Changes with each start of the machine."""
    return _BOOT_ID.read_text(encoding="ascii").strip()


def mapped(stored: ClockOrigin | None, boot: str, monotonic_ns: int, wall_ns: int) -> ClockOrigin:
    """The origin to use in this boot."""
    if stored is None:
        return ClockOrigin(boot_id=boot, origin_monotonic_ns=monotonic_ns, origin_wall_ns=wall_ns)
    if stored.boot_id == boot:
        return stored
    by_wall_ns = wall_ns - stored.origin_wall_ns
    session_ns = max(by_wall_ns, (stored.last_ms + GAP_MS) * NS_PER_MS)
    return ClockOrigin(
        boot_id=boot,
        origin_monotonic_ns=monotonic_ns - session_ns,
        origin_wall_ns=wall_ns - session_ns,
        last_ms=session_ns // NS_PER_MS,
    )


class SessionClock:
    """Tells session time now."""

    def __init__(self, origin: ClockOrigin) -> None:
        self.origin = origin

    def now_ms(self) -> int:
        """Session time in milliseconds."""
        return (time.monotonic_ns() - self.origin.origin_monotonic_ns) // NS_PER_MS
