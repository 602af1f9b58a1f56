"""Everything sound holds and does, without IO: resources and packets in, frames out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import structlog

from mixer.sound.checks import check_features, check_return, check_source
from mixer.sound.codec import EncoderSettings, OpusLibrary, Samples
from mixer.sound.echo import Echo
from mixer.sound.encode import (
    PROGRAMME_BITRATE,
    PROGRAMME_COMPLEXITY,
    RETURN_COMPLEXITY,
    AacStream,
    OpusStream,
)
from mixer.sound.mix import LOOKAHEAD_NS, Mix, Mixer
from mixer.sound.source import FrameDrop, Heard, Source
from mixer.sound.strip import Meter, meter_together
from mixer.sound.watch import Inputs, Watch
from mixer.wire.control import ControlError, LoudnessReport
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import TICK_NS, GroupId, Layer, MediaKind, PublicationId
from mixer.wire.link import (
    LinkMessage,
    LinkPublish,
    LinkSubscribe,
    LinkUnpublish,
    LinkUnsubscribe,
)
from mixer.wire.resources import (
    OnAir,
    Resource,
    SoundProgramme,
    SoundReturn,
    SoundSource,
)
from mixer.wire.sound import (
    AudibleOverride,
    IdentificationTone,
    ListenIn,
    SoundFeatures,
    SoundPanic,
    Talkback,
)

_log = structlog.get_logger(__name__)
LAYER: Final = Layer(0)


class _Return:
    def __init__(self, resource: SoundReturn, library: OpusLibrary) -> None:
        self.resource = resource
        self.stream = OpusStream(
            library,
            resource.publication,
            EncoderSettings(bitrate=resource.bitrate, complexity=RETURN_COMPLEXITY),
        )
        self.stream.redundancy = resource.redundancy


class _Programme:
    def __init__(self, resource: SoundProgramme, library: OpusLibrary) -> None:
        self.resource = resource
        self.opus = OpusStream(
            library,
            resource.opus,
            EncoderSettings(channels=2, bitrate=PROGRAMME_BITRATE, complexity=PROGRAMME_COMPLEXITY),
        )
        self.aac = AacStream(resource.aac)


class SoundEngine:
    """The sound of one event.

    `put` and `remove` return the messages that the link must be told; `tick`
    returns the frames to be sent. The caller keeps the clock.
    """

    def __init__(self, library: OpusLibrary) -> None:
        self._library = library
        self._resources: dict[str, Resource] = {}
        self._returns: dict[PublicationId, _Return] = {}
        self._programme: _Programme | None = None
        self._leaving: list[Source] = []
        self._heard: tuple[SoundReturn, ...] = ()
        self._mixer = Mixer()
        self._features = SoundFeatures()
        self._watch = Watch()
        self.sources: dict[PublicationId, Source] = {}
        self.drops: Counter[str] = Counter()
        """Frames that belong to no source, and what sources dropped that are gone now."""
        self.failures = 0
        """Bugs that cost an output one tick."""

    @property
    def resources(self) -> tuple[Resource, ...]:
        """All that was put and not removed."""
        return tuple(self._resources.values())

    # --- resources --------------------------------------------------------------

    def put(self, resource: Resource) -> list[LinkMessage]:
        """Hold a resource, in place of the one under its key.

        Raises `ControlError` when it is not for sound or out of range.
        """
        if self._resources.get(resource.key) == resource:
            return []
        match resource:
            case SoundSource():
                messages = self._put_source(resource)
            case SoundReturn():
                messages = self._put_return(resource)
            case SoundProgramme():
                messages = self._put_programme(resource)
            case OnAir():
                self._mixer.air.take(resource)
                messages = []
            case _:
                self._direct(resource)
                messages = []
        self._resources[resource.key] = resource
        return messages

    def remove(self, key: str) -> list[LinkMessage]:
        """Let go of what is held under ``key``; an unknown key is gone already."""
        match self._resources.pop(key, None):
            case SoundSource() as source:
                leaving = self.sources.pop(source.publication)
                self._leaving.append(leaving)
                self.drops.update(leaving.drop_counts())
                return [LinkUnsubscribe(publication=source.publication, layer=LAYER)]
            case SoundReturn() as heard:
                del self._returns[heard.publication]
                self._list_returns()
                return [LinkUnpublish(publication=heard.publication)]
            case SoundProgramme() as programme:
                self._programme = None
                self._aim_tone()
                return [
                    LinkUnpublish(publication=programme.opus),
                    LinkUnpublish(publication=programme.aac),
                ]
            case None:
                return []
            case held:
                self._undirect(held)
        return []

    def _direct(self, resource: Resource) -> None:
        """Take what the director asks for beyond inputs and outputs."""
        match resource:
            case Talkback() | ListenIn() | IdentificationTone():
                self._mixer.routing.put(resource)
                self._aim_tone()
            case AudibleOverride():
                self._mixer.air.force(resource.group, resource.open)
            case SoundPanic():
                self._mixer.panic = True
            case SoundFeatures():
                check_features(resource)
                self._set_features(resource)
            case _:
                raise ControlError("sound.resource", f"sound holds no {type(resource).__name__}")

    def _undirect(self, resource: Resource) -> None:
        match resource:
            case OnAir():
                self._mixer.air.clear()
            case Talkback() | ListenIn() | IdentificationTone():
                self._mixer.routing.remove(resource)
                self._aim_tone()
            case AudibleOverride():
                self._mixer.air.force(resource.group, None)
            case SoundPanic():
                self._mixer.panic = False
            case SoundFeatures():
                self._set_features(SoundFeatures())

    def _set_features(self, features: SoundFeatures) -> None:
        self._features = features
        self._mixer.limit_between_samples(wanted=features.true_peak)
        self._watch.set_features(features)
        for source in self.sources.values():
            source.jitter.follows_clock = features.drift_correction

    def _aim_tone(self) -> None:
        made = self._programme
        self._mixer.programme_tone = (
            made is not None and made.resource.opus in self._mixer.routing.tones
        )

    def _list_returns(self) -> None:
        self._heard = tuple(heard.resource for heard in self._returns.values())

    def announce(self) -> list[LinkMessage]:
        """All that a fresh link must be told."""
        return [
            *(self._subscribe(publication) for publication in self.sources),
            *(
                _publish(heard.stream, heard.resource.publication)
                for heard in self._returns.values()
            ),
            *self._publish_programme(),
        ]

    def _put_source(self, resource: SoundSource) -> list[LinkMessage]:
        check_source(resource)
        held = self.sources.get(resource.publication)
        if held is not None:
            held.resource = resource
            return []
        source = Source(resource, self._library)
        source.jitter.follows_clock = self._features.drift_correction
        self.sources[resource.publication] = source
        return [self._subscribe(resource.publication)]

    def _put_return(self, resource: SoundReturn) -> list[LinkMessage]:
        check_return(resource)
        held = self._returns.get(resource.publication)
        if held is not None:
            held.stream.set_bitrate(resource.bitrate)
            held.stream.redundancy = resource.redundancy
            held.resource = resource
            self._list_returns()
            return []
        made = _Return(resource, self._library)
        self._returns[resource.publication] = made
        self._list_returns()
        return [_publish(made.stream, resource.publication)]

    def _put_programme(self, resource: SoundProgramme) -> list[LinkMessage]:
        gone = self.remove(resource.key)
        self._programme = _Programme(resource, self._library)
        self._aim_tone()
        return [*gone, *self._publish_programme()]

    def _publish_programme(self) -> list[LinkMessage]:
        made = self._programme
        if made is None:
            return []
        return [_publish(made.opus, made.resource.opus), _publish(made.aac, made.resource.aac)]

    @staticmethod
    def _subscribe(publication: PublicationId) -> LinkMessage:
        return LinkSubscribe(publication=publication, layer=LAYER)

    # --- sound ------------------------------------------------------------------

    def insert(self, frames: Iterable[Frame], now_ns: int) -> None:
        """Packets that are there at ``now_ns`` of session time."""
        for frame in frames:
            source = self.sources.get(PublicationId(frame.publication))
            if source is None:
                self.drops[FrameDrop.NO_SOURCE.value] += 1
            elif frame.kind != FrameKind.RTP:
                source.drops[FrameDrop.NOT_OPUS] += 1
            else:
                source.insert(frame, now_ns)

    def tick(self, tick: int) -> list[Frame]:
        """Mix and encode one tick; it stands at ``tick * 20 ms``."""
        tick_ns = tick * TICK_NS
        held = self._read(tick_ns)
        self._mixer.air.duck(self._watch.ducked)
        self._mixer.programme_gain = self._watch.programme_gain
        mix = self._mixer.mix(tick_ns, held.groups, self._heard, held.talkers)
        frames: list[Frame] = []
        for heard in self._returns.values():
            frames += self._encode(heard.stream, tick, mix.returns[heard.resource.publication])
        if self._programme is not None:
            frames += self._encode(self._programme.opus, tick, mix.programme)
            frames += self._encode_aac(self._programme.aac, tick, mix.programme)
        self._observe(tick, held, mix)
        return frames

    def _read(self, tick_ns: int) -> Inputs:
        """What all sources have for this tick."""
        inputs = Inputs({}, {}, {})
        talking = self._mixer.talking
        for name, source in self.sources.items():
            heard = self._read_source(source, tick_ns, talking=name in self._mixer.pressed)
            if heard is not None:
                inputs.add(source, heard, talking=name in talking)
        for source in self._leaving:
            heard = self._read_source(source, tick_ns, leaving=True)
            if heard is not None:
                inputs.add(source, heard, talking=False)
        self._leaving.clear()
        meter_together(source.strip for source in self.sources.values())
        return inputs

    def _read_source(
        self, source: Source, tick_ns: int, *, leaving: bool = False, talking: bool = False
    ) -> Heard | None:
        try:
            return source.read(tick_ns, leaving=leaving, talking=talking)
        except Exception:  # noqa: BLE001  a bug met by one source silences that source only
            _log.exception("sound.source_failed", publication=source.resource.publication)
            source.fail()
            return None

    def _observe(self, tick: int, held: Inputs, mix: Mix) -> None:
        """Measure what was heard; a bug there costs a measure, never a sound."""
        try:
            self._watch.process(tick, held, mix, self._heard)
        except Exception:  # noqa: BLE001  measuring begins anew, the sound goes on
            _log.exception("sound.watch_failed")
            self.failures += 1
            self._watch = Watch()
            self._watch.set_features(self._features)

    def _encode(self, stream: OpusStream, tick: int, block: Samples) -> list[Frame]:
        try:
            return [stream.frame(tick, block)]
        except Exception:  # noqa: BLE001  a bug costs one output one tick
            _log.exception("sound.encode_failed", codec="opus")
            self.failures += 1
            return []

    def _encode_aac(self, stream: AacStream, tick: int, block: Samples) -> list[Frame]:
        try:
            return stream.frames(tick, block)
        except Exception:  # noqa: BLE001  a bug costs one output one tick
            _log.exception("sound.encode_failed", codec="aac")
            self.failures += 1
            return []

    # --- reports ----------------------------------------------------------------

    @property
    def features(self) -> SoundFeatures:
        """What is switched on."""
        return self._features

    @property
    def echoes(self) -> dict[GroupId, Echo]:
        """Groups found to send back what they hear."""
        return self._watch.echoes

    def take_loudness(self) -> LoudnessReport | None:
        """Once per 100 ms while loudness is measured and there is a programme."""
        if self._programme is None:
            return None
        return self._watch.take_loudness(self._mixer.reduction_db)

    def meters(self) -> dict[PublicationId, Meter]:
        """Levels per source since last asked."""
        return {name: source.take_meter() for name, source in self.sources.items()}

    def delays_ns(self) -> dict[PublicationId, int]:
        """From capture to the mixed tick per source, the limiter's look-ahead included."""
        return {name: source.delay_ns + LOOKAHEAD_NS for name, source in self.sources.items()}


def _publish(stream: OpusStream | AacStream, publication: PublicationId) -> LinkMessage:
    return LinkPublish(publication=publication, kind=MediaKind.AUDIO, codec=stream.codec)
