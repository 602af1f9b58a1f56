"""The shared harness of the tests of the whole, and browsers."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.harness.chromium import FAKE_DEVICES, chromium
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
