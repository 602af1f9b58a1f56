"""From the link to decoded pictures: one `Intake` per source that is shown, `Intakes` for all.

Runs on the event loop. Only what is on air, in preview or comes next is subscribed and decoded,
at the layer nearest to its place; everything else costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice

import structlog

from mixer.wire.frame import Frame
from mixer.wire.ids import Layer, PublicationId
from mixer.wire.link import LinkEnded, LinkMessage, LinkStream
from mixer.wire.picture import PictureSource

from .decode import Decoder
from .feed import Feed
from .layers import nearest_layer
from .layout import CANVAS_WIDTH
from .slate import SlateReason
from .stream import MakeDecoder, Send, Stream

_log = structlog.get_logger(__name__)
MAX_SOURCES = 40
MAX_LAYERS = 4
STALLED_NS = 1_000_000_000
"""A layer that sent and is quiet for so long has stopped; the next lower one is taken then."""
NEVER_CAME_NS = 200_000_000
"""The same for a layer that has sent nothing yet while there is no picture to show."""


class Intake:
    """A source that is shown, in one layer and perhaps another that is to follow.

    The layer played goes on until the one wanted has sent a key frame.
    """

    def __init__(
        self, source: PictureSource, feed: Feed, send: Send, make_decoder: MakeDecoder
    ) -> None:
        self.source = source
        self._feed = feed
        self._send = send
        self._make_decoder = make_decoder
        self._streams: dict[int, Stream] = {}
        self._target = 0
        self._playing: int | None = None
        self._width = CANVAS_WIDTH
        self._known: dict[int, int] = {}
        self._closed: list[Decoder] = []
        self._past: Counter[str] = Counter()
        self._past_pictures = 0

    def want(self, width: int) -> None:
        """How many pixels wide its largest place is; begins to take it in."""
        self._width = width
        self._choose()

    def subscribe(self) -> None:
        """Tell media that we want it; again after each `link_up`."""
        for stream in self._streams.values():
            stream.subscribe()

    def on_stream(self, message: LinkStream) -> None:
        """What follows on a layer; with a new life everything begins anew."""
        stream = self._streams.get(message.layer)
        if stream is not None:
            stream.on_stream(message)

    def on_ended(self) -> None:
        """The publication is gone: nobody is there to make key frames."""
        self._feed.end()
        for stream in self._streams.values():
            stream.on_ended()

    def on_frame(self, frame: Frame) -> bool:
        """One packet; False when its layer is not taken in."""
        stream = self._streams.get(frame.layer)
        if stream is None:
            return False
        stream.on_frame(frame)
        if stream.layer != self._playing and stream.open:
            self._play(stream)
        return True

    def advance(self, now_ns: int) -> None:
        """Let time pass. Any monotonic clock."""
        for stream in tuple(self._streams.values()):
            stream.advance(now_ns)
            if stream.layer != self._playing and stream.open:
                self._play(stream)
        self._look_for_another(now_ns)

    def take_closed(self) -> list[Decoder]:
        """Decoders that end by themselves, to be joined."""
        closed, self._closed = self._closed, []
        return closed

    def close(self) -> list[Decoder]:
        """Unsubscribe; the decoders, which end by themselves, are returned to be joined."""
        for layer in tuple(self._streams):
            self._drop(layer)
        return self.take_closed()

    def counts(self) -> Counter[str]:
        """Drops by reason, decoders and assemblers included."""
        counts = Counter(self._past)
        for stream in self._streams.values():
            counts.update(stream.counts())
        return counts

    def decoded(self) -> int:
        """Pictures decoded so far."""
        return self._past_pictures + sum(one.decoded() for one in self._streams.values())

    def _choose(self) -> None:
        layers = min(max(self.source.layers, 1), MAX_LAYERS)
        target = nearest_layer(layers, self._known, self._width)
        self._target = target
        for layer in tuple(self._streams):
            if layer not in (target, self._playing):
                self._drop(layer)
        self._open(target)

    def _open(self, layer: int) -> None:
        if layer in self._streams:
            return
        stream = Stream(
            self.source.publication, Layer(layer), self._feed, self._send, self._make_decoder
        )
        self._streams[layer] = stream
        stream.subscribe()

    def _drop(self, layer: int) -> None:
        stream = self._streams.pop(layer)
        if layer == self._playing:
            self._playing = None
        decoder = stream.close()
        self._past.update(stream.counts())
        self._past_pictures += stream.decoded()
        if decoder is not None:
            self._closed.append(decoder)

    def _play(self, stream: Stream) -> None:
        """Its key frame is there: it takes the place of those that are not wanted."""
        self._playing = stream.layer
        if stream.width:
            self._known[stream.layer] = stream.width
        for layer in tuple(self._streams):
            # A higher one that is wanted may come yet; what is below is needed no more.
            if layer != stream.layer and not (layer == self._target and layer > stream.layer):
                self._drop(layer)
        if stream.layer == self._target:
            self._choose()

    def _look_for_another(self, now_ns: int) -> None:
        """When what should be played sends nothing, try the next lower layer."""
        lowest = self._streams[min(self._streams)] if self._streams else None
        if lowest is None or lowest.layer == 0 or lowest.quiet_since_ns is None:
            return
        played = lowest.layer == self._playing
        if now_ns - lowest.quiet_since_ns < (STALLED_NS if played else NEVER_CAME_NS):
            return
        if self._playing is not None and not played:
            return  # there is a picture already
        lowest.shut()
        self._playing = None
        for layer in tuple(self._streams):
            if layer not in (lowest.layer, self._target):
                self._drop(layer)
        self._open(lowest.layer - 1)


class Intakes:
    """All sources that may be shown, and those of them that are taken in."""

    def __init__(
        self,
        send: Send,
        make_decoder: MakeDecoder = Decoder,
        left_out: Callable[[int], bool] = lambda _publication: False,
    ) -> None:
        """``left_out`` tells sources that are not to be decoded; `settle` after it changed."""
        self._left_out = left_out
        self._send = send
        self._make_decoder = make_decoder
        self._sources: dict[PublicationId, PictureSource] = {}
        self._open: dict[PublicationId, Intake] = {}
        self._feeds: dict[str, Feed] = {}
        self._widths: Mapping[str, int] = {}
        self._past: Counter[str] = Counter()
        self._past_pictures = 0
        self._closing: list[Decoder] = []

    def feed(self, seat: str) -> Feed:
        """The feed of a seat, made when first asked for; kept while the worker lives."""
        return self._feeds.setdefault(seat, Feed())

    @property
    def feeds(self) -> Iterable[Feed]:
        """All feeds."""
        return self._feeds.values()

    def seats(self) -> set[str]:
        """The seats that have a source, shown or not."""
        return {source.seat for source in self._sources.values()}

    def publications(self) -> AbstractSet[int]:
        """All sources, shown or not."""
        return self._sources.keys()

    @property
    def open_count(self) -> int:
        """How many sources are decoded."""
        return len(self._open)

    def put(self, source: PictureSource) -> None:
        """A source that may be shown; replaces the one of the same publication."""
        known = self._sources.get(source.publication)
        self._sources[source.publication] = source
        if known is not None and (known.seat, known.layers) != (source.seat, source.layers):
            self._close(source.publication)
        self.settle()

    def remove(self, publication: PublicationId) -> None:
        """No longer a source."""
        self._sources.pop(publication, None)
        self.settle()

    def want(self, seats: Mapping[str, int] | Iterable[str]) -> None:
        """The seats that are shown or will be, what matters most first, and how many pixels wide
        the largest place of each is.
        """
        if not isinstance(seats, Mapping):
            seats = dict.fromkeys(seats, CANVAS_WIDTH)
        self._widths = dict(seats)
        self.settle()

    def link_up(self) -> None:
        """Subscribe anew."""
        for intake in self._open.values():
            intake.subscribe()

    def frames(self, frames: list[Frame]) -> None:
        """Packets in order of arrival."""
        for frame in frames:
            intake = self._open.get(PublicationId(frame.publication))
            if intake is None or not intake.on_frame(frame):
                self._past["not_subscribed"] += 1

    def message(self, message: LinkMessage) -> None:
        """`LinkStream` and `LinkEnded` of our sources; others are not ours."""
        if isinstance(message, LinkStream):
            intake = self._open.get(message.publication)
            if intake is not None:
                intake.on_stream(message)
        elif isinstance(message, LinkEnded):
            intake = self._open.get(message.publication)
            if intake is not None:
                intake.on_ended()

    def advance(self, now_ns: int) -> None:
        """Let time pass, each 40 ms or so."""
        for intake in self._open.values():
            intake.advance(now_ns)
            self._closing += intake.take_closed()
        self._closing = [former for former in self._closing if not former.join(0)]

    def close(self, timeout_s: float) -> bool:
        """Close all; False when a decoder's thread did not end in time."""
        self._widths = {}
        self.settle()
        return all(decoder.join(timeout_s) for decoder in self._closing)

    def counts(self) -> Counter[str]:
        """Drops by reason, of all sources ever taken in."""
        total = Counter(self._past)
        for intake in self._open.values():
            total.update(intake.counts())
        for feed in self._feeds.values():
            total.update({"picture_queue_full": feed.dropped_full, "passed": feed.dropped_passed})
        return total

    def decoded(self) -> int:
        """Pictures decoded, of all sources ever taken in."""
        return self._past_pictures + sum(intake.decoded() for intake in self._open.values())

    def _wanted(self) -> dict[PublicationId, PictureSource]:
        """The newest publication of each seat shown; of too many the most important ones."""
        newest: dict[str, PictureSource] = {}
        for publication in sorted(self._sources):
            source = self._sources[publication]
            newest[source.seat] = source
        shown: list[PictureSource] = []
        for seat in self._widths:
            if seat not in newest:
                continue
            if self._left_out(newest[seat].publication):
                self.feed(seat).refuse(SlateReason.FAULTY)
            else:
                shown.append(newest[seat])
        if len(shown) > MAX_SOURCES:
            self._past["too_many_sources"] += len(shown) - MAX_SOURCES
            _log.error("picture.too_many_sources", limit=MAX_SOURCES, wanted=len(shown))
        return {source.publication: source for source in islice(shown, MAX_SOURCES)}

    def settle(self) -> None:
        """Take in what is shown and may be, leave the rest."""
        wanted = self._wanted()
        seats = self.seats()
        for seat, feed in self._feeds.items():
            feed.expect(coming=seat in seats)
        for publication in [key for key in self._open if key not in wanted]:
            self._close(publication)
        for publication, source in wanted.items():
            intake = self._open.get(publication)
            if intake is None:
                feed = self.feed(source.seat)
                feed.begin()
                intake = Intake(source, feed, self._send, self._make_decoder)
                self._open[publication] = intake
            intake.source = source
            intake.want(self._widths[source.seat])

    def _close(self, publication: PublicationId) -> None:
        intake = self._open.pop(publication, None)
        if intake is None:
            return
        self.feed(intake.source.seat).end()
        self._closing += intake.close()
        self._past.update(intake.counts())
        self._past_pictures += intake.decoded()
