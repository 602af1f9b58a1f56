"""A return follows its line: worse at once, better slowly."""

import pytest

from mixer.wire.control import PeerQuality
from mixer.wire.ids import PeerId
from server.conference.returns import Line, accepts_red
from server.intent import ReturnCoding
from tests.unit.mixer.transport.sample_sdp import OFFER, without


def quality(loss: float = 0.0, estimate_bps: float = 0.0) -> PeerQuality:
    return PeerQuality(
        peer=PeerId(1), rtt_ms=20, loss_fraction=loss, jitter_ms=1, bitrate=1e6,
        estimate_bps=estimate_bps,
    )  # fmt: skip


def after(line: Line, seconds: int, told: PeerQuality, *, accepts: bool = True) -> ReturnCoding:
    for _ in range(seconds):
        coding = line.step(told, accepts_red=accepts)
    return coding


def test_a_good_line_gets_the_usual_coding() -> None:
    assert after(Line(), 60, quality(0.0, 3e6)) == ReturnCoding(bitrate=64_000, redundancy=False)


def test_loss_brings_redundancy_within_2_s_and_20_s_without_end_it() -> None:
    line = Line()
    assert after(line, 2, quality(0.05)).redundancy
    assert after(line, 20, quality(0.0)).redundancy
    assert not after(line, 15, quality(0.0)).redundancy


def test_one_packet_lost_now_and_then_changes_nothing() -> None:
    line = Line()
    for _ in range(20):
        assert not line.step(quality(0.02), accepts_red=True).redundancy
        assert not after(line, 9, quality(0.0)).redundancy


def test_who_does_not_accept_redundancy_gets_none() -> None:
    assert not after(Line(), 30, quality(0.05), accepts=False).redundancy


@pytest.mark.parametrize(
    ("estimate_bps", "loss", "bitrate"),
    [
        (320_000, 0.0, 64_000),
        (300_000, 0.0, 48_000),
        (200_000, 0.0, 32_000),
        (60_000, 0.0, 24_000),
        # Redundancy doubles it.
        (320_000, 0.05, 32_000),
        (640_000, 0.05, 64_000),
        # Nobody knows what the line carries.
        (0, 0.05, 64_000),
        (0, 0.15, 32_000),
        (0, 0.4, 24_000),
    ],
)
def test_sound_takes_a_fifth_of_what_the_line_carries(
    estimate_bps: float, loss: float, bitrate: int
) -> None:
    assert after(Line(), 20, quality(loss, estimate_bps)).bitrate == bitrate


def test_it_goes_down_in_2_s_and_up_a_rung_each_10_s_where_there_is_room() -> None:
    line = Line()
    after(line, 5, quality(0, 1e6))
    assert after(line, 1, quality(0, 100_000)).bitrate == 64_000
    assert after(line, 1, quality(0, 100_000)).bitrate == 24_000
    assert after(line, 9, quality(0, 1e6)).bitrate == 24_000
    assert after(line, 1, quality(0, 1e6)).bitrate == 32_000
    assert after(line, 10, quality(0, 1e6)).bitrate == 48_000
    # 64,000 would fit, but not with room to spare.
    assert after(line, 60, quality(0, 330_000)).bitrate == 48_000


def test_an_estimate_at_the_border_does_not_flap() -> None:
    line = Line()
    rates = [line.step(quality(0, 320_000 + (-1) ** n * 3000), accepts_red=True) for n in range(60)]
    assert {coding.bitrate for coding in rates} == {64_000}


def test_an_answer_says_whether_it_takes_redundancy() -> None:
    assert accepts_red(OFFER)
    assert not accepts_red(without("a=rtpmap:63"))
    assert not accepts_red("nonsense")
