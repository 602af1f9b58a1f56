"""From the link to decoded pictures: one `Intake` per source on air, `Intakes` for all.

Runs on the event loop. Only what the current or the next scene shows is
subscribed and decoded; everything else costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import structlog

from mixer.rtp import payload_type
from mixer.rtp.assembler import AccessUnit, Assembler
from mixer.rtp.depacketise import assembler_for
from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket, peek_payload_type
from mixer.wire.frame import Frame
from mixer.wire.ids import PublicationId
from mixer.wire.link import (
    LinkEnded,
    LinkKeyframe,
    LinkMessage,
    LinkStream,
    LinkSubscribe,
    LinkUnsubscribe,
)
from mixer.wire.resources import PictureSource

from .decode import DecodeDrop, Decoder, Gate
from .feed import Feed

_log = structlog.get_logger(__name__)
MAX_SOURCES = 24
KEYFRAME_INTERVAL_NS = 500_000_000
_CODEC_OF = {payload_type.VP8: "vp8", payload_type.H264: "h264"}

Send = Callable[[LinkMessage], None]
MakeDecoder = Callable[[str, Feed, str], Decoder]


class Intake:
    """One subscribed source: packets to units to its decoder; asks for key frames."""

    def __init__(
        self, source: PictureSource, feed: Feed, send: Send, make_decoder: MakeDecoder
    ) -> None:
        self.source = source
        self._feed = feed
        self._send = send
        self._make_decoder = make_decoder
        self._payload_type = -1
        self._life = -1
        self._flowing = False
        self._assembler: Assembler | None = None
        self._decoder: Decoder | None = None
        self._gate = Gate()
        self._asked_ns = -KEYFRAME_INTERVAL_NS
        self.drops: Counter[str] = Counter()
        self.pictures = 0

    def subscribe(self) -> None:
        """Tell media that we want it; again after each `link_up`."""
        source = self.source
        self._send(LinkSubscribe(publication=source.publication, layer=source.layer))

    def on_stream(self, stream: LinkStream) -> None:
        """What follows; with a new life everything begins anew."""
        if stream.life != self._life:
            self._life = stream.life
            self._reset()
        self._flowing = True
        self._asked_ns = -KEYFRAME_INTERVAL_NS

    def on_ended(self) -> None:
        """The publication is gone: nobody is there to make key frames."""
        self._flowing = False

    def on_frame(self, frame: Frame) -> None:
        """One packet."""
        self._flowing = True
        if len(frame.payload) < 2:
            self.drops["malformed_packet"] += 1
            return
        kind = peek_payload_type(frame.payload)
        if kind != self._payload_type:
            if kind not in _CODEC_OF:
                self.drops["unsupported_codec"] += 1
                return
            self._reset()
            self._payload_type = kind
            self._assembler = assembler_for(kind)
            self._decoder = self._make_decoder(
                _CODEC_OF[kind], self._feed, str(self.source.publication)
            )
        try:
            packet = RtpPacket.parse(frame.payload)
        except RtpError:
            self.drops["malformed_packet"] += 1
            return
        if self._assembler is not None:
            self._take(self._assembler.push(frame.sequence, packet, frame.session_ns))

    def advance(self, now_ns: int) -> None:
        """Let time pass: gaps are given up, key frames asked for. Any monotonic clock."""
        if self._assembler is not None:
            self._take(self._assembler.advance(now_ns))
        if self._decoder is not None and self._decoder.take_failure():
            self._gate.close(DecodeDrop.DECODE_ERROR)
        if not (self._flowing and self._gate.needs_keyframe):
            return
        if now_ns - self._asked_ns >= KEYFRAME_INTERVAL_NS:
            self._asked_ns = now_ns
            self._send(LinkKeyframe(publication=self.source.publication, layer=self.source.layer))

    def close(self) -> Decoder | None:
        """Unsubscribe; the decoder's thread ends by itself and is returned to be joined."""
        source = self.source
        self._send(LinkUnsubscribe(publication=source.publication, layer=source.layer))
        decoder = self._decoder
        self._reset()
        return decoder

    def counts(self) -> Counter[str]:
        """Drops by reason, decoder and assembler included."""
        counts = Counter(self.drops)
        if self._decoder is not None:
            counts.update({str(reason): n for reason, n in self._decoder.drops.items()})
        if self._assembler is not None:
            counts.update(self._assembler.drops.as_dict())
        return counts

    def decoded(self) -> int:
        """Pictures decoded so far."""
        return self.pictures + (0 if self._decoder is None else self._decoder.pictures)

    def _take(self, units: list[AccessUnit]) -> None:
        decoder = self._decoder
        if decoder is None:
            return
        for unit in units:
            reason = self._gate.admit(unit, queue_full=decoder.full)
            if reason is None:
                decoder.push(unit)
                continue
            self.drops[str(reason)] += 1
            if reason is DecodeDrop.TOO_LARGE:
                self._feed.refuse()

    def _reset(self) -> None:
        self.drops = self.counts()
        self.pictures = self.decoded()
        if self._decoder is not None:
            self._decoder.close()
        self._decoder = None
        self._assembler = None
        self._payload_type = -1
        self._gate = Gate()


class Intakes:
    """All sources that may be shown, and those of them that are taken in."""

    def __init__(self, send: Send, make_decoder: MakeDecoder = Decoder) -> None:
        self._send = send
        self._make_decoder = make_decoder
        self._sources: dict[PublicationId, PictureSource] = {}
        self._open: dict[PublicationId, Intake] = {}
        self._feeds: dict[str, Feed] = {}
        self._seats: frozenset[str] = frozenset()
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

    @property
    def open_count(self) -> int:
        """How many sources are decoded."""
        return len(self._open)

    def put(self, source: PictureSource) -> None:
        """A source that may be shown; replaces the one of the same publication."""
        known = self._sources.get(source.publication)
        self._sources[source.publication] = source
        if known is not None and (known.seat, known.layer) != (source.seat, source.layer):
            self._close(source.publication)
        self._settle()

    def remove(self, publication: PublicationId) -> None:
        """No longer a source."""
        self._sources.pop(publication, None)
        self._settle()

    def want(self, seats: Iterable[str]) -> None:
        """The seats that the current or a coming scene shows."""
        self._seats = frozenset(seats)
        self._settle()

    def link_up(self) -> None:
        """Subscribe anew."""
        for intake in self._open.values():
            intake.subscribe()

    def frames(self, frames: list[Frame]) -> None:
        """Packets in order of arrival."""
        for frame in frames:
            intake = self._open.get(PublicationId(frame.publication))
            if intake is None or frame.layer != intake.source.layer:
                self._past["not_subscribed"] += 1
            else:
                intake.on_frame(frame)

    def message(self, message: LinkMessage) -> None:
        """`LinkStream` and `LinkEnded` of our sources; others are not ours."""
        if isinstance(message, LinkStream):
            intake = self._open.get(message.publication)
            if intake is not None and intake.source.layer == message.layer:
                intake.on_stream(message)
        elif isinstance(message, LinkEnded):
            intake = self._open.get(message.publication)
            if intake is not None:
                intake.on_ended()

    def advance(self, now_ns: int) -> None:
        """Let time pass, each 40 ms or so."""
        for intake in self._open.values():
            intake.advance(now_ns)

    def close(self, timeout_s: float) -> bool:
        """Close all; False when a decoder's thread did not end in time."""
        self._seats = frozenset()
        self._settle()
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
        """The newest publication of each seat on air."""
        newest: dict[str, PictureSource] = {}
        for publication in sorted(self._sources):
            source = self._sources[publication]
            if source.seat in self._seats:
                newest[source.seat] = source
        return {source.publication: source for source in newest.values()}

    def _settle(self) -> None:
        wanted = self._wanted()
        seats = {source.seat for source in self._sources.values()}
        for seat, feed in self._feeds.items():
            feed.expect(coming=seat in seats)
        for publication in [key for key in self._open if key not in wanted]:
            self._close(publication)
        for publication, source in wanted.items():
            intake = self._open.get(publication)
            if intake is not None:
                intake.source = source
            elif len(self._open) >= MAX_SOURCES:
                self._past["too_many_sources"] += 1
                _log.error("picture.too_many_sources", limit=MAX_SOURCES, seat=source.seat)
            else:
                self._begin(source)

    def _begin(self, source: PictureSource) -> None:
        intake = Intake(source, self.feed(source.seat), self._send, self._make_decoder)
        self._open[source.publication] = intake
        intake.subscribe()

    def _close(self, publication: PublicationId) -> None:
        intake = self._open.pop(publication, None)
        if intake is None:
            return
        decoder = intake.close()
        self._past.update(intake.counts())
        self._past_pictures += intake.decoded()
        self._closing = [former for former in self._closing if not former.join(0)]
        if decoder is not None:
            self._closing.append(decoder)
