"""Of which sources the compiled fan-out was built: setup.py writes it in, starting compares it.

This file is also run by itself, before anything is installed: it imports nothing of ours.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

REBUILD: Final = "python setup.py build_ext --inplace"
"""In the folder with the sources; an installed package is built by installing it again."""
_PATTERNS: Final = ("_*.pyx", "_*.pxi", "_*.pxd")


def stamp_of(folder: Path) -> str:
    """16 hex digits of all Cython sources in a folder, by name and content; empty without any.

    Raises OSError for a file that cannot be read.
    """
    found = sorted(path for pattern in _PATTERNS for path in folder.glob(pattern))
    if not found:
        return ""
    digest = hashlib.sha256()
    for path in found:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def fault_of(built: object, folder: Path) -> str:
    """Why an extension with this stamp is not to be used with the sources in a folder; empty:
    it is theirs, or there are no sources to compare with.
    """
    try:
        sources = stamp_of(folder)
    except OSError as error:
        return f"the sources of the compiled fan-out cannot be read: {error}"
    if not sources or built == sources:
        return ""
    return f"built from other sources ({built or 'without a stamp'}, now {sources}): run {REBUILD}"
