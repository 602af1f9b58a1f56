"""What each return is made of, and the matrix that makes it so without a click."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from mixer.sound.air import DUCK_GAIN, FADE_STEP, RAMP
from mixer.sound.codec import Samples
from mixer.wire.ids import GroupId, PublicationId
from mixer.wire.resources import ReturnKind, SoundReturn
from mixer.wire.sound import IdentificationTone, ListenIn, Talkback


class Row(NamedTuple):
    """One input of the matrix."""

    kind: str
    id: int = 0


AIR: Final = "air"
"""A group as the programme hears it."""
RAW: Final = "raw"
"""A group as it comes in."""
TALK: Final = "talk"
"""A source that speaks to some sites alone."""
BUS: Final = Row("bus")
"""The programme, both sides together."""
TONE: Final = Row("tone")


class Routing:
    """Talkback, listen-in and tones as they are held, and the weights that follow."""

    def __init__(self) -> None:
        self.talkbacks: dict[PublicationId, Talkback] = {}
        self.listens: dict[PublicationId, ListenIn] = {}
        self.tones: set[PublicationId] = set()
        self.version = 0
        """Grows with each change."""

    def put(self, resource: Talkback | ListenIn | IdentificationTone) -> None:
        """Hold it, in place of the one under its key."""
        match resource:
            case Talkback():
                self.talkbacks[resource.source] = resource
            case ListenIn():
                self.listens[resource.publication] = resource
            case IdentificationTone():
                self.tones.add(resource.publication)
        self.version += 1

    def remove(self, resource: Talkback | ListenIn | IdentificationTone) -> None:
        """Let go of it."""
        match resource:
            case Talkback():
                self.talkbacks.pop(resource.source, None)
            case ListenIn():
                self.listens.pop(resource.publication, None)
            case IdentificationTone():
                self.tones.discard(resource.publication)
        self.version += 1

    def weights(
        self, heard: SoundReturn, air: Collection[GroupId], talkers: Mapping[PublicationId, GroupId]
    ) -> dict[Row, float]:
        """How much of each input one return shall hear; ``talkers`` says whose sources are."""
        if heard.publication in self.tones:
            return {TONE: 1.0}
        weights = self._programme_of(heard, air)
        spoken = [
            Row(TALK, source)
            for source, talkback in self.talkbacks.items()
            if heard.group in talkback.groups and talkers.get(source) != heard.group
        ]
        listened = self._listened(heard)
        if spoken or listened is not None:
            weights = {row: weight * DUCK_GAIN for row, weight in weights.items()}
        if listened is not None:
            # What is listened to is heard once, open, not as the programme hears it as well.
            weights.pop(Row(AIR, listened), None)
            weights[Row(RAW, listened)] = DUCK_GAIN if spoken else 1.0
        return {**weights, **dict.fromkeys(spoken, 1.0)}

    def _listened(self, heard: SoundReturn) -> GroupId | None:
        listen = self.listens.get(heard.publication)
        return None if listen is None or listen.group == heard.group else listen.group

    @staticmethod
    def _programme_of(heard: SoundReturn, air: Collection[GroupId]) -> dict[Row, float]:
        match heard.kind:
            case ReturnKind.MINUS:
                return {Row(AIR, group): 1.0 for group in air if group != heard.group}
            case ReturnKind.CLEAN:
                return {BUS: 1.0}
            case ReturnKind.OTHER_HALL if heard.other not in (0, heard.group):
                return {Row(RAW, heard.other): 1.0}
        return {}


class Matrix:
    """Returns from inputs, every weight moving in a straight line (150 ms for all of 0 to 1)."""

    def __init__(self) -> None:
        self._outputs: tuple[PublicationId, ...] = ()
        self._inputs: tuple[Row, ...] = ()
        self._weights = np.zeros((0, 0), np.float32)
        self._target = np.zeros((0, 0), np.float32)

    def lingering(self) -> Iterator[Row]:
        """Inputs that are still heard somewhere."""
        return (self._inputs[column] for column in np.flatnonzero(self._weights.any(axis=0)))

    def aim(
        self,
        outputs: Sequence[PublicationId],
        inputs: Sequence[Row],
        wanted: Sequence[Mapping[Row, float]],
    ) -> None:
        """New rows and columns. A new output begins as it shall be, and so does a group that
        comes on air (its fader lifts it); all else moves there.
        """
        target = np.array([[row.get(one, 0) for one in inputs] for row in wanted], np.float32)
        target = target.reshape(len(outputs), len(inputs))
        weights = target.copy()
        rows = {output: row for row, output in enumerate(self._outputs)}
        columns = {one: column for column, one in enumerate(self._inputs)}
        for row, output in enumerate(outputs):
            old = rows.get(output)
            if old is None:
                continue
            for column, one in enumerate(inputs):
                held = columns.get(one)
                if held is not None:
                    weights[row, column] = self._weights[old, held]
                elif one.kind != AIR:
                    weights[row, column] = 0
        self._outputs, self._inputs = tuple(outputs), tuple(inputs)
        self._weights, self._target = weights, target

    def apply(self, inputs: Samples) -> Samples:
        """``inputs`` (columns, 960) to (rows, 960)."""
        made: Samples = self._weights @ inputs
        away = self._target - self._weights
        if away.any():
            step = np.clip(away, -FADE_STEP, FADE_STEP).astype(np.float32)
            made += (step @ inputs) * RAMP
            self._weights = np.where(step == away, self._target, self._weights + step)
        return made
