"""What the server wants media to hold, carried into connections and fan-out."""

from __future__ import annotations

from mixer.forward.interface import Extensions, Fanout, OutLine
from mixer.media.connection import ConnectionState, Direction
from mixer.media.connections import Connections
from mixer.media.links import Links
from mixer.media.pauses import Pause, Pauses
from mixer.media.resources import MediaResource, in_order, removal_order
from mixer.media.streams import MAX_LAYERS, stream_of
from mixer.transport.offer import SendAgreement
from mixer.wire.control import Apply, ControlError
from mixer.wire.ids import MediaKind, PeerId, PublicationId, SubscriptionId
from mixer.wire.resources import Clock, Peer, Publication, Resource, Subscription


class Holdings:
    """The resources by key; puts and removals take effect at once."""

    def __init__(self, fanout: Fanout, connections: Connections, links: Links) -> None:
        self._fanout = fanout
        self._connections = connections
        self._links = links
        self._pauses = Pauses(fanout)
        self._held: dict[str, MediaResource] = {}
        self._outs: set[SubscriptionId] = set()
        self._given: dict[SubscriptionId, int] = {}
        """What the line has room for: a layer, -1 for none; what is missing has no limit."""
        self._measured: set[PeerId] = set()
        self._receivers: dict[PeerId, list[Subscription]] | None = None
        """What `receivers` tells, None after a change."""

    def observed(self) -> tuple[Resource, ...]:
        """All of them."""
        return tuple(self._held.values())

    def apply(self, command: Apply) -> None:
        """Removals, then puts. Raises `ControlError`; what took effect stays."""
        puts = in_order(command.put)
        gone = [self._held[key] for key in command.remove if key in self._held]
        for resource in removal_order(gone):
            self._remove(resource)
        for resource in puts:
            before = self._held.get(resource.key)
            if before == resource:
                continue
            self._put(before, resource)

    def _put(self, before: MediaResource | None, resource: MediaResource) -> None:
        match resource:
            case Clock():
                self._fanout.set_clock(resource.origin_monotonic_ns, resource.origin_wall_ns)
            case Peer():
                if before is not None:
                    self._remove(before)
                self._add_peer(resource)
            case Publication():
                if before is not None:
                    self._remove(before)
                self._add_publication(resource)
            case Subscription():
                if isinstance(before, Subscription) and before.peer != resource.peer:
                    self._remove(before)
        self._held[resource.key] = resource
        self._receivers = None
        if isinstance(resource, Subscription):
            self._route(resource)

    def _add_peer(self, peer: Peer) -> None:
        try:
            direction = Direction(peer.direction)
        except ValueError:
            raise ControlError("media.wrong_direction", f"direction {peer.direction!r}") from None
        self._connections.add(peer.id, direction)

    def _add_publication(self, publication: Publication) -> None:
        self._connections.get(publication.peer, Direction.RECEIVE)
        if len(publication.rids) > MAX_LAYERS:
            raise ControlError("media.too_many_layers", f"more than {MAX_LAYERS} layers")
        for layer, rid in enumerate(publication.rids or ("",)):
            stream = stream_of(publication.id, layer)
            peer, mid = publication.peer, publication.mid
            self._fanout.add_in(stream, peer, mid, publication.kind, rid)
        self._links.published(publication.id, publication.kind, _layers_of(publication))
        self.route_all(publication.id)

    def _remove(self, resource: MediaResource) -> None:
        del self._held[resource.key]
        self._receivers = None
        match resource:
            case Peer():
                for other in removal_order(list(self._held.values())):
                    if isinstance(other, Publication | Subscription) and other.peer == resource.id:
                        self._remove(other)
                self._measured.discard(resource.id)
                self._connections.remove(resource.id)
            case Publication():
                for layer in range(_layers_of(resource)):
                    self._fanout.remove_in(stream_of(resource.id, layer))
                self._links.unpublished(resource.id)
            case Subscription():
                self._connections.release(resource.peer, resource.id)
                if resource.id in self._outs:
                    self._outs.discard(resource.id)
                    self._receivers = None
                    self._given.pop(resource.id, None)
                    self._pauses.forget(resource.id)
                    self._fanout.remove_out(resource.id)
            case Clock():
                pass  # session time goes on until another clock is put

    # --- subscriptions --------------------------------------------------------------------------

    def wanted_by(self, peer: PeerId) -> dict[SubscriptionId, MediaKind]:
        """Subscriptions of a peer, in the order they were made."""
        return {
            held.id: held.kind
            for held in self._held.values()
            if isinstance(held, Subscription) and held.peer == peer
        }

    def agreed(self, peer: PeerId, agreements: tuple[SendAgreement, ...]) -> None:
        """A browser answered: make or change its out-streams."""
        wanted = self.wanted_by(peer)
        for agreement in agreements:
            # A subscription may have been removed since the offer.
            kind = wanted.get(agreement.subscription)
            if kind is None:
                continue
            line = OutLine(
                kind=kind,
                ssrc=agreement.ssrc,
                rtx_ssrc=agreement.rtx_ssrc,
                media=agreement.media,
                rtx=agreement.rtx,
                mid=agreement.mid,
                extensions=Extensions(**agreement.extensions._asdict()),
                nack=agreement.nack,
                transport_feedback=agreement.transport_feedback,
            )
            self._fanout.add_out(agreement.subscription, peer, line)
            self._outs.add(agreement.subscription)
            self._receivers = None
            if agreement.transport_feedback:
                self._measured.add(peer)
                # Nothing is known of the line yet, or of what else is on it.
                self._given.setdefault(agreement.subscription, 0)
            held = self._held[f"subscription/{agreement.subscription}"]
            if isinstance(held, Subscription):
                self._route(held)

    def stall(self, peer: PeerId, *, stalled: bool) -> None:
        """A peer does not read what it is sent: its pictures wait, then begin with a key frame."""
        for subscription, kind in self.wanted_by(peer).items():
            if kind is MediaKind.VIDEO and subscription in self._outs:
                goes_on = self._pauses.set(subscription, Pause.STALLED, paused=stalled)
                held = self._held[f"subscription/{subscription}"]
                if goes_on and isinstance(held, Subscription):
                    self._route(held)

    def route_all(self, publication: PublicationId) -> None:
        """A publication came or changed its layers: feed who subscribes to it."""
        for held in tuple(self._held.values()):
            if isinstance(held, Subscription) and held.publication == publication:
                self._route(held)

    def awaited(self) -> set[int]:
        """In-streams that receivers will take whose connection is being made."""
        found: set[int] = set()
        if not self._connections.is_any_connecting:
            return found
        for held in self._held.values():
            if isinstance(held, Subscription) and held.id in self._outs:
                layers = self._links.layers_of(held.publication)
                state = self._connections.state_of(held.peer)
                layer = self._layer_of(held, layers)
                if layers and layer >= 0 and state is ConnectionState.CONNECTING:
                    found.add(stream_of(held.publication, layer))
        return found

    # --- see `Receivers` ------------------------------------------------------------------------

    def receivers(self) -> dict[PeerId, list[Subscription]]:
        """Subscriptions that were agreed on, by peer, in order; never changed, but made anew."""
        if self._receivers is not None:
            return self._receivers
        found: dict[PeerId, list[Subscription]] = {}
        for held in self._held.values():
            if isinstance(held, Subscription) and held.id in self._outs:
                found.setdefault(held.peer, []).append(held)
        self._receivers = found
        return found

    def measures(self, peer: PeerId) -> bool:
        """Whether a peer agreed to tell when packets arrive."""
        return peer in self._measured

    def layers_of(self, publication: PublicationId) -> int:
        """How many layers a publication has, 0 when it does not exist."""
        return self._links.layers_of(publication)

    def give(self, subscription: SubscriptionId, layer: int) -> None:
        """Send a layer from its next key frame on, or pause (-1)."""
        held = self._held.get(f"subscription/{subscription}")
        if not isinstance(held, Subscription) or subscription not in self._outs:
            return
        if self._given.get(subscription) == layer:
            return
        self._given[subscription] = layer
        self._pauses.set(subscription, Pause.NARROW, paused=layer < 0)
        self._route(held)

    def _layer_of(self, held: Subscription, layers: int) -> int:
        """The target: what is preferred, what there is, what the line has room for."""
        return min(self._given.get(held.id, held.layer), held.layer, layers - 1)

    def _route(self, subscription: Subscription) -> None:
        if subscription.id not in self._outs:
            return
        layers = self._links.layers_of(subscription.publication)
        if layers == 0:
            return  # not published yet; `route_all` follows
        layer = self._layer_of(subscription, layers)
        if layer < 0:
            return  # paused
        stream = stream_of(subscription.publication, layer)
        self._fanout.set_route(subscription.id, stream)
        self._links.want_keyframe(subscription.publication, layer)


def _layers_of(publication: Publication) -> int:
    return max(1, len(publication.rids))
