"""What the server wants media to hold, carried into connections and fan-out."""

from __future__ import annotations

from mixer.forward.interface import Fanout, OutLine
from mixer.media.connection import Direction
from mixer.media.connections import Connections
from mixer.media.links import Links
from mixer.media.resources import MediaResource, in_order, removal_order
from mixer.media.streams import stream_of
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
        self._held: dict[str, MediaResource] = {}
        self._outs: set[SubscriptionId] = set()

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
        stream = stream_of(publication.id, 0)
        self._fanout.add_in(stream, publication.peer, publication.mid, publication.kind)
        self._links.published(publication.id, publication.kind)
        self.route_all(publication.id)

    def _remove(self, resource: MediaResource) -> None:
        del self._held[resource.key]
        match resource:
            case Peer():
                for other in removal_order(list(self._held.values())):
                    if isinstance(other, Publication | Subscription) and other.peer == resource.id:
                        self._remove(other)
                self._connections.remove(resource.id)
            case Publication():
                self._fanout.remove_in(stream_of(resource.id, 0))
                self._links.unpublished(resource.id)
            case Subscription():
                self._connections.release(resource.peer, resource.id)
                if resource.id in self._outs:
                    self._outs.discard(resource.id)
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
            )
            self._fanout.add_out(agreement.subscription, peer, line)
            self._outs.add(agreement.subscription)
            held = self._held[f"subscription/{agreement.subscription}"]
            if isinstance(held, Subscription):
                self._route(held)

    def route_all(self, publication: PublicationId) -> None:
        """A publication came or changed its layers: feed who subscribes to it."""
        for held in tuple(self._held.values()):
            if isinstance(held, Subscription) and held.publication == publication:
                self._route(held)

    def _route(self, subscription: Subscription) -> None:
        if subscription.id not in self._outs:
            return
        layers = self._links.layers_of(subscription.publication)
        if layers == 0:
            return  # not published yet; `route_all` follows
        layer = min(subscription.layer, layers - 1)
        stream = stream_of(subscription.publication, layer)
        self._fanout.set_route(subscription.id, stream)
        self._links.want_keyframe(subscription.publication, layer)
