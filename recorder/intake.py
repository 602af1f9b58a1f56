"""The recorder's end of the worker link: what arrives goes to its track, and back go
acknowledgements and wishes for key frames.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

from mixer.wire.frame import Frame
from mixer.wire.ids import Layer, PublicationId
from mixer.wire.link import (
    LinkAcknowledge,
    LinkEnded,
    LinkKeyframe,
    LinkMessage,
    LinkStream,
    LinkSubscribe,
    LinkUnsubscribe,
)

from .track import RecordDrop

if TYPE_CHECKING:
    from collections.abc import Callable

    from .session import LiveTrack

_log = structlog.get_logger(__name__)
KEYFRAME_INTERVAL_NS: Final = 1_000_000_000

Place = tuple[PublicationId, Layer]


class Intake:
    """A `LinkReceiver` that knows which tracks take which publication's layer."""

    def __init__(
        self, send: Callable[[LinkMessage], None], broke: Callable[[LiveTrack], None]
    ) -> None:
        """``broke`` is told of a track that a bug took out of service."""
        self._send = send
        self._broke = broke
        self._tracks: dict[Place, list[LiveTrack]] = {}
        self._streams: dict[Place, LinkStream] = {}
        self._asked_ns: dict[Place, int] = {}
        self.packets = 0
        self.bytes = 0
        self.keyframes_asked = 0
        self.drops: Counter[str] = Counter()

    def add(self, track: LiveTrack) -> None:
        """Record into this track from now on."""
        place = (track.resource.publication, track.resource.layer)
        tracks = self._tracks.setdefault(place, [])
        tracks.append(track)
        stream = self._streams.get(place)
        if stream is not None:
            track.core.stream(stream.codec, stream.life)
        if len(tracks) == 1:
            self._subscribe(place, track)

    def remove(self, track: LiveTrack) -> None:
        """No longer; unknown tracks are ignored."""
        place = (track.resource.publication, track.resource.layer)
        tracks = self._tracks.get(place, [])
        if track not in tracks:
            return
        tracks.remove(track)
        if not tracks:
            del self._tracks[place]
            self._streams.pop(place, None)
            self._asked_ns.pop(place, None)
            self._send(LinkUnsubscribe(publication=place[0], layer=place[1]))

    def _subscribe(self, place: Place, track: LiveTrack) -> None:
        position = track.core.position
        self._send(
            LinkSubscribe(
                publication=place[0],
                layer=place[1],
                acknowledged=True,
                after=position.after,
                life=position.life,
            )
        )

    # --- LinkReceiver -------------------------------------------------------

    def link_up(self) -> None:
        """Subscribe to everything, each from where it is."""
        self._streams.clear()
        for place, tracks in self._tracks.items():
            # The track that is furthest behind; the others drop what they have.
            self._subscribe(place, min(tracks, key=lambda track: track.core.position))
        _log.info("recorder.link_up", publications=len(self._tracks))

    def link_down(self) -> None:
        """Nothing to do: tracks wait, media comes back."""

    def link_frames(self, frames: list[Frame]) -> None:
        """Give each frame to the tracks of its place."""
        tracks_of = self._tracks
        for frame in frames:
            self.bytes += len(frame.payload)
            tracks = tracks_of.get((PublicationId(frame.publication), Layer(frame.layer)))
            if tracks is None:
                # It was under way when we unsubscribed.
                self.drops[RecordDrop.UNKNOWN_STREAM] += 1
                continue
            for track in tuple(tracks):
                try:
                    track.core.frame(frame)
                except Exception:  # noqa: BLE001  a bug fails this track, never the recorder
                    self.fail(track)
        self.packets += len(frames)

    def fail(self, track: LiveTrack) -> None:
        """Called while handling an error: take this one track out of service."""
        _log.exception("recorder.track_failed", track=track.resource.key)
        self.drops[RecordDrop.TRACK_FAILED] += 1
        track.broken = True
        self.remove(track)
        self._broke(track)

    def link_message(self, message: LinkMessage) -> None:
        """A stream begins, changes or ends."""
        if isinstance(message, LinkStream):
            place = (message.publication, message.layer)
            if place not in self._tracks:
                return
            self._streams[place] = message
            for track in self._tracks[place]:
                track.core.stream(message.codec, message.life)
        elif isinstance(message, LinkEnded):
            for place in [place for place in self._streams if place[0] == message.publication]:
                del self._streams[place]
                for track in self._tracks.get(place, ()):
                    track.core.end()

    # --- called by the worker's clock ---------------------------------------

    def advance(self, now_ns: int) -> None:
        """Let time pass on every track; ``now_ns`` of any steady clock."""
        for tracks in tuple(self._tracks.values()):
            for track in tuple(tracks):
                try:
                    track.core.advance(now_ns)
                except Exception:  # noqa: BLE001  a bug fails this track, never the recorder
                    self.fail(track)

    def acknowledge(self) -> None:
        """Tell media what it need no longer keep."""
        for place, tracks in self._tracks.items():
            stream = self._streams.get(place)
            if stream is None:
                continue
            stored = [track.stored_position for track in tracks]
            least = min(stored)
            if least.life != stream.life or max(stored).life != stream.life or least.after < 0:
                continue
            first = tracks[0]
            if first.acknowledged == least:
                continue
            first.acknowledged = least
            self._send(LinkAcknowledge(publication=place[0], layer=place[1], sequence=least.after))

    def ask_keyframes(self, now_ns: int) -> None:
        """Pass on the tracks' wishes, at most one a second and place."""
        for place, tracks in self._tracks.items():
            if place not in self._streams:
                continue
            if now_ns - self._asked_ns.get(place, -KEYFRAME_INTERVAL_NS) < KEYFRAME_INTERVAL_NS:
                continue
            wishes = [track.core.wants_keyframe() for track in tracks]
            if any(wishes):
                self._asked_ns[place] = now_ns
                self.keyframes_asked += 1
                self._send(LinkKeyframe(publication=place[0], layer=place[1]))
