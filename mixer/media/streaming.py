"""Between TCP connections and the rest of the media process."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable

import structlog

from mixer.forward.interface import Address, Batch, Fanout
from mixer.media.connections import Connections
from mixer.media.holdings import Holdings
from mixer.media.tcp import TcpPort

_log = structlog.get_logger(__name__)


class StreamInput:
    """Implements `StreamUser`. Without a port it does nothing."""

    def __init__(
        self,
        fanout: Fanout,
        connections: Connections,
        holdings: Holdings,
        moved: Callable[[Batch, int], None],
    ) -> None:
        """`moved` takes what the fan-out left."""
        self._fanout = fanout
        self._connections = connections
        self._holdings = holdings
        self._moved = moved
        self._port: TcpPort | None = None
        self._flushing = False

    async def start(self, listening: socket.socket | None) -> None:
        """Accept connections."""
        if listening is not None:
            self._port = TcpPort(listening, self, self._fanout.take_streamed)
            self._connections.addresses.streams = self._port
            await self._port.start()

    async def stop(self) -> None:
        """Close them all."""
        if self._port is not None:
            await self._port.stop()

    @property
    def drops(self) -> dict[str, int]:
        """By reason."""
        return self._port.drops if self._port is not None else {}

    @property
    def count(self) -> int:
        """Connections that are open."""
        return len(self._port) if self._port is not None else 0

    def flush_soon(self) -> None:
        """Write what the fan-out left once the loop has done what is ready."""
        if self._port is not None and len(self._port) and not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._port is not None:
            self._port.flush()

    # --- of the port ----------------------------------------------------------------------------

    def stream_datagram(self, datagram: bytes, address: Address, seen_at: Address) -> None:
        """See `StreamUser`."""
        now_ns = time.monotonic_ns()
        batch = self._fanout.receive(datagram, address, now_ns)
        for control, source in batch.control:
            self._connections.receive(control, source, now_ns, seen_at)
        self._moved(batch, now_ns)

    def stream_closed(self, address: Address) -> None:
        """See `StreamUser`."""
        self._connections.lose_address(address)

    def stream_stalled(self, address: Address, *, stalled: bool) -> None:
        """See `StreamUser`."""
        connection = self._connections.addresses.owner(address)
        if connection is not None:
            _log.info("stream.stalled", peer=connection.peer, stalled=stalled)
            self._holdings.stall(connection.peer, stalled=stalled)
