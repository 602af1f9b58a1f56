"""One layer of a source: from packets of the link to its decoder; asks for key frames.

Runs on the event loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from mixer.rtp import payload_type
from mixer.rtp.assembler import AccessUnit, Assembler
from mixer.rtp.depacketise import assembler_for
from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket, peek_payload_type
from mixer.wire.frame import ROTATION_MASK, ROTATION_SHIFT, Frame
from mixer.wire.ids import Layer, PublicationId
from mixer.wire.link import LinkKeyframe, LinkMessage, LinkStream, LinkSubscribe, LinkUnsubscribe

from .decode import DecodeDrop, Decoder, Gate
from .feed import Feed

KEYFRAME_INTERVAL_NS = 500_000_000
_CODEC_OF = {payload_type.VP8: "vp8", payload_type.H264: "h264"}

Send = Callable[[LinkMessage], None]
MakeDecoder = Callable[[str, Feed, str], Decoder]


class Stream:
    """One subscribed layer: packets to units to its decoder; asks for key frames."""

    def __init__(
        self,
        publication: PublicationId,
        layer: Layer,
        feed: Feed,
        send: Send,
        make_decoder: MakeDecoder,
    ) -> None:
        self.publication = publication
        self.layer = layer
        self.width = 0
        """Of the last key frame's pictures; 0: not known."""
        self.quiet_since_ns: int | None = None
        """When it was last seen to send nothing, by the clock of `advance`; None: it has sent
        since the last `advance`.
        """
        self._feed = feed
        self._send = send
        self._make_decoder = make_decoder
        self._payload_type = -1
        self._life = -1
        self._flowing = False
        self._assembler: Assembler | None = None
        self._decoder: Decoder | None = None
        self._gate = Gate()
        self._turns = 0
        self._asked_ns = -KEYFRAME_INTERVAL_NS
        self.drops: Counter[str] = Counter()
        self.pictures = 0

    def subscribe(self) -> None:
        """Tell media that we want it; again after each `link_up`."""
        self._send(LinkSubscribe(publication=self.publication, layer=self.layer))

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
        self.quiet_since_ns = None
        self._turns = (frame.flags & ROTATION_MASK) >> ROTATION_SHIFT
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
                _CODEC_OF[kind], self._feed, f"{self.publication}-{self.layer}"
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
        if self.quiet_since_ns is None:
            self.quiet_since_ns = now_ns
        if self._assembler is not None:
            self._take(self._assembler.advance(now_ns))
        if self._decoder is not None and self._decoder.take_failure():
            self._gate.close(DecodeDrop.DECODE_ERROR)
        if not (self._flowing and self._gate.needs_keyframe):
            return
        if now_ns - self._asked_ns >= KEYFRAME_INTERVAL_NS:
            self._asked_ns = now_ns
            self._send(LinkKeyframe(publication=self.publication, layer=self.layer))

    @property
    def open(self) -> bool:
        """Whether pictures go into its decoder."""
        return self._decoder is not None and self._gate.closed_by is None

    def shut(self) -> None:
        """It has stopped: what comes next counts from its next key frame on."""
        self._flowing = False
        self._gate.close(DecodeDrop.BEFORE_KEYFRAME)

    def close(self) -> Decoder | None:
        """Unsubscribe; the decoder's thread ends by itself and is returned to be joined."""
        self._send(LinkUnsubscribe(publication=self.publication, layer=self.layer))
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
            self.width = unit.width or self.width
            if reason is None:
                decoder.push(unit, self._turns)
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
