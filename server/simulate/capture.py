"""Keeps the return a simulated site heard, as it arrived, so that it can be judged later.

File: msgpack arrays ``[arrival_ns, sequence, rtp_timestamp, opus]`` one behind another;
arrival on CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLUSH_BYTES = 64 * 1024
MAX_BYTES = 256 << 20
"""About four hours of one return; then nothing more is kept, and `full` says so."""


class CapturedPacket(NamedTuple):
    """One packet of the return."""

    arrival_ns: int
    sequence: int
    rtp_timestamp: int
    opus: bytes


class ReturnCapture:
    """Writes one file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._encoder = msgspec.msgpack.Encoder()
        self._buffer = bytearray()
        self._written = 0
        self.full = False

    def add(self, arrival_ns: int, sequence: int, rtp_timestamp: int, opus: bytes) -> None:
        """Keep one packet."""
        if self.full:
            return
        self._buffer += self._encoder.encode((arrival_ns, sequence, rtp_timestamp, opus))
        if len(self._buffer) >= FLUSH_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._file.write(self._buffer)
        self._written += len(self._buffer)
        self._buffer.clear()
        self.full = self._written >= MAX_BYTES

    def close(self) -> None:
        """Write the rest."""
        self._flush()
        self._file.close()


def read_capture(path: Path) -> Iterator[CapturedPacket]:
    """All packets of a file, as they arrived."""
    decoder = msgspec.msgpack.Decoder(tuple[int, int, int, bytes])
    rest = path.read_bytes()
    position = 0
    while position < len(rest):
        size = _array_size(rest, position)
        yield CapturedPacket(*decoder.decode(rest[position : position + size]))
        position += size


def _array_size(buffer: bytes, position: int) -> int:
    """Length of one msgpack array of three integers and a byte string."""
    end = position + 1
    for _ in range(3):
        end += 1 + {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}.get(buffer[end], 0)
    width = {0xC4: 1, 0xC5: 2, 0xC6: 4}[buffer[end]]
    size = int.from_bytes(buffer[end + 1 : end + 1 + width], "big")
    return end + 1 + width + size - position
