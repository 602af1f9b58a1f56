"""Encoders and players by their token."""

from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio

from server.application import Application
from tests.unit.server.whip_client import Client, Clients


@pytest_asyncio.fixture
async def clients(application: Application) -> AsyncIterator[Clients]:
    async with aiohttp.ClientSession() as session:
        base = f"http://127.0.0.1:{application.port}"
        yield lambda token: Client(session, base, token)
