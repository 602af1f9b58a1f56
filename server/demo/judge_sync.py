"""Lip-sync in the recorded programme: flashes seen and beeps heard of one hall."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from server.simulate.marks import BEEP_HZ, BEEP_S

from .verdict import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

WHITE_LUMA = 160.0
BLACK_LUMA = 85.0
FILTER_S = 0.015
"""A Hann window of this length is deaf to tones 130 Hz away and more."""
LOUD_DB = -24.0
"""A beep is at least this loud in the programme."""
PAIR_S = 0.35
MEDIAN_MS = 20.0
EARLY_MS = -40.0
LATE_MS = 60.0
"""EBU R37: sound at most 40 ms early and 60 ms late."""
ENOUGH = 10
PER_FLASH_S = 2.5
FIRST_S = 5.0
"""Half a minute with the hall in view asks for `ENOUGH` flashes at least, less time for less: there
is one each 2.3 s, and at the ends of what is looked at some are lost.
"""


def flash_times(frames: Sequence[tuple[float, float]]) -> list[float]:
    """Times at which the patch turned white; ``frames``: (time in s, mean luma) in order."""
    found = []
    was_black = False
    for at_s, luma in frames:
        if luma >= WHITE_LUMA:
            if was_black:
                found.append(at_s)
            was_black = False
        elif luma <= BLACK_LUMA:
            was_black = True
    return found


def beep_times(samples: Samples, rate: int, start_s: float) -> list[float]:
    """When beeps begin: mono sound whose first sample stands at ``start_s``.

    The envelope at the beep's frequency, through a symmetric filter, crosses half its
    height at the beginning of the beep.
    """
    size = round(FILTER_S * rate) | 1
    if len(samples) < size:
        return []
    time_s = np.arange(len(samples)) / rate
    shifted = samples * np.exp(-2j * np.pi * BEEP_HZ * time_s)
    window = np.hanning(size + 2)[1:-1]
    padded = len(samples) + size - 1
    length = 1 << (padded - 1).bit_length()
    product = np.fft.fft(shifted, length) * np.fft.fft(window / window.sum(), length)
    whole = np.fft.ifft(product)[:padded]
    envelope = 2 * np.abs(whole[size // 2 : size // 2 + len(samples)])
    return [start_s + at / rate for at in _onsets(envelope, rate)]


def _onsets(envelope: NDArray[np.float64], rate: int) -> list[float]:
    loud = envelope >= 10 ** (LOUD_DB / 20)
    rises = np.flatnonzero(~loud[:-1] & loud[1:]) + 1
    found: list[float] = []
    reach = round(BEEP_S * rate)
    for rise in rises:
        if found and rise - found[-1] < 2 * reach:
            continue
        if rise + reach > len(envelope):
            break  # cut off by the end
        before = max(0, int(rise) - reach // 2)
        peak = float(np.median(envelope[rise + reach // 4 : rise + 3 * reach // 4]))
        above = np.flatnonzero(envelope[before : rise + reach] >= peak / 2)
        if len(above):
            found.append(before + float(above[0]))
    return found


class Sync(NamedTuple):
    """``offsets_ms``: per flash, positive when the sound is late; ``alone``: no beep near."""

    offsets_ms: tuple[float, ...]
    alone: int


def pair(flashes: Sequence[float], beeps: Sequence[float]) -> Sync:
    """Each flash with the beep nearest to it."""
    offsets: list[float] = []
    alone = 0
    for flash in flashes:
        nearest = min(beeps, key=lambda beep: abs(beep - flash), default=None)
        if nearest is None or abs(nearest - flash) > PAIR_S:
            alone += 1
        else:
            offsets.append((nearest - flash) * 1000)
    return Sync(tuple(offsets), alone)


def judge_sync(sync: Sync, seen_s: float, late_share: float = 0.0) -> list[Row]:
    """Enough flashes, the median, the extremes. ``seen_s``: how long the hall was in view.

    ``late_share``: of the programme's frames that repeat the one before because the
    machine was too slow; so many flashes may be seen late, twice as many for bad luck.
    """
    enough = min(ENOUGH, max(1, int((seen_s - FIRST_S) / PER_FLASH_S)))
    offsets = sync.offsets_ms
    count = Row(
        name="lip-sync, flashes",
        value=f"{len(offsets)} with their beep, {sync.alone} without",
        limit=f"at least {enough}, none without",
        ok=len(offsets) >= enough and sync.alone == 0,
        details={"offsets_ms": [round(offset, 1) for offset in offsets]},
    )
    if not offsets:
        return [count]
    middle = median(offsets)
    excused = math.ceil(2 * late_share * len(offsets)) if late_share > 0 else 0
    outside = sum(not EARLY_MS <= offset <= LATE_MS for offset in offsets)
    return [
        count,
        Row(
            name="lip-sync, median",
            value=f"{middle:+.1f} ms",
            limit=f"within {MEDIAN_MS:.0f} ms",
            ok=abs(middle) <= MEDIAN_MS,
        ),
        Row(
            name="lip-sync, extremes",
            value=f"{min(offsets):+.1f} to {max(offsets):+.1f} ms",
            limit=f"{EARLY_MS:+.0f} (sound early) to {LATE_MS:+.0f} ms (late)"
            + (f", {excused} excused by late frames" if excused else ""),
            ok=outside <= excused,
        ),
    ]
