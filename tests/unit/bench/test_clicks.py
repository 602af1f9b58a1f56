import numpy as np
import pytest

from bench.clicks import (
    CLICK_EVERY_PACKETS,
    LONGEST_DELAY_NS,
    PACKET_NS,
    PILOT_EVERY_SEATS,
    ClickLoop,
    HeardPacket,
    decode_heard,
    make_loop,
    match_delays_ms,
    onsets,
    pilot_hz,
)
from mixer.sound.codec import TICK_SAMPLES
from mixer.sound.opus import LibOpus, library_paths

SEATS = 4


@pytest.fixture(scope="module")
def library() -> LibOpus:
    return LibOpus(next(library_paths()))


@pytest.fixture(scope="module")
def loops(library: LibOpus) -> list[ClickLoop]:
    return [make_loop(library, seat, SEATS, 64_000) for seat in range(SEATS)]


def heard(loop: ClickLoop, rounds: int, delay_ns: int) -> list[HeardPacket]:
    packets = loop.packets * rounds
    return [
        HeardPacket(number * PACKET_NS + delay_ns, number, payload)
        for number, payload in enumerate(packets)
    ]


def said_ns(loop: ClickLoop, rounds: int) -> list[int]:
    length = len(loop.packets)
    return [
        (turn * length + loop.click_packet) * PACKET_NS + loop.click_ns for turn in range(rounds)
    ]


def test_clicks_of_the_seats_follow_one_another(loops: list[ClickLoop]) -> None:
    places = [loop.click_packet for loop in loops]
    assert np.diff(places).tolist() == [CLICK_EVERY_PACKETS] * (SEATS - 1)


def test_a_click_sent_on_unchanged_is_as_late_as_its_packet(
    library: LibOpus, loops: list[ClickLoop]
) -> None:
    loop = loops[1]
    recording = decode_heard(library, heard(loop, 2, delay_ns=30_000_000))
    delays_ms = match_delays_ms(said_ns(loop, 2), recording.onsets_ns())
    assert delays_ms == pytest.approx([30, 30], abs=0.1)


def test_packets_may_arrive_in_any_order(library: LibOpus, loops: list[ClickLoop]) -> None:
    packets = heard(loops[1], 1, delay_ns=0)
    assert decode_heard(library, reversed(packets)).onsets_ns() == (
        decode_heard(library, packets).onsets_ns()
    )


def test_nothing_heard_is_an_error(library: LibOpus) -> None:
    with pytest.raises(ValueError, match="nothing"):
        decode_heard(library, [])


def test_a_missing_packet_is_a_hole_in_the_pilot(library: LibOpus, loops: list[ClickLoop]) -> None:
    packets = heard(loops[0], 1, delay_ns=0)
    assert decode_heard(library, packets).holes(pilot_hz(0)) == 0
    without = [packet for packet in packets if packet.sequence not in (12, 20)]
    assert decode_heard(library, without).holes(pilot_hz(0)) >= 2


def test_pilots_differ() -> None:
    seats = range(0, 19, PILOT_EVERY_SEATS)
    assert len({pilot_hz(seat) for seat in seats}) == len(seats)


def test_the_newest_click_before_is_the_one_that_is_heard() -> None:
    assert match_delays_ms([0, 200_000_000], [50_000_000, 260_000_000]) == [50, 60]


def test_a_click_said_before_the_recording_is_left_out() -> None:
    assert match_delays_ms([100], [50, 100 + LONGEST_DELAY_NS + 1]) == []


def test_speech_has_no_onsets() -> None:
    quiet = np.random.default_rng(1).standard_normal(50 * TICK_SAMPLES) * 0.005
    assert onsets(quiet.astype(np.float32)) == []
