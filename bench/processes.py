"""CPU and memory of a process, read from /proc."""

import os
import time
from collections.abc import Iterable
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


class Cpu(NamedTuple):
    """CPU of some processes: the scheduler's account, and the kernel's part by its ticks."""

    total_ns: int
    system_s: float
    user_s: float

    def since(self, earlier: "Cpu") -> "Cpu":
        """What was used between two readings."""
        return Cpu(
            self.total_ns - earlier.total_ns,
            self.system_s - earlier.system_s,
            self.user_s - earlier.user_s,
        )

    @property
    def system_share(self) -> float:
        """Of the whole, the part spent inside the kernel."""
        whole = self.system_s + self.user_s
        return self.system_s / whole if whole else 0.0


def read_cpu(pids: Iterable[int], proc: Path = PROC) -> Cpu:
    """All threads of the processes now.

    Counted by the scheduler to the nanosecond (schedstat), unlike `read_usage`. Raises
    ProcessLookupError when there is no such process.
    """
    total_ns, system, user = 0, 0, 0
    for pid in pids:
        for thread in (proc / str(pid) / "task").iterdir() if (proc / str(pid)).exists() else ():
            try:
                total_ns += int((thread / "schedstat").read_text(encoding="ascii").split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue  # a thread may end meanwhile
        fields = _stat_fields(pid, proc)
        user += int(fields[14 - 3])
        system += int(fields[15 - 3])
    ticks = os.sysconf("SC_CLK_TCK")
    return Cpu(total_ns, system / ticks, user / ticks)


def _stat_fields(pid: int, proc: Path) -> list[str]:
    """Fields of /proc/<pid>/stat from the third on."""
    try:
        stat = (proc / str(pid) / "stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError) as error:
        raise ProcessLookupError(f"no process {pid}") from error
    # The command stands in brackets and may itself hold spaces and brackets (proc(5)), so the
    # fields are counted from the last one. Field 3 follows it.
    return stat.rpartition(")")[2].split()


def read_usage(pid: int, proc: Path = PROC) -> Usage:
    """Usage of one process now, on the monotonic clock.

    Raises ProcessLookupError when there is no such process.
    """
    fields = _stat_fields(pid, proc)
    ticks = int(fields[14 - 3]) + int(fields[15 - 3])
    return Usage(
        at_s=time.monotonic(),
        cpu_s=ticks / os.sysconf("SC_CLK_TCK"),
        resident_bytes=int(fields[24 - 3]) * os.sysconf("SC_PAGE_SIZE"),
    )
