"""Who is audible: takes at their moment, what a person forces, fades between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples, samples_to_ns
from mixer.sound.limiter import LOOKAHEAD_SAMPLES
from mixer.sound.strip import Voice
from mixer.wire.ids import NANOSECONDS, TICK_NS, GroupId
from mixer.wire.resources import OnAir

FADE_SAMPLES: Final = SAMPLE_RATE * 150 // 1000
FADE_STEP: Final = TICK_SAMPLES / FADE_SAMPLES
"""Part of a fade that one tick makes."""
DUCK_GAIN: Final = 10 ** (-12 / 20)
LOOKAHEAD_NS: Final = samples_to_ns(LOOKAHEAD_SAMPLES)
"""How much later the limiter makes everything; part of every source's delay."""
MAX_PENDING: Final = 8
"""Takes waiting for their moment; with one more the oldest takes effect at once."""
RAMP: Final = (np.arange(1, TICK_SAMPLES + 1) / TICK_SAMPLES).astype(np.float32)


class _Fader:
    """A group's way on or off the air: raised cosine over 150 ms, reversible midway."""

    def __init__(self) -> None:
        self.progress = 0.0
        self.open = False

    @property
    def resting(self) -> bool:
        """Whether the gain will not change."""
        return self.progress == (1.0 if self.open else 0.0)

    def gain(self, start: int) -> Samples:
        """The gains of a tick (960,) whose movement begins at sample ``start``."""
        steps = np.maximum(np.arange(1, TICK_SAMPLES + 1) - start, 0) / FADE_SAMPLES
        direction = 1 if self.open else -1
        progress = np.clip(self.progress + direction * steps, 0, 1)
        self.progress = float(progress[-1])
        return (0.5 - 0.5 * np.cos(np.pi * progress)).astype(np.float32)


class Slew:
    """A gain that moves to where it shall be in a straight line, 150 ms for all of 0 to 1."""

    def __init__(self, value: float) -> None:
        self.value = value

    def toward(self, target: float) -> Samples | float:
        """The gain of this tick: a number while it rests, else (960,)."""
        if self.value == target:
            return target
        before = self.value
        self.value += max(-FADE_STEP, min(FADE_STEP, target - before))
        gain: Samples = np.float32(before) + np.float32(self.value - before) * RAMP
        return gain


class Air:
    """Which groups are audible, and how loud, at every sample."""

    def __init__(self) -> None:
        self._faders: dict[GroupId, _Fader] = {}
        self._on_air: frozenset[GroupId] = frozenset()
        self._forced: dict[GroupId, bool] = {}
        self._ducked: frozenset[GroupId] = frozenset()
        self._trims: dict[GroupId, Slew] = {}
        self._pending: list[OnAir] = []

    def take(self, on_air: OnAir) -> None:
        """Hear these groups from ``at_ns`` on; until then what was heard before."""
        self._pending = [waiting for waiting in self._pending if waiting.at_ns < on_air.at_ns]
        self._pending.append(on_air)
        if len(self._pending) > MAX_PENDING:
            self._switch(self._pending.pop(0))

    def clear(self) -> None:
        """Nobody is on air, faded from the next tick on."""
        self._pending.clear()
        self._switch(OnAir(revision=0, groups=(), at_ns=0))

    def force(self, group: GroupId, audible: bool | None) -> None:  # noqa: FBT001
        """Whatever is on air: audible, not audible, or (None) as takes say, from now on."""
        if audible is None:
            self._forced.pop(group, None)
        else:
            self._forced[group] = audible
        self._settle()

    def duck(self, groups: frozenset[GroupId]) -> None:
        """These groups are 12 dB softer everywhere."""
        for group in groups - self._ducked:
            self._trims.setdefault(group, Slew(1.0))
        self._ducked = groups

    def audible(self, tick_ns: int, groups: Mapping[GroupId, Voice]) -> dict[GroupId, Voice]:
        """What is heard of ``groups`` in the tick at ``tick_ns``."""
        start = self._start_takes(tick_ns)
        for group in self._faders.keys() - groups.keys():
            # Nothing to fade: when the group comes back it rises with its first tick.
            self._faders[group].progress = 0.0
        heard: dict[GroupId, Voice] = {}
        for group, fader in self._faders.items():
            voice = groups.get(group)
            if voice is None or (fader.resting and not fader.open):
                continue
            heard[group] = voice if fader.resting else voice.times(fader.gain(start))
        for group, trim in list(self._trims.items()):
            gain = trim.toward(DUCK_GAIN if group in self._ducked else 1.0)
            if group in heard:
                heard[group] = heard[group].times(np.asarray(gain, np.float32))
            if trim.value == 1.0 and group not in self._ducked:
                del self._trims[group]
        return heard

    def _start_takes(self, tick_ns: int) -> int:
        """Begin what is due within this tick; returns the sample at which it begins."""
        start = 0
        first_ns = tick_ns + LOOKAHEAD_NS
        while self._pending and self._pending[0].at_ns < first_ns + TICK_NS:
            taken = self._pending.pop(0)
            late = max(taken.at_ns - first_ns, 0) * SAMPLE_RATE
            start = min(-(-late // NANOSECONDS), TICK_SAMPLES - 1)
            self._switch(taken)
        return start

    def _switch(self, taken: OnAir) -> None:
        self._on_air = frozenset(taken.groups)
        self._settle()

    def _settle(self) -> None:
        wanted = set(self._on_air)
        for group, audible in self._forced.items():
            (wanted.add if audible else wanted.discard)(group)
        for group in wanted - self._faders.keys():
            self._faders[group] = _Fader()
        for group, fader in list(self._faders.items()):
            fader.open = group in wanted
            if fader.resting and not fader.open:
                del self._faders[group]
