"""Datagrams on a TCP connection: 16 bits of length, then the datagram (RFC 4571, RFC 6544)."""

from __future__ import annotations

from typing import Final

MAX_FRAME_BYTES: Final = 2048
"""No peer of ours sends more in a datagram: DTLS and RTP keep below the path's MTU."""
_LENGTH_BYTES: Final = 2


class FramingError(Exception):
    """The stream cannot be followed any more; the connection has to be closed."""


def frame(datagram: bytes) -> bytes:
    """Return the datagram as it goes into the stream."""
    return len(datagram).to_bytes(_LENGTH_BYTES, "big") + datagram


class Deframer:
    """Cuts a stream into datagrams. Holds at most one that is not whole yet."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> list[bytes]:
        """Return the datagrams that are whole now; those of no length are left out.

        Raises `FramingError` when one says that it is longer than `MAX_FRAME_BYTES`.
        """
        stream = self._rest + received if self._rest else received
        found: list[bytes] = []
        start = 0
        while len(stream) - start >= _LENGTH_BYTES:
            length = stream[start] << 8 | stream[start + 1]
            if length > MAX_FRAME_BYTES:
                raise FramingError(f"a datagram of {length} bytes")
            end = start + _LENGTH_BYTES + length
            if end > len(stream):
                break
            if length:
                found.append(stream[start + _LENGTH_BYTES : end])
            start = end
        self._rest = stream[start:]
        return found
