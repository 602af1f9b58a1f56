"""Mix-minus: who is heard, by whom, and how loud.

A group on air is heard by every other group and in the programme; a group not on
air is heard by nobody and hears all that are. One group never hears itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples, samples_to_ns
from mixer.sound.limiter import LOOKAHEAD_SAMPLES, LimiterBank
from mixer.wire.ids import NANOSECONDS, TICK_NS, GroupId
from mixer.wire.resources import OnAir

FADE_SAMPLES: Final = SAMPLE_RATE * 150 // 1000
LOOKAHEAD_NS: Final = samples_to_ns(LOOKAHEAD_SAMPLES)
"""How much later the limiter makes everything; part of every source's delay."""
MAX_PENDING: Final = 8
"""Takes waiting for their moment; with one more the oldest takes effect at once."""


class Mix(NamedTuple):
    """One tick of all buses, limited."""

    programme: Samples
    """Stereo ``(960, 2)``."""
    returns: dict[GroupId, Samples]
    """Mono ``(960,)`` per listening group."""


class _Fader:
    """A group's way on or off the air: raised cosine over 150 ms, reversible midway."""

    def __init__(self) -> None:
        self.progress = 0.0
        self.on_air = False

    @property
    def resting(self) -> bool:
        """Whether the gain will not change."""
        return self.progress == (1.0 if self.on_air else 0.0)

    def gain(self, start: int) -> Samples:
        """The gains of a tick (960,) whose movement begins at sample ``start``."""
        steps = np.maximum(np.arange(1, TICK_SAMPLES + 1) - start, 0) / FADE_SAMPLES
        direction = 1 if self.on_air else -1
        progress = np.clip(self.progress + direction * steps, 0, 1)
        self.progress = float(progress[-1])
        return (0.5 - 0.5 * np.cos(np.pi * progress)).astype(np.float32)


class Mixer:
    """All buses of one event. Decides without IO; time is an argument."""

    def __init__(self) -> None:
        self._faders: dict[GroupId, _Fader] = {}
        self._on_air: frozenset[GroupId] = frozenset()
        self._pending: list[OnAir] = []
        self._limiters = LimiterBank(1)
        self._listeners: tuple[GroupId, ...] = ()

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

    def mix(
        self,
        tick_ns: int,
        groups: Mapping[GroupId, Samples],
        listeners: Sequence[GroupId],
    ) -> Mix:
        """Mix the tick at ``tick_ns``: each group's sound (960,) to all listening groups.

        A listener's sound may be missing. What goes in comes out `LOOKAHEAD_NS` later.
        """
        start = self._start_takes(tick_ns)
        for group in self._faders.keys() - groups.keys():
            # Nothing to fade: when the group comes back it rises with its first tick.
            self._faders[group].progress = 0.0
        audible = self._audible(groups, start)
        buses = np.zeros((1 + len(listeners), TICK_SAMPLES), np.float32)
        if audible:
            buses[:] = np.sum(list(audible.values()), axis=0)
            for row, group in enumerate(listeners, start=1):
                own = audible.get(group)
                if own is not None:
                    buses[row] -= own
        self._arrange(tuple(listeners))
        limited = self._limiters.process(buses)
        return Mix(
            np.repeat(limited[0][:, None], 2, axis=1),
            dict(zip(listeners, limited[1:], strict=True)),
        )

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
        for group in self._on_air - self._faders.keys():
            self._faders[group] = _Fader()
        for group, fader in list(self._faders.items()):
            fader.on_air = group in self._on_air
            if fader.resting and not fader.on_air:
                del self._faders[group]

    def _audible(self, groups: Mapping[GroupId, Samples], start: int) -> dict[GroupId, Samples]:
        audible: dict[GroupId, Samples] = {}
        for group, fader in self._faders.items():
            block = groups.get(group)
            if block is None or (fader.resting and not fader.on_air):
                continue
            audible[group] = block if fader.resting else block * fader.gain(start)
        return audible

    def _arrange(self, listeners: tuple[GroupId, ...]) -> None:
        if listeners == self._listeners:
            return
        rows = {group: row for row, group in enumerate(self._listeners, start=1)}
        self._limiters.rearrange([0, *(rows.get(group, -1) for group in listeners)])
        self._listeners = listeners
