"""A peak limiter for many buses at once.

Works in pieces of 1.7 ms and looks one piece ahead: the gain at the border of two
pieces suits the louder one, and between borders it runs in a straight line. So no
peak exceeds the ceiling and the gain never steps. Peaks are those between samples
too (true peak), which are known only some samples later; hence pieces lie 40
samples off the output's grid.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from mixer.sound.codec import PIECE_SAMPLES, TICK_SAMPLES, Samples
from mixer.sound.filters import FUTURE, HISTORY, INTERPOLATED, true_peaks

LOOKAHEAD_SAMPLES: Final = PIECE_SAMPLES
CEILING: Final = 10 ** (-1.2 / 20)
"""-1.2 dBFS: meters with other interpolation read up to 0.1 dB more, and must say -1 dBTP."""
KNEE: Final = 10 ** (-4 / 20)
"""Below -4 dBFS nothing is touched; above, peaks approach the ceiling."""
RELEASE_S: Final = 0.2
_PIECE: Final = 80
_PIECES: Final = TICK_SAMPLES // _PIECE
_BEHIND: Final = LOOKAHEAD_SAMPLES - _PIECE
"""The newest samples of a tick, whose peaks are looked for with the next."""
_ROOM: Final = CEILING - KNEE
_RELEASE: Final = float(1 - np.exp(-_PIECE / 48_000 / RELEASE_S))
_FALLEN: Final = (1 - _RELEASE) ** np.arange(_PIECES + 1)
_NOTHING: Final = 1e-4
_OVERSHOOT: Final = 2.5
"""Peaks between samples are no higher than this times the samples around them."""
_RAMP: Final = (np.arange(1, _PIECE + 1) / _PIECE).astype(np.float32)


def peak_gain(peak: Samples) -> Samples:
    """The gain that brings each peak under the ceiling: 1 below the knee, then a soft curve."""
    over = np.maximum(peak - KNEE, 0)
    limited = KNEE + _ROOM * (1 - np.exp(-over / _ROOM))
    gain: Samples = np.where(over > 0, limited / np.maximum(peak, KNEE), 1).astype(np.float32)
    return gain


class LimiterBank:
    """One limiter per row; the output is 120 samples (2.5 ms) later than the input.

    The first ``linked`` rows are channels of one bus and share the smallest gain.
    """

    def __init__(self, rows: int, *, linked: int = 0) -> None:
        self._linked = linked
        self.true_peak = True
        """Whether peaks between samples count."""
        self._held = np.zeros((rows, LOOKAHEAD_SAMPLES), np.float32)
        self._held_gain = np.ones(rows, np.float32)
        self._gain = np.ones(rows, np.float32)

    @property
    def gains(self) -> Samples:
        """The gain of each row at the end of the last tick."""
        return self._gain

    def rearrange(self, origin: list[int]) -> None:
        """New rows, each going on from an old one; -1 begins in silence."""
        index = np.array(origin, np.intp)
        fresh = index < 0
        held, held_gain, gain = self._held[index], self._held_gain[index], self._gain[index]
        held[fresh], held_gain[fresh], gain[fresh] = 0, 1, 1
        self._held, self._held_gain, self._gain = held, held_gain, gain

    def process(self, buses: Samples) -> Samples:
        """Limit ``buses`` (rows, 960); returns the same shape, 120 samples later."""
        together = np.concatenate((self._held, buses), axis=1)
        output = together[:, :TICK_SAMPLES].copy()
        self._held = together[:, TICK_SAMPLES:].copy()
        peaks = self._peaks(together)
        if peaks.size == 0 or (peaks.max() <= KNEE and self._gain.min() == 1):
            # `_gain` is 1 only when the held piece asked for nothing either.
            self._held_gain.fill(1)
            return output
        if self._linked:
            peaks[: self._linked] = peaks[: self._linked].max(axis=0)
        self._apply(output.reshape(len(buses), _PIECES, _PIECE), peak_gain(peaks))
        return output

    def _peaks(self, together: Samples) -> Samples:
        """The peak of each piece (rows, 12) of ``together`` (rows, 1080)."""
        rows = len(together)
        first = LOOKAHEAD_SAMPLES - _BEHIND
        region = together[:, first : first + TICK_SAMPLES]
        peaks: Samples = np.abs(region).reshape(rows, _PIECES, _PIECE).max(axis=2)
        if not self.true_peak:
            return peaks
        loud = np.flatnonzero(peaks.max(axis=1, initial=0) > KNEE / _OVERSHOOT)
        if len(loud):
            around = together[loud, first - HISTORY : first + TICK_SAMPLES + FUTURE]
            found = true_peaks(np.ascontiguousarray(around))
            peaks[loud] = found.reshape(len(loud), _PIECES, _PIECE // INTERPOLATED).max(axis=2)
        return peaks

    def _apply(self, pieces: Samples, wanted: Samples) -> None:
        """Bring ``pieces`` (rows, 12, 80) down, given what the piece behind each wants."""
        # What is taken away falls by a fixed part from border to border until a piece asks for
        # more: in units that grow as fast as it falls, that is the highest so far.
        taken = np.empty((len(wanted), _PIECES + 1))
        taken[:, 0] = 1 - self._gain
        np.minimum(wanted[:, :-1], wanted[:, 1:], out=taken[:, 2:])
        np.minimum(self._held_gain, wanted[:, 0], out=taken[:, 1])
        np.subtract(1, taken[:, 1:], out=taken[:, 1:])
        taken = np.maximum.accumulate(taken / _FALLEN, axis=1) * _FALLEN
        # Close enough to 1 is 1, or the quick way out would never open again.
        taken[taken < _NOTHING] = 0
        borders = (1 - taken).astype(np.float32)
        steps = np.diff(borders, axis=1)
        pieces *= borders[:, :-1, None] + steps[:, :, None] * _RAMP
        self._gain, self._held_gain = borders[:, -1].copy(), wanted[:, -1].copy()
