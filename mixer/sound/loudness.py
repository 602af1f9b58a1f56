"""Loudness of the programme by EBU R128 (ITU-R BS.1770-5), and its way to a target."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np

from mixer.sound.codec import TICK_SAMPLES, Samples
from mixer.sound.filters import FUTURE, HISTORY, Biquad, BlockFilter, true_peaks
from mixer.sound.strip import SILENCE_DB, decibels

# BS.1770-5 tables 1 and 2, at 48 kHz: the head's shelf, then the high-pass of RLB.
_SHELF: Final = Biquad(
    1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585
)
_RLB: Final = Biquad(1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)

STEP_TICKS: Final = 5
"""100 ms: the measure's step."""
MOMENTARY_STEPS: Final = 4
SHORT_STEPS: Final = 30
_OFFSET: Final = -0.691
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0
_BIN: Final = 0.01
_LOUDEST: Final = 10.0
_BINS: Final = round((_LOUDEST - _ABSOLUTE_GATE) / _BIN)

MOST_GAIN_DB: Final = 12.0
DB_PER_S: Final = 1.0
"""Fastest that loudness is brought anywhere."""
_HASTE: Final = 0.3
"""Part of what is missing that one second makes up for."""
_TOLERANCE_DB: Final = 0.3
_FREEZE_LUFS: Final = -50.0
"""Softer than this is a pause and no reason to turn anything up."""
_REMEMBERED: Final = 100
"""Blocks with sound that say how loud the programme is: 10 s of it, pauses left out."""
_ENOUGH: Final = 10
_TICKS_PER_S: Final = 50


class Loudness(NamedTuple):
    """Where the programme stands; -120 is silence."""

    momentary_lufs: float
    short_lufs: float
    integrated_lufs: float
    true_peak_db: float


class LoudnessMeter:
    """Measures a stereo bus, a tick at a time.

    Memory does not grow: gated blocks are kept as a histogram of 0.01 LU.
    """

    def __init__(self) -> None:
        self._weighting = BlockFilter([_SHELF, _RLB], 2)
        self._steps: deque[float] = deque(maxlen=SHORT_STEPS)
        self._energy = 0.0
        self._ticks = 0
        self._counts = np.zeros(_BINS)
        self._energies = np.zeros(_BINS)
        self._past = np.zeros((2, HISTORY + FUTURE), np.float32)
        self._peak = 0.0
        self.measured = 0
        """Steps of 100 ms so far."""

    def begin(self) -> None:
        """Integrated loudness begins anew."""
        self._counts[:] = 0
        self._energies[:] = 0

    def process(self, programme: Samples) -> bool:
        """Take a tick (960, 2). True when a step of 100 ms is complete."""
        rows = np.ascontiguousarray(programme.T)
        weighted = self._weighting.process(rows)
        flat = weighted.reshape(-1)
        self._energy += float(np.dot(flat, flat))
        together = np.concatenate((self._past, rows), axis=1)
        self._past = together[:, -(HISTORY + FUTURE) :].copy()
        self._peak = max(self._peak, float(true_peaks(together).max()))
        self._ticks += 1
        if self._ticks < STEP_TICKS:
            return False
        self._steps.append(self._energy / (STEP_TICKS * TICK_SAMPLES))
        self._energy, self._ticks = 0.0, 0
        self.measured += 1
        if len(self._steps) >= MOMENTARY_STEPS:
            self._gate(self._mean(MOMENTARY_STEPS))
        return True

    def read(self) -> Loudness:
        """Where it stands now; the true peak is the highest since last asked."""
        peak, self._peak = self._peak, 0.0
        return Loudness(
            lufs(self._mean(MOMENTARY_STEPS)),
            lufs(self._mean(SHORT_STEPS)),
            self._integrated(),
            decibels(peak),
        )

    @property
    def momentary_energy(self) -> float:
        """Weighted mean square of the last 400 ms."""
        return self._mean(MOMENTARY_STEPS)

    def _mean(self, steps: int) -> float:
        """Mean energy of the last ``steps``; what was before the beginning is silence."""
        return sum(list(self._steps)[-steps:]) / steps

    def _gate(self, energy: float) -> None:
        """A block of 400 ms, each 100 ms (BS.1770-5 annex 1, equation 2)."""
        level = lufs(energy)
        if level > _ABSOLUTE_GATE:
            place = min(int((level - _ABSOLUTE_GATE) / _BIN), _BINS - 1)
            self._counts[place] += 1
            self._energies[place] += energy

    def _integrated(self) -> float:
        count = self._counts.sum()
        if not count:
            return SILENCE_DB
        threshold = lufs(float(self._energies.sum() / count)) + _RELATIVE_GATE
        first = max(int((threshold - _ABSOLUTE_GATE) / _BIN) + 1, 0)
        kept = self._counts[first:].sum()
        return lufs(float(self._energies[first:].sum() / kept)) if kept else SILENCE_DB


def lufs(energy: float) -> float:
    """Loudness of a weighted mean square, both channels summed."""
    return max(_OFFSET + 10 * float(np.log10(max(energy, 1e-12))), SILENCE_DB)


class LoudnessLeveller:
    """The gain that brings loudness slowly to a target; it rests in pauses.

    How loud the programme is without that gain is told by the last 10 s of sound in it, gated
    as integrated loudness is. So pauses between words do not count as softness, and what the
    gain does is not mistaken for the programme's own doing.
    """

    def __init__(self) -> None:
        self.gain_db = 0.0
        self._heard: deque[float] = deque(maxlen=_REMEMBERED)
        self._measured = 0
        self._loudness: float | None = None

    def step(self, meter: LoudnessMeter, target_lufs: float | None) -> float:
        """One tick; returns the gain to apply. Without a target it goes back to 1."""
        moving = self._listen(meter)
        if target_lufs is None:
            missing_db = -self.gain_db
        else:
            if not moving or self._loudness is None:
                return self._gain
            missing_db = target_lufs - self._loudness - self.gain_db
            if abs(missing_db) < _TOLERANCE_DB:
                return self._gain
        step_db = max(-DB_PER_S, min(DB_PER_S, missing_db * _HASTE)) / _TICKS_PER_S
        if abs(self.gain_db + step_db) < 1e-3 and target_lufs is None:
            self.gain_db = 0.0
        else:
            self.gain_db = max(-MOST_GAIN_DB, min(MOST_GAIN_DB, self.gain_db + step_db))
        return self._gain

    @property
    def _gain(self) -> float:
        return float(10 ** (self.gain_db / 20))

    def _listen(self, meter: LoudnessMeter) -> bool:
        """Whether there is sound now; remembers it as it is without the gain."""
        energy = meter.momentary_energy
        if lufs(energy) < _FREEZE_LUFS:
            return False
        if meter.measured != self._measured:
            self._measured = meter.measured
            self._heard.append(energy / 10 ** (self.gain_db / 10))
            gate = sum(self._heard) / len(self._heard) * 10 ** (_RELATIVE_GATE / 10)
            loud = [one for one in self._heard if one > gate]
            enough = len(self._heard) >= _ENOUGH
            self._loudness = lufs(sum(loud) / len(loud)) if enough else None
        return True
