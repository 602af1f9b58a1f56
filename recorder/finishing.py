"""Finalising off the loop: one session at a time, on a thread that can be told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Final, TypeVar

import av
import structlog

from .finalise import Finalised, Steps, failed, finalise
from .remux import RemuxStopped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .state import StoredSession

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
STOP_WAIT_S: Final = 3.0


def _on_loop(loop: asyncio.AbstractEventLoop, work: Callable[[_T], None], value: _T) -> None:
    """Call on the loop; one that was closed meanwhile has nobody left to tell."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(work, value)


class Finisher:
    """Runs `finalise`. The thread is a daemon: work cut off is done again later."""

    def __init__(self, *, keep_working: bool = False) -> None:
        self._keep_working = keep_working
        self._one_at_a_time = asyncio.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    async def finish(
        self, directory: Path, state: StoredSession, progress: Callable[[str], None]
    ) -> Finalised | None:
        """Finalise; None when it was stopped. ``progress`` is called on the loop.

        What fails is told in the result, never raised.
        """
        async with self._one_at_a_time:
            if self._stopped.is_set():
                return None
            loop = asyncio.get_running_loop()
            done: asyncio.Future[Finalised | None] = loop.create_future()

            def settle(result: Finalised | None) -> None:
                if not done.done():
                    done.set_result(result)

            def tell(text: str) -> None:
                _on_loop(loop, progress, text)

            def run() -> None:
                steps = Steps(tell, self._stopped.is_set, self._keep_working)
                _on_loop(loop, settle, self._run(directory, state, steps))

            self._thread = threading.Thread(target=run, name="recorder-finish", daemon=True)
            self._thread.start()
            return await done

    @staticmethod
    def _run(directory: Path, state: StoredSession, steps: Steps) -> Finalised | None:
        try:
            return finalise(directory, state, steps)
        except RemuxStopped:
            return None
        except (OSError, av.FFmpegError) as error:
            _log.error("recorder.finalise_failed", session=directory.name, error=str(error))
            return failed(f"could not be finished: {error}")
        except Exception as error:  # noqa: BLE001  a bug fails this session, never the recorder
            _log.exception("recorder.finalise_bug", session=directory.name)
            return failed(f"{type(error).__name__}: {error}")

    def stop(self) -> None:
        """Tell the work to stop and wait a little for it; blocks."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(STOP_WAIT_S)
