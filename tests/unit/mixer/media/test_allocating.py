"""From reports to layers, without a network; tests/sim has it on narrow lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import pytest

from mixer.forward.estimate.measured import START_BPS, MeasuredEstimate
from mixer.forward.interface import (
    Batch,
    BitrateReport,
    Fanout,
    OutFlow,
    ReceptionReport,
    StreamFlow,
    TransportFeedback,
)
from mixer.media.allocating import LOOK_NS, MUTE_NS, PACE, PROVED_PACE, Allocating
from mixer.media.streams import stream_of
from mixer.rtp import payload_type as types
from mixer.wire.ids import Layer, MediaKind, PeerId, PublicationId, SubscriptionId
from mixer.wire.resources import Priority, Subscription
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS, MakeFanout
from tests.unit.mixer.forward.rig import FakeSocket

MS = 1_000_000
PEER = PeerId(5)
PROGRAMME, SOUND = PublicationId(10), PublicationId(11)


def subscription(
    number: int, publication: PublicationId, layer: int, priority: Priority = Priority.ON_AIR
) -> Subscription:
    is_sound = publication == SOUND
    return Subscription(
        id=SubscriptionId(number),
        peer=PEER,
        publication=publication,
        kind=MediaKind.AUDIO if is_sound else MediaKind.VIDEO,
        layer=Layer(layer),
        priority=priority,
    )


class Stage:
    """Stands for the fan-out and for the holdings. Sends 2 Mbit/s in 250 packets a second."""

    def __init__(
        self,
        *,
        measures: bool,
        make_estimate: Callable[[], MeasuredEstimate] = MeasuredEstimate,
    ) -> None:
        self._measures = measures
        self._make_estimate = make_estimate
        self.subscriptions = [subscription(1, PROGRAMME, 1), subscription(2, SOUND, 0)]
        self.layers = {PROGRAMME: 2, SOUND: 1}
        self.given: dict[int, int] = {}
        self.pace = -1
        self.probes: list[tuple[int, int]] = []
        self.can_probe = True
        self.sends = True
        self.programme_bps = 0
        self.decided = 0
        """Layers given, changed or not."""
        self.estimate: MeasuredEstimate | None = None
        self.now_ns = 0
        self._packets = 0
        self.allocating = Allocating(cast("Fanout", self), self)

    # what the fan-out does

    def make_estimate(self) -> MeasuredEstimate:
        return self._make_estimate()

    def judge(self, peer: int, estimate: MeasuredEstimate | None) -> None:
        assert peer == PEER
        self.estimate = estimate

    def stream_flows(self) -> list[StreamFlow]:
        if not self.programme_bps:
            return []
        octets = self.programme_bps * self.now_ns // (8 * 1000 * MS)
        return [StreamFlow(stream_of(PROGRAMME, 0), types.VP8, self.now_ns, 0, octets)]

    def out_flows(self) -> list[OutFlow]:
        return [OutFlow(1, PEER, self._packets, self._packets * 956)]

    def set_pace(self, peer: int, bps: int) -> None:
        assert peer == PEER
        self.pace = bps

    def probe(self, peer: int, cluster: int, octets: int, bps: int) -> bool:
        assert peer == PEER
        assert octets > 0
        if self.can_probe:
            self.probes.append((cluster, bps))
        return self.can_probe

    # what the holdings do

    def receivers(self) -> dict[PeerId, Sequence[Subscription]]:
        return {PEER: tuple(self.subscriptions)} if self.subscriptions else {}

    def measures(self, peer: PeerId) -> bool:
        assert peer == PEER
        return self._measures

    def layers_of(self, publication: PublicationId) -> int:
        return self.layers.get(publication, 0)

    def give(self, subscription: SubscriptionId, layer: int) -> None:
        self.given[subscription] = layer
        self.decided += 1

    # time

    def pass_time(
        self,
        seconds: float,
        *,
        tells: bool = False,
        slower_ms: float = 0,
        loss: float = 0,
        remb: int = 0,
    ) -> dict[int, int]:
        late_ns = 30 * MS
        for _ in range(int(seconds * 50)):
            self.now_ns += 20 * MS
            self._packets += 5 * self.sends
            if self.now_ns % (100 * MS) == 0:
                batch = Batch()
                if tells:
                    sent = [self.now_ns + (index - 25) * 4 * MS for index in range(25)]
                    late_ns += int(slower_ms * MS)
                    arrived = [one + late_ns for one in sent]
                    told = TransportFeedback(PEER, sent, arrived, [1000] * 25, [0] * 25)
                    assert self.estimate is not None
                    self.estimate.feedback(told, self.now_ns)
                    if self.estimate.has_moved:
                        batch.moved.append(PEER)
                batch.reception.append(ReceptionReport(PEER, 1, loss, 2.0, 40 * MS))
                if remb:
                    batch.bitrates.append(BitrateReport(PEER, remb, (1,)))
                self.allocating.take(batch)
            self.allocating.tick(self.now_ns)
        return self.given


def test_a_receiver_that_tells_arrivals_begins_low_and_paced() -> None:
    stage = Stage(measures=True)
    assert stage.pass_time(0.1) == {1: 0, 2: 0}
    assert stage.pace == int(START_BPS * PACE)
    assert stage.allocating.estimate_bps(PEER) == 0


def test_an_encoder_of_one_layer_on_air_is_seen_at_once() -> None:
    stage = Stage(measures=True)
    stage.layers = {PROGRAMME: 1, SOUND: 1}
    assert stage.pass_time(0.1) == {1: 0, 2: 0}
    assert stage.pace > 1_090_000  # 1 Mbit/s is what such an encoder usually sends
    assert stage.pass_time(5, tells=True, slower_ms=40)[1] == -1


def test_one_that_sends_more_than_usual_is_not_held_up_until_that_is_sure() -> None:
    stage = Stage(measures=True)
    stage.layers = {PROGRAMME: 1, SOUND: 1}
    stage.programme_bps = 3_000_000
    stage.pass_time(1.2)
    assert stage.pace > 3_000_000
    stage.pass_time(3, tells=True, slower_ms=40)
    assert stage.pace < 3_000_000


def test_an_estimate_that_rests_is_not_decided_about_in_each_tick() -> None:
    stage = Stage(measures=True)
    stage.layers = {PROGRAMME: 1, SOUND: 1}
    stage.pass_time(0.2)
    stage.decided = 0
    stage.pass_time(1)
    assert stage.decided <= 2 * 10 + 2  # looks and, of two subscriptions, samples


def test_packets_that_come_together_need_not_wait_on_a_line_without_a_limit() -> None:
    stage = Stage(measures=True)
    stage.pass_time(20, tells=True)
    estimate = stage.allocating.estimate_bps(PEER)
    assert 3 * estimate < stage.pace <= PROVED_PACE * estimate
    stage.pass_time(3, tells=True, slower_ms=20)
    estimate = stage.allocating.estimate_bps(PEER)
    assert stage.pace < 1.2 * estimate


def test_it_is_probed_once_it_tells() -> None:
    stage = Stage(measures=True)
    stage.pass_time(1)
    assert stage.probes == []
    stage.pass_time(0.5, tells=True)
    assert stage.probes[0][1] == pytest.approx(2 * START_BPS, rel=0.1)
    assert stage.allocating.estimate_bps(PEER) >= START_BPS


@pytest.mark.parametrize("make", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS.keys())
def test_what_arrives_lifts_it_until_main_fits(make: MakeFanout) -> None:
    stage = Stage(measures=True, make_estimate=make(FakeSocket()).make_estimate)
    assert stage.pass_time(20, tells=True)[1] == 1
    assert stage.pace > 2_500_000


def test_a_line_that_becomes_slower_takes_main_away() -> None:
    stage = Stage(measures=True)
    stage.pass_time(20, tells=True)
    assert stage.pass_time(1.5, tells=True, slower_ms=20)[1] == 0


def test_where_no_probe_can_be_sent_it_goes_on() -> None:
    stage = Stage(measures=True)
    stage.can_probe = False
    stage.pass_time(20, tells=True)
    assert stage.given[2] == 0


def test_one_that_never_tells_is_taken_for_one_without() -> None:
    stage = Stage(measures=True)
    stage.pass_time(MUTE_NS / 1e9 + 1.1)
    assert stage.given == {1: 1, 2: 0}
    assert stage.pace == 0
    assert stage.estimate is None


def test_while_nothing_is_sent_nothing_can_be_told() -> None:
    stage = Stage(measures=True)
    stage.sends = False
    stage.pass_time(MUTE_NS / 1e9 + 3)
    assert stage.given == {1: 0, 2: 0}


def test_one_without_gets_what_it_wants_until_it_loses() -> None:
    stage = Stage(measures=False)
    assert stage.pass_time(5) == {1: 1, 2: 0}
    assert stage.pace == 0
    assert stage.pass_time(8, loss=0.4)[1] < 1
    assert 0 < stage.allocating.estimate_bps(PEER) < 2_000_000
    assert stage.pace > 0


def test_one_that_believes_in_less_gets_less() -> None:
    stage = Stage(measures=False)
    assert stage.pass_time(4, remb=600_000, loss=0.05) == {1: 0, 2: 0}
    assert stage.allocating.estimate_bps(PEER) == 600_000


def test_what_is_not_published_is_not_counted_and_what_is_gone_forgotten() -> None:
    stage = Stage(measures=True)
    del stage.layers[PROGRAMME]
    assert stage.pass_time(1, tells=True) == {2: 0}
    stage.layers[PROGRAMME] = 2
    stage.allocating.look_soon()
    assert stage.pass_time(0.02).keys() == {1, 2}
    stage.subscriptions.clear()
    stage.pass_time(LOOK_NS / 1e9 + 0.02)
    assert stage.allocating.estimate_bps(PEER) == 0


def test_reports_of_strangers_are_ignored() -> None:
    stage = Stage(measures=True)
    batch = Batch()
    batch.reception.append(ReceptionReport(99, 1, 0.5, 1.0, 0))
    batch.bitrates.append(BitrateReport(99, 1000, (1,)))
    stage.allocating.take(batch)
    assert stage.allocating.estimate_bps(PeerId(99)) == 0


def test_what_a_line_has_no_room_for_is_known_once_the_line_has_shown_it() -> None:
    stage = Stage(measures=True)
    stage.pass_time(0.5, tells=True)
    assert stage.given[1] == 0
    assert stage.allocating.narrowed(PEER) == {}
    stage.pass_time(20, tells=True)
    assert stage.allocating.narrowed(PEER) == {}
    stage.pass_time(1.5, tells=True, slower_ms=20)
    assert stage.allocating.narrowed(PEER) == {1: 0}
    stage.subscriptions = [subscription(1, PROGRAMME, 0), subscription(2, SOUND, 0)]
    stage.pass_time(0.2, tells=True)
    assert stage.allocating.narrowed(PEER) == {}


def test_a_picture_that_is_paused_is_less_than_any_layer() -> None:
    stage = Stage(measures=True)
    stage.layers = {PROGRAMME: 1, SOUND: 1}
    stage.pass_time(5, tells=True, slower_ms=40)
    assert stage.allocating.narrowed(PEER) == {1: -1}
    stage.subscriptions = [subscription(2, SOUND, 0)]
    stage.pass_time(0.2, tells=True)
    assert stage.allocating.narrowed(PEER) == {}
    assert stage.allocating.narrowed(PeerId(99)) == {}


@pytest.mark.parametrize("priority", Priority)
def test_sound_is_never_paused_whatever_priority_was_asked_for(priority: Priority) -> None:
    stage = Stage(measures=False)
    stage.layers, stage.programme_bps = {PROGRAMME: 1, SOUND: 1}, 90_000
    stage.subscriptions = [subscription(1, PROGRAMME, 0), subscription(2, SOUND, 0, priority)]
    assert stage.pass_time(5, remb=100_000, loss=0.05) == {1: -1, 2: 0}
