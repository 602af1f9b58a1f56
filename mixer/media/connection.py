"""One peer connection: ICE agent, DTLS endpoint and what was negotiated."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mixer.transport.dtls import DtlsEndpoint
from mixer.transport.ice import Credentials, IceAgent
from mixer.transport.identity import Fingerprint
from mixer.transport.offer import SentLines
from mixer.wire.ids import PeerId

_MAX_EARLY_DTLS: Final = 16
_HANDSHAKE: Final = 22
_CLIENT_HELLO: Final = 1


class ConnectionState(StrEnum):
    """As `PeerState` tells it."""

    NEW = "new"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    CLOSED = "closed"


TRANSITIONS: Final[dict[ConnectionState, frozenset[ConnectionState]]] = {
    ConnectionState.NEW: frozenset({ConnectionState.CONNECTING, ConnectionState.CLOSED}),
    ConnectionState.CONNECTING: frozenset({ConnectionState.CONNECTED, ConnectionState.CLOSED}),
    ConnectionState.CONNECTED: frozenset(
        {ConnectionState.DISCONNECTED, ConnectionState.CONNECTING, ConnectionState.CLOSED}
    ),
    ConnectionState.DISCONNECTED: frozenset(
        {ConnectionState.CONNECTED, ConnectionState.CONNECTING, ConnectionState.CLOSED}
    ),
    # A closed connection may be negotiated anew, with new keys.
    ConnectionState.CLOSED: frozenset({ConnectionState.CONNECTING}),
}


class Direction(StrEnum):
    """Seen from the server."""

    RECEIVE = "receive"
    SEND = "send"


@dataclass(slots=True, eq=False)
class Connection:
    """State of one peer connection; `Connections` moves it."""

    peer: PeerId
    direction: Direction
    agent: IceAgent
    cname: str = field(default_factory=lambda: secrets.token_hex(8))
    state: ConnectionState = ConnectionState.NEW
    dtls: DtlsEndpoint | None = None
    early_dtls: deque[bytes] = field(default_factory=lambda: deque(maxlen=_MAX_EARLY_DTLS))
    """Datagrams of a handshake whose description has not come yet; the oldest leave first."""
    fingerprints: tuple[Fingerprint, ...] = ()
    remote: Credentials | None = None
    mids: tuple[str, ...] = ()
    """Accepted m-lines of an offer that we answered."""
    negotiated_ns: int = 0
    session_id: int = field(default_factory=lambda: secrets.randbits(53))
    version: int = 0
    sent: SentLines = field(default_factory=SentLines)

    def next_version(self) -> int:
        """The version of our next description (RFC 8866 section 5.2)."""
        self.version += 1
        return self.version


def begins_handshake(datagram: bytes) -> bool:
    """Whether a DTLS datagram is the first of a new association (an unencrypted ClientHello)."""
    return (
        len(datagram) > 13
        and datagram[0] == _HANDSHAKE
        and datagram[3:5] == b"\0\0"
        and datagram[13] == _CLIENT_HELLO
    )
