"""From which frame a change was seen: picture tells, and whoever asked is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mixer.wire.ids import WorkerKind

if TYPE_CHECKING:
    from mixer.wire.control import SceneApplied
    from signaling.wire.messages import Taken

    from .conference import Conference

LATEST_S = 0.5
"""So long after its time, and after its wait, a scene that was not seen is not waited for."""
MAX_WAITING = 64
"""Of more at once the further ones are answered without a frame."""
NS_PER_MS = 1_000_000


class Acknowledging:
    """Futures of those who wait for a revision; bounded by `MAX_WAITING` and time."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, asyncio.Future[SceneApplied]]] = []
        self._newest: SceneApplied | None = None

    def forget(self) -> None:
        """Another life of picture has shown nothing yet."""
        self._newest = None

    def tell(self, event: SceneApplied) -> None:
        """Picture shows a scene; those before it were shown or replaced by it."""
        self._newest = event
        left = []
        for revision, future in self._waiting:
            if revision > event.revision:
                left.append((revision, future))
            elif not future.done():
                future.set_result(event)
        self._waiting = left

    async def seen(self, conference: Conference, taken: Taken) -> Taken:
        """The answer with its frame and the session time of that, once they are known."""
        newest = self._newest
        if newest is not None and newest.revision >= taken.revision:
            return _with_frame(taken, newest)
        state = conference.cores.programme.state
        away = not conference.workers.connected(WorkerKind.PICTURE)
        if away or len(self._waiting) >= MAX_WAITING:
            return taken
        future: asyncio.Future[SceneApplied] = asyncio.get_running_loop().create_future()
        waiting = (taken.revision, future)
        self._waiting.append(waiting)
        due_ms = taken.at_ms + state.wait_ms - conference.now_ms()
        try:
            async with asyncio.timeout(max(due_ms, 0) / 1000 + LATEST_S):
                event = await future
        except TimeoutError:
            return taken
        finally:
            self._waiting = [one for one in self._waiting if one is not waiting]
        return _with_frame(taken, event)


def _with_frame(taken: Taken, event: SceneApplied) -> Taken:
    return replace(taken, frame=event.frame, at_ms=event.at_ns // NS_PER_MS)
