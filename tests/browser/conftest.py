"""The shared harness of the tests of the whole, and browsers."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.harness.chromium import FAKE_DEVICES, chromium
from tests.harness.coturn import Coturn
from tests.harness.fixtures import pytest_runtest_makereport, serving

__all__ = ["pytest_runtest_makereport", "serving"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    """One Chromium with its own pretended camera and microphone."""
    async with chromium(playwright, FAKE_DEVICES) as started:
        yield started


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    """A relay for those who ask for it."""
    running = Coturn(tmp_path_factory.mktemp("coturn"))
    try:
        running.start()
        yield running
    finally:
        running.stop()
