"""What a channel strip does to one source: high-pass, delay, gain, meters, pan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples, along
from mixer.sound.filters import BlockFilter, highpass
from mixer.wire.resources import SoundSource

SILENCE_DB: Final = -120.0
MAX_DELAY_MS: Final = 500
CLIPPED: Final = 0.995
"""A sample at full scale; Opus brings what was clipped back a little lower or higher."""
_HISTORY: Final = SAMPLE_RATE * MAX_DELAY_MS // 1000
_RAMP: Final = (np.arange(1, TICK_SAMPLES + 1) / TICK_SAMPLES).astype(np.float32)


def decibels(amplitude: float) -> float:
    """An amplitude in dBFS, at least `SILENCE_DB`."""
    return max(20 * float(np.log10(max(amplitude, 1e-9))), SILENCE_DB)


class Voice(NamedTuple):
    """One tick of a source, or of a group: what returns hear, and how the programme differs."""

    mono: Samples
    """``(960,)``, stereo mixed down."""
    sides: Samples | None = None
    """``(2, 960)``: left and right of the programme less ``mono``; None where both equal it."""

    def plus(self, other: Voice) -> Voice:
        """Both together."""
        if self.sides is None or other.sides is None:
            sides = self.sides if other.sides is None else other.sides
        else:
            sides = self.sides + other.sides
        return Voice(self.mono + other.mono, sides)

    def times(self, gain: Samples) -> Voice:
        """With a gain for each sample (960,)."""
        return Voice(self.mono * gain, None if self.sides is None else self.sides * gain)


class Meter(NamedTuple):
    """Levels since last asked, in dBFS."""

    peak_db: float
    rms_db: float
    clipped: bool


class Unmetered(NamedTuple):
    """A tick that is still to be measured."""

    block: Samples
    """Before its gain, (960,) or (960, 2)."""
    gain: float
    as_it_came: bool
    """Neither filtered nor delayed, so that it tells whether the source clipped."""


class ChannelStrip:
    """Turns what a jitter buffer gives into what is mixed. Changes fade over one tick."""

    def __init__(self) -> None:
        self._gain = 0.0
        self._gate = 0.0
        self._balance = (1.0, 1.0)
        self._highpass_hz = 0.0
        self._filter: BlockFilter | None = None
        self._delay = 0
        self._past: Samples | None = None
        self._peak = 0.0
        self._energy = 0.0
        self._ticks = 0
        self._clipped = False
        self.unmetered: Unmetered | None = None
        """The last tick, as long as nobody has measured it; see `meter_together`."""

    def process(
        self, block: Samples, resource: SoundSource, *, closed: bool
    ) -> tuple[Voice, Samples]:
        """``block`` is (960,) or (960, 2). Returns what is mixed, silent when ``closed`` or
        muted, and the open mono (960,) for talkback.
        """
        self._meter_alone()
        made = self._filtered(block, resource.highpass_hz)
        made = self._delayed(made, round(resource.delay_ms * SAMPLE_RATE / 1000))
        gain = 10 ** (resource.gain_db / 20) if resource.gain_db else 1.0
        as_it_came = made is block
        if not as_it_came:
            self._clipped |= _highest(block) >= CLIPPED
            block = made
        self.unmetered = Unmetered(block, gain, as_it_came)
        block = self._with_gain(block, gain)
        mono = block if block.ndim == 1 else block.mean(axis=1)
        voice = Voice(mono, self._sides(block, mono, resource.pan))
        gate = 0.0 if closed or resource.muted else 1.0
        if gate == self._gate:
            return (voice if gate else _SILENT), mono
        ramp = np.float32(self._gate) + np.float32(gate - self._gate) * _RAMP
        self._gate = gate
        return voice.times(ramp), mono

    def take_meter(self) -> Meter:
        """Levels since last asked: with gain and high-pass, muted or not."""
        self._meter_alone()
        mean = self._energy / max(self._ticks, 1)
        meter = Meter(decibels(self._peak), decibels(float(np.sqrt(mean))), self._clipped)
        self._peak, self._energy, self._ticks, self._clipped = 0.0, 0.0, 0, False
        return meter

    def _filtered(self, block: Samples, corner_hz: float) -> Samples:
        before = self._run_filter(block)
        if corner_hz == self._highpass_hz:
            return before
        self._highpass_hz = corner_hz
        # Two rows, whether the source is stereo yet or not.
        self._filter = BlockFilter([highpass(corner_hz)], 2) if corner_hz else None
        after = self._run_filter(block)
        return before + (after - before) * along(_RAMP, block)

    def _run_filter(self, block: Samples) -> Samples:
        if self._filter is None:
            return block
        rows = np.broadcast_to(block, (2, TICK_SAMPLES)) if block.ndim == 1 else block.T
        done = self._filter.process(np.ascontiguousarray(rows))
        return done[0] if block.ndim == 1 else done.T

    def _delayed(self, block: Samples, delay: int) -> Samples:
        if delay == 0 and self._delay == 0:
            self._past = None
            return block
        past = self._past
        if past is None:
            # There is no past yet to fade to; what begins here must begin softly.
            self._past = np.zeros((_HISTORY, *block.shape[1:]), np.float32)
            self._past[-TICK_SAMPLES:] = block * along(_RAMP, block)
            return block
        if past.ndim < block.ndim:
            past = np.repeat(past[:, None], 2, axis=1)
        together = np.concatenate((past, block))
        self._past = together[-_HISTORY:]
        start = _HISTORY - delay
        delayed = together[start : start + TICK_SAMPLES]
        if delay != self._delay:
            old = together[_HISTORY - self._delay :][:TICK_SAMPLES]
            delayed = old + (delayed - old) * along(_RAMP, old)
            self._delay = delay
        return delayed

    def _with_gain(self, block: Samples, wanted: float) -> Samples:
        if wanted == self._gain:
            return block if wanted == 1 else block * np.float32(wanted)
        ramp = np.float32(self._gain) + np.float32(wanted - self._gain) * _RAMP
        self._gain = wanted
        return block * along(ramp, block)

    def _meter_alone(self) -> None:
        if self.unmetered is not None:
            flat = self.unmetered.block.reshape(-1)
            self.measured(_highest(flat), float(np.dot(flat, flat)) / len(flat))

    def measured(self, highest: float, mean_square: float) -> None:
        """What the last tick was before its gain."""
        if self.unmetered is not None:
            _, gain, as_it_came = self.unmetered
            self._clipped |= as_it_came and highest >= CLIPPED
            self._peak = max(self._peak, highest * gain)
            self._energy += mean_square * gain * gain
            self._ticks += 1
            self.unmetered = None

    def _sides(self, block: Samples, mono: Samples, pan: float) -> Samples | None:
        # A balance: the far side goes down, the near one is never louder than in the middle.
        balance = (min(1.0, 1.0 - pan), min(1.0, 1.0 + pan))
        if block.ndim == 1 and balance == self._balance == (1.0, 1.0):
            return None
        sides = np.empty((2, TICK_SAMPLES), np.float32)
        for row in range(2):
            held, wanted = self._balance[row], balance[row]
            gain = np.float32(held) + np.float32(wanted - held) * _RAMP
            sides[row] = (mono if block.ndim == 1 else block[:, row]) * gain - mono
        self._balance = balance
        return sides


def meter_together(strips: Iterable[ChannelStrip]) -> None:
    """Measure the last tick of many strips at once, which costs a third of one by one."""
    waiting: list[ChannelStrip] = []
    blocks: list[Samples] = []
    for strip in strips:
        if strip.unmetered is not None and strip.unmetered.block.ndim == 1:
            waiting.append(strip)
            blocks.append(strip.unmetered.block)
    if not waiting:
        return
    rows = np.array(blocks)
    highest = np.maximum(rows.max(axis=1), -rows.min(axis=1)).tolist()
    mean_squares = (np.einsum("ij,ij->i", rows, rows) / TICK_SAMPLES).tolist()
    for strip, high, mean_square in zip(waiting, highest, mean_squares, strict=True):
        strip.measured(high, mean_square)


def _highest(block: Samples) -> float:
    return max(float(block.max()), -float(block.min()))


_SILENT: Final = Voice(np.zeros(TICK_SAMPLES, np.float32))
