"""Everything sound holds and does, without IO: resources and packets in, frames out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import structlog

from mixer.sound.codec import EncoderSettings, OpusLibrary, Samples
from mixer.sound.encode import (
    PROGRAMME_BITRATE,
    PROGRAMME_COMPLEXITY,
    RETURN_COMPLEXITY,
    AacStream,
    OpusStream,
)
from mixer.sound.mix import LOOKAHEAD_NS, Mixer
from mixer.sound.source import FrameDrop, Source
from mixer.wire.control import ControlError
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

_log = structlog.get_logger(__name__)
LAYER: Final = Layer(0)
BITRATES: Final = range(6_000, 510_001)
GAINS_DB: Final = (-120.0, 40.0)


class _Return:
    def __init__(self, resource: SoundReturn, library: OpusLibrary) -> None:
        self.resource = resource
        self.stream = OpusStream(
            library,
            resource.publication,
            EncoderSettings(bitrate=resource.bitrate, complexity=RETURN_COMPLEXITY),
        )


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
        self._mixer = Mixer()
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
                self._mixer.take(resource)
                messages = []
            case _:
                raise ControlError("sound.resource", f"sound holds no {type(resource).__name__}")
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
                return [LinkUnpublish(publication=heard.publication)]
            case SoundProgramme() as programme:
                self._programme = None
                return [
                    LinkUnpublish(publication=programme.opus),
                    LinkUnpublish(publication=programme.aac),
                ]
            case OnAir():
                self._mixer.clear()
        return []

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
        if not GAINS_DB[0] <= resource.gain_db <= GAINS_DB[1]:
            raise ControlError("sound.gain", f"a gain of {resource.gain_db} dB")
        held = self.sources.get(resource.publication)
        if held is not None:
            held.resource = resource
            return []
        self.sources[resource.publication] = Source(resource, self._library)
        return [self._subscribe(resource.publication)]

    def _put_return(self, resource: SoundReturn) -> list[LinkMessage]:
        if resource.bitrate not in BITRATES:
            raise ControlError("sound.bitrate", f"a return of {resource.bitrate} bit/s")
        held = self._returns.get(resource.publication)
        if held is not None and held.resource.bitrate == resource.bitrate:
            held.resource = resource
            return []
        made = _Return(resource, self._library)
        self._returns[resource.publication] = made
        return [] if held is not None else [_publish(made.stream, resource.publication)]

    def _put_programme(self, resource: SoundProgramme) -> list[LinkMessage]:
        gone = self.remove(resource.key)
        self._programme = _Programme(resource, self._library)
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
        groups: dict[GroupId, Samples] = {}
        for source in self.sources.values():
            self._add(groups, source, tick_ns, leaving=False)
        for source in self._leaving:
            self._add(groups, source, tick_ns, leaving=True)
        self._leaving.clear()
        listeners = {heard.resource.group: None for heard in self._returns.values()}
        mix = self._mixer.mix(tick_ns, groups, tuple(listeners))
        frames: list[Frame] = []
        for heard in self._returns.values():
            frames += self._encode(heard.stream, tick, mix.returns[heard.resource.group])
        if self._programme is not None:
            frames += self._encode(self._programme.opus, tick, mix.programme)
            frames += self._encode_aac(self._programme.aac, tick, mix.programme)
        return frames

    def _add(
        self, groups: dict[GroupId, Samples], source: Source, tick_ns: int, *, leaving: bool
    ) -> None:
        try:
            block = source.read(tick_ns, leaving=leaving)
        except Exception:  # noqa: BLE001  a bug met by one source silences that source only
            _log.exception("sound.source_failed", publication=source.resource.publication)
            source.fail()
            return
        held = groups.get(source.group)
        groups[source.group] = block if held is None else held + block

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

    def levels_db(self) -> dict[PublicationId, float]:
        """Peak per source since last asked."""
        return {name: round(source.take_peak_db(), 1) for name, source in self.sources.items()}

    def delays_ns(self) -> dict[PublicationId, int]:
        """From capture to the mixed tick per source, the limiter's look-ahead included."""
        return {
            name: source.jitter.delay_ns + LOOKAHEAD_NS for name, source in self.sources.items()
        }


def _publish(stream: OpusStream | AacStream, publication: PublicationId) -> LinkMessage:
    return LinkPublish(publication=publication, kind=MediaKind.AUDIO, codec=stream.codec)
