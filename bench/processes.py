"""CPU and memory of a process, read from /proc."""

import os
import time
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Usage(NamedTuple):
    """Cumulative CPU seconds (user and system, all threads) and resident bytes at a moment."""

    at_s: float
    cpu_s: float
    resident_bytes: int

    def cores_since(self, earlier: "Usage") -> float:
        """Cores kept busy between two readings: 1.0 is one core.

        Raises ValueError when no time passed.
        """
        elapsed_s = self.at_s - earlier.at_s
        if elapsed_s <= 0:
            raise ValueError("two readings at one moment tell no rate")
        return (self.cpu_s - earlier.cpu_s) / elapsed_s


def read_usage(pid: int, proc: Path = PROC) -> Usage:
    """Usage of one process now, on the monotonic clock.

    Raises ProcessLookupError when there is no such process.
    """
    try:
        stat = (proc / str(pid) / "stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError) as error:
        raise ProcessLookupError(f"no process {pid}") from error
    # The command stands in brackets and may itself hold spaces and brackets (proc(5)), so the
    # fields are counted from the last one. Field 3 follows it.
    fields = stat.rpartition(")")[2].split()
    ticks = int(fields[14 - 3]) + int(fields[15 - 3])
    return Usage(
        at_s=time.monotonic(),
        cpu_s=ticks / os.sysconf("SC_CLK_TCK"),
        resident_bytes=int(fields[24 - 3]) * os.sysconf("SC_PAGE_SIZE"),
    )
