"""A process whose essential task failed ends in order instead of looking alive."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from mixer.wire.essential import essential_task


@pytest_asyncio.fixture
async def told_to_stop() -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    yield stop
    loop.remove_signal_handler(signal.SIGTERM)


async def failing() -> None:
    raise ZeroDivisionError


async def waiting() -> None:
    await asyncio.Event().wait()


async def test_a_task_that_fails_is_logged_and_ends_the_process(
    told_to_stop: asyncio.Event,
) -> None:
    with capture_logs() as logs:
        task = essential_task(failing(), "ticks")
        await asyncio.wait_for(told_to_stop.wait(), 5)
    assert [(one["event"], one["task"]) for one in logs] == [("task.failed", "ticks")]
    with pytest.raises(ZeroDivisionError):
        await task


async def test_a_task_that_is_cancelled_ends_nothing(told_to_stop: asyncio.Event) -> None:
    task = essential_task(waiting(), "ticks")
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0.05)
    assert not told_to_stop.is_set()
