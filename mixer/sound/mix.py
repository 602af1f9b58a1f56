"""All buses: the programme, and what each site hears of it.

A group that is audible is heard by every other group and in the programme; one
that is not is heard by nobody, unless somebody listens in to it. One group never
hears itself, but where its return is `clean`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from mixer.sound.air import FADE_SAMPLES, LOOKAHEAD_NS, RAMP, Air, Slew
from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples
from mixer.sound.limiter import LimiterBank
from mixer.sound.routing import AIR, BUS, RAW, TALK, TONE, Matrix, Routing, Row
from mixer.sound.strip import Voice, decibels
from mixer.wire.ids import GroupId, PublicationId
from mixer.wire.resources import SoundReturn

__all__ = ["FADE_SAMPLES", "LOOKAHEAD_NS", "Mix", "Mixer", "Talker"]

TONE_HZ: Final = 1000
TONE_DB: Final = -18
PANIC_SAMPLES: Final = 240
"""5 ms: silent within the tick, without a click."""
_STEREO: Final = 2
_TONE: Final = (
    10 ** (TONE_DB / 20) * np.sin(2 * np.pi * TONE_HZ / SAMPLE_RATE * np.arange(TICK_SAMPLES))
).astype(np.float32)
"""20 whole periods, so that ticks join."""
_CUT: Final = np.clip(1 - np.arange(1, TICK_SAMPLES + 1) / PANIC_SAMPLES, 0, 1).astype(np.float32)


class Mix(NamedTuple):
    """One tick of all buses, limited."""

    programme: Samples
    """Stereo ``(960, 2)``."""
    returns: dict[PublicationId, Samples]
    """Mono ``(960,)`` per return."""


class Talker(NamedTuple):
    """A source that may be speaking to some sites alone."""

    group: GroupId
    sound: Samples
    """Mono (960,)."""


class Mixer:
    """All buses of one event. Decides without IO; time is an argument."""

    def __init__(self) -> None:
        self.air = Air()
        self.routing = Routing()
        self.panic = False
        """All outputs are silent."""
        self.programme_tone = False
        """The identification tone is in the programme's place."""
        self.programme_gain = 1.0
        """By which loudness is brought to its target."""
        self._matrix = Matrix()
        self._limiters = LimiterBank(_STEREO, linked=_STEREO)
        self._listeners: tuple[PublicationId, ...] = ()
        self._aimed: tuple[object, ...] = ()
        self._rows: list[Row] = []
        self._toned = Slew(0.0)
        self._lifted = 1.0
        self._opening = Slew(1.0)

    @property
    def pressed(self) -> Collection[PublicationId]:
        """Sources that speak to some sites alone now, and so to nobody else."""
        return self.routing.talkbacks.keys()

    @property
    def talking(self) -> set[PublicationId]:
        """Sources whose `Talker` is needed: keys pressed, and those still fading out."""
        lingering = {PublicationId(row.id) for row in self._matrix.lingering() if row.kind == TALK}
        return lingering | self.routing.talkbacks.keys()

    @property
    def reduction_db(self) -> float:
        """What the programme's limiter takes away now."""
        return -decibels(float(self._limiters.gains[0]))

    def limit_between_samples(self, *, wanted: bool) -> None:
        """Whether limiters look at peaks between samples."""
        self._limiters.true_peak = wanted

    def mix(
        self,
        tick_ns: int,
        groups: Mapping[GroupId, Voice],
        returns: Sequence[SoundReturn],
        talkers: Mapping[PublicationId, Talker] | None = None,
    ) -> Mix:
        """Mix the tick at ``tick_ns``. A group or talker may be missing.

        What goes in comes out `LOOKAHEAD_NS` later.
        """
        audible = self.air.audible(tick_ns, groups)
        programme = self._programme(audible)
        self._aim(returns, groups, audible, talkers or {})
        inputs = self._inputs(groups, audible, talkers or {}, programme)
        self._arrange(tuple(heard.publication for heard in returns))
        buses = np.concatenate((programme, self._matrix.apply(inputs)))
        limited = self._silenced(self._limiters.process(buses))
        return Mix(
            np.ascontiguousarray(limited[:_STEREO].T),
            dict(zip(self._listeners, limited[_STEREO:], strict=True)),
        )

    def _programme(self, audible: Mapping[GroupId, Voice]) -> Samples:
        """Left and right (2, 960)."""
        programme = np.empty((_STEREO, TICK_SAMPLES), np.float32)
        voices = [voice.mono for voice in audible.values()]
        # One product is a tenth of the time of a sum per voice.
        programme[:] = np.ones(len(voices), np.float32) @ np.array(voices) if voices else 0
        for voice in audible.values():
            if voice.sides is not None:
                programme += voice.sides
        if self.programme_gain != self._lifted:
            lift = self.programme_gain - self._lifted
            programme *= np.float32(self._lifted) + np.float32(lift) * RAMP
            self._lifted = self.programme_gain
        elif self._lifted != 1.0:
            programme *= np.float32(self._lifted)
        toned = self._toned.toward(float(self.programme_tone))
        if isinstance(toned, float) and toned == 0.0:
            return programme
        mixed: Samples = (programme + (_TONE - programme) * toned).astype(np.float32)
        return mixed

    def _aim(
        self,
        returns: Sequence[SoundReturn],
        groups: Mapping[GroupId, Voice],
        audible: Mapping[GroupId, Voice],
        talkers: Mapping[PublicationId, Talker],
    ) -> None:
        """Let the matrix know when anything about who hears what has changed."""
        state = (tuple(returns), tuple(audible), tuple(groups), tuple(talkers))
        current = (*state, self.routing.version)
        if current == self._aimed:
            return
        self._aimed = current
        owners = {source: talker.group for source, talker in talkers.items()}
        wanted = [self.routing.weights(heard, audible, owners) for heard in returns]
        rows = dict.fromkeys(Row(AIR, group) for group in audible)
        for weights in wanted:
            rows.update(dict.fromkeys(weights))
        rows.update(dict.fromkeys(self._matrix.lingering()))
        self._rows = [row for row in rows if row.kind != AIR or row.id in audible]
        self._matrix.aim([heard.publication for heard in returns], self._rows, wanted)

    def _inputs(
        self,
        groups: Mapping[GroupId, Voice],
        audible: Mapping[GroupId, Voice],
        talkers: Mapping[PublicationId, Talker],
        programme: Samples,
    ) -> Samples:
        inputs = np.zeros((len(self._rows), TICK_SAMPLES), np.float32)
        for place, row in enumerate(self._rows):
            if row.kind == AIR:
                inputs[place] = audible[GroupId(row.id)].mono
            elif row.kind == RAW and row.id in groups:
                inputs[place] = groups[GroupId(row.id)].mono
            elif row.kind == TALK and row.id in talkers:
                inputs[place] = talkers[PublicationId(row.id)].sound
            elif row == BUS:
                inputs[place] = programme.mean(axis=0)
            elif row == TONE:
                inputs[place] = _TONE
        return inputs

    def _silenced(self, limited: Samples) -> Samples:
        if not self.panic:
            gain = self._opening.toward(1.0)
            return limited if isinstance(gain, float) else limited * gain
        if self._opening.value:
            limited = limited * (_CUT * np.float32(self._opening.value))
            self._opening.value = 0.0
            return limited
        return np.zeros_like(limited)

    def _arrange(self, listeners: tuple[PublicationId, ...]) -> None:
        if listeners == self._listeners:
            return
        rows = {heard: row for row, heard in enumerate(self._listeners, start=_STEREO)}
        kept = [rows.get(heard, -1) for heard in listeners]
        self._limiters.rearrange([*range(_STEREO), *kept])
        self._listeners = listeners
