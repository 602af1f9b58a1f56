"""What a figure was measured on."""

import os
import platform
from pathlib import Path


def describe_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Cores, processor, kernel and Python, in one line; no host name."""
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} x {_processor(cpuinfo)}, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def _processor(cpuinfo: Path) -> str:
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
