"""A peak limiter for many buses at once.

Works in pieces of 2.5 ms and looks one piece ahead: the gain at the border of two
pieces suits the louder one, and between borders it runs in a straight line. So no
sample exceeds the ceiling and the gain never steps.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from mixer.sound.codec import PIECE_SAMPLES, TICK_SAMPLES, Samples

LOOKAHEAD_SAMPLES: Final = PIECE_SAMPLES
CEILING: Final = 10 ** (-1 / 20)
"""-1 dBFS, so that lossy coding behind it does not clip."""
KNEE: Final = 10 ** (-4 / 20)
"""Below -4 dBFS nothing is touched; above, peaks approach the ceiling."""
RELEASE_S: Final = 0.2
_PIECES: Final = TICK_SAMPLES // PIECE_SAMPLES
_ROOM: Final = CEILING - KNEE
_RELEASE: Final = float(1 - np.exp(-PIECE_SAMPLES / 48_000 / RELEASE_S))
_OPEN: Final = 0.9999
_RAMP: Final = (np.arange(1, PIECE_SAMPLES + 1) / PIECE_SAMPLES).astype(np.float32)


def peak_gain(peak: Samples) -> Samples:
    """The gain that brings each peak under the ceiling: 1 below the knee, then a soft curve."""
    over = np.maximum(peak - KNEE, 0)
    limited = KNEE + _ROOM * (1 - np.exp(-over / _ROOM))
    gain: Samples = np.where(over > 0, limited / np.maximum(peak, KNEE), 1).astype(np.float32)
    return gain


class LimiterBank:
    """One limiter per row; the output is 120 samples (2.5 ms) later than the input."""

    def __init__(self, rows: int) -> None:
        self._held = np.zeros((rows, LOOKAHEAD_SAMPLES), np.float32)
        self._held_gain = np.ones(rows, np.float32)
        self._gain = np.ones(rows, np.float32)

    def rearrange(self, origin: list[int]) -> None:
        """New rows, each going on from an old one; -1 begins in silence."""
        index = np.array(origin, np.intp)
        fresh = index < 0
        held, held_gain, gain = self._held[index], self._held_gain[index], self._gain[index]
        held[fresh], held_gain[fresh], gain[fresh] = 0, 1, 1
        self._held, self._held_gain, self._gain = held, held_gain, gain

    def process(self, buses: Samples) -> Samples:
        """Limit ``buses`` (rows, 960); returns the same shape, 120 samples later."""
        rows = len(buses)
        output = np.concatenate((self._held, buses[:, :-LOOKAHEAD_SAMPLES]), axis=1)
        self._held = buses[:, -LOOKAHEAD_SAMPLES:].copy()
        peaks = np.abs(buses).reshape(rows, _PIECES, PIECE_SAMPLES).max(axis=2)
        if peaks.size == 0 or (peaks.max() <= KNEE and self._gain.min() == 1):
            # `_gain` is 1 only when the held piece asked for nothing either.
            self._held_gain.fill(1)
            return output
        self._apply(output.reshape(rows, _PIECES, PIECE_SAMPLES), peak_gain(peaks))
        return output

    def _apply(self, pieces: Samples, wanted: Samples) -> None:
        """Bring ``pieces`` (rows, 8, 120) down, given what the piece behind each wants."""
        borders = np.empty((len(wanted), _PIECES + 1), np.float32)
        borders[:, 0] = self._gain
        louder = np.minimum(np.concatenate((self._held_gain[:, None], wanted[:, :-1]), 1), wanted)
        for number in range(_PIECES):
            before = borders[:, number]
            relaxed = before + (1 - before) * _RELEASE
            # Close enough to 1 is 1, or the quick way out would never open again.
            relaxed[relaxed > _OPEN] = 1
            np.minimum(louder[:, number], relaxed, out=borders[:, number + 1])
        steps = np.diff(borders, axis=1)
        pieces *= borders[:, :-1, None] + steps[:, :, None] * _RAMP
        self._gain, self._held_gain = borders[:, -1].copy(), wanted[:, -1].copy()
