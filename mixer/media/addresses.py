"""Where peers are: which connection an address belongs to, and where a peer is sent to."""

from __future__ import annotations

from typing import Protocol

from mixer.forward.interface import Address, Fanout, is_streamed
from mixer.media.connection import Connection
from mixer.transport.ice import Check


class Streams(Protocol):
    """The TCP connections, as far as addresses matter."""

    def keep(self, address: Address) -> None:
        """A peer's check came by this connection."""

    def close(self, address: Address) -> None:
        """Nobody uses it any more."""


class NoStreams:
    """`Streams` where there is no TCP port."""

    def keep(self, address: Address) -> None:
        """There is none."""

    def close(self, address: Address) -> None:
        """There is none."""


class AddressBook:
    """Authenticated addresses of all connections; tells the fan-out and closes streams."""

    def __init__(self, fanout: Fanout) -> None:
        self._fanout = fanout
        self._owners: dict[Address, Connection] = {}
        self.streams: Streams = NoStreams()

    def owner(self, address: Address) -> Connection | None:
        """Whose it is."""
        return self._owners.get(address)

    def take(self, connection: Connection, address: Address, check: Check) -> None:
        """A good check came from an address that is new, or that the peer moved to."""
        before = self._owners.get(address)
        if before is not None and before is not connection:
            before.agent.leave(address)
        self._owners[address] = connection
        self._fanout.set_address(connection.peer, address, send_to=check.moved)
        if is_streamed(address):
            self.streams.keep(address)
        if check.evicted is not None:
            self._forget(connection, check.evicted)

    def lose(self, address: Address) -> Connection | None:
        """A TCP connection is gone. The peer is sent to where it was heard from last instead."""
        connection = self._owners.get(address)
        if connection is None:
            return None
        connection.agent.leave(address)
        self._forget(connection, address)
        self.send_to_current(connection)
        return connection

    def send_to_current(self, connection: Connection) -> None:
        """The agent chose another of its addresses."""
        if connection.agent.address is not None:
            self._fanout.set_address(connection.peer, connection.agent.address, send_to=True)

    def forget_all(self, connection: Connection) -> None:
        """Nothing of where the peer was counts any more."""
        for address in tuple(connection.agent.addresses):
            connection.agent.leave(address)
            self._forget(connection, address)

    def close_streams(self, connection: Connection) -> None:
        """The connection is over; its TCP connections end, a datagram costs nobody anything."""
        for address in tuple(connection.agent.addresses):
            self._close(address)

    def forget_removed(self, connection: Connection) -> None:
        """The fan-out has forgotten the peer already."""
        for address in connection.agent.addresses:
            if self._owners.get(address) is connection:
                del self._owners[address]
                self._close(address)

    def _forget(self, connection: Connection, address: Address) -> None:
        self._owners.pop(address, None)
        self._fanout.forget_address(connection.peer, address)
        self._close(address)

    def _close(self, address: Address) -> None:
        if is_streamed(address):
            self.streams.close(address)
