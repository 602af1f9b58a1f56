"""One `lianxian serve` per data folder."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class DataLockedError(Exception):
    """Another process serves this data folder."""


def lock_data(data_dir: Path, run_path: Path) -> int:
    """Make both folders (private) and lock the first; the descriptor must stay open.

    Raises `DataLockedError`, OSError.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    run_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    run_path.chmod(0o700)
    if run_path.stat().st_uid != os.getuid():
        raise DataLockedError(f"{run_path} belongs to another user; set run_dir")
    descriptor = os.open(data_dir / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise DataLockedError(
            f"{data_dir} is already served by another `lianxian serve`; stop it or set data_dir"
        ) from None
    return descriptor
