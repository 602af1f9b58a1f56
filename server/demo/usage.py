"""Processor time and memory of the product's processes, read from /proc."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

PROC = Path("/proc")


class Usage(NamedTuple):
    """Of one process since its start: processor seconds of all threads, resident bytes now."""

    at_s: float
    cpu_s: float
    resident_bytes: int


class Load(NamedTuple):
    """Between two readings: percent of one core; resident memory at the later one."""

    cpu_percent: float
    resident_mb: float


class ProcessEntry(msgspec.Struct, frozen=True):
    """A line of the supervisor's ``processes.json``."""

    pid: int
    restarts: int
    running: bool


def read_usage(pid: int, proc: Path = PROC) -> Usage | None:
    """None when there is no such process."""
    try:
        stat = (proc / str(pid) / "stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command stands in brackets and may hold brackets itself (proc(5)); field 3 follows.
    fields = stat.rpartition(")")[2].split()
    ticks = int(fields[14 - 3]) + int(fields[15 - 3])
    return Usage(
        time.monotonic(),
        ticks / os.sysconf("SC_CLK_TCK"),
        int(fields[24 - 3]) * os.sysconf("SC_PAGE_SIZE"),
    )


def read_processes(run_path: Path) -> dict[str, ProcessEntry]:
    """What the supervisor runs. Raises OSError, `msgspec.MsgspecError`."""
    content = (run_path / "processes.json").read_bytes()
    return msgspec.json.decode(content, type=dict[str, ProcessEntry])


def read_all(pids: Mapping[str, int]) -> dict[str, Usage]:
    """Usage by name of those that run."""
    found = {name: read_usage(pid) for name, pid in pids.items()}
    return {name: usage for name, usage in found.items() if usage is not None}


def loads(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> dict[str, Load]:
    """Of the processes in both readings; one that was started anew in between counts as new."""
    found = {}
    for name, late in after.items():
        early = before.get(name)
        cpu_s = late.cpu_s - (early.cpu_s if early and early.cpu_s <= late.cpu_s else 0.0)
        elapsed_s = late.at_s - early.at_s if early else 0.0
        if elapsed_s > 0:
            found[name] = Load(100 * cpu_s / elapsed_s, late.resident_bytes / 1e6)
    return found
