"""Audio levels that publishers tell with their packets (RFC 6464)."""

from __future__ import annotations

from mixer.forward.readings import AudioLevel


class LevelMeter:
    """Gathers what one in-stream told until it is read."""

    __slots__ = ("_loudest", "_packets", "_sum", "_voiced")

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._packets = self._sum = self._voiced = 0
        self._loudest = 127

    def add(self, told: int) -> None:
        """Take the byte of one packet: voice flag, then -dBov."""
        level = told & 0x7F
        self._packets += 1
        self._sum += level
        self._voiced += told >> 7
        self._loudest = min(self._loudest, level)

    def read(self, stream: int) -> AudioLevel | None:
        """Return what was told since the last reading, None for nothing; begins anew."""
        if not self._packets:
            return None
        mean = self._sum / self._packets
        told = AudioLevel(stream, self._packets, mean, self._loudest, self._voiced)
        self._clear()
        return told
