"""Each direction of a device's way has a grade and the one cause to tell a person."""

from __future__ import annotations

from typing import Any

import pytest

from mixer.wire.control import PeerQuality
from mixer.wire.ids import LAYER_MAIN, MediaKind, PeerId, PublicationId, SubscriptionId
from server.conference.lines import line_view
from server.intent import Received


def received(subscription: int, tile: str = "") -> Received:
    return Received(
        subscription=SubscriptionId(subscription),
        publication=PublicationId(subscription + 100),
        kind=MediaKind.VIDEO,
        layer=LAYER_MAIN,
        tile=tile,
    )


RECEIVED = (received(7), received(8, "hunan"), received(9, "bj-tax"))


def told(**changed: Any) -> PeerQuality:
    usual = {"rtt_ms": 20.0, "loss_fraction": 0.0, "jitter_ms": 1.0, "bitrate": 9e5}
    return PeerQuality(peer=PeerId(1), **{**usual, **changed})


@pytest.mark.parametrize(
    ("changed", "cause", "grade"),
    [
        ({}, "good", 5),
        ({"loss_fraction": 0.01}, "good", 4),
        ({"loss_fraction": 0.04}, "loss", 3),
        ({"loss_fraction": 0.2, "rtt_ms": 400.0}, "loss", 1),
        ({"rtt_ms": 600.0}, "delay", 2),
        ({"estimate_bps": 4e5}, "good", 5),
        ({"narrowed": {7: 0}}, "narrow", 3),
        ({"narrowed": {8: -1}}, "narrow", 3),
        ({"narrowed": {7: 0}, "loss_fraction": 0.2}, "loss", 1),
        ({"narrowed": {7: -1}, "loss_fraction": 0.2}, "paused", 2),
        ({"narrowed": {7: -1}, "bitrate": 500.0}, "no_packets", 1),
        ({"narrowed": {99: -1}}, "good", 5),
        ({"estimate_bps": 4e6}, "good", 5),
        ({"bitrate": 500.0}, "no_packets", 1),
    ],
)
def test_the_worst_decides(changed: dict[str, Any], cause: str, grade: int) -> None:
    view = line_view(told(**changed), received=RECEIVED)
    assert (view.cause, view.grade) == (cause, grade)


def test_who_is_muted_need_not_send() -> None:
    assert line_view(told(bitrate=0.0), sends=False).cause == "good"


def test_before_anything_is_known_it_is_measured() -> None:
    assert line_view(None).cause == "measuring"
    assert line_view(None, lost=True).cause == "reconnecting"


def test_the_other_connection_tells_the_round_trip_where_this_one_cannot() -> None:
    assert line_view(told(rtt_ms=0.0), rtt_ms=80.0).rtt_ms == 80
    assert line_view(told(rtt_ms=30.0), rtt_ms=80.0).rtt_ms == 30


def test_figures_are_rounded_for_people() -> None:
    view = line_view(told(loss_fraction=0.0123, jitter_ms=2.6, estimate_bps=2_345_678.0))
    assert (view.loss_percent, view.jitter_ms) == (1.2, 3)
    assert (view.bitrate_kbps, view.estimate_kbps) == (900, 2346)


def test_what_a_narrow_way_has_no_room_for_is_named_as_pages_know_it() -> None:
    lacks = {SubscriptionId(7): 0, SubscriptionId(9): -1}
    view = line_view(told(narrowed=lacks), received=RECEIVED)
    assert (view.picture, view.paused_tiles) == ("low", ["bj-tax"])
    whole = line_view(told(), received=RECEIVED)
    assert (whole.picture, whole.paused_tiles) == ("", [])
