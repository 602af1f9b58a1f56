"""Tasks without which a process is of no use.

A task that fails is silent while somebody holds it, and its process would look alive: a
sound process that no longer ticks, a worker that no longer hears the server. So the process
ends in order instead, and the supervisor starts it anew.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Coroutine

_log = structlog.get_logger(__name__)


def essential_task(work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
    """A task of the running loop; if it fails, it is logged and the process gets SIGTERM."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[None]) -> None:
    if task.cancelled() or (error := task.exception()) is None:
        return
    _log.critical("task.failed", task=task.get_name(), exc_info=error)
    signal.raise_signal(signal.SIGTERM)
