import pytest

from mixer.media.resources import in_order, removal_order
from mixer.wire.control import ControlError
from mixer.wire.ids import Layer, MediaKind, PeerId, PublicationId, SubscriptionId
from mixer.wire.resources import Clock, Mark, Peer, Publication, Subscription

CLOCK = Clock(event=1, origin_monotonic_ns=0, origin_wall_ns=0)
PEER = Peer(id=PeerId(1), direction="receive")
PUBLICATION = Publication(id=PublicationId(2), peer=PeerId(1), mid="0", kind=MediaKind.VIDEO)
SUBSCRIPTION = Subscription(
    id=SubscriptionId(3),
    peer=PeerId(4),
    publication=PublicationId(2),
    kind=MediaKind.VIDEO,
    layer=Layer(0),
)


def test_what_is_referred_to_comes_first() -> None:
    ordered = in_order((SUBSCRIPTION, PUBLICATION, PEER, CLOCK))
    assert ordered == [CLOCK, PEER, PUBLICATION, SUBSCRIPTION]
    assert removal_order(ordered) == [SUBSCRIPTION, PUBLICATION, PEER, CLOCK]


def test_resources_of_other_workers_are_refused() -> None:
    mark = Mark(session=1, id=1, kind="cue", at_ns=0, title="")
    with pytest.raises(ControlError) as caught:
        in_order((PEER, mark))
    assert caught.value.error == "media.not_held_here"
