"""A server behind a translator that maps an outer address to it, port by port (1:1 NAT)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from tests.harness.serving import Serving
from tests.harness.whep_player import WhepPlayer

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("loopback_candidates")]
OUTER = "127.0.0.9"
Address = tuple[str, int]


class _Inner(asyncio.DatagramProtocol):
    """The translator's side towards the server, one for each outer client."""

    def __init__(self, outer: asyncio.DatagramTransport, client: Address) -> None:
        self._outer, self._client = outer, client

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._outer.sendto(data, self._client)


class Translator(asyncio.DatagramProtocol):
    """The same port on the outer address; clients are seen under other ports than their own."""

    def __init__(self, server: Address) -> None:
        self._server = server
        self._flows: dict[Address, asyncio.DatagramTransport] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self.outer: asyncio.DatagramTransport | None = None
        self.passed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.outer = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.passed += 1
        if addr in self._flows:
            self._flows[addr].sendto(data)
        else:
            self._opening.add(asyncio.ensure_future(self._open(addr)))  # the check is repeated

    async def _open(self, client: Address) -> None:
        outer = self.outer
        assert outer is not None
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Inner(outer, client), remote_addr=self._server
        )
        self._flows[client] = transport

    def close(self) -> None:
        for transport in self._flows.values():
            transport.close()
        if self.outer is not None:
            self.outer.close()


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Serving]:
    running = Serving(tmp_path / "data", advertised_addresses=OUTER)
    try:
        running.start()
        yield running
    finally:
        running.end()


@pytest_asyncio.fixture
async def translator(behind: Serving) -> AsyncIterator[Translator]:
    _, made = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Translator(("127.0.0.1", behind.udp_port)), local_addr=(OUTER, behind.udp_port)
    )
    try:
        yield made
    finally:
        made.close()


async def test_who_is_told_the_outer_address_gets_in(
    behind: Serving, translator: Translator
) -> None:
    token = behind.link("beijing").partition("#t=")[2]
    url = f"{behind.base_url}/whep/beijing"
    async with WhepPlayer(url, token, reaches=OUTER) as player:
        await player.receives(20, 20)
        first = player.candidates[0].split()
        assert (first[2], first[4], first[5]) == ("udp", OUTER, str(behind.udp_port))
        assert translator.passed > 5
