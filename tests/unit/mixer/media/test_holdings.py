"""What a subscription is sent: what is preferred, what there is, what the line has room for."""

from __future__ import annotations

from typing import cast

import pytest

from mixer.forward.interface import Fanout
from mixer.media.connection import ConnectionState, Direction
from mixer.media.connections import Connections
from mixer.media.holdings import Holdings
from mixer.media.links import Links
from mixer.media.streams import publication_of, stream_of
from mixer.transport.extensions import ExtensionIds
from mixer.transport.offer import SendAgreement
from mixer.wire.control import Apply
from mixer.wire.ids import Layer, MediaKind, PeerId, PublicationId, SubscriptionId
from mixer.wire.resources import Peer, Subscription

PEER, PROGRAMME, WANTED = PeerId(5), PublicationId(10), SubscriptionId(20)
LOW, MAIN = 0, 1


class Below:
    """Stands for fan-out, connections and links."""

    def __init__(self) -> None:
        self.layers = 2
        self.state = ConnectionState.CONNECTED
        self.routes: list[int] = []
        """Layers that were made the target."""
        self.asked: list[int] = []
        self.pauses: list[bool] = []

    def add(self, peer: PeerId, direction: Direction) -> None:
        assert (peer, direction) == (PEER, Direction.SEND)

    def remove(self, peer: PeerId) -> None:
        assert peer == PEER

    def release(self, peer: PeerId, subscription: SubscriptionId) -> None:
        assert (peer, subscription) == (PEER, WANTED)

    @property
    def is_any_connecting(self) -> bool:
        return self.state is ConnectionState.CONNECTING

    def state_of(self, peer: PeerId) -> ConnectionState:
        assert peer == PEER
        return self.state

    def layers_of(self, publication: PublicationId) -> int:
        assert publication == PROGRAMME
        return self.layers

    def want_keyframe(self, publication: PublicationId, layer: int) -> None:
        assert publication == PROGRAMME
        self.asked.append(layer)

    def add_out(self, out: int, peer: int, line: object) -> None:
        assert (out, peer) == (WANTED, PEER)
        assert line is not None

    def remove_out(self, out: int) -> None:
        assert out == WANTED

    def set_route(self, out: int, stream: int) -> None:
        assert out == WANTED
        self.routes.append(publication_of(stream)[1])

    def set_paused(self, out: int, *, paused: bool) -> None:
        assert out == WANTED
        self.pauses.append(paused)


def subscription(layer: int) -> Subscription:
    return Subscription(
        id=WANTED,
        peer=PEER,
        publication=PROGRAMME,
        kind=MediaKind.VIDEO,
        layer=Layer(layer),
    )


def holding(below: Below, *, measures: bool = True) -> Holdings:
    holdings = Holdings(cast("Fanout", below), cast("Connections", below), cast("Links", below))
    holdings.apply(Apply(put=(Peer(id=PEER, direction="send"), subscription(MAIN))))
    agree(holdings, measures=measures)
    return holdings


def agree(holdings: Holdings, *, measures: bool = True) -> None:
    agreement = SendAgreement(
        WANTED, "0", 100, 101, {96: 96}, {96: 97}, True, ExtensionIds(), measures
    )
    holdings.agreed(PEER, (agreement,))


@pytest.mark.parametrize(("measures", "layer"), [(True, LOW), (False, MAIN)])
def test_where_the_line_can_be_measured_it_begins_low(measures: bool, layer: int) -> None:
    below = Below()
    holdings = holding(below, measures=measures)
    assert holdings.measures(PEER) is measures
    assert below.routes == below.asked == [layer]
    assert holdings.receivers() == {PEER: [subscription(MAIN)]}


def test_what_is_given_becomes_the_target_and_a_key_frame_is_asked_for() -> None:
    below = Below()
    holdings = holding(below)
    holdings.give(WANTED, MAIN)
    holdings.give(WANTED, MAIN)
    assert below.routes == below.asked == [LOW, MAIN]
    agree(holdings)
    assert below.routes[-1] == MAIN


def test_a_pause_asks_for_nothing_and_ends_with_a_key_frame() -> None:
    below = Below()
    holdings = holding(below)
    holdings.give(WANTED, -1)
    assert below.pauses == [True]
    holdings.route_all(PROGRAMME)
    assert below.asked == [LOW]
    holdings.give(WANTED, LOW)
    assert below.pauses == [True, False]
    assert below.asked == [LOW, LOW]


def test_two_reasons_to_pause_end_both_first() -> None:
    below = Below()
    holdings = holding(below)
    holdings.give(WANTED, -1)
    holdings.stall(PEER, stalled=True)
    holdings.give(WANTED, MAIN)
    assert below.pauses == [True]
    holdings.stall(PEER, stalled=False)
    assert below.pauses == [True, False]
    assert below.asked[-1] == MAIN


def test_never_more_than_is_preferred_or_published() -> None:
    below = Below()
    holdings = holding(below)
    holdings.give(WANTED, MAIN)
    holdings.apply(Apply(put=(subscription(LOW),)))
    assert below.routes[-1] == LOW
    holdings.apply(Apply(put=(subscription(MAIN),)))
    assert below.routes[-1] == MAIN
    below.layers = 1
    holdings.route_all(PROGRAMME)
    assert below.routes[-1] == LOW


def test_a_layer_is_awaited_while_its_receiver_connects_and_is_not_paused() -> None:
    below = Below()
    holdings = holding(below)
    assert holdings.awaited() == set()
    below.state = ConnectionState.CONNECTING
    assert holdings.awaited() == {stream_of(PROGRAMME, LOW)}
    holdings.give(WANTED, MAIN)
    assert holdings.awaited() == {stream_of(PROGRAMME, MAIN)}
    holdings.give(WANTED, -1)
    assert holdings.awaited() == set()


def test_what_is_gone_is_forgotten() -> None:
    below = Below()
    holdings = holding(below)
    holdings.give(WANTED, MAIN)
    holdings.apply(Apply(remove=(f"subscription/{WANTED}",)))
    holdings.give(WANTED, LOW)
    assert holdings.receivers() == {}
    assert below.routes == [LOW, MAIN]
    holdings.apply(Apply(remove=(f"peer/{PEER}",)))
    assert not holdings.measures(PEER)
