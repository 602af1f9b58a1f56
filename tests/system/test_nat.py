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
SOUNDS, PICTURES = 20, 20
"""Frames the player waits for."""
Address = tuple[str, int]


class _Inner(asyncio.DatagramProtocol):
    """The translator's side towards the server, one for each outer client."""

    def __init__(self, translator: "Translator", client: Address) -> None:
        self._translator, self._client = translator, client

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._translator.give(data, self._client)


class Translator(asyncio.DatagramProtocol):
    """The same port on the outer address; clients are seen under other ports than their own."""

    def __init__(self, server: Address) -> None:
        self._server = server
        self._flows: dict[Address, asyncio.DatagramTransport] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self.outer: asyncio.DatagramTransport | None = None
        self.taken_in = self.given_out = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.outer = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.taken_in += 1
        if addr in self._flows:
            self._flows[addr].sendto(data)
        else:
            self._opening.add(asyncio.ensure_future(self._open(addr)))  # the check is repeated

    async def _open(self, client: Address) -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Inner(self, client), remote_addr=self._server
        )
        self._flows[client] = transport

    def give(self, data: bytes, client: Address) -> None:
        """Hand on what the server sent, from the outer address."""
        assert self.outer is not None
        self.given_out += 1
        self.outer.sendto(data, client)

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
        await player.receives(SOUNDS, PICTURES)
        first = player.candidates[0].split()
        assert (first[2], first[4], first[5]) == ("udp", OUTER, str(behind.udp_port))
        # A picture or 20 ms of sound is a packet at least, and there is no other way to the player.
        assert translator.given_out >= SOUNDS + PICTURES
        assert translator.taken_in > 0
