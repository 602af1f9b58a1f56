"""The shared harness of the tests of the whole, and a call of three sites."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fault.steady import SEATS, TRACKS, holds
from tests.harness.fixtures import pytest_runtest_makereport, serving
from tests.harness.listener import Listener, listening
from tests.harness.serving import Serving, wait_for
from tests.harness.simulated import SimulatedSites, on_air

__all__ = ["pytest_runtest_makereport", "serving"]


@pytest.fixture(scope="module")
def sites(serving: Serving) -> Iterator[SimulatedSites]:
    with on_air(serving, *SEATS) as running:
        yield running


@pytest_asyncio.fixture
async def listener(serving: Serving, sites: SimulatedSites) -> AsyncIterator[Listener]:
    async with listening(serving.link("hn-studio")) as opened:
        yield opened


@pytest.fixture
def session(serving: Serving, sites: SimulatedSites) -> Iterator[Path]:
    """A recording that runs, with all tracks open."""
    with serving.recorded() as started:
        wait_for(lambda: holds(serving, "recorder_tracks") == TRACKS, 10, "all tracks are recorded")
        yield started
