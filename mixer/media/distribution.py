"""Who on the worker link gets which packets. Without IO: the server writes the outboxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from mixer.forward.interface import TappedPacket
from mixer.media.link_client import LinkClient, LinkDrops, LinkReading
from mixer.media.ring import KEPT_NS, Entry, ReplayRing
from mixer.media.streams import codec_of, publication_of, stream_of
from mixer.wire.frame import FLAG_KEYFRAME, ROTATION_SHIFT, Frame, FrameKind, encode_frame
from mixer.wire.ids import Layer, MediaKind, PublicationId, WorkerKind
from mixer.wire.link import LinkEnded, LinkSubscribe, LinkUnsubscribe
from mixer.wire.resources import StreamCodec


class TapControl(Protocol):
    """What the distribution asks of the media process."""

    def set_tap(self, stream: int, *, tapped: bool) -> None:
        """Begin or end to hand over the packets of an in-stream; unknown ones are ignored."""

    def want_keyframe(self, publication: PublicationId, layer: Layer) -> None:
        """Ask the publisher, throttled."""


@dataclass(slots=True)
class _Source:
    """A publication that exists now."""

    kind: MediaKind
    codec: StreamCodec | None
    """Known before the first packet only for publications of workers."""
    lives: tuple[int, ...]
    """By layer; empty like `codec` for publications of browsers."""


@dataclass(slots=True, eq=False)
class _Linked:
    """A layer somebody reads, or that is kept for somebody who will come back."""

    publication: PublicationId
    layer: Layer
    kind: MediaKind = MediaKind.VIDEO
    readings: list[LinkReading] = field(default_factory=list)
    ring: ReplayRing | None = None
    holders: set[WorkerKind] = field(default_factory=set)
    """Kinds of workers for which the ring is kept while they are away."""
    ended_ns: int | None = None


class Distribution:
    """Subscriptions of all workers, and the rings of what is recorded.

    A ring lives from the first acknowledged subscription until its `LinkUnsubscribe`, or until
    its publication has been gone for as long as the ring keeps packets.
    """

    def __init__(self, control: TapControl) -> None:
        self._control = control
        self._sources: dict[PublicationId, _Source] = {}
        self._linked: dict[int, _Linked] = {}
        self.drops = LinkDrops()

    # --- publications ---------------------------------------------------------------------------

    def published(
        self,
        publication: PublicationId,
        kind: MediaKind,
        codec: StreamCodec | None = None,
        lives: tuple[int, ...] = (),
    ) -> None:
        """A publication exists from now on."""
        self._sources[publication] = _Source(kind, codec, lives)
        for stream, linked in self._linked.items():
            if linked.publication != publication:
                continue
            linked.kind = kind
            linked.ended_ns = None
            self._control.set_tap(stream, tapped=True)
            self._announce_known(linked)

    def unpublished(self, publication: PublicationId, now_ns: int) -> None:
        """A publication is gone."""
        if self._sources.pop(publication, None) is None:
            return
        told: set[LinkClient] = set()
        for linked in self._linked.values():
            if linked.publication != publication:
                continue
            linked.ended_ns = now_ns
            for reading in linked.readings:
                reading.forget()
                if reading.client not in told:
                    told.add(reading.client)
                    reading.client.tell(LinkEnded(publication=publication))

    def _announce_known(self, linked: _Linked) -> None:
        source = self._sources.get(linked.publication)
        if source is None or source.codec is None or linked.layer >= len(source.lives):
            return
        for reading in linked.readings:
            if not reading.is_acknowledged or linked.ring is None or not len(linked.ring):
                reading.announce(source.kind, source.codec, source.lives[linked.layer])

    # --- subscriptions --------------------------------------------------------------------------

    def subscribe(self, client: LinkClient, wish: LinkSubscribe) -> None:
        """Begin, or begin anew, to send a layer to a worker."""
        stream = stream_of(wish.publication, wish.layer)
        linked = self._linked.get(stream)
        if linked is None:
            linked = self._linked[stream] = _Linked(wish.publication, wish.layer)
        source = self._sources.get(wish.publication)
        if source is not None:
            linked.kind = source.kind
        self._drop_reading(client, linked)
        reading = LinkReading(
            client, wish.publication, wish.layer, is_acknowledged=wish.acknowledged
        )
        client.reads[wish.publication, wish.layer] = reading
        linked.readings.append(reading)
        if wish.acknowledged:
            if linked.ring is None:
                linked.ring = ReplayRing()
            linked.holders.add(client.kind)
            reading.cursor = linked.ring.first
            reading.replay_until = linked.ring.end
            reading.stored_life = wish.life
            reading.stored_sequence = wish.after
            reading.pump(linked.kind, linked.ring, self.drops)
        self._control.set_tap(stream, tapped=True)
        self._announce_known(linked)
        if linked.kind is MediaKind.VIDEO and source is not None:
            self._control.want_keyframe(wish.publication, wish.layer)

    def unsubscribe(self, client: LinkClient, wish: LinkUnsubscribe) -> None:
        """End it, and give up the ring if nobody else's."""
        stream = stream_of(wish.publication, wish.layer)
        linked = self._linked.get(stream)
        if linked is None:
            return
        self._drop_reading(client, linked)
        linked.holders.discard(client.kind)
        self._tidy(stream, linked)

    def acknowledge(
        self, client: LinkClient, publication: PublicationId, layer: Layer, sequence: int
    ) -> None:
        """Note what is on disk. The ring is bounded by time alone: a number says nothing of
        its life, so nothing is thrown away for it.
        """
        reading = client.reads.get((publication, layer))
        if reading is not None:
            reading.acknowledged = sequence

    def leave(self, client: LinkClient) -> None:
        """A worker is gone; rings held for its kind stay."""
        for reading in tuple(client.reads.values()):
            stream = stream_of(reading.publication, reading.layer)
            linked = self._linked[stream]
            self._drop_reading(client, linked)
            self._tidy(stream, linked)

    def _drop_reading(self, client: LinkClient, linked: _Linked) -> None:
        reading = client.reads.pop((linked.publication, linked.layer), None)
        if reading is not None:
            linked.readings.remove(reading)

    def _tidy(self, stream: int, linked: _Linked) -> None:
        if not linked.holders:
            linked.ring = None
        if not linked.readings and not linked.holders:
            del self._linked[stream]
            self._control.set_tap(stream, tapped=False)

    # --- packets --------------------------------------------------------------------------------

    def is_linked(self, stream: int) -> bool:
        """Whether packets of an in-stream are wanted here."""
        return stream in self._linked

    def packets(self, tapped: list[TappedPacket], now_ns: int) -> None:
        """Send packets of in-streams to those who read them; `now_ns` is monotonic."""
        for packet in tapped:
            linked = self._linked.get(packet.stream)
            codec = codec_of(packet.payload_type)
            if linked is None or codec is None:
                continue
            frame = Frame(
                FrameKind.RTP,
                linked.publication,
                linked.layer,
                packet.is_keyframe * FLAG_KEYFRAME | packet.rotation << ROTATION_SHIFT,
                packet.sequence,
                packet.arrival_ns,
                packet.session_ns,
                packet.packet,
            )
            self._deliver(linked, frame, codec, packet.life, now_ns)

    def access_unit(self, frame: Frame, now_ns: int) -> None:
        """Send an access unit of a worker's publication to those who read it."""
        linked = self._linked.get(stream_of(PublicationId(frame.publication), frame.layer))
        source = self._sources.get(PublicationId(frame.publication))
        if linked is not None and source is not None and source.codec is not None:
            self._deliver(linked, frame, source.codec, source.lives[frame.layer], now_ns)

    def _deliver(
        self, linked: _Linked, frame: Frame, codec: StreamCodec, life: int, now_ns: int
    ) -> None:
        is_keyframe = bool(frame.flags & FLAG_KEYFRAME)
        entry = Entry(life, codec, frame.sequence, now_ns, is_keyframe, encode_frame(frame))
        ring = linked.ring
        if ring is not None:
            ring.append(entry)
        for reading in linked.readings:
            if reading.is_acknowledged and ring is not None:
                reading.pump(linked.kind, ring, self.drops)
            elif reading.live(linked.kind, entry, self.drops):
                self._control.want_keyframe(linked.publication, linked.layer)

    def tick(self, now_ns: int) -> None:
        """Go on with replays that had to wait, and end rings nobody can need any more."""
        for stream, linked in tuple(self._linked.items()):
            ring = linked.ring
            if ring is None:
                continue
            ring.trim(now_ns)
            for reading in linked.readings:
                if reading.is_acknowledged and reading.cursor < ring.end:
                    reading.pump(linked.kind, ring, self.drops)
            gone = linked.ended_ns is not None and now_ns - linked.ended_ns > KEPT_NS
            if gone and not linked.readings:
                linked.holders.clear()
                self._tidy(stream, linked)

    # --- figures --------------------------------------------------------------------------------

    def ring_bytes(self) -> int:
        """Memory of all rings."""
        return sum(linked.ring.size_bytes for linked in self._linked.values() if linked.ring)

    def reading_count(self) -> int:
        """Subscriptions of all workers."""
        return sum(len(linked.readings) for linked in self._linked.values())

    def streams(self) -> list[tuple[PublicationId, Layer]]:
        """Layers that are read or kept."""
        return [publication_of(stream) for stream in self._linked]
