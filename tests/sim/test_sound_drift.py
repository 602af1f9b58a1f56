"""A sender's clock may be wrong for hours; the playing position follows session time."""

import numpy as np
import pytest

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, samples_to_ns
from mixer.sound.jitter import JitterBuffer
from mixer.wire.ids import TICK_NS
from tests.sim.sound_seats import MS, Network, arrivals, library, loop

TEN_MINUTES = 10 * 60 * 50


def position_error_ms(jitter: JitterBuffer, tick: int) -> float:
    """How far what plays next is from what was captured the told delay before."""
    due = jitter._clock.position_at((tick + 1) * TICK_NS - jitter.delay_ns)
    return samples_to_ns(due - jitter._position) / MS


@pytest.mark.parametrize("ppm", [-200, 200])
def test_ten_minutes_of_drift_never_run_dry_or_over(ppm: float) -> None:
    jitter = JitterBuffer(library().decoder())
    sent = iter(arrivals(loop(1000), TEN_MINUTES, Network(jitter_ms=1, ppm=ppm)))
    coming = next(sent)
    errors_ms, delays_ms = [], []
    for tick in range(TEN_MINUTES - 20):
        while coming.at_ns <= tick * TICK_NS:
            jitter.insert(coming.packet, coming.at_ns)
            coming = next(sent)
        block = jitter.read(tick * TICK_NS)
        if tick > 50:
            assert np.abs(block).max() > 0.2
            errors_ms.append(position_error_ms(jitter, tick))
            delays_ms.append(jitter.delay_ns / MS)
    assert jitter.counters.concealed_samples == 0
    assert jitter.counters.drops.total() == 0
    assert jitter.resyncs == 0
    assert max(map(abs, errors_ms)) < 3
    assert max(delays_ms) - min(delays_ms) < 10


def test_stretching_leaves_no_click_and_keeps_the_level() -> None:
    jitter = JitterBuffer(library().decoder())
    blocks = []
    sent = arrivals(loop(1000), 500, Network(ppm=200))
    for tick in range(490):
        while sent and sent[0].at_ns <= tick * TICK_NS:
            jitter.insert(sent[0].packet, sent.pop(0).at_ns)
        blocks.append(jitter.read(tick * TICK_NS))
    assert jitter.stretched > 10
    sound = np.concatenate(blocks)[SAMPLE_RATE:]
    # A sine of 1 kHz and amplitude 0.25 moves by at most 0.0327 a sample.
    assert np.abs(np.diff(sound)).max() < 0.036
    peaks = np.abs(sound[: len(sound) // TICK_SAMPLES * TICK_SAMPLES]).reshape(-1, TICK_SAMPLES)
    assert peaks.max(axis=1).min() > 0.24


@pytest.mark.parametrize("direction", [-1, 1])
def test_a_clock_that_media_slews_by_half_a_percent_is_followed_within_10_ms(
    direction: int,
) -> None:
    jitter = JitterBuffer(library().decoder())
    slewed = [
        direction * min(max(number - 200, 0) * TICK_NS // 200, 100 * MS) for number in range(1500)
    ]
    sent = [
        arrival._replace(
            at_ns=arrival.at_ns + slew_ns,
            packet=arrival.packet._replace(
                session_ns=arrival.packet.session_ns + slew_ns,
                arrival_ns=arrival.at_ns + slew_ns,
            ),
        )
        for arrival, slew_ns in zip(arrivals(loop(1000), 1500, Network()), slewed, strict=True)
    ]
    errors_ms = []
    for tick in range(1490):
        while sent and sent[0].at_ns <= tick * TICK_NS:
            jitter.insert(sent[0].packet, sent.pop(0).at_ns)
        jitter.read(tick * TICK_NS)
        if tick > 50:
            errors_ms.append(position_error_ms(jitter, tick))
    assert max(map(abs, errors_ms)) < 10
    assert jitter.counters.concealed_samples == 0
