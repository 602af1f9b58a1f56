import pytest

from mixer.forward.interface import StreamFlow
from mixer.media.rates import PICTURES_BPS, SAMPLE_NS, SILENT_NS, SOUND_BPS, LayerRates
from mixer.media.streams import MAX_LAYERS, stream_of
from mixer.rtp import payload_type as types
from mixer.wire.ids import MediaKind, PublicationId

CAMERA, MICROPHONE = PublicationId(10), PublicationId(11)


class Flow:
    """Samples of one publication whose layers send at their rates."""

    def __init__(self, *bps: float) -> None:
        self.bps = list(bps)
        self.rates = LayerRates()
        self.now_ns = 10 * SILENT_NS
        self.changes = 0
        self.misordered: list[PublicationId] = []
        self._octets = [0.0] * len(bps)
        self._packets = [0] * len(bps)
        self._last_ns = [-1] * len(bps)

    def pass_time(self, seconds: float) -> tuple[float, ...]:
        self.changes = 0
        for _ in range(int(seconds * 1e9) // SAMPLE_NS):
            self.now_ns += SAMPLE_NS
            for layer, bps in enumerate(self.bps):
                if bps:
                    self._packets[layer] += 25
                    self._octets[layer] += bps * SAMPLE_NS / 8e9 - 25 * 44
                    self._last_ns[layer] = self.now_ns
            self.changes += self.rates.sample(
                [
                    StreamFlow(
                        stream_of(CAMERA, layer),
                        types.VP8,
                        self._last_ns[layer],
                        self._packets[layer],
                        int(self._octets[layer]),
                    )
                    for layer in range(len(self.bps))
                ],
                self.now_ns,
            )
            self.misordered += self.rates.misordered()
        return self.of()

    def of(self) -> tuple[float, ...]:
        count = len(self.bps)
        return self.rates.of(CAMERA, MediaKind.VIDEO, count, count - 1)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_what_was_never_seen_costs_what_such_layers_do(layers: int) -> None:
    rates = LayerRates()
    assert rates.of(CAMERA, MediaKind.VIDEO, layers, layers - 1) == PICTURES_BPS[layers]
    assert rates.of(MICROPHONE, MediaKind.AUDIO, 1, 0) == (SOUND_BPS,)
    assert rates.of(CAMERA, MediaKind.VIDEO, 5, 4)[-1] == PICTURES_BPS[3][-1]


def test_what_comes_is_measured_with_headers() -> None:
    assert Flow(300e3, 2e6).pass_time(5) == pytest.approx((300e3, 2e6), rel=0.01)


def test_what_a_layer_costs_lately_is_known_from_its_second_sample_on() -> None:
    flow = Flow(300e3, 3e6)
    assert flow.pass_time(0.5) == PICTURES_BPS[2]
    assert flow.rates.lately(CAMERA, 1) == 0
    flow.pass_time(0.5)
    assert flow.changes == 1
    assert flow.rates.lately(CAMERA, 1) == pytest.approx(3e6, rel=0.01)
    assert flow.of() == PICTURES_BPS[2]
    flow.bps = [300e3, 0]
    flow.pass_time(3)
    assert flow.rates.lately(CAMERA, 1) == 0
    assert flow.rates.lately(MICROPHONE, 0) == 0


def test_only_what_is_notable_is_told() -> None:
    flow = Flow(300e3, 2e6)
    flow.pass_time(5)
    flow.pass_time(20)
    assert flow.changes == 0
    flow.bps = [300e3, 3e6]
    flow.pass_time(10)
    assert 1 <= flow.changes <= 5
    flow.bps = [300e3, 0]
    flow.pass_time(10)
    assert 1 <= flow.changes <= 4


def test_a_layer_that_is_not_sent_costs_what_it_usually_does() -> None:
    assert Flow(300e3, 0).pass_time(5)[1] == PICTURES_BPS[2][1]


def test_a_peak_fades() -> None:
    flow = Flow(2e6, 2e6)
    flow.pass_time(5)
    flow.bps = [400e3, 400e3]
    lowest, other = flow.pass_time(4)
    assert lowest < 0.8e6
    assert other > 1.5e6
    assert flow.pass_time(30) == pytest.approx((400e3, 400e3), rel=0.01)


def test_a_camera_that_is_off_takes_no_line_and_costs_as_before_when_it_is_back() -> None:
    flow = Flow(300e3, 2e6)
    flow.pass_time(5)
    flow.bps = [0, 0]
    assert flow.pass_time(3) == (0, 0)
    flow.bps = [300e3, 2e6]
    assert flow.pass_time(0.5) == pytest.approx((300e3, 2e6), rel=0.2)


def test_streams_that_are_gone_are_forgotten() -> None:
    flow = Flow(5e6)
    flow.pass_time(5)
    flow.rates.sample([], flow.now_ns)
    assert flow.of() == PICTURES_BPS[1]


def test_layers_whose_names_promised_another_order_are_told_once() -> None:
    flow = Flow(2_000_000, 600_000, 150_000)
    flow.pass_time(8)
    assert flow.misordered == []
    flow.pass_time(60)
    assert flow.misordered == [CAMERA]


@pytest.mark.parametrize(
    "bps",
    [
        (150_000, 600_000, 2_000_000),
        (300_000, 290_000),
        (2_000_000,),
        (900_000, 0),
        (0, 900_000),
        (100_000,) * MAX_LAYERS,
    ],
)
def test_layers_that_grow_or_are_alike_or_do_not_come_are_in_order(bps: tuple[float, ...]) -> None:
    flow = Flow(*bps)
    flow.pass_time(40)
    assert flow.misordered == []


def test_a_moment_in_the_wrong_order_is_nothing() -> None:
    flow = Flow(150_000, 2_000_000)
    flow.pass_time(10)
    for _ in range(4):
        flow.bps = [900_000, 100_000]
        flow.pass_time(4)
        flow.bps = [150_000, 2_000_000]
        flow.pass_time(10)
    assert flow.misordered == []
