"""Workers as peers: what they publish goes into the fan-out, what they read comes out of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from mixer.forward.interface import Batch, Fanout, InjectedPacket
from mixer.media.distribution import Distribution
from mixer.media.link_client import LinkClient, LinkDrop
from mixer.media.streams import MAX_LAYERS, publication_of, stream_of
from mixer.wire.frame import FLAG_KEYFRAME, Frame, FrameError, FrameKind
from mixer.wire.ids import Layer, MediaKind, PublicationId
from mixer.wire.link import (
    LinkAcknowledge,
    LinkKeyframe,
    LinkMessage,
    LinkPublish,
    LinkSubscribe,
    LinkTaken,
    LinkUnpublish,
    LinkUnsubscribe,
)

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _WorkerPublication:
    client: LinkClient
    message: LinkPublish


class Links:
    """Implements `LinkHandler`, `TapControl` and `LayerMakers`."""

    def __init__(self, fanout: Fanout, take: Callable[[Batch, int], None]) -> None:
        """`take` hands over what the fan-out leaves behind."""
        self._fanout = fanout
        self._take = take
        self._workers: dict[PublicationId, _WorkerPublication] = {}
        self._browsers: dict[PublicationId, tuple[MediaKind, int]] = {}
        self._streams: set[int] = set()
        self.distribution = Distribution(self)
        self.on_published: Callable[[PublicationId], None] = _ignore
        """Told when a worker's publication begins."""

    # --- publications ---------------------------------------------------------------------------

    def layers_of(self, publication: PublicationId) -> int:
        """How many layers a publication has, 0 when it does not exist."""
        if publication in self._browsers:
            return self._browsers[publication][1]
        worker = self._workers.get(publication)
        return worker.message.layers if worker is not None else 0

    def published(self, publication: PublicationId, kind: MediaKind, layers: int = 1) -> None:
        """A browser's publication exists in the fan-out from now on."""
        self._browsers[publication] = (kind, layers)
        self._streams.update(stream_of(publication, layer) for layer in range(layers))
        self.distribution.published(publication, kind)

    def unpublished(self, publication: PublicationId) -> None:
        """It is gone."""
        _, layers = self._browsers.pop(publication, (MediaKind.VIDEO, 0))
        self._streams.difference_update(stream_of(publication, layer) for layer in range(layers))
        self.distribution.unpublished(publication, time.monotonic_ns())

    def _publish(self, client: LinkClient, message: LinkPublish) -> None:
        publication = message.publication
        if not 1 <= message.layers <= MAX_LAYERS or publication in self._browsers:
            raise FrameError(f"publication {publication} cannot be published by a worker")
        before = self._workers.get(publication)
        if before is not None and before.message.layers > message.layers:
            self._unpublish(publication)
        self._workers[publication] = _WorkerPublication(client, message)
        lives: list[int] = []
        for layer in range(message.layers):
            stream = stream_of(publication, layer)
            self._streams.add(stream)
            lives.append(self._fanout.add_local(stream, message.kind, message.codec.clock_rate))
            self._fanout.set_tap(stream, tapped=self.distribution.is_linked(stream))
        _log.info("link.published", publication=publication, codec=message.codec.codec.value)
        self.distribution.published(publication, message.kind, message.codec, tuple(lives))
        self.on_published(publication)

    def _unpublish(self, publication: PublicationId) -> None:
        worker = self._workers.pop(publication, None)
        if worker is None:
            return
        for layer in range(worker.message.layers):
            stream = stream_of(publication, layer)
            self._streams.discard(stream)
            self._fanout.remove_in(stream)
        self.distribution.unpublished(publication, time.monotonic_ns())

    def set_tap(self, stream: int, *, tapped: bool) -> None:
        """See `TapControl`."""
        if stream in self._streams:
            self._fanout.set_tap(stream, tapped=tapped)

    def want_keyframe(self, publication: PublicationId, layer: int) -> None:
        """See `TapControl`; unknown publications are ignored."""
        stream = stream_of(publication, layer)
        if stream in self._streams:
            now_ns = time.monotonic_ns()
            self._take(self._fanout.request_keyframe(stream, now_ns), now_ns)

    def made_by_browsers(self) -> dict[PublicationId, tuple[MediaKind, int]]:
        """See `LayerMakers`."""
        return dict(self._browsers)

    def made_by_workers(self) -> dict[PublicationId, int]:
        """See `LayerMakers`."""
        return {publication: worker.message.layers for publication, worker in self._workers.items()}

    def tell_taken(self, publication: PublicationId, layer: Layer, *, taken: bool) -> None:
        """See `LayerMakers`."""
        worker = self._workers.get(publication)
        if worker is not None:
            worker.client.tell(LinkTaken(publication=publication, layer=layer, taken=taken))

    def ask_worker(self, stream: int) -> None:
        """Pass a request for a key frame on to the worker that publishes the stream."""
        publication, layer = publication_of(stream)
        worker = self._workers.get(publication)
        if worker is not None:
            worker.client.tell(LinkKeyframe(publication=publication, layer=layer))

    # --- what workers say -----------------------------------------------------------------------

    def link_joined(self, client: LinkClient) -> None:
        """See `LinkHandler`; it will subscribe and publish."""

    def link_left(self, client: LinkClient) -> None:
        """See `LinkHandler`."""
        for publication, worker in tuple(self._workers.items()):
            if worker.client is client:
                self._unpublish(publication)
        self.distribution.leave(client)

    def link_message(self, client: LinkClient, message: LinkMessage) -> None:
        """See `LinkHandler`. Raises `FrameError` for a message that media sends itself."""
        match message:
            case LinkSubscribe():
                _check_layer(message.layer)
                self.distribution.subscribe(client, message)
            case LinkUnsubscribe():
                _check_layer(message.layer)
                self.distribution.unsubscribe(client, message)
            case LinkAcknowledge():
                self.distribution.acknowledge(
                    client, message.publication, message.layer, message.sequence
                )
            case LinkKeyframe():
                _check_layer(message.layer)
                self.want_keyframe(message.publication, message.layer)
            case LinkPublish():
                self._publish(client, message)
            case LinkUnpublish():
                self._end_of(client, message.publication)
            case _:
                raise FrameError(f"media does not take {type(message).__name__}")

    def _end_of(self, client: LinkClient, publication: PublicationId) -> None:
        worker = self._workers.get(publication)
        if worker is not None and worker.client is client:
            self._unpublish(publication)

    def link_frames(self, client: LinkClient, frames: list[Frame]) -> None:
        """See `LinkHandler`."""
        now_ns = time.monotonic_ns()
        packets: list[InjectedPacket] = []
        for frame in frames:
            worker = self._workers.get(PublicationId(frame.publication))
            if (
                worker is None
                or worker.client is not client
                or frame.layer >= worker.message.layers
            ):
                self.distribution.drops.add(LinkDrop.NOT_ANNOUNCED)
            elif frame.kind == FrameKind.ACCESS_UNIT:
                self.distribution.access_unit(frame, now_ns)
            else:
                packets.append(
                    InjectedPacket(
                        stream_of(PublicationId(frame.publication), frame.layer),
                        bool(frame.flags & FLAG_KEYFRAME),
                        frame.sequence,
                        frame.session_ns,
                        frame.payload,
                    )
                )
        if packets:
            self._take(self._fanout.inject(packets, now_ns), now_ns)


def _check_layer(layer: Layer) -> None:
    if not 0 <= layer < MAX_LAYERS:
        raise FrameError(f"layer {layer}")


def _ignore(_publication: PublicationId) -> None:
    """Before the worker is put together nobody listens."""
