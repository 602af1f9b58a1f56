"""What a person may need to know of the recorder: conditions and free space."""

from __future__ import annotations

import asyncio
import errno
import time
from typing import TYPE_CHECKING, Final

import structlog

from mixer.wire.control import Condition

from .space import SpaceLevel, SpaceWatch, free_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mixer.wire.control import Event

_log = structlog.get_logger(__name__)
_NO_SPACE: Final = {errno.ENOSPC, errno.EDQUOT}


class Conditions:
    """Tells each condition once when it begins and once when it ends."""

    def __init__(self, report: Callable[[Event], None]) -> None:
        self._report = report
        self._active: dict[tuple[str, str], Condition] = {}

    def set(self, identity: str, subject: str = "", *, active: bool, **values: str) -> None:
        """Say whether it holds now."""
        key = (identity, subject)
        if active == (key in self._active):
            return
        condition = Condition(id=identity, subject=subject, active=active, values=values)
        if active:
            self._active[key] = condition
        else:
            del self._active[key]
        self._report(condition)
        _log.warning("recorder.condition", id=identity, active=active, **values)

    def repeat(self) -> None:
        """Tell again all that hold: the server was away."""
        for condition in self._active.values():
            self._report(condition)


class StorageWatch:
    """Measures the disk, and turns what it finds into conditions."""

    def __init__(self, data_dir: Path, conditions: Conditions, space: SpaceWatch) -> None:
        self.space = space
        self._data_dir = data_dir
        self._conditions = conditions
        self._measured_at = 0.0
        self._measured_bytes = 0

    async def free(self) -> int:
        """Bytes free now. A disk may be slow to tell, so a thread asks. Raises OSError."""
        return await asyncio.to_thread(self._free)

    def _free(self) -> int:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        return free_bytes(self._data_dir)

    async def look(self, written_bytes: int) -> SpaceLevel:
        """Take a sample; ``written_bytes`` counts all that was ever written."""
        now = time.monotonic()
        try:
            free = await self.free()
        except OSError as error:
            self._conditions.set("disk.unknown", active=True, error=str(error))
            return self.space.level
        self._conditions.set("disk.unknown", active=False)
        elapsed_s = now - self._measured_at if self._measured_at else 0.0
        level = self.space.measure(free, written_bytes - self._measured_bytes, elapsed_s)
        self._measured_at, self._measured_bytes = now, written_bytes
        values = {
            "free_gb": f"{free / 1e9:.1f}",
            "hours_left": f"{self.space.hours_left:.1f}",
        }
        self._conditions.set("disk.low", active=level is not SpaceLevel.ENOUGH, **values)
        self._conditions.set("disk.full", active=level is SpaceLevel.FULL, **values)
        return level

    def wrote(self, errors: set[int]) -> None:
        """A batch was written; ``errors`` are the errnos of what failed in it."""
        self.space.refused = bool(errors & _NO_SPACE)
        names = ", ".join(sorted(errno.errorcode.get(one, str(one)) for one in errors))
        self._conditions.set("recorder.write_failed", active=bool(errors), errors=names)
