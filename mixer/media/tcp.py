"""ICE-TCP (RFC 6544): connections of peers that UDP does not reach, on one listening port."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Final, Protocol

import structlog

from mixer.forward.interface import STREAM_HOST, Address
from mixer.media.udp import PortTakenError, unmapped
from mixer.transport.framing import Deframer, FramingError, frame

_log = structlog.get_logger(__name__)
MAX_CONNECTIONS: Final = 512
MAX_PER_HOST: Final = 64
"""Two for each device of a hall behind one address, with room for those that come again."""
UNCHECKED_S: Final = 10.0
"""A connection without a good connectivity check is closed after this long."""
HIGH_BYTES: Final = 128 * 1024
"""Not sent yet beyond this: video of the peer pauses until it is below `LOW_BYTES`."""
LOW_BYTES: Final = 16 * 1024
FULL_BYTES: Final = 256 * 1024
"""Beyond this nothing is kept for the peer; what comes is dropped."""
_KERNEL_UNSENT_BYTES: Final = 32 * 1024
_BACKLOG: Final = 128


class StreamDrop(StrEnum):
    """Why a TCP connection was closed, or a datagram for one thrown away."""

    REFUSED = "stream_refused"
    MALFORMED = "stream_malformed"
    UNCHECKED = "stream_unchecked"
    FULL = "stream_full"
    CLOSED = "stream_closed"


class StreamUser(Protocol):
    """What the media process does with the connections. Calls return at once."""

    def stream_datagram(self, datagram: bytes, address: Address, seen_at: Address) -> None:
        """One datagram came; `seen_at` is where the connection comes from."""

    def stream_closed(self, address: Address) -> None:
        """The peer closed it, or it broke."""

    def stream_stalled(self, address: Address, *, stalled: bool) -> None:
        """The peer does not read, or reads again."""


class StreamConnection(asyncio.Protocol):
    """One connection; `address` is how everybody else calls it."""

    def __init__(self, port: TcpPort) -> None:
        self._port = port
        self._deframer = Deframer()
        self._deadline: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport | None = None
        self.address: Address = (STREAM_HOST, 0)
        self.seen_at: Address = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  a TCP server makes no other
        self.transport = transport
        self.seen_at = unmapped(transport.get_extra_info("peername")[:2])
        opened = transport.get_extra_info("socket")
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _KERNEL_UNSENT_BYTES)
        transport.set_write_buffer_limits(HIGH_BYTES, LOW_BYTES)
        self.address = self._port.admit(self)
        if self.address[1]:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(UNCHECKED_S, self._give_up)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if not self.address[1]:
            return
        try:
            datagrams = self._deframer.feed(data)
        except FramingError as error:
            self._port.drop(StreamDrop.MALFORMED)
            _log.warning("stream.malformed", source=self.seen_at[0], reason=str(error))
            self.close()
            return
        for datagram in datagrams:
            self._port.user.stream_datagram(datagram, self.address, self.seen_at)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's interface
        """See `asyncio.Protocol`."""
        self.keep()
        if self.address[1]:
            self._port.forget(self)

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self._port.user.stream_stalled(self.address, stalled=True)

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self._port.user.stream_stalled(self.address, stalled=False)

    def keep(self) -> None:
        """A check was good: the deadline no longer counts."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def send(self, datagrams: list[bytes]) -> None:
        """Write what fits; the rest is dropped and counted."""
        transport = self.transport
        if transport is None or transport.is_closing():
            self._port.drop(StreamDrop.CLOSED, len(datagrams))
            return
        room = FULL_BYTES - transport.get_write_buffer_size()
        fitting: list[bytes] = []
        for datagram in datagrams:
            room -= len(datagram) + 2
            if room < 0:
                self._port.drop(StreamDrop.FULL, len(datagrams) - len(fitting))
                break
            fitting.append(frame(datagram))
        if fitting:
            transport.write(b"".join(fitting))

    def close(self) -> None:
        """Send what is written, then close."""
        if self.transport is not None:
            self.transport.close()

    def _give_up(self) -> None:
        self._deadline = None
        self._port.drop(StreamDrop.UNCHECKED)
        self.close()


class TcpPort:
    """The listening socket and its connections, at most `MAX_CONNECTIONS`."""

    def __init__(
        self,
        listening: socket.socket,
        user: StreamUser,
        outbox: Callable[[], list[tuple[Address, bytes]]],
    ) -> None:
        """`outbox` hands over what is to be sent since the last call."""
        self._listening = listening
        self.user = user
        self._outbox = outbox
        self._connections: dict[Address, StreamConnection] = {}
        self._per_host: Counter[str] = Counter()
        self._number = 0
        self._server: asyncio.Server | None = None
        self.drops: dict[str, int] = {reason.value: 0 for reason in StreamDrop}

    def __len__(self) -> int:
        return len(self._connections)

    async def start(self) -> None:
        """Accept from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: StreamConnection(self), sock=self._listening, backlog=_BACKLOG
        )

    async def stop(self) -> None:
        """Close the port and every connection."""
        self.flush()
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections.values()):
            connection.close()

    def drop(self, reason: StreamDrop, count: int = 1) -> None:
        """Count it."""
        self.drops[reason.value] += count

    # --- of connections -------------------------------------------------------------------------

    def admit(self, connection: StreamConnection) -> Address:
        """Give a new connection its address; number 0: it is refused, and closed at once."""
        host = connection.seen_at[0]
        if len(self._connections) >= MAX_CONNECTIONS or self._per_host[host] >= MAX_PER_HOST:
            self.drop(StreamDrop.REFUSED)
            if connection.transport is not None:
                connection.transport.abort()
            return (STREAM_HOST, 0)
        self._number += 1
        address = (STREAM_HOST, self._number)
        self._connections[address] = connection
        self._per_host[host] += 1
        return address

    def forget(self, connection: StreamConnection) -> None:
        """It is closed."""
        if self._connections.pop(connection.address, None) is None:
            return
        host = connection.seen_at[0]
        self._per_host[host] -= 1
        if not self._per_host[host]:
            del self._per_host[host]
        self.user.stream_closed(connection.address)

    # --- of the media process -------------------------------------------------------------------

    def keep(self, address: Address) -> None:
        """A peer's check came by this connection."""
        connection = self._connections.get(address)
        if connection is not None:
            connection.keep()

    def close(self, address: Address) -> None:
        """The peer uses it no longer; what was left for it goes out first."""
        self.flush()
        connection = self._connections.get(address)
        if connection is not None:
            connection.close()

    def flush(self) -> None:
        """Write what the fan-out left; one write for each connection."""
        waiting: dict[Address, list[bytes]] = {}
        for address, datagram in self._outbox():
            waiting.setdefault(address, []).append(datagram)
        for address, datagrams in waiting.items():
            connection = self._connections.get(address)
            if connection is None:
                self.drop(StreamDrop.CLOSED, len(datagrams))
            else:
                connection.send(datagrams)


def open_tcp_port(host: str, port: int) -> socket.socket:
    """Bind; port 0 takes a free one. Raises `PortTakenError`, or OSError for other causes."""
    is_v6 = ":" in host
    opened = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_STREAM)
    opened.setblocking(False)  # noqa: FBT003  takes no keyword
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_v6:
            only = not ipaddress.ip_address(host).is_unspecified
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(only))
        opened.bind((host, port))
        opened.listen(_BACKLOG)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"TCP port {port} of {host} is taken") from error
        raise
    return opened
