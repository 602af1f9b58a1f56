"""What is measured beside the mix: loudness and echoes, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mixer.sound.codec import Samples
from mixer.sound.echo import Echo, EchoWatch
from mixer.sound.jitter import JitterBuffer
from mixer.sound.loudness import LoudnessLeveller, LoudnessMeter
from mixer.sound.mix import Mix, Talker
from mixer.sound.source import Heard, Source
from mixer.sound.strip import Voice
from mixer.wire.control import LoudnessReport
from mixer.wire.ids import GroupId, PublicationId
from mixer.wire.resources import SoundReturn
from mixer.wire.sound import SoundFeatures


class Inputs(NamedTuple):
    """One tick of all sources."""

    groups: dict[GroupId, Voice]
    talkers: dict[PublicationId, Talker]
    came: dict[PublicationId, tuple[GroupId, JitterBuffer]]
    """Open sources with their groups."""

    def add(self, source: Source, heard: Heard, *, talking: bool) -> None:
        """One source's tick."""
        group, name = source.group, source.resource.publication
        held = self.groups.get(group)
        self.groups[group] = heard.voice if held is None else held.plus(heard.voice)
        if talking:
            self.talkers[name] = Talker(group, heard.talk)
        if not source.resource.muted:
            self.came[name] = (group, source.jitter)


class Watch:
    """Measures what was heard, tick by tick."""

    def __init__(self) -> None:
        self.programme_gain = 1.0
        """By which loudness is brought to its target."""
        self._features = SoundFeatures()
        self._meter: LoudnessMeter | None = LoudnessMeter()
        self._leveller = LoudnessLeveller()
        self._echo: EchoWatch | None = EchoWatch()
        self._step_done = False

    @property
    def echoes(self) -> dict[GroupId, Echo]:
        """Groups found to send back what they hear."""
        return {} if self._echo is None else self._echo.found

    @property
    def ducked(self) -> frozenset[GroupId]:
        """Groups that are to be softer for it."""
        return frozenset(self.echoes) if self._features.echo_duck else frozenset()

    def set_features(self, features: SoundFeatures) -> None:
        """Switch measures on and off; what goes on measuring keeps what it knows."""
        if not features.loudness:
            self._meter = None
            self._step_done = False
        elif self._meter is None:
            self._meter = LoudnessMeter()
        elif features.loudness_period != self._features.loudness_period:
            self._meter.begin()
        if not features.echo_watch:
            self._echo = None
        elif self._echo is None:
            self._echo = EchoWatch()
        self._features = features

    def process(self, tick: int, inputs: Inputs, mix: Mix, returns: Sequence[SoundReturn]) -> None:
        """One tick of what came and what was sent."""
        if self._meter is not None:
            self._step_done |= self._meter.process(mix.programme)
            target = self._features.loudness_target_lufs
            self.programme_gain = self._leveller.step(self._meter, target)
        elif self.programme_gain != 1:
            self.programme_gain = 1.0
            self._leveller = LoudnessLeveller()
        if self._echo is not None:
            sent: dict[GroupId, Samples] = {}
            for heard in returns:
                # A site with several returns is watched against its first.
                sent.setdefault(heard.group, mix.returns[heard.publication])
            self._echo.process(tick, sent, inputs.came)

    def take_loudness(self, reduction_db: float) -> LoudnessReport | None:
        """Once per 100 ms."""
        if self._meter is None or not self._step_done:
            return None
        self._step_done = False
        now = self._meter.read()
        return LoudnessReport(
            momentary_lufs=round(now.momentary_lufs, 2),
            short_lufs=round(now.short_lufs, 2),
            integrated_lufs=round(now.integrated_lufs, 2),
            true_peak_db=round(now.true_peak_db, 2),
            gain_db=round(self._leveller.gain_db, 2),
            reduction_db=round(reduction_db, 2),
        )
