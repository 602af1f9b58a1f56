import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from mixer.forward.interface import STREAM_HOST, Address
from mixer.media import tcp
from mixer.media.tcp import FULL_BYTES, StreamDrop, TcpPort, open_tcp_port
from mixer.media.udp import PortTakenError
from mixer.transport.framing import frame

FIRST: Address = (STREAM_HOST, 1)


class User:
    """Remembers what the port told."""

    def __init__(self) -> None:
        self.datagrams: list[tuple[bytes, Address, Address]] = []
        self.closed: list[Address] = []
        self.stalls: list[tuple[Address, bool]] = []
        self.outbox: list[tuple[Address, bytes]] = []

    def stream_datagram(self, datagram: bytes, address: Address, seen_at: Address) -> None:
        self.datagrams.append((datagram, address, seen_at))

    def stream_closed(self, address: Address) -> None:
        self.closed.append(address)

    def stream_stalled(self, address: Address, *, stalled: bool) -> None:
        self.stalls.append((address, stalled))

    def take(self) -> list[tuple[Address, bytes]]:
        taken, self.outbox = self.outbox, []
        return taken


class Rig:
    def __init__(self, host: str) -> None:
        self.user = User()
        self.listening = open_tcp_port(host, 0)
        self.port = TcpPort(self.listening, self.user, self.user.take)

    @property
    def number(self) -> int:
        return int(self.listening.getsockname()[1])

    async def connect(self, host: str = "127.0.0.1") -> asyncio.StreamWriter:
        self.reader, writer = await asyncio.open_connection(host, self.number)
        return writer

    def send(self, datagram: bytes, address: Address = FIRST) -> None:
        self.user.outbox.append((address, datagram))
        self.port.flush()


@contextlib.asynccontextmanager
async def running(host: str = "127.0.0.1") -> AsyncIterator[Rig]:
    rig = Rig(host)
    await rig.port.start()
    yield rig
    await rig.port.stop()


async def happens(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("did not happen")


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
async def test_datagrams_go_both_ways_on_either_family(peer: str) -> None:
    async with running("::") as rig:
        writer = await rig.connect(peer)
        writer.write(frame(b"one") + frame(b"two"))
        await happens(lambda: len(rig.user.datagrams) == 2)
        own = writer.get_extra_info("sockname")[:2]
        assert rig.user.datagrams == [(b"one", FIRST, own), (b"two", FIRST, own)]
        rig.send(b"back")
        assert await rig.reader.readexactly(6) == frame(b"back")
        writer.close()
        await happens(lambda: rig.user.closed == [FIRST])
        assert len(rig.port) == 0
        rig.send(b"late")
        assert rig.port.drops[StreamDrop.CLOSED] == 1


async def test_a_stream_that_cannot_be_followed_is_closed() -> None:
    async with running() as rig:
        writer = await rig.connect()
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await rig.reader.read() == b""
        await happens(lambda: rig.user.closed == [FIRST])
        assert rig.port.drops[StreamDrop.MALFORMED] == 1
        assert rig.user.datagrams == []
        writer.close()


async def test_without_a_good_check_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "UNCHECKED_S", 0.2)
    async with running() as rig:
        kept = await rig.connect()
        await happens(lambda: len(rig.port) == 1)
        rig.port.keep(FIRST)
        writer = await rig.connect()
        assert await rig.reader.read() == b""
        assert rig.port.drops[StreamDrop.UNCHECKED] == 1
        assert len(rig.port) == 1
        writer.close()
        kept.close()


async def test_one_host_has_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "MAX_PER_HOST", 2)
    async with running() as rig:
        writers = [await rig.connect() for _ in range(2)]
        await happens(lambda: len(rig.port) == 2)
        writers.append(await rig.connect())
        with contextlib.suppress(ConnectionResetError):
            assert await rig.reader.read() == b""
        assert rig.port.drops[StreamDrop.REFUSED] == 1
        writers[0].close()
        await happens(lambda: len(rig.port) == 1)
        writers.append(await rig.connect())
        await happens(lambda: len(rig.port) == 2)
        for writer in writers:
            writer.close()


async def test_a_peer_that_does_not_read_stalls_alone_and_within_bounds() -> None:
    async with running() as rig:
        opened = socket.socket()
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, ("127.0.0.1", rig.number))
        await happens(lambda: len(rig.port) == 1)
        for _ in range(3000):
            rig.send(bytes(1200))
            await asyncio.sleep(0)
        assert rig.user.stalls == [(FIRST, True)]
        held = rig.port._connections[FIRST].transport
        assert held is not None
        assert held.get_write_buffer_size() <= FULL_BYTES
        assert rig.port.drops[StreamDrop.FULL] > 1000

        async def read() -> None:
            loop = asyncio.get_running_loop()
            while len(rig.user.stalls) < 2:
                await loop.sock_recv(opened, 65536)

        await asyncio.wait_for(read(), 10)
        assert rig.user.stalls == [(FIRST, True), (FIRST, False)]
        opened.close()


async def test_what_is_left_for_a_peer_goes_out_before_it_is_closed() -> None:
    async with running() as rig:
        writer = await rig.connect()
        await happens(lambda: len(rig.port) == 1)
        rig.user.outbox.append((FIRST, b"goodbye"))
        rig.port.close(FIRST)
        assert await rig.reader.read() == frame(b"goodbye")
        writer.close()


def test_a_taken_port_is_an_error_of_its_own() -> None:
    with open_tcp_port("127.0.0.1", 0) as opened:
        number = opened.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"TCP port {number}"):
            open_tcp_port("127.0.0.1", number)
