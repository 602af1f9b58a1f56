"""The shared harness of the tests of the whole, and a call of three sites."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fault.steady import SEATS, TRACKS, holds
from tests.harness.fixtures import pytest_runtest_makereport, serving
from tests.harness.listener import Listener
from tests.harness.serving import Serving, wait_for
from tests.harness.simulated import SimulatedSites

__all__ = ["pytest_runtest_makereport", "serving"]


@pytest.fixture(scope="module")
def sites(serving: Serving) -> Iterator[SimulatedSites]:
    running = SimulatedSites(serving, *SEATS)
    try:
        running.wait_joined()
        serving.put_on_air("grid", *SEATS)
        yield running
    finally:
        running.end()


@pytest_asyncio.fixture
async def listener(serving: Serving, sites: SimulatedSites) -> AsyncIterator[Listener]:
    opened = Listener(serving.link("hn-studio"))
    try:
        await opened.open()
        await opened.hears(0.2, timeout_s=10)
        await opened.sees(timeout_s=10)
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def session(serving: Serving, sites: SimulatedSites) -> Iterator[Path]:
    """A recording that runs, with all tracks open."""
    started = serving.start_recording()
    try:
        wait_for(lambda: holds(serving, "recorder_tracks") == TRACKS, 10, "all tracks are recorded")
        yield started
    finally:
        if serving.state("recording")["state"] == "recording":  # the test failed before its end
            serving.stop_recording()
