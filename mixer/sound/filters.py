"""Recursive filters, decimation and the peaks between samples, as matrix products.

A Python loop over samples would be too slow, so a filter works on blocks: what a
block gives is a fixed matrix times its samples plus a fixed matrix times the state
in which it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples

_BLOCK: Final = 120
_BLOCKS: Final = TICK_SAMPLES // _BLOCK

OVERSAMPLING: Final = 4
_TAPS: Final = 16
"""Per phase of the interpolation."""
_BEFORE: Final = _TAPS // 2 - 1
_AFTER: Final = _TAPS // 2
INTERPOLATED: Final = 40
"""Positions per matrix row; `true_peaks` works on multiples of it."""

DECIMATION: Final = 6
"""48 kHz to 8 kHz."""
_DECIMATOR_TAPS: Final = 72


class Biquad(NamedTuple):
    """A second-order section; ``a0`` is 1."""

    b0: float
    b1: float
    b2: float
    a1: float
    a2: float


def highpass(corner_hz: float) -> Biquad:
    """Butterworth, 12 dB an octave (bilinear transform)."""
    turn = np.tan(np.pi * corner_hz / SAMPLE_RATE)
    scale = 1 / (1 + np.sqrt(2) * turn + turn**2)
    return Biquad(
        float(scale),
        float(-2 * scale),
        float(scale),
        float(2 * (turn**2 - 1) * scale),
        float((1 - np.sqrt(2) * turn + turn**2) * scale),
    )


class BlockFilter:
    """A cascade of biquads over ``channels`` rows, a tick (960 samples) at a time."""

    def __init__(self, sections: Sequence[Biquad], channels: int) -> None:
        step, entry, taps, through = _state_space(sections)
        order = len(step)
        powers = [np.eye(order)]
        for _ in range(_BLOCK):
            powers.append(step @ powers[-1])
        response = np.array([through, *(taps @ power @ entry for power in powers[: _BLOCK - 1])])
        rows, columns = np.indices((_BLOCK, _BLOCK))
        lag = rows - columns
        self._direct = np.where(lag >= 0, response[np.maximum(lag, 0)], 0).astype(np.float32)
        self._from_state = np.array([taps @ power for power in powers[:_BLOCK]])
        self._into_state = np.stack([powers[_BLOCK - 1 - n] @ entry for n in range(_BLOCK)], axis=1)
        self._advance = powers[_BLOCK]
        self._state = np.zeros((order, channels))

    def process(self, rows: Samples) -> Samples:
        """Filter ``rows`` (channels, 960); same shape."""
        channels = len(rows)
        blocks = rows.reshape(channels * _BLOCKS, _BLOCK).T
        filtered = self._direct @ blocks
        pushed = (self._into_state @ blocks).reshape(-1, channels, _BLOCKS)
        states = np.empty((len(self._state), channels, _BLOCKS))
        for number in range(_BLOCKS):
            states[:, :, number] = self._state
            self._state = self._advance @ self._state + pushed[:, :, number]
        # Below this a state is inaudible, and arithmetic on its denormal remains is slow.
        self._state[np.abs(self._state) < 1e-20] = 0
        filtered += self._from_state @ states.reshape(len(states), -1)
        done: Samples = filtered.T.reshape(channels, TICK_SAMPLES).astype(np.float32)
        return done


def _state_space(
    sections: Sequence[Biquad],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """The cascade as ``s' = A s + B x``, ``y = C s + d x``."""
    step, entry, taps, through = np.zeros((0, 0)), np.zeros(0), np.zeros(0), 1.0
    for one in sections:
        # Transposed direct form II.
        own_step = np.array([[-one.a1, 1.0], [-one.a2, 0.0]])
        own_entry = np.array([one.b1 - one.a1 * one.b0, one.b2 - one.a2 * one.b0])
        size = len(step)
        joined = np.zeros((size + 2, size + 2))
        joined[:size, :size] = step
        joined[size:, :size] = np.outer(own_entry, taps)
        joined[size:, size:] = own_step
        step = joined
        entry = np.concatenate((entry, own_entry * through))
        taps = np.concatenate((one.b0 * taps, [1.0, 0.0]))
        through *= one.b0
    return step, entry, taps, through


def _interpolation() -> Samples:
    """(taps around 40 positions, 120): the three points behind each position."""
    matrix = np.zeros((INTERPOLATED + _TAPS - 1, INTERPOLATED * (OVERSAMPLING - 1)))
    offsets = np.arange(-_BEFORE, _AFTER + 1)
    for phase in range(1, OVERSAMPLING):
        away = offsets - phase / OVERSAMPLING
        window = np.i0(5.0 * np.sqrt(np.clip(1 - (away / (_TAPS / 2)) ** 2, 0, 1))) / np.i0(5.0)
        taps = np.sinc(away) * window
        taps /= taps.sum()
        for place in range(INTERPOLATED):
            matrix[place : place + _TAPS, place * (OVERSAMPLING - 1) + phase - 1] = taps
    return matrix.astype(np.float32)


_INTERPOLATION: Final = _interpolation()
HISTORY: Final = _BEFORE
"""Samples that `true_peaks` needs before the first position."""
FUTURE: Final = _AFTER
"""Samples that it needs behind the last."""


def true_peaks(samples: Samples) -> Samples:
    """Peaks at and between samples, per 40 positions.

    ``samples`` is (rows, 7 + 40 n + 8); returns (rows, n). 4 times oversampled
    (ITU-R BS.1770-5 annex 2).
    """
    rows = len(samples)
    count = (samples.shape[1] - HISTORY - FUTURE) // INTERPOLATED
    width = len(_INTERPOLATION)
    row_bytes, sample_bytes = samples.strides
    windows = np.lib.stride_tricks.as_strided(
        samples, (rows, count, width), (row_bytes, INTERPOLATED * sample_bytes, sample_bytes)
    )
    between = windows.reshape(rows * count, width) @ _INTERPOLATION
    # The largest and smallest of both, rather than absolute values of all, halves the work.
    at = samples[:, HISTORY : HISTORY + count * INTERPOLATED].reshape(rows * count, INTERPOLATED)
    highest = np.maximum(between.max(axis=1), at.max(axis=1))
    lowest = np.minimum(between.min(axis=1), at.min(axis=1))
    peaks: Samples = np.maximum(highest, -lowest).reshape(rows, count)
    return peaks


def _decimation() -> Samples:
    """(inputs of 16 outputs, 16): low-pass at 3.4 kHz, then every sixth sample."""
    away = np.arange(_DECIMATOR_TAPS) - (_DECIMATOR_TAPS - 1) / 2
    taps = np.sinc(away * 2 * 3400 / SAMPLE_RATE) * np.hamming(_DECIMATOR_TAPS)
    taps /= taps.sum()
    outputs = 16
    matrix = np.zeros((_DECIMATOR_TAPS + (outputs - 1) * DECIMATION, outputs))
    for place in range(outputs):
        matrix[place * DECIMATION : place * DECIMATION + _DECIMATOR_TAPS, place] = taps
    return matrix.astype(np.float32)


_DECIMATION: Final = _decimation()
DECIMATED: Final = TICK_SAMPLES // DECIMATION
DECIMATOR_HISTORY: Final = _DECIMATOR_TAPS - DECIMATION


def decimate(samples: Samples) -> Samples:
    """8 kHz of 48: ``samples`` (rows, 66 + 96 n) gives (rows, 16 n)."""
    rows, width = len(samples), len(_DECIMATION)
    row_bytes, sample_bytes = samples.strides
    outputs = _DECIMATION.shape[1]
    count = (samples.shape[1] - DECIMATOR_HISTORY) // (outputs * DECIMATION)
    windows = np.lib.stride_tricks.as_strided(
        samples,
        (rows, count, width),
        (row_bytes, outputs * DECIMATION * sample_bytes, sample_bytes),
    )
    made: Samples = (windows.reshape(rows * count, width) @ _DECIMATION).reshape(rows, -1)
    return made
